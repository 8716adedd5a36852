"""The package's side, quickly: translate and run in one DuckDB that stays open, and note the features on the way.

A model opens an instance for each query; thousands of generated ones share one here, with the same translation,
macros and settings.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    """

    def __init__(self, dialect: str, tables: Mapping[str, pa.Table]) -> None:
        self.dialect, self.tables = dialect, tables
        self.schema = {name: {f.name: from_arrow(f.type) for f in table.schema} for name, table in tables.items()}
        self.edges = {name: edges_of_tables({name: table}) for name, table in tables.items()}
        self._open: dict[Any, duckdb.DuckDBPyConnection] = {}
        self._made: set[tuple[Any, str]] = set()

    def run(self, sql: str) -> tuple[list[str], list[list[Any]], dict[str, Seen]]:
        """Names, rows and features.

        Raises:
            SQLModelError: It is refused.
            duckdb.Error: It does not bind, or fails.
        """
        query = parse(sql, self.dialect)
        read = {t.name for t in query.tree.find_all(_table())} if query.tree is not None else set()
        columns: dict[str, set[str]] = {}
        for name in read & self.edges.keys():
            for column, edges in self.edges[name].items():
                columns.setdefault(column, set()).update(edges)
        found, typed = translate(query, self.schema, {})
        seen = seen_in(typed.tree, query.sql, columns) if typed is not None else {}
        key = tuple(sorted(found.settings.items()))
        con = self._open.get(key)
        if con is None:
            con = self._open[key] = duckdb.connect(config={"threads": 1})
            for statement in ("SET TimeZone = 'UTC'", *packs.setting_statements(found.settings)):
                con.execute(statement)
            for name, table in self.tables.items():
                con.register("incoming", table)
                con.execute(f"CREATE TABLE {name} AS FROM incoming")
        if found.pack and any((key, macro) not in self._made for macro in found.macros):
            for macro in packs.statements(found.pack, found.pack_version, found.macros):
                con.execute(temporary(macro))
            self._made.update((key, macro) for macro in found.macros)
        result = con.sql(found.duckdb_sql).to_arrow_table()
        rows = rows_of(result)
        for at, field in enumerate(result.schema):
            if field.type == "float":
                for row in rows:
                    row[at] = None if row[at] is None else Single(row[at])
        return result.column_names, rows, seen


def _table() -> Any:
    from sqlglot import exp

    return exp.Table
