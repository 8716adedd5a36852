"""Whether a query that failed fails by itself: by a part that no input takes part in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ..engines.duckdb import Runner
from ..errors import InputError, QueryError, SQLModelError

if TYPE_CHECKING:
    from ..engines.limits import Limits
    from ..query.reading.types import ParsedQuery

__all__ = ["refuse_constants"]


def refuse_constants(query: ParsedQuery, limits: Limits) -> None:
    """Runs each constant part of a query alone.

    Raises:
        QueryError: One fails, whatever the input: its place.
    """
    from ..query.reading.constant_parts import constant_parts
    from .gates import compile_query
    from .passage import Asked

    for part, start, length in constant_parts(query):
        try:
            compiled = compile_query(part, Asked("input", None, {}, {}, source=_none, unique=_none, limits=limits))
        except SQLModelError:
            continue  # what it means alone is not known
        try:
            Runner(compiled.quick, compiled.program, limits).rows(None, {})
        except InputError as error:
            said = re.split(r"\. |\n", str(error.__cause__).partition("Error: ")[2])[0] or error.message
            raise QueryError(
                f"This fails whatever the input is: {said.rstrip('.')}.", query.sql, start, length
            ) from error
        finally:
            compiled.quick.close()


def _none(*_: Any) -> Any:
    raise AssertionError("a part without tables asks for none")
