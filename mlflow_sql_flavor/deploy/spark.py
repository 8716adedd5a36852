"""The active Spark session's catalog as a target: the same deployments, with Spark's own calls below."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..engines import spark
from ..engines.spark_types import quoted
from ..errors import InputError
from ..scale.database import answer
from .records import COLUMNS, TABLE, Record, newest
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
        spark.check_session(session)
        self.schema = str(session.catalog.currentDatabase())

    def quoted(self, *parts: str | None) -> str:
        return ".".join(quoted(part) for part in parts if part is not None)

    def exact(self, name: str) -> str:
        return quoted(name)

    def stored(self, *parts: str | None) -> tuple[str, ...]:
        return tuple(part for part in parts if part is not None)

    def fresh(self, *words: str) -> str:
        return f"{'__'.join(words)[:100]}__{secrets.token_hex(4)}"

    def use_utc(self, tables: Mapping[str, Mapping[str, str]]) -> None:
        spark.check_zone(self.session, tables)  # which a view keeps from then on

    def has_schema(self, schema: str) -> bool:
        with failing(self.target, "list its schemas"):
            return bool(self.session.catalog.databaseExists(quoted(schema)))

    def has(self, name: str, schema: str | None) -> bool:
        with failing(self.target, "list its tables"):
            return bool(self.session.catalog.tableExists(self.quoted(schema or self.schema, name)))

    def columns(self, parts: Sequence[str]) -> dict[str, str] | None:
        try:
            fields = spark.table(self.session, tuple(parts)).schema.fields
            return {str(field.name): str(field.dataType.simpleString()) for field in fields}
        except InputError:
            return None

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
        if not there and not self._server.has_schema(str(self._schema)):
            raise InputError(f"There is no schema {self._schema!r} for the bookkeeping table: create it first.")
        if not there or any(row["own_table"] for row in rows):
            record = replace(record, own_table="yes")
        self._write([*rows, record.row()])

    def take_back(self, record: Record) -> None:
        self._write([row for row in self.rows() if row["token"] != record.token])

    def remove(self, name: str, *, but: str | None = None) -> None:
        rows = self.rows()
        rest = [row for row in rows if row["name"] != name or (but is not None and row["token"] == but)]
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
            frame = spark.reference(
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
            error.add_note(f"These could not be dropped again: {', '.join(server.quoted(m.name) for m in left)}.")
        raise
