"""Engines inside of the process, which are asked through their own calls: DuckDB, DataFusion, ClickHouse's chDB."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ...errors import InputError
from ..sandbox import quote
from .connection import Bind, Connection, Pieces, TypeName

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["connect"]


def connect(given: Any, root: str, dialect: str | None) -> Connection:
    """Recognises a connection of an engine inside of the process.

    Raises:
        InputError: It is none.
    """
    if root in ("duckdb", "_duckdb"):
        return _DuckDB(given)
    if root == "datafusion":
        return _DataFusion(given, dialect or "postgres")
    if hasattr(given, "send_query"):
        return _ChDB(given)
    raise InputError("Of chDB pass a session (chdb.session.Session()) or a connection (chdb.connect()).")


class _DuckDB(Connection):
    dialect, title, lists = "duckdb", "DuckDB", True

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def marker(self, number: int, kind: str, type_name: TypeName) -> str:
        return f"$p{number}"

    def pieces(self, sql: str, binds: Sequence[Bind], uses: Sequence[int], rows: int) -> Pieces:
        relation = self._connection.sql(sql, params=_values(binds) or None)
        if relation is None:
            return
        reader = relation.to_arrow_reader(rows)
        try:
            yield from reader
        finally:
            reader.close()  # an open result holds the connection

    def table(self, sql: str) -> pa.Table:
        return self._connection.sql(sql).to_arrow_table()

    def run(self, sql: str, binds: Sequence[Bind] = (), uses: Sequence[int] = ()) -> None:
        self._connection.execute(sql, _values(binds) or None)

    def load(
        self, name: str, table: pa.Table, create: Callable[[], str], insert: Callable[[Sequence[str], str], str]
    ) -> None:
        self.run(create())
        self._connection.register(f"{name}_rows", table)
        self.run(f"INSERT INTO {quote(name)} SELECT * FROM {quote(f'{name}_rows')}")
        self._connection.unregister(f"{name}_rows")


class _DataFusion(Connection):
    title, lists = "DataFusion", False

    def __init__(self, context: Any, dialect: str) -> None:
        self._context, self.dialect = context, dialect

    def marker(self, number: int, kind: str, type_name: TypeName) -> str:
        return f"$p{number}"

    def pieces(self, sql: str, binds: Sequence[Bind], uses: Sequence[int], rows: int) -> Pieces:
        values = {bind.name: bind.value for bind in binds}
        for batch in self._context.sql(sql, param_values=values).execute_stream():
            yield batch.to_pyarrow()

    def table(self, sql: str) -> pa.Table:
        return self._context.sql(sql).to_arrow_table()

    def run(self, sql: str, binds: Sequence[Bind] = (), uses: Sequence[int] = ()) -> None:
        raise InputError("DataFusion keeps no tables: take the result, and leave out into=...")

    def load(
        self, name: str, table: pa.Table, create: Callable[[], str], insert: Callable[[Sequence[str], str], str]
    ) -> None:
        self._context.register_record_batches(name, [table.to_batches() or [_empty(table)]])

    def unload(self, name: str, drop: str) -> None:
        self._context.deregister_table(name)


class _ChDB(Connection):
    dialect, title, lists = "clickhouse", "ClickHouse", True

    def __init__(self, session: Any) -> None:
        self._session = session

    def marker(self, number: int, kind: str, type_name: TypeName) -> str:
        return f"{{p{number}:{type_name(kind)}}}"

    def pieces(self, sql: str, binds: Sequence[Bind], uses: Sequence[int], rows: int) -> Pieces:
        result = self._session.send_query(sql, "Arrow", params=_texts(binds))
        try:
            yield from result.record_batch(rows_per_batch=rows)
        finally:
            result.close()

    def table(self, sql: str) -> pa.Table:
        import pyarrow as pa

        with pa.ipc.open_file(pa.py_buffer(self._session.query(sql, "Arrow").bytes())) as file:
            return file.read_all()

    def run(self, sql: str, binds: Sequence[Bind] = (), uses: Sequence[int] = ()) -> None:
        self._session.query(sql, params=_texts(binds))

    def load(
        self, name: str, table: pa.Table, create: Callable[[], str], insert: Callable[[Sequence[str], str], str]
    ) -> None:
        self.run(create())
        mlflow_sql_rows = table  # chDB reads a variable of this frame by its name
        if mlflow_sql_rows.num_rows:
            quoted = name.replace('"', "")
            self._session.query(f'INSERT INTO "{quoted}" SELECT * FROM Python(mlflow_sql_rows)')


def _values(binds: Sequence[Bind]) -> dict[str, Any]:
    import duckdb

    from ...frames.schema import from_arrow

    return {bind.name: duckdb.Value(bind.value.as_py(), duckdb.sqltype(from_arrow(bind.value.type))) for bind in binds}


def _texts(binds: Sequence[Bind]) -> dict[str, Any]:
    """Values as ClickHouse reads parameters: as text with its escapes, NULL as ``\\N``."""
    return {bind.name: _text(bind.value.as_py()) for bind in binds}


_ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0", "\b": "\\b", "\f": "\\f"})


def _text(value: Any, inner: bool = False) -> str:
    if value is None:
        return "NULL" if inner else "\\N"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{','.join(_text(item, True) for item in value)}]"
    text = value.isoformat(" ") if hasattr(value, "hour") and hasattr(value, "year") else str(value)
    text = text.translate(_ESCAPES)
    if inner and not isinstance(value, (int, float)):
        text = text.replace("'", "\\'")
        return f"'{text}'"
    return text


def _empty(table: pa.Table) -> Any:
    import pyarrow as pa

    return pa.RecordBatch.from_arrays([pa.array([], field.type) for field in table.schema], schema=table.schema)
