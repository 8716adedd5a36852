"""The one door by which stored rows come in: their size is known before anything is unpacked, and all of it is checked.

Rows are Arrow IPC without compression, as this package writes them. Parquet is unpacked into that form by a process of
its own (:mod:`.parquet_to_ipc`), because no number in a Parquet file bounds what its pages hold.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..errors import ModelFileError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["MOST_BYTES", "MOST_VALUES", "TooLargeError", "check_size", "from_ipc", "to_ipc"]

#: The most values of stored rows, those within lists and structs counted, and the most bytes of them.
MOST_VALUES = 2_000_000
MOST_BYTES = 2**27

_MAGIC = b"ARROW1\0\0"


class TooLargeError(ValueError):
    """Rows beyond a bound; says in one clause which."""


def to_ipc(table: pa.Table) -> bytes:
    """Rows as an Arrow IPC file.

    Raises:
        TooLargeError: They would not be read back.
    """
    import pyarrow as pa

    check_size(table)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression=None)) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def from_ipc(data: bytes, name: str, columns: Sequence[str] | None = None, rows: int | None = None) -> pa.Table:
    """Rows of an Arrow IPC file that anybody may have written.

    Args:
        data: The file.
        name: Its name, for messages.
        columns: The columns it must have; None for any.
        rows: The number of rows it must have; None for any.

    Raises:
        ModelFileError: It is damaged, compressed, of other columns or rows, or larger than the bounds.
    """
    import pyarrow as pa

    try:
        if data[:8] != _MAGIC or len(data) > MOST_BYTES + 2**24:
            raise TooLargeError("it is no Arrow file of this size")
        # The stream within the file: its footer could name other places than those looked at here.
        stream = pa.py_buffer(data)[8:]
        claimed = sum(_rows(message) for message in pa.ipc.MessageReader.open_stream(pa.BufferReader(stream)))
        if claimed > MOST_VALUES:
            raise TooLargeError(f"it claims {claimed:,} rows")
        with pa.ipc.open_stream(stream) as reader:
            for field in reader.schema:
                _check_type(field.type)
            table = reader.read_all()
        table.validate(full=True)
        check_size(table)
        _check_values(table)
        if (columns is not None and table.column_names != list(columns)) or rows not in (None, table.num_rows):
            raise TooLargeError("its columns or rows are not those that MLmodel names")
    except TooLargeError as error:
        raise ModelFileError(f"The model's file {name} is not read: {error}.") from None
    except Exception as error:  # Arrow's own, and what Python makes of names, zones and dates that are none
        raise ModelFileError(f"The model's file {name} is damaged ({type(error).__name__}): save again.") from None
    return table


def _check_values(table: pa.Table) -> None:
    """Makes each value Python's once: names that are no text, zones that are none, dates beyond its calendar fail."""
    str(table.schema)
    for column in table.columns:
        for chunk in column.chunks:
            for at in range(0, len(chunk), 10_000):
                chunk.slice(at, 10_000).to_pylist()


def check_size(table: pa.Table) -> None:
    """Refuses rows that are too many values or bytes to be compared.

    Raises:
        TooLargeError: Says how many.
    """
    import pyarrow as pa

    try:
        values = sum(_values(chunk) for column in table.columns for chunk in column.chunks)
        size = sum(_bytes(chunk) for column in table.columns for chunk in column.chunks)
    except pa.ArrowException as error:
        raise TooLargeError(f"its size cannot be told ({type(error).__name__})") from None
    if max(values, table.num_rows) > MOST_VALUES or size > MOST_BYTES:
        raise TooLargeError(f"it holds {values:,} values of {size:,} bytes; at most {MOST_VALUES:,} and {MOST_BYTES:,}")


def _rows(message: Any) -> int:
    """The rows that a message of the stream claims; none may be compressed."""
    data = message.metadata.to_pybytes()
    table = _Flat(data, struct.unpack_from("<I", data)[0])
    header = table.table(2)
    if header is None:
        raise TooLargeError("a message has no header")
    if message.type == "dictionary":
        header = header.table(1)
    elif message.type != "record batch":
        return 0
    if header is None or header.table(3) is not None:
        raise TooLargeError("its rows are compressed, which this package never writes")
    return max(header.long(0), 0)


class _Flat:
    """A table of a flatbuffer, as Arrow's messages are."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data = data
        self._at = at
        self._slots = at - struct.unpack_from("<i", data, at)[0]

    def _place(self, field: int) -> int | None:
        if self._slots < 0 or 4 + 2 * field >= struct.unpack_from("<H", self._data, self._slots)[0]:
            return None
        offset = struct.unpack_from("<H", self._data, self._slots + 4 + 2 * field)[0]
        return self._at + offset if offset else None

    def table(self, field: int) -> _Flat | None:
        place = self._place(field)
        return None if place is None else _Flat(self._data, place + struct.unpack_from("<I", self._data, place)[0])

    def long(self, field: int) -> int:
        place = self._place(field)
        return 0 if place is None else struct.unpack_from("<q", self._data, place)[0]


def _check_type(kind: pa.DataType, depth: int = 0) -> None:
    """Refuses types that DuckDB does not give, among them those that have values without bytes."""
    import pyarrow.types as t

    plain = (
        *(t.is_boolean, t.is_integer, t.is_floating, t.is_decimal, t.is_string, t.is_large_string, t.is_binary),
        *(t.is_large_binary, t.is_date, t.is_time, t.is_timestamp, t.is_duration, t.is_interval),
    )
    if depth > 50:
        raise TooLargeError("its types are nested too deep")
    if any(test(kind) for test in plain):
        return
    if t.is_dictionary(kind) and (t.is_string(kind.value_type) or t.is_large_string(kind.value_type)):
        return
    if hasattr(kind, "storage_type"):
        return _check_type(kind.storage_type, depth + 1)
    if t.is_fixed_size_binary(kind) and kind.byte_width > 0:
        return
    if t.is_map(kind):
        inner = [kind.key_type, kind.item_type]
    elif t.is_list(kind) or t.is_large_list(kind) or (t.is_fixed_size_list(kind) and kind.list_size > 0):
        inner = [kind.value_type]
    elif t.is_struct(kind) and kind.num_fields:
        inner = [kind.field(at).type for at in range(kind.num_fields)]
    else:
        raise TooLargeError(f"a column is of Arrow's type {str(kind)[:40]}, which no query gives")
    for one in inner:
        _check_type(one, depth + 1)


def _inner(array: pa.Array) -> list[pa.Array]:
    import pyarrow.types as t

    kind = array.type
    if hasattr(array, "storage"):
        return [array.storage]
    if t.is_map(kind):
        return [array.keys, array.items]
    if t.is_list(kind) or t.is_large_list(kind) or t.is_fixed_size_list(kind):
        return [array.values]
    if t.is_struct(kind):
        return [array.field(at) for at in range(kind.num_fields)]
    return []


def _values(array: pa.Array) -> int:
    return len(array) + sum(_values(inner) for inner in _inner(array))


def _bytes(array: pa.Array) -> int:
    """Bytes of an array once each value stands for itself, as it does in Python."""
    import pyarrow.compute as pc
    import pyarrow.types as t

    inner = _inner(array)
    if inner:
        return sum(_bytes(one) for one in inner)
    if t.is_dictionary(array.type):
        lengths = pc.binary_length(array.dictionary)
        return pc.sum(lengths.take(array.indices)).as_py() or 0
    return array.nbytes
