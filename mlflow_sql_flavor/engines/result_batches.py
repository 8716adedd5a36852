"""A result a piece at a time: what has left DuckDB is not in its memory limit."""

from __future__ import annotations

from sys import getsizeof
from typing import Any

__all__ = ["arrow_up_to", "rows_up_to"]

_ROWS = 2048


def arrow_up_to(relation: Any, rows: int | None, memory: int | None) -> Any:
    """The result as Arrow; where it has more rows, at least one more.

    Raises:
        MemoryError: It takes more than ``memory``.
    """
    import pyarrow as pa

    reader = relation.to_arrow_reader(_ROWS)
    batches, count, size = [], 0, 0
    for batch in reader:
        batches.append(batch)
        count, size = count + batch.num_rows, size + batch.nbytes
        _check(size, memory)
        if rows is not None and count > rows:
            break
    return pa.Table.from_batches(batches, schema=reader.schema)


def rows_up_to(cursor: Any, rows: int | None, memory: int | None) -> list[tuple[Any, ...]]:
    """As :func:`arrow_up_to`, as Python values."""
    found: list[tuple[Any, ...]] = []
    size = 0
    while piece := cursor.fetchmany(_ROWS):
        found += piece
        if len(piece) < _ROWS or (rows is not None and len(found) > rows):
            break
        size += sum(getsizeof(cell) + 8 for row in piece for cell in row)
        _check(size, memory)
    return found


def _check(size: int, memory: int | None) -> None:
    if memory is not None and size > memory:
        raise MemoryError
