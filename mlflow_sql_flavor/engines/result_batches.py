"""A result a piece at a time: what has left DuckDB is not in its memory limit."""

from __future__ import annotations

from collections.abc import Mapping
from sys import getsizeof
from typing import TYPE_CHECKING, Any

from .answer_width import ROWS
from .cells import size_of
from .sandbox import quote

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["arrow_up_to", "check_repeated", "measured_arrow", "rows_up_to"]

#: A temporary table of one cursor.
_ANSWER = "temp.__mlflow_sql_answer"
_BYTES = 64_000_000


def arrow_up_to(relation: Any, rows: int | None, memory: int | None) -> Any:
    """The result as Arrow; where it has more rows, at least one more.

    Raises:
        MemoryError: It takes more than ``memory``.
    """
    import pyarrow as pa

    reader = relation.to_arrow_reader(ROWS)
    batches, count, size = [], 0, 0
    for batch in reader:
        batches.append(batch)
        count, size = count + batch.num_rows, size + batch.nbytes
        _check(size, memory)
        if rows is not None and count > rows:
            break
    return pa.Table.from_batches(batches, schema=reader.schema)


def measured_arrow(cursor: Any, sql: str, params: Mapping[str, Any], rows: int | None, memory: int | None) -> Any:
    """As :func:`arrow_up_to`, of an answer that is made within DuckDB's own limit first, and measured there."""
    import pyarrow as pa

    cursor.execute(f"CREATE OR REPLACE TEMP TABLE {_ANSWER.removeprefix('temp.')} AS {sql}", dict(params) or None)
    relation = cursor.sql(f"FROM {_ANSWER}")
    columns = zip(relation.columns, relation.types, strict=True)
    sizes = [f"coalesce({size}, 0)" for name, kind in columns if (size := size_of(quote(name), kind))]
    width = f"({' + '.join([*sizes, str(16 * len(relation.columns))])})::HUGEINT"
    measured = f"SELECT count(*), max({width}), sum({width}) FROM {_ANSWER}"
    ((count, widest, size),) = cursor.execute(measured).fetchall()
    _check(int(size or 0), memory)
    if rows is not None:
        count = min(count, rows + 1)
    at_once = max(1, min(ROWS, _BYTES // int(widest or 1)))
    pieces = [relation.limit(0).to_arrow_table()]
    for at in range(0, count, at_once):
        pieces.append(cursor.sql(f"FROM {_ANSWER} WHERE rowid >= {at} AND rowid < {at + at_once}").to_arrow_table())
    cursor.execute(f"DROP TABLE {_ANSWER}")
    return pa.concat_tables(pieces)


def rows_up_to(cursor: Any, rows: int | None, memory: int | None) -> list[tuple[Any, ...]]:
    """As :func:`arrow_up_to`, as Python values."""
    found: list[tuple[Any, ...]] = []
    size = 0
    while piece := cursor.fetchmany(ROWS):
        found += piece
        if len(piece) < ROWS or (rows is not None and len(found) > rows):
            break
        size += sum(getsizeof(cell) + 8 for row in piece for cell in row)
        _check(size, memory)
    return found


def check_repeated(table: pa.Table, copies: Mapping[str, str], memory: int | None) -> None:
    """Raises MemoryError where columns that are handed on under more than one name are as many bytes too many."""
    if len(names := set(copies.values())) < len(copies):
        sizes = {name: table.column(name).nbytes for name in names}
        _check(sum(sizes[name] for name in copies.values()) - sum(sizes.values()), memory)


def _check(size: int, memory: int | None) -> None:
    if memory is not None and size > memory:
        raise MemoryError
