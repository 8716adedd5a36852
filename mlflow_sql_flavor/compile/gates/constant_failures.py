"""Refuses a query that fails by itself, by a part that no input takes part in, at that part's place."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from ...engines.duckdb import Runner
from ...errors import InputError, QueryError, SQLModelError
from ..failing_constants import failing_constants, first_sentence
from .state import CompileRequest

if TYPE_CHECKING:
    from ...engines.duckdb import Instance
    from ...engines.limits import Limits
    from ...engines.program import Program
    from ...query.reading.parsed_query import ParsedQuery
    from ..compiled_query import Compiled
    from ..optimized_plan import Plan

    Compile = Callable[[ParsedQuery, CompileRequest], Compiled]

__all__ = ["place_of_failure", "refuse_closed_queries", "refuse_constants", "refuse_failing_constants"]

#: Each is compiled and run, and those nearest to the failure come first.
_MOST_TRIED = 50
_SECONDS = 0.5
#: Of all that are tried for the place of one failure.
_MOST_SECONDS = 2.0


def refuse_failing_constants(
    query: ParsedQuery, program: Program, plan: Plan, instance: Instance, limits: Limits, compile_: Compile
) -> None:
    """Looks at what DuckDB could not compute of a query, whoever calls.

    Args:
        query: As it was written.
        program: What will run.
        plan: DuckDB's plan of it.
        instance: Where it was bound.
        limits: What may be taken by a part that is tried.
        compile_: Takes a part through the gates.

    Raises:
        QueryError: A part fails: its place.
    """
    failure = next(failing_constants(plan, program, instance), None)
    if failure is None:
        return
    if failure.place is not None and query.sql == program.sql:
        raise _refusal(query, failure.said, failure.place)
    refuse_constants(query, limits, compile_, always=True)
    from ...query.reading.positions import literal

    found = next((where for text in failure.texts if (where := literal(query.tree, text)) is not None), None)
    raise _refusal(query, failure.said, (found[0], found[1] - found[0]) if found is not None else None)


def refuse_constants(query: ParsedQuery, limits: Limits, compile_: Compile, *, always: bool = False) -> None:
    """Runs each constant part of a query alone, as the text has them.

    Args:
        query: As it was written.
        limits: What each may take.
        compile_: Takes a part through the gates.
        always: Only those that are computed wherever a row gets to them.

    Raises:
        QueryError: One fails, whatever the input: its place.
    """
    from ...query.reading.constant_parts import constant_parts

    for part, start, length in constant_parts(query, always=always):
        asked = CompileRequest("input", None, {}, {}, source=_none, unique=_none, limits=limits, part=True)
        try:
            compiled = compile_(part, asked)
        except SQLModelError:
            continue  # what it means alone is not known
        try:
            Runner(compiled.quick, compiled.program, limits).rows(None, {})
        except InputError as error:
            raise _refusal(query, first_sentence(error.__cause__) or error.message, (start, length)) from error
        finally:
            compiled.quick.close()


def refuse_closed_queries(query: ParsedQuery, said: str, asked: CompileRequest, compile_: Compile) -> None:
    """Runs the subqueries and steps that read no input, alone, for the one that made the query fail.

    Args:
        query: As it was written.
        said: What DuckDB said of all of it.
        asked: What it is compiled for.
        compile_: Takes a part through the gates.

    Raises:
        QueryError: One fails in the same words: its place.
    """
    from ...query.reading.constant_parts import closed_queries

    alone = replace(asked, input_types=None, param_types={}, untyped=False, part=True)
    for part, start, length in islice(closed_queries(query), _MOST_TRIED):
        try:
            compiled = compile_(part, alone)
        except SQLModelError:
            continue  # it reads the input, or what is around it
        runner = Runner(compiled.instance, compiled.program, asked.limits)
        quick = runner.beside(compiled.instance, compiled.program, _SECONDS)
        try:
            quick.arrow(None, {})
        except InputError as error:
            if first_sentence(error.__cause__) == said:
                raise _refusal(query, said, (start, length)) from error
        except SQLModelError:
            continue
        finally:
            quick.close()
            runner.close()


def place_of_failure(
    query: ParsedQuery, said: str, asked: CompileRequest, compile_: Compile, run: Callable[[Compiled], None]
) -> tuple[int, int] | None:
    """The outermost call without which a query does not fail in the same words on the same data.

    A NULL within it would keep it from failing too, so that nothing more is known of those in it.

    Args:
        query: As it was written.
        said: What DuckDB said of all of it.
        asked: What it is compiled for.
        compile_: Takes a query through the gates.
        run: Runs what was compiled.
    """
    from ...query.reading.constant_parts import without_calls

    alone, until = replace(asked, part=True), time.monotonic() + _MOST_SECONDS
    for other, start, length in islice(without_calls(query, outermost=True), _MOST_TRIED):
        if time.monotonic() > until:
            return None
        try:
            compiled = compile_(other, alone)
        except SQLModelError:
            return None  # one within it would be named for it
        try:
            run(compiled)
        except SQLModelError as error:
            if first_sentence(error.__cause__) == said:
                continue
            return None
        finally:
            compiled.close()
        return (start, length) if length else None
    return None


def _refusal(query: ParsedQuery, said: str, place: tuple[int, int] | None) -> QueryError:
    said = said if place is None else said.partition(" in expression (")[0]
    message = f"This fails whatever the input is: {said.rstrip('.')}."
    return QueryError(message, query.sql, *place) if place is not None else QueryError(message)


def _none(*_: Any) -> Any:
    raise AssertionError("a part without tables asks for none")
