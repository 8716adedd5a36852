"""Connections to databases: which dialect and marks for values each takes, how rows come out, how a table gets in.

The text of every statement is made elsewhere. Nothing is committed here, but for an SQLAlchemy engine, whose connection
is ours.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from ...errors import InputError
from .connection import Bind, Connection, Pieces, TypeName, of_rows
from .results import plain

if TYPE_CHECKING:
    from typing import TypeAlias

    import pyarrow as pa
    from pyspark.sql import SparkSession

    #: Where a query can be run.
    Connectable: TypeAlias = "Cursors | Engine | Session | Queries | SparkSession"

__all__ = ["connect", "dialect_of"]


class Cursors(Protocol):
    """A connection of ADBC, of the DB-API (PEP 249) or of DuckDB."""

    def cursor(self) -> Any:
        """Where a statement runs."""
        ...


class Engine(Protocol):
    """An engine or a connection of SQLAlchemy."""

    @property
    def dialect(self) -> Any:
        """SQLAlchemy's dialect."""
        ...


class Session(Protocol):
    """A context of DataFusion."""

    def sql(self, query: str, /) -> Any:
        """Plans a query."""
        ...


class Queries(Protocol):
    """A session or a connection of chDB."""

    def send_query(self, query: str, fmt: str, /) -> Any:
        """Runs a query."""
        ...


#: Dialects by the drivers' modules, by SQLAlchemy's names and by what an ADBC driver calls its vendor.
_DIALECTS = {
    "psycopg": "postgres", "psycopg2": "postgres", "pg8000": "postgres", "postgresql": "postgres",
    "sqlite3": "sqlite", "apsw": "sqlite", "sqlite": "sqlite",
    "pymysql": "mysql", "MySQLdb": "mysql", "mysql": "mysql", "mariadb": "mysql",
    "snowflake": "snowflake", "bigquery": "bigquery", "google": "bigquery", "trino": "trino",
    "redshift_connector": "redshift", "redshift": "redshift", "databricks": "databricks", "duckdb": "duckdb",
    "oracledb": "oracle", "oracle": "oracle", "pymssql": "tsql", "mssql": "tsql", "mssql_python": "tsql",
    "microsoft sql server": "tsql", "clickhouse_connect": "clickhouse", "clickhouse_driver": "clickhouse",
    "clickhouse": "clickhouse", "clickhousedb": "clickhouse", "chdb": "clickhouse",
}  # fmt: skip


def connect(given: Any, dialect: str | None = None) -> Connection:
    """Recognises a connection.

    Args:
        given: ADBC or DB-API connection, SQLAlchemy engine or connection, DuckDB connection, DataFusion context or
            chDB session.
        dialect: The engine's dialect, where the driver serves several (ODBC, JDBC, Flight SQL).

    Raises:
        InputError: It is none of these, or its dialect is not known.
    """
    root = type(given).__module__.partition(".")[0]
    if root == "sqlalchemy":
        return _SQLAlchemy(given, dialect or _known(given.dialect.name, given))
    if hasattr(given, "adbc_get_info"):
        info = given.adbc_get_info()
        return _ADBC(given, dialect or _known(str(info.get("vendor_name", "")), given))
    if root in ("duckdb", "_duckdb", "datafusion", "chdb"):
        from . import embedded

        return embedded.connect(given, root, dialect)
    if hasattr(given, "cursor"):
        found = dialect or (_known(root, given) if root != "google" or "bigquery" in type(given).__module__ else None)
        if found is not None:
            return _DBAPI(given, found)
    raise InputError(
        f"run_on cannot use an object of type {type(given).__module__}.{type(given).__name__}: pass an ADBC or "
        "DB-API connection, an SQLAlchemy engine or connection, a DuckDB connection or a Spark session."
    )


def dialect_of(name: str) -> str | None:
    """The dialect of a driver's module, of an SQLAlchemy dialect or of a vendor; None if it is not known."""
    return _DIALECTS.get(name) or _DIALECTS.get(name.lower())


def _known(name: str, given: Any) -> str:
    found = dialect_of(name)
    if found is None:
        raise InputError(
            f"The dialect behind {type(given).__module__} ({name!r}) is not known: name it, as in dialect='snowflake'."
        )
    return found


class _DBAPI(Connection):
    """PEP 249: the parameter style is the driver module's word."""

    def __init__(self, connection: Any, dialect: str) -> None:
        self.dialect, self.lists, self._connection = dialect, dialect == "postgres", connection
        self._root = type(connection).__module__.partition(".")[0]
        self.title = {"psycopg": "Postgres", "psycopg2": "Postgres", "sqlite3": "SQLite"}.get(self._root, dialect)
        self._style = _paramstyle(connection)

    def marker(self, number: int, kind: str, type_name: TypeName) -> str:
        if self._style in ("qmark", "format"):
            return "?" if self._style == "qmark" else "%s"
        if self._style == "numeric":
            return f":{number}"
        return f":p{number}" if self._style == "named" else f"%(p{number})s"

    def escape(self, text: str) -> str:
        return text.replace("%", "%%") if self._style in ("format", "pyformat") else text

    def _values(self, binds: Sequence[Bind], uses: Sequence[int]) -> Any:
        values = [plain(bind.value.as_py(), self.dialect) for bind in binds]
        if self._style in ("qmark", "format"):
            return tuple(values[use] for use in uses)
        if self._style == "numeric":
            return tuple(values)
        return {bind.name: value for bind, value in zip(binds, values, strict=True)}

    def pieces(self, sql: str, binds: Sequence[Bind], uses: Sequence[int], rows: int) -> Pieces:
        cursor = self._cursor()
        try:
            cursor.execute(sql, self._values(binds, uses))
            if cursor.description is not None:
                yield from _fetched(cursor, rows)
        finally:
            with contextlib.suppress(Exception):  # the caller may have closed the connection
                cursor.close()

    def table(self, sql: str) -> pa.Table:
        with contextlib.closing(self._connection.cursor()) as cursor:
            cursor.execute(sql)
            return of_rows([column[0] for column in cursor.description], cursor.fetchall())

    def run(self, sql: str, binds: Sequence[Bind] = (), uses: Sequence[int] = ()) -> None:
        with contextlib.closing(self._connection.cursor()) as cursor:
            cursor.execute(sql, self._values(binds, uses))

    def _cursor(self) -> Any:
        # Postgres' drivers hold the whole result of a cursor without a name; one with a name lives in a transaction.
        if self._root in ("psycopg", "psycopg2") and not self._connection.autocommit:
            return self._connection.cursor("mlflow_sql_flavor")
        return self._connection.cursor()

    def load(
        self, name: str, table: pa.Table, create: Callable[[], str], insert: Callable[[Sequence[str], str], str]
    ) -> None:
        marks = [self.marker(number, "", str) for number in range(1, table.num_columns + 1)]
        self.run(self.escape(create()))
        text = insert(marks, "%" if self._style in ("format", "pyformat") else "")
        with contextlib.closing(self._connection.cursor()) as cursor:
            for batch in table.to_batches(max_chunksize=10_000):
                rows = zip(*(column.to_pylist() for column in batch.columns), strict=True)
                values = [[plain(value, self.dialect) for value in row] for row in rows]
                if self._style in ("named", "pyformat"):
                    cursor.executemany(text, [{f"p{i}": v for i, v in enumerate(row, 1)} for row in values])
                else:
                    cursor.executemany(text, values)


def _fetched(cursor: Any, rows: int) -> Pieces:
    while found := cursor.fetchmany(rows):
        yield found


def _paramstyle(connection: Any) -> str:
    parts = type(connection).__module__.split(".")
    for depth in range(len(parts), 0, -1):
        module = sys.modules.get(".".join(parts[:depth]))
        style = getattr(module, "paramstyle", None)
        if isinstance(style, str):
            return style
    with contextlib.suppress(ImportError):
        style = getattr(importlib.import_module(f"{parts[0]}.dbapi"), "paramstyle", None)
        if isinstance(style, str):
            return style
    return "qmark"


class _ADBC(Connection):
    """Arrow in, Arrow out; values are bound on the server."""

    def __init__(self, connection: Any, dialect: str) -> None:
        self.dialect, self.lists, self._connection = dialect, dialect == "postgres", connection
        self.title = str(connection.adbc_get_info().get("vendor_name") or dialect)
        self._numbered = dialect in ("postgres", "redshift", "duckdb", "sqlite")

    def marker(self, number: int, kind: str, type_name: TypeName) -> str:
        if not self._numbered:
            return "?"
        return f"{'?' if self.dialect == 'sqlite' else '$'}{number}"

    def _values(self, binds: Sequence[Bind], uses: Sequence[int]) -> Any:
        import pyarrow as pa

        if not binds:
            return None
        given = list(binds) if self._numbered else [binds[use] for use in uses]
        columns = [_narrow(bind.value) if self.dialect != "sqlite" else _simple(bind.value) for bind in given]
        return pa.RecordBatch.from_arrays(columns, names=[str(i) for i in range(1, len(columns) + 1)])

    def pieces(self, sql: str, binds: Sequence[Bind], uses: Sequence[int], rows: int) -> Pieces:
        with contextlib.closing(self._connection.cursor()) as cursor:
            cursor.execute(sql, self._values(binds, uses))
            yield from cursor.fetch_record_batch()

    def table(self, sql: str) -> pa.Table:
        with contextlib.closing(self._connection.cursor()) as cursor:
            cursor.execute(sql)
            return cursor.fetch_arrow_table()

    def run(self, sql: str, binds: Sequence[Bind] = (), uses: Sequence[int] = ()) -> None:
        with contextlib.closing(self._connection.cursor()) as cursor:
            cursor.execute(sql, self._values(binds, uses))  # executescript would commit

    def load(
        self, name: str, table: pa.Table, create: Callable[[], str], insert: Callable[[Sequence[str], str], str]
    ) -> None:
        if self.dialect == "sqlite":
            table = _simple_table(table)
            self.run(create())
            with contextlib.closing(self._connection.cursor()) as cursor:
                cursor.executemany(insert([f"?{i}" for i in range(1, table.num_columns + 1)], ""), table)
            return
        create()  # refuses an engine without temporary tables
        with contextlib.closing(self._connection.cursor()) as cursor:
            cursor.adbc_ingest(name, table, mode="create", temporary=True)


def _narrow(value: pa.Scalar) -> pa.Array:
    """One value as a column; a whole number as narrow as it is, since engines widen by themselves and never narrow."""
    import pyarrow as pa

    kind = value.type
    if pa.types.is_integer(kind) and value.as_py() is not None and abs(value.as_py()) < 2**31:
        kind = pa.int32()
    return pa.array([value.as_py()], kind)


def _simple(value: pa.Scalar) -> pa.Array:
    import pyarrow as pa

    found = plain(value.as_py(), "sqlite")
    return pa.array([found]) if found is not None else pa.array([None], pa.string())


def _simple_table(table: pa.Table) -> pa.Table:
    import pyarrow as pa

    columns = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if pa.types.is_decimal(column.type):
            column = column.cast(pa.float64())
        elif pa.types.is_temporal(column.type):
            column = pa.array([plain(value, "sqlite") for value in column.to_pylist()], pa.string())
        elif pa.types.is_boolean(column.type):
            column = column.cast(pa.int8())
        columns[name] = column
    return pa.table(columns)


class _SQLAlchemy(Connection):
    """``text()`` with named parameters; the driver below is SQLAlchemy's business."""

    def __init__(self, given: Any, dialect: str) -> None:
        self.dialect, self.title, self.lists = dialect, dialect, dialect == "postgres"
        self._own = not hasattr(given, "execute")  # an engine: the connection is opened here
        self._connection = given.connect() if self._own else given

    def marker(self, number: int, kind: str, type_name: TypeName) -> str:
        return f":p{number}"

    def escape(self, text: str) -> str:
        return text.replace(":", "\\:")

    def _execute(self, sql: str, binds: Sequence[Bind], **options: Any) -> Any:
        from sqlalchemy import text

        values = {bind.name: plain(bind.value.as_py(), self.dialect) for bind in binds}
        return self._connection.execute(text(sql).execution_options(**options), values)

    def pieces(self, sql: str, binds: Sequence[Bind], uses: Sequence[int], rows: int) -> Pieces:
        result = self._execute(sql, binds, stream_results=True, yield_per=rows)
        try:
            if result.returns_rows:
                yield from result.partitions(rows)
        finally:
            result.close()

    def table(self, sql: str) -> pa.Table:
        with contextlib.closing(self._execute(self.escape(sql), ())) as result:
            return of_rows(list(result.keys()), [tuple(row) for row in result])

    def run(self, sql: str, binds: Sequence[Bind] = (), uses: Sequence[int] = ()) -> None:
        self._execute(sql, binds).close()

    def load(
        self, name: str, table: pa.Table, create: Callable[[], str], insert: Callable[[Sequence[str], str], str]
    ) -> None:
        from sqlalchemy import text

        self.run(self.escape(create()))
        sql = insert([f":p{i}" for i in range(1, table.num_columns + 1)], "")
        for batch in table.to_batches(max_chunksize=10_000):
            rows = zip(*(column.to_pylist() for column in batch.columns), strict=True)
            values = [{f"p{i}": plain(v, self.dialect) for i, v in enumerate(row, 1)} for row in rows]
            if values:
                self._connection.execute(text(sql), values)

    def finish(self, done: bool) -> None:
        if self._own:
            if done:
                self._connection.commit()
            self._connection.close()
