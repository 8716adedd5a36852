"""A server of an engine that is not run here: the names and statements of its SQLAlchemy dialect, and what was said.

What a query of the catalog asks is answered as an engine would that has the two tables of the tests; what is to be
compared is equal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mssql, oracle
from sqlalchemy.engine.default import DefaultDialect

from mlflow_sql_flavor.deploy.engines import engine_of
from mlflow_sql_flavor.deploy.records import DatabaseBook, Record, unfinished_row
from mlflow_sql_flavor.deploy.server import Made, Server
from mlflow_sql_flavor.deploy.target import Target
from mlflow_sql_flavor.engines.databases.results import output_schema
from mlflow_sql_flavor.query.targets.statements import type_in

__all__ = ["NOT_RUN", "DryBook", "DryServer"]


def _dialect(name: str) -> Any:
    """SQLAlchemy's dialect; where its package is not installed, one that quotes as the engine does."""
    if name == "tsql":
        return mssql.dialect(deprecate_large_types=True)
    if name == "oracle":
        return oracle.dialect()
    if name == "trino":
        return pytest.importorskip("trino.sqlalchemy.dialect").TrinoDialect()
    if name == "redshift":
        return pytest.importorskip("sqlalchemy_redshift.dialect").RedshiftDialect_psycopg2()
    made: Any = DefaultDialect(paramstyle="named")
    if name in ("bigquery", "databricks"):
        made.identifier_preparer.initial_quote = made.identifier_preparer.final_quote = "`"
    if name == "databricks":  # https://docs.databricks.com/aws/en/sql/language-manual/sql-ref-datatypes
        made.type_compiler_instance.visit_TEXT = lambda *_, **__: "STRING"
    if name == "snowflake":
        made.requires_name_normalize = True
        made.denormalize_name = lambda text: text.upper() if text == text.lower() else text
        made.normalize_name = lambda text: text.lower() if text == text.upper() else text
    return made


NOT_RUN = ["snowflake", "bigquery", "redshift", "trino", "tsql", "oracle", "databricks"]
#: Columns of the table that the models read, by DuckDB's types.
COLUMNS = {"id": "BIGINT", "code": "VARCHAR", "price": "DOUBLE"}


class _Connection:
    """What is compiled instead of run."""

    invalidated = False

    def __init__(self, dialect: Any, said: list[str]) -> None:
        self.dialect, self._said = dialect, said

    def execute(self, statement: Any, *values: Any) -> Any:
        self._said.append(str(statement.compile(dialect=self.dialect)))
        return sa.engine.result.IteratorResult(sa.engine.result.SimpleResultMetaData([]), iter([]))


class DryServer(Server):
    """Of one dialect.

    Attributes:
        said: Every statement, in order.
        there: Names of the tables and views that are there.
    """

    def __init__(self, dialect: str) -> None:
        self.said: list[str] = []
        self.there: set[str] = set()
        own = _dialect(dialect)
        self.connection: Any = _Connection(own, self.said)
        self.target, self.dialect = Target(None, None, "sql:dry"), dialect
        self.transactional = engine_of(dialect).transactional
        self._made: list[Made] = []
        self._used: set[str] = set()
        self.token = "0123abcd"
        self._prepare = own.identifier_preparer
        self.schema = "scores"

    driver = "dry"
    lists = False

    def has(self, name: str, schema: str | None) -> bool:
        return name in self.there

    def has_schema(self, schema: str) -> bool:
        return True

    def resolved(self, parts: Sequence[str]) -> tuple[str, ...]:
        return tuple(parts) if len(parts) > 1 else (*self.stored(self.schema), parts[0])

    def columns(self, parts: Sequence[str]) -> dict[str, str] | None:
        upper = self.dialect in ("oracle", "snowflake")
        found = {**COLUMNS, "label": "VARCHAR"}
        return {name.upper() if upper else name: type_in(kind, self.dialect) for name, kind in found.items()}

    def run(self, sql: str, what: str = "run a statement") -> None:
        self.said.append(sql)

    def rows(self, sql: str, what: str = "answer a query") -> tuple[list[str], list[Any]]:
        self.said.append(sql)
        return ["plan"], []

    def named(self, schema: str | None, ending: str) -> list[Made]:
        return []

    def answer(self, sql: str, outputs: Mapping[str, str], *, named: bool = True) -> pa.Table:
        self.said.append(sql)
        return output_schema(outputs).empty_table()


class DryBook(DatabaseBook):
    """The bookkeeping table of such a server: what is written is there."""

    def __init__(self, server: DryServer) -> None:
        super().__init__(server)
        self._kept: list[dict[str, Any]] = []

    def _there(self) -> bool:
        return bool(self._kept)

    def rows(self) -> list[Mapping[str, Any]]:
        return list(self._kept)

    def add(self, record: Record) -> None:
        super().add(record)
        self._kept.append(record.row())

    def begin(self, name: str, schema: str | None) -> None:
        super().begin(name, schema)
        self._kept.append(unfinished_row(name, schema, self._server.token, own=True))

    def end(self, token: str) -> None:
        super().end(token)
        self._kept = [row for row in self._kept if row["token"] != token]

    def remove(self, name: str, *, but: str | None = None) -> None:
        super().remove(name, but=but)
        self._kept = [row for row in self._kept if row["name"] != name or row["token"] in (but, self._server.token)]
