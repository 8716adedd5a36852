"""Where a query has what DuckDB's binder refuses without naming a place: the call without which it binds."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from ...errors import QueryError, SQLModelError
from .state import CompileRequest

if TYPE_CHECKING:
    from ...query.reading.parsed_query import ParsedQuery
    from ..compiled_query import Compiled

__all__ = ["placed"]

#: Each is compiled; an error may take this long.
_MOST_TRIED = 40
_SECONDS = 2.0
_NO_MATCH = re.compile(r"No function matches the given name and argument types '(\w+)\((.*)\)'")
_CALL = re.compile(r"\w+(?=\s*\()")


def placed(
    query: ParsedQuery,
    error: QueryError,
    asked: CompileRequest,
    compile_: Callable[[ParsedQuery, CompileRequest], Compiled],
) -> QueryError:
    """The error with the place of the innermost call without which the query compiles; as it was where there is none.

    Args:
        query: As it was written.
        error: What the binder said of it.
        asked: What it is compiled for.
        compile_: Takes a query through the gates.
    """
    if error.line is not None or asked.part or query.tree is None:
        return error
    from ...query.reading.constant_parts import without_calls

    alone, until, fallback = replace(asked, part=True), time.monotonic() + _SECONDS, None
    for other, start, length in islice(without_calls(query), _MOST_TRIED):
        if time.monotonic() > until:
            break
        try:
            compiled = compile_(other, alone)
        except QueryError as found:
            # What another gate says of a NULL there may hide what the binder would say.
            fallback = fallback or ((start, length) if found.reason != error.reason else None)
            continue
        except SQLModelError:
            continue
        compiled.close()
        return _at(query, error, start, length)
    return error if fallback is None else _at(query, error, *fallback)


def _at(query: ParsedQuery, error: QueryError, start: int, length: int) -> QueryError:
    reason, said = error.reason, _NO_MATCH.match(error.reason)
    name = _CALL.match(query.sql, start)
    if said is not None and (name is None or name[0].casefold() != said[1].casefold()):
        what = f"{name[0]} takes no arguments" if name is not None else "This takes no values"
        reason = f"{what} of these types: {said[2]}. Cast them to what it takes."
    return QueryError(reason, query.sql, start, length)
