"""The package's side, quickly: translate and run in one DuckDB that stays open, and note the features on the way.

A model opens an instance for each query; thousands of generated ones share one here, with the same translation,
macros and settings.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np

from mlflow_sql_flavor.frames.schema import from_arrow
from mlflow_sql_flavor.query.gate import packs
from mlflow_sql_flavor.query.reading.parse import parse
from mlflow_sql_flavor.query.translation.transpile import temporary, translate

from ..fidelity.compare import same_rows
from ..fidelity.run import rows_of
from .edges import edges_of_tables
from .observe import Seen, seen_in

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Ours", "same"]


_SECONDS = 10  # a generated query may ask for billions of rows


class Single(float):
    """A number of 32 bits: drivers give it by its shortest digits, or exactly."""


def same(want: list[list[Any]], rows: list[list[Any]], in_order: bool) -> bool:
    """Whether rows are the engine's; numbers of 32 bits by those bits."""
    narrow = {at for row in rows for at, value in enumerate(row) if isinstance(value, Single)}

    def cut(found: list[list[Any]]) -> list[list[Any]]:
        if not narrow:
            return found
        return [
            [
                float(np.float32(value)) if at in narrow and isinstance(value, (int, float)) else value
                for at, value in enumerate(row)
            ]
            for row in found
        ]

    return same_rows(cut(want), cut(rows), in_order)


class Ours:
    """A dialect's translation over fixed tables.

    Args:
        dialect: The dialect.
        tables: ``{name: table}``.

    Attributes:
        open: What the engine itself leaves open in the query that was run last, by kind, but for rows that LIMIT keeps.
    """

    def __init__(self, dialect: str, tables: Mapping[str, pa.Table]) -> None:
        self.dialect, self.tables = dialect, tables
        self.schema = {name: {f.name: from_arrow(f.type) for f in table.schema} for name, table in tables.items()}
        self.edges = {name: edges_of_tables({name: table}) for name, table in tables.items()}
        self.open: set[str] = set()
        self._connections: dict[Any, duckdb.DuckDBPyConnection] = {}
        self._made: set[tuple[Any, str]] = set()

    def run(self, sql: str) -> tuple[list[str], list[list[Any]], dict[str, Seen]]:
        """Names, rows and features.

        Raises:
            SQLModelError: It is refused.
            duckdb.Error: It does not bind, or fails.
        """
        result, seen = self.answer(sql)
        return result.column_names, _rows(result), seen

    def answer(self, sql: str) -> tuple[pa.Table, dict[str, Seen]]:
        """What DuckDB gives, and the features; raises as :meth:`run`."""
        con, text, seen = self._prepared(sql, self.edges)
        return _asked(con, text), seen

    def by_row(self, sql: str, ids: Sequence[int]) -> tuple[dict[int, list[Any]], dict[str, Seen]]:
        """The rows of a query over table ``a`` that has its ``id``, each alone, but for those at which DuckDB raises.

        Args:
            sql: The query.
            ids: The rows that are asked for.
        """
        con, text, seen = self._prepared(sql, self.edges)
        found = {}
        for at in ids:
            with suppress(duckdb.Error):
                found.update((at, row) for row in _rows(_asked(con, f"SELECT * FROM ({text}) WHERE id = {at}"))[:1])
        return found, seen

    def seen(self, sql: str, ids: Collection[int]) -> dict[str, Seen]:
        """The features of a query with the edges in some rows of table ``a``."""
        part = self.tables["a"].filter([value in ids for value in self.tables["a"]["id"].to_pylist()])
        return self._prepared(sql, {**self.edges, "a": edges_of_tables({"a": part})})[2]

    def _prepared(
        self, sql: str, edges_by: Mapping[str, dict[str, set[str]]]
    ) -> tuple[duckdb.DuckDBPyConnection, str, dict[str, Seen]]:
        query = parse(sql, self.dialect)
        read = {t.name for t in query.tree.find_all(_table())} if query.tree is not None else set()
        columns: dict[str, set[str]] = {}
        for name in read & edges_by.keys():
            for column, edges in edges_by[name].items():
                columns.setdefault(column, set()).update(edges)
        found, typed = translate(query, self.schema, {})
        self.open = {each.kind for each in found.nondeterminism} - {"limit"}
        seen = seen_in(typed.tree, query.sql, columns) if typed is not None else {}
        key = tuple(sorted(found.settings.items()))
        con = self._connections.get(key)
        if con is None:
            con = self._connections[key] = duckdb.connect(config={"threads": 1, "memory_limit": "1GB"})
            for statement in ("SET TimeZone = 'UTC'", *packs.setting_statements(found.settings)):
                con.execute(statement)
            for name, table in self.tables.items():
                con.register("incoming", table)
                con.execute(f"CREATE TABLE {name} AS FROM incoming")
        if found.pack and any((key, macro) not in self._made for macro in found.macros):
            for macro in packs.statements(found.pack, found.pack_version, found.macros):
                con.execute(temporary(macro))
            self._made.update((key, macro) for macro in found.macros)
        return con, found.duckdb_sql, seen


def _asked(con: duckdb.DuckDBPyConnection, text: str) -> pa.Table:
    alarm = threading.Timer(_SECONDS, con.interrupt)
    alarm.start()
    try:
        return con.sql(text).to_arrow_table()
    finally:
        alarm.cancel()


def _rows(result: pa.Table) -> list[list[Any]]:
    rows = rows_of(result)
    for at, field in enumerate(result.schema):
        if field.type == "float":
            for row in rows:
                row[at] = None if row[at] is None else Single(row[at])
    return rows


def _table() -> Any:
    from sqlglot import exp

    return exp.Table
