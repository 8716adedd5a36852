"""Rows into a table by the way an engine has for many of them, a batch in memory at a time."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..engines.databases.results import plain
from .engines import schema_name
from .server import Server
from .target import failing

if TYPE_CHECKING:
    import pyarrow as pa

    from ..artifact.tables import ReferenceTable

__all__ = ["batches", "load"]

#: Rows in memory at a time.
ROWS = 50_000


def batches(table: ReferenceTable, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """A reference table's rows, read from its file a batch at a time."""
    import pyarrow.parquet as pq

    source = table.source(list(columns)).data
    if isinstance(source, Path):
        with pq.ParquetFile(source) as file:
            yield from file.iter_batches(ROWS, columns=list(columns))
    else:
        yield from source.select(list(columns)).to_batches(max_chunksize=ROWS)


def load(server: Server, schema: str | None, name: str, columns: Sequence[str], rows: Iterable[pa.RecordBatch]) -> None:
    """Puts rows into a table that is there.

    Args:
        server: The connection.
        schema: The table's.
        name: The table's.
        columns: Its columns, in the order of the rows'.
        rows: Of the columns' types.
    """
    way = _WAYS.get(server.driver, _inserts)
    with failing(server.target, f"load rows into {name!r}"):
        way(server, schema, name, columns, rows)


def _inserts(server: Server, schema: str | None, name: str, columns: Sequence[str], rows: Iterable[Any]) -> None:
    """INSERT with many rows of values, as SQLAlchemy and the driver pack them."""
    import sqlalchemy as sa
    from sqlalchemy.sql.elements import quoted_name

    own: list[Any] = [sa.column(quoted_name(column, True)) for column in columns]
    target = sa.table(name, *own, schema=schema_name(server.dialect, schema))
    marks = [f"p{number}" for number in range(len(columns))]
    statement = sa.insert(target).values(dict(zip(own, map(sa.bindparam, marks), strict=True)))
    for batch in rows:
        for start in range(0, batch.num_rows, ROWS // 5):
            piece = batch.slice(start, ROWS // 5)
            values = zip(*(_values(column, server.dialect) for column in piece.columns), strict=True)
            found = [dict(zip(marks, row, strict=True)) for row in values]
            server.connection.execute(statement, found)


def _values(column: pa.Array, dialect: str) -> list[Any]:
    values = column.to_pylist()
    return [plain(value, dialect) for value in values] if dialect == "sqlite" else values


def _copy(server: Server, schema: str | None, name: str, columns: Sequence[str], rows: Iterable[Any]) -> None:
    """COPY of psycopg: rows as its own binary-safe text, within the transaction."""
    driver: Any = server.connection.connection.driver_connection
    listed = ", ".join(_quote(column) for column in columns)
    sql = f"COPY {server.quoted(schema, name)} ({listed}) FROM STDIN"
    with driver.cursor() as cursor:
        for batch in rows:
            text = _as_csv(batch)
            if text is not None:
                with cursor.copy(f"{sql} (FORMAT csv)") as copy:
                    copy.write(text)
                continue
            with cursor.copy(sql) as copy:
                for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    copy.write_row(row)


def _copy_expert(server: Server, schema: str | None, name: str, columns: Sequence[str], rows: Iterable[Any]) -> None:
    """COPY of psycopg2, where the rows have a form as CSV."""
    driver: Any = server.connection.connection.driver_connection
    listed = ", ".join(_quote(column) for column in columns)
    sql = f"COPY {server.quoted(schema, name)} ({listed}) FROM STDIN (FORMAT csv)"
    with driver.cursor() as cursor:
        for batch in rows:
            text = _as_csv(batch)
            if text is None:
                _inserts(server, schema, name, columns, [batch])
            else:
                cursor.copy_expert(sql, io.BytesIO(text))


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _as_csv(batch: pa.RecordBatch) -> bytes | None:
    """The rows as CSV in which NULL has no quotes and every text has; None where a type has no such form."""
    import pyarrow as pa
    import pyarrow.csv as pc

    for kind in batch.schema.types:
        if not (
            pa.types.is_integer(kind)
            or pa.types.is_floating(kind)
            or pa.types.is_boolean(kind)
            or pa.types.is_string(kind)
            or pa.types.is_large_string(kind)
            or pa.types.is_date(kind)
            or (pa.types.is_timestamp(kind) and kind.tz is None)
        ):
            return None
    out = io.BytesIO()
    pc.write_csv(batch, out, pc.WriteOptions(include_header=False, quoting_style="all_valid"))
    return out.getvalue()


def _arrow(server: Server, schema: str | None, name: str, columns: Sequence[str], rows: Iterable[Any]) -> None:
    """DuckDB reads all batches in one statement, which lets it write what is full; many would stay in its memory."""
    import pyarrow as pa

    batches = iter(rows)
    first = next(batches, None)
    if first is None:
        return
    driver: Any = server.connection.connection.driver_connection
    listed = ", ".join(_quote(column) for column in columns)
    view = "mlflow_sql_rows"
    driver.register(view, pa.RecordBatchReader.from_batches(first.schema, itertools.chain([first], batches)))
    try:
        server.run(f"INSERT INTO {server.quoted(schema, name)} ({listed}) SELECT * FROM {view}")
    finally:
        driver.unregister(view)


def _sent_as_arrow(server: Server, schema: str | None, name: str, columns: Sequence[str], rows: Iterable[Any]) -> None:
    """clickhouse-connect sends a batch as Arrow; it would send INSERT with values a row at a time."""
    import pyarrow as pa

    driver: Any = server.connection.connection.driver_connection
    for batch in rows:
        if batch.num_rows:
            table = pa.Table.from_batches([batch]).rename_columns(list(columns))
            driver.client.insert_arrow(name, table, database=schema)


def _frames(server: Any, schema: str | None, name: str, columns: Sequence[str], rows: Iterable[Any]) -> None:
    """Spark is sent a frame of each batch."""
    import pyarrow as pa

    from ..engines.spark import spark_sql
    from ..frames.schema import from_arrow

    for batch in rows:
        if batch.num_rows:
            table = pa.Table.from_batches([batch]).rename_columns(list(columns))
            types = {field.name: from_arrow(field.type) for field in table.schema}
            frame = spark_sql.reference(server.session, name, table, types)
            frame.write.insertInto(server.quoted(schema or server.schema, name))


#: By SQLAlchemy's name of the driver.
_WAYS: dict[str, Callable[..., None]] = {
    "psycopg": _copy,
    "psycopg2": _copy_expert,
    "duckdb_sqlalchemy": _arrow,
    "connect": _sent_as_arrow,
    "spark": _frames,
}
