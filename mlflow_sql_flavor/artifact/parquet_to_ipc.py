"""Parquet to Arrow IPC, for a process of its own: what a file's pages hold is known only once they are unpacked."""

from __future__ import annotations

from .stored_rows import check_size, to_ipc

__all__ = ["main"]


def main(data: bytes) -> bytes:
    """The rows of a Parquet file as :mod:`.stored_rows` takes them.

    Args:
        data: The file.

    Raises:
        ValueError: Too large, or of types that no query gives.
        pyarrow.ArrowException: Damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    pa.set_memory_pool(pa.system_memory_pool())  # the others reserve more addresses than they use
    table = pq.read_table(pa.BufferReader(data), use_threads=False, pre_buffer=False)
    table.validate(full=True)
    check_size(table)
    return to_ipc(table)
