"""How many rows of an answer may leave DuckDB at once.

DuckDB counts a value once, under however many names a query gives it out; what leaves it is a copy for each.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..errors import LimitError
from ..query.gate.identifiers import fold

if TYPE_CHECKING:
    import pyarrow as pa

    from .limits import Limits
    from .program import Program

__all__ = ["ROWS", "fits"]

#: The most rows that leave at once.
ROWS = 2048
#: Bytes of copies of an answer beside what DuckDB counts: rows that wait, by a thread each, and those that are read.
_BYTES = 320_000_000
#: Bytes of rows of Python values; a text takes up to four times as many as such, and once more in a frame.
_OF_PYTHON = 16_000_000
#: Bytes of copies of placeholders' values, of which DuckDB makes two.
_OF_PLACEHOLDERS = 200_000_000


def fits(
    program: Program,
    table: pa.Table | None,
    params: Mapping[str, Any],
    limits: Limits,
    count: int | None,
    python: bool = False,
) -> bool:
    """Whether the rows that leave DuckDB at once are known to be small, however wide they are.

    Args:
        program: What runs.
        table: Its input; None where placeholders hold it, or it has none.
        params: Values of its placeholders.
        limits: What the query may take.
        count: How many rows the answer has; None where that is not known.
        python: Whether they leave as Python values.

    Raises:
        LimitError: The placeholders alone take too much.
    """
    answer = program.answer
    if answer is None:
        return True
    sizes = {name: _bytes(value) for name, value in params.items()}
    if (known := sum(sizes.values())) > 1000:
        _check_placeholders(sizes, answer.uses, limits)
    rows = ROWS if count is None else min(count, ROWS)
    waiting = limits.threads if count is None else min(limits.threads, count // ROWS + 1)
    most = _OF_PYTHON if python else _BYTES // (waiting + 1)
    times = min(answer.times, answer.each * program.unbounded)
    known = max([known + answer.cell, *map(len, program.constants.values())])

    def takes(values: int) -> float:
        return rows * answer.own + times * values

    if table is None or not times:
        return takes(rows * known) <= most
    each = program.rows == "independent"
    total = table.get_total_buffer_size()
    if takes(rows * known + total if each and not answer.whole else rows * (known + total)) <= most:
        return True
    if answer.whole:
        return takes(rows * (known + table.nbytes)) <= most
    return takes(max([rows * known, *(_largest(column, rows, each) for column in table.columns)])) <= most


def _check_placeholders(sizes: Mapping[str, int], uses: Mapping[str, int], limits: Limits) -> None:
    for name, size in sizes.items():
        places = uses.get(fold(name), 0)
        if size * places > min(limits.memory_limit, _OF_PLACEHOLDERS):
            raise LimitError(
                f"Parameter {name!r} has {size:,} bytes and stands in {places:,} places of the query, of which each "
                f"takes a copy: more than memory_limit ({limits.memory_limit:,} bytes) or {_OF_PLACEHOLDERS:,} bytes. "
                "Pass a shorter value, or read it once, in a common table expression."
            )


def _bytes(value: Any) -> int:
    if isinstance(value, str):
        return len(value) if value.isascii() else 4 * len(value)
    if isinstance(value, (bytes, bytearray)):
        return len(value)
    if isinstance(value, dict):
        return sum(_bytes(key) + _bytes(each) for key, each in value.items())
    return sum(map(_bytes, value)) + 16 if isinstance(value, (list, tuple)) else 16


def _largest(column: Any, rows: int, each: bool) -> int:
    """The bytes of so many values of an Arrow column, or more: of the largest, once ``each`` or however often."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind, t = column.type, pa.types
    if t.is_primitive(kind):
        return rows * 16
    if t.is_string(kind) or t.is_large_string(kind) or t.is_binary(kind) or t.is_large_binary(kind):
        lengths = pc.binary_length(column)
    elif getattr(t, "is_string_view", t.is_null)(kind):
        lengths = pa.chunked_array([pa.array([], pa.int32()), *map(_viewed, getattr(column, "chunks", [column]))])
    elif t.is_list(kind) or t.is_large_list(kind):
        longest = pc.max(pc.list_value_length(column)).as_py() or 0
        return rows * longest * (_largest(pc.list_flatten(column), 1, False) + 16)
    elif t.is_struct(kind):
        return sum(_largest(pc.struct_field(column, [at]), rows, each) for at in range(kind.num_fields))
    else:
        return rows * 16 if kind.num_fields == 0 else rows * column.nbytes
    if each and len(lengths) > rows:
        return pc.sum(pc.take(lengths, pc.select_k_unstable(lengths, rows, [("", "descending")]))).as_py() or 0
    return rows * (pc.max(lengths).as_py() or 0)


def _viewed(array: pa.Array) -> pa.Array:
    import numpy as np
    import pyarrow as pa

    lengths = np.frombuffer(array.buffers()[1], np.int32)[::4]
    return pa.array(lengths[array.offset : array.offset + len(array)])
