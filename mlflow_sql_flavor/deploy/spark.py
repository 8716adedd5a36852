"""The active Spark session's catalog as a target: the same deployments, with Spark's own calls below."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..engines.spark import spark_sql
from ..engines.spark.types import quoted
from ..errors import InputError, RunError
from ..scale.database import answer
from .records import COLUMNS, TABLE, Record, newest, unfinished_row
from .server import Made, Server
from .target import Target, failing

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["SparkBook", "SparkServer", "opened"]


class SparkServer(Server):
    """A Spark session with which deployments are made. Spark takes nothing back: what is new is tried first.

    Args:
        target: ``sql:spark``.
        session: The session.
    """

    lists = False
    driver = "spark"

    def __init__(self, target: Target, session: Any) -> None:
        self.target, self.dialect, self.transactional = target, target.dialect, False
        self.session, self._made = session, []
        self.token, self._used = secrets.token_hex(4), set()
        spark_sql.check_session(session)
        self.schema = str(session.catalog.currentDatabase())

    def quoted(self, *parts: str | None) -> str:
        return ".".join(quoted(part) for part in parts if part is not None)

    def exact(self, name: str) -> str:
        return quoted(name)

    def stored(self, *parts: str | None) -> tuple[str, ...]:
        return tuple(part for part in parts if part is not None)

    def use_utc(self, tables: Mapping[str, Mapping[str, str]]) -> None:
        spark_sql.check_zone(self.session, tables)  # which a view keeps from then on

    def has_schema(self, schema: str) -> bool:
        with failing(self.target, "list its schemas"):
            return bool(self.session.catalog.databaseExists(quoted(schema)))

    def has(self, name: str, schema: str | None) -> bool:
        with failing(self.target, "list its tables"):
            return bool(self.session.catalog.tableExists(self.quoted(schema or self.schema, name)))

    def columns(self, parts: Sequence[str]) -> dict[str, str] | None:
        try:
            fields = spark_sql.table(self.session, tuple(parts)).schema.fields
            return {str(field.name): str(field.dataType.simpleString()) for field in fields}
        except InputError:
            return None

    def named(self, schema: str | None, ending: str) -> list[Made]:
        with failing(self.target, "list its tables"):
            found = [
                Made("view" if "VIEW" in str(table.tableType) else "table", schema, str(table.name))
                for table in self.session.catalog.listTables(quoted(schema or str(self.schema)))
                if not table.isTemporary and str(table.name).endswith(ending)
            ]
        return sorted(found, key=lambda made: made.kind == "table")

    def described(self, made: Made) -> Sequence[Any] | None:
        word = "FUNCTION" if made.kind == "function" else "TABLE"
        name = self.quoted(made.schema or self.schema, made.name)
        try:
            rows = self.rows(f"DESCRIBE {word} EXTENDED {name}", f"look at {made.name!r}")[1]
        except RunError:
            return None
        said: dict[str, str] = {}
        for row in rows:
            key, value = str(row[0]).partition(":")[::2] if made.kind == "function" else (str(row[0]), str(row[1]))
            said.setdefault(key.strip().casefold(), value.strip())
        return said.get("created time") or said.get("create time"), None, said.get("view text") or said.get("body")

    def run(self, sql: str, what: str = "run a statement") -> None:
        with failing(self.target, what):
            self.session.sql(sql)

    def rows(self, sql: str, what: str = "answer a query") -> tuple[list[str], list[Any]]:
        with failing(self.target, what):
            frame = self.session.sql(sql)
            return list(frame.columns), [tuple(row) for row in frame.collect()]

    def answer(self, sql: str, outputs: Mapping[str, str], *, named: bool = True) -> pa.Table:
        with failing(self.target, "answer a query"):
            frame = self.session.sql(sql)
            if named:
                self._check_names(frame.columns, outputs)
            return answer(frame, outputs)

    def _longest(self) -> int:
        return 127


class SparkBook:
    """The bookkeeping table in a catalog, written anew with each change: its files take no single rows out.

    Args:
        server: The session.
    """

    def __init__(self, server: SparkServer) -> None:
        self._server = server
        self._schema = server.target.book or server.schema
        self._name = server.quoted(self._schema, TABLE)

    def all(self) -> list[Record]:
        return newest(self.rows())

    def add(self, record: Record) -> None:
        rows = self.rows()
        there = self._server.has(TABLE, self._schema)
        self._check_schema(there)
        if not there or any(row["own_table"] for row in rows):
            record = replace(record, own_table="yes")
        self._write([*rows, record.row()])

    def _check_schema(self, there: bool) -> None:
        if not there and not self._server.has_schema(str(self._schema)):
            raise InputError(f"There is no schema {self._schema!r} for the bookkeeping table: create it first.")

    def take_back(self, record: Record) -> None:
        self._write([row for row in self.rows() if row["token"] != record.token])

    def remove(self, name: str, *, but: str | None = None) -> None:
        rows = self.rows()
        rest = [row for row in rows if row["name"] != name or (but is not None and row["token"] == but)]
        if not rest and any(row["own_table"] for row in rows):
            self._server.drop(Made("table", self._schema, TABLE))
        elif rest != rows:
            self._write(rest)

    def begin(self, name: str, schema: str | None) -> None:
        rows, there = self.rows(), self._server.has(TABLE, self._schema)
        self._check_schema(there)
        own = not there or any(row["own_table"] for row in rows)
        self._write([*rows, unfinished_row(name, schema, self._server.token, own=own)])

    def end(self, token: str) -> None:
        rows = self.rows()
        rest = [row for row in rows if row["token"] != token]
        if not rest and any(row["own_table"] for row in rows):
            self._server.drop(Made("table", self._schema, TABLE))
        elif rest != rows:
            self._write(rest)

    def rows(self) -> list[Mapping[str, Any]]:
        if not self._server.has(TABLE, self._schema):
            return []
        names, rows = self._server.rows(f"SELECT * FROM {self._name}", f"read the bookkeeping table {TABLE}")
        return [dict(zip(names, row, strict=True)) for row in rows]

    def _write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        import pyarrow as pa

        wanted = pa.schema([pa.field(name, pa.string()) for name in COLUMNS])
        with failing(self._server.target, f"write to the bookkeeping table {TABLE}"):
            frame = spark_sql.reference(
                self._server.session,
                TABLE,
                pa.Table.from_pylist([dict(row) for row in rows], schema=wanted),
                dict.fromkeys(COLUMNS, "VARCHAR"),
            )
            frame.write.mode("overwrite").saveAsTable(self._name)


@contextlib.contextmanager
def opened(target: Target) -> Iterator[SparkServer]:
    """The active session, for one call.

    Raises:
        InputError: There is none.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise InputError("This target needs Spark: pip install 'mlflow-sql-flavor[spark]'.") from None
    session = SparkSession.getActiveSession()
    if session is None:
        raise InputError("There is no active Spark session: sql:spark deploys from where one runs.")
    server = SparkServer(target, session)
    try:
        yield server
        server.done()
    except BaseException as error:
        left = server.undo()
        if left:
            error.add_note(server.left(left))
        raise
