"""Calls of a dialect's macros with nothing but constants, in the text for DuckDB: where one fails, the query does.

DuckDB's plan has a macro's body in place of its call, where a CASE of the body and one of the query look alike.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..engines import query_check
from ..engines.empty_instance import EMPTY_INSTANCE
from ..errors import SQLModelError
from ..query.gate.identifiers import fold
from .constant_texts import foldable
from .failing_constants import Failure, failure_of, place_of
from .optimized_plan import MOST_CHARACTERS

if TYPE_CHECKING:
    from ..engines.duckdb import Instance
    from ..engines.program import Program

__all__ = ["failing_calls", "without"]

#: What a constant expression is made of in DuckDB's parse, beside calls.
_CONSTANT = {"BETWEEN", "CASE", "CAST", "COMPARISON", "CONJUNCTION", "CONSTANT", "FUNCTION", "OPERATOR", "TYPE"}
#: Each is a query of its own.
_MOST_TRIED = 50


def failing_calls(program: Program, macros: Collection[str], instance: Instance) -> Iterator[Failure]:
    """The largest expressions of constants that call a macro and fail, wherever they stand.

    Args:
        program: What runs.
        macros: Those of the package that it uses.
        instance: Where an expression is tried.
    """
    if not macros or len(program.sql) > MOST_CHARACTERS:
        return
    known, tried = {fold(name) for name in macros}, 0
    with contextlib.closing(EMPTY_INSTANCE.cursor()) as cursor:
        try:
            waiting: list[Any] = [query_check.parse_tree(cursor, program.sql)["statements"]]
        except SQLModelError:
            return
    while waiting and tried < _MOST_TRIED:
        part = waiting.pop()
        inner = part.values() if isinstance(part, dict) else part
        calls = _calls(part) if isinstance(part, dict) and "class" in part else None
        place = place_of(part, program.sql) if calls and calls & known and calls <= known | foldable() else None
        if place is None:
            waiting += [each for each in reversed(list(inner)) if isinstance(each, (dict, list))]
            continue
        tried += 1
        if (said := failure_of(f"SELECT {program.sql[place[0] : sum(place)]}", instance)) is not None:
            texts = [each for each in _within(part) if each.get("literal", {}).get("kind") == "STRING"]
            named = place_of(texts[0], program.sql) if len(texts) == 1 else place
            yield Failure(said, tuple(str(each["literal"].get("text")) for each in texts), named, place)


def without(program: Program, failures: Collection[Failure]) -> Program:
    """The program with NULL in place of what fails."""
    sql = program.sql
    for start, length in sorted((each.part for each in failures if each.part is not None), reverse=True):
        sql = f"{sql[:start]}(CASE WHEN false THEN {sql[start : start + length]} END){sql[start + length :]}"
    return replace(program, sql=sql)


def _calls(part: dict[str, Any]) -> set[str] | None:
    """The functions that an expression of constants calls; None of any other."""
    found = set()
    for each in _within(part):
        if each["class"] not in _CONSTANT:
            return None
        if each["class"] == "FUNCTION":
            found.add(fold(each["function_name"]))
    return found


def _within(part: dict[str, Any]) -> Iterator[dict[str, Any]]:
    waiting: list[Any] = [part]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            if "class" in each:
                yield each
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
