"""Casts between types of which no value can be cast: they fail by their types alone, whoever calls.

DuckDB binds such a cast and fails at its first value. Its optimized plan tells which casts are left of a query, once
what depends on types alone (``CASE typeof(x) WHEN …`` in a macro) is decided.
"""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..engines.empty_instance import EMPTY_INSTANCE
from ..engines.sandbox import quote
from ..errors import QueryError
from ..query.reading.tree import loads

if TYPE_CHECKING:
    from ..engines.duckdb import Instance
    from ..engines.program import Program
    from ..query.reading.types import ParsedQuery

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
#: What computes a part of itself for some rows only, or gives NULL where it fails.
_SELDOM = ("CASE_EXPR", "OPERATOR_TRY")
_CAST = re.compile(r"CAST\s*\(|::\s*\w+", re.IGNORECASE)
_OTHER = re.compile(r"\b(DATE|TIME|TIMESTAMP\w*|INTERVAL|UUID)\b", re.IGNORECASE)
#: Longer texts take DuckDB's optimizer as long as all else of a save.
_MOST_CHARACTERS = 10_000


def may_cast(sql: str, macros: Collection[str], types: Iterable[str]) -> bool:
    """Whether a text may have such a cast at all, so that only then DuckDB plans it once more.

    Args:
        sql: The text for DuckDB.
        macros: What it calls that may cast too.
        types: Of its columns and parameters. Between numbers, texts and truth values every cast has a value.
    """
    if len(sql) > _MOST_CHARACTERS or not (macros or _CAST.search(sql)):
        return False
    return _OTHER.search(sql) is not None or any(_OTHER.search(kind) for kind in types)


def refuse_impossible_casts(
    query: ParsedQuery, instance: Instance, program: Program, types: Mapping[str, str] | None
) -> None:
    """Looks at the casts of a query that DuckDB has bound.

    Args:
        query: As it was written.
        instance: Where it was bound.
        program: What will run.
        types: ``{column: DuckDB type}`` of the input; None if it reads none.

    Raises:
        QueryError: A cast fails for every value: its place.
    """
    for found, wanted, place, column in _casts(_plan(instance, program, types)):
        if not _impossible(found, wanted):
            continue
        text = _written(program.sql, place)
        if text and query.sql == program.sql:
            said = f"{text} makes {wanted} of {found}, which no value allows: correct what is cast."
            raise QueryError(said, query.sql, place, len(text))
        message = f"This makes {wanted} of {found}, which no value allows on DuckDB: cast to what is meant before."
        from ..query.reading.positions import computed_with

        names = [*re.findall(r"\w+", text), *([column] if column else [])]
        where = computed_with(query.tree, names) if query.tree is not None else None
        if where is None:
            raise QueryError(message)
        raise QueryError(message, query.sql, where[0], where[1] - where[0])


def _plan(instance: Instance, program: Program, types: Mapping[str, str] | None) -> Any:
    """DuckDB's optimized plan; nothing where it cannot be written down."""
    import duckdb

    with contextlib.closing(instance.cursor()) as cursor:
        try:
            if types is not None:  # a plan over Arrow data cannot be written
                columns = ", ".join(f"{quote(name)} {kind}" for name, kind in types.items())
                cursor.execute(f"CREATE TEMPORARY TABLE {quote(program.input_table)} ({columns})")
            row = cursor.execute(
                "SELECT json_serialize_plan($sql, optimize := true, skip_default := true, skip_null := true, "
                "skip_empty := true)",
                {"sql": program.sql},
            ).fetchone()
        except duckdb.Error:
            return None
    with contextlib.suppress(ValueError):  # DuckDB writes a constant nan or inf as no JSON
        return loads(row[0]) if row else None
    return None


def _casts(plan: Any) -> Iterator[tuple[str, str, int, str | None]]:
    """Each cast that is always computed: from which type, to which, its place, the column that is cast."""
    waiting = [plan]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting += reversed(part)
        if not isinstance(part, dict) or part.get("type") in _SELDOM:
            continue
        if part.get("type") == "OPERATOR_COALESCE":
            waiting += part.get("children", [])[:1]
            continue
        if part.get("type") == "OPERATOR_CAST" and not part.get("function_data", {}).get("try_cast"):
            given, alias = part["arguments"][0]["id"], part["children"][0].get("alias")
            yield given, part["return_type"]["id"], part.get("query_location", -1), alias
        waiting += reversed(part.values())


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
