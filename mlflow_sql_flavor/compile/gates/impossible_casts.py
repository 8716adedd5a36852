"""Casts between types of which no value can be cast: they fail by their types alone, whoever calls.

DuckDB binds such a cast and fails at its first value. Its optimized plan tells which casts are left of a query, once
what depends on types alone (``CASE typeof(x) WHEN …`` in a macro) is decided.
"""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from ...engines.empty_instance import EMPTY_INSTANCE
from ...errors import QueryError

if TYPE_CHECKING:
    from ...engines.program import Program
    from ...query.reading.parsed_query import ParsedQuery
    from ..optimized_plan import Plan

__all__ = ["may_cast", "refuse_impossible_casts"]

#: A value of each type that a cast may be asked of; of other types nothing is said.
_VALUES = {
    "BOOLEAN": "true",
    "DATE": "2024-01-02",
    "TIME": "03:04:05",
    "TIME WITH TIME ZONE": "03:04:05+00",
    "INTERVAL": "1 day",
    "UUID": "00000000-0000-0000-0000-000000000001",
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL"), "1"),
    **dict.fromkeys(("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"), "1"),
    **dict.fromkeys(("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"), "2024-01-02"),
    "TIMESTAMP WITH TIME ZONE": "2024-01-02",
}
_CAST = re.compile(r"CAST\s*\(|::\s*\w+", re.IGNORECASE)
_OTHER = re.compile(r"\b(DATE|TIME|TIMESTAMP\w*|INTERVAL|UUID)\b", re.IGNORECASE)


def may_cast(sql: str, macros: Collection[str], types: Iterable[str]) -> bool:
    """Whether a text may have such a cast at all, so that only then its plan is looked at.

    Args:
        sql: The text for DuckDB.
        macros: What it calls that may cast too.
        types: Of its columns and parameters. Between numbers, texts and truth values every cast has a value.
    """
    if not (macros or _CAST.search(sql)):
        return False
    return _OTHER.search(sql) is not None or any(_OTHER.search(kind) for kind in types)


def refuse_impossible_casts(query: ParsedQuery, program: Program, plan: Plan) -> None:
    """Looks at the casts of a query that DuckDB has bound.

    Args:
        query: As it was written.
        program: What will run.
        plan: DuckDB's plan of it.

    Raises:
        QueryError: A cast fails for every value: its place.
    """
    for found, wanted, place, column in _casts(plan):
        if not _impossible(found, wanted):
            continue
        text = _written(program.sql, place)
        if text and query.sql == program.sql:
            said = f"{text} makes {wanted} of {found}, which no value allows: correct what is cast."
            raise QueryError(said, query.sql, place, len(text))
        message = f"This makes {wanted} of {found}, which no value allows on DuckDB: cast to what is meant before."
        from ...query.reading.positions import computed_with

        names = [*re.findall(r"\w+", text), *([column] if column else [])]
        where = computed_with(query.tree, names) if query.tree is not None else None
        if where is None:
            raise QueryError(message)
        raise QueryError(message, query.sql, where[0], where[1] - where[0])


def _casts(plan: Plan) -> Iterator[tuple[str, str, int, str | None]]:
    """Each cast that is always computed: from which type, to which, its place, the column that is cast."""
    for part, always in plan.expressions:
        if always and part.get("type") == "OPERATOR_CAST" and not part.get("function_data", {}).get("try_cast"):
            given, alias = part["arguments"][0]["id"], part["children"][0].get("alias")
            yield given, part["return_type"]["id"], part.get("query_location", -1), alias


@functools.cache
def _impossible(found: str, wanted: str) -> bool:
    """Whether DuckDB casts no value of a type to another."""
    import duckdb

    if found not in _VALUES or wanted not in _VALUES:
        return False
    with contextlib.closing(EMPTY_INSTANCE.cursor()) as cursor:
        try:
            cursor.execute(f"SELECT CAST(CAST('{_VALUES[found]}' AS {found}) AS {wanted})").fetchall()
        except duckdb.Error as error:
            return "Unimplemented type for cast" in str(error)
    return False


def _written(sql: str, place: int) -> str:
    """The cast as it stands at a place of the text; nothing where there is none, as of one in a macro."""
    if place < 0 or not (start := _CAST.match(sql, place)):
        return ""
    if start[0].startswith(":"):
        return start[0]
    depth = 0
    for at in range(start.end() - 1, len(sql)):
        depth += {"(": 1, ")": -1}.get(sql[at], 0)
        if depth == 0:
            return sql[place : at + 1]
    return ""
