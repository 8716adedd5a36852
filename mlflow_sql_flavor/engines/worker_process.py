"""What runs in a worker: the model opened there once, its query bound, and run for one request after the other."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..errors import LimitError, RunError, SQLModelError
from .duckdb import Instance, Runner
from .duckdb_errors import explain
from .limits import Limits
from .process import less_memory, limit_memory
from .program import Program

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["bind_model", "open_model", "read", "ready", "run", "written"]


#: Bytes of address space that binding may take: constants are folded there.
BINDING_BYTES = 1_000_000_000
#: Bytes of address space beyond memory_limit for what is reserved but not used: stacks, the allocator's steps.
RESERVED = 64_000_000


def written(table: pa.Table | None) -> bytes | None:
    if table is None:
        return None
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def read(data: bytes) -> pa.Table:
    import pyarrow as pa

    with pa.ipc.open_stream(data) as reader:
        return reader.read_all()


_STATE: tuple[Instance, Program, Limits, Callable[[Instance, Program], Program]] | None = None
_RUNNER: Runner | None = None
_REFUSED: SQLModelError | None = None


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def open_model(state: bytes, memory: int, parent: int) -> None:
    """Opens the model, then takes away every address beyond what it may have."""
    global _STATE, _REFUSED
    import pickle

    # A parent that is killed, or leaves by os._exit, ends no worker itself.
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()

    import duckdb  # noqa: F401  loaded before the limit, which they are not part of
    import pyarrow  # noqa: F401

    try:
        _STATE = pickle.loads(state)
        assert _STATE is not None
        os.environ.clear()
        os.environ["PYTHONFAULTHANDLER"] = "0"  # no dump of loky's: the parent says in a sentence what ended it
        limit_memory(2 * memory + RESERVED)
        _warm_up(_STATE[0], *_STATE[2:])
        limit_memory(memory + RESERVED)
    except SQLModelError as error:
        _REFUSED = error
    except MemoryError:
        _REFUSED = LimitError(
            f"The model does not open within memory_limit = {memory:,} bytes (MLFLOW_SQL_MEMORY_LIMIT)."
        )


def _warm_up(instance: Instance, limits: Limits, bind: Callable[[Instance, Program], Program]) -> None:
    """Starts DuckDB's threads and imports what the first answer would have to, in time and memory that are not its."""
    import pyarrow as pa

    table = read(written(pa.table({"a": range(100_000)})) or b"")
    program = Program("SELECT a FROM __warm_up", "__warm_up", table.schema, {"a": "BIGINT"})
    runner = Runner(instance, program, replace(limits, max_rows=table.num_rows))
    with contextlib.suppress(LimitError):  # a limit this small is for the queries to meet
        bind(instance, program)
        for _ in range(2):
            written(runner.arrow(table, {}, ['"a"']))


def ready() -> SQLModelError | int:
    return _REFUSED or os.getpid()


def bind_model() -> SQLModelError | Program:
    global _RUNNER
    assert _STATE is not None
    instance, program, limits, bind = _STATE
    try:
        with less_memory(BINDING_BYTES):
            bound = bind(instance, program)
        if list(program.output_types.items()) not in ([], list(bound.output_types.items())):
            return RunError("The query gives other output columns than MLmodel says: save the model again.")
        if program.id_position is not None and bound.id_position is None:
            return RunError("The query's rows are not the input's, as MLmodel says: save the model again.")
    except Exception as error:
        return _told(error, limits)
    _RUNNER = Runner(instance, bound, limits)
    return bound


def _told(error: Exception, limits: Limits) -> SQLModelError:
    """An error that can be sent: without its cause and DuckDB's objects."""
    found = explain(error, limits)
    return type(found)(found.message)


def run(data: bytes | None, params: dict[str, Any], projection: list[str] | None) -> bytes | SQLModelError:
    assert _RUNNER is not None and _STATE is not None
    try:
        result = _RUNNER.arrow(None if data is None else read(data), params, projection)
        sent = written(result)
    except Exception as error:
        return _told(error, _STATE[2])
    assert sent is not None
    return sent
