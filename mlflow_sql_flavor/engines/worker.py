"""The hard wall: a query in a process of its own, held to its time and memory by the operating system.

DuckDB looks at its limits between batches of rows; one call of a scalar function can outlast and outgrow them all. A
worker process is killed when its time is over, cannot get more address space than it may have, and is replaced. Data
goes both ways as Arrow IPC. The process pool is loky's (extra ``isolation``), one process to a pool, so that killing
one query touches no other.
"""

from __future__ import annotations

import functools
import logging
import os
import queue
import re
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..errors import LimitError, RunError, SQLModelError
from . import worker_process
from .duckdb import Instance
from .forks import at_fork
from .limits import Limits
from .process import address_space, processor_seconds, resident
from .program import Program

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["ProcessRunner", "bind_apart"]

_logger = logging.getLogger(__name__)

#: Workers of one model. One is started as soon as another was killed, so that the next request finds one ready.
WORKERS = 2

#: Seconds a new process may take to start and load the model's tables; they do not count as the query's.
STARTUP_SECONDS = 120.0

#: Seconds until a model that has to show that it binds has shown it, its process started included.
LOADING_SECONDS = 17.0

#: Seconds of binding among them, at most.
BINDING_SECONDS = 8.0


#: What loky says of a process that somebody else ended; an allocator that fails ends its own by SIGABRT.
_SIGNAL = re.compile(r"SIG(KILL|TERM|INT|HUP|QUIT)\b")

#: Seconds between two looks at a process whose memory the system does not limit.
LOOK_SECONDS = 0.05


class ProcessRunner:
    """Runs one program in worker processes; the methods are those of :class:`~.duckdb.Runner`.

    Args:
        instance: What each worker opens; never opened in this process by running a query.
        program: What runs. Its output types are checked by the worker before the first query.
        limits: Enforced by the worker's process, its time from here.
        bind: ``bind(instance, program)``, called in the worker: DuckDB folds constants when it binds, so that binding
            can take as long as running.
    """

    #: No result is fetched as Python values: they come as Arrow.
    small = -1

    def __init__(
        self, instance: Instance, program: Program, limits: Limits, bind: Callable[[Instance, Program], Program]
    ) -> None:
        self.program = program
        self._state = (instance, program, limits, bind)
        self._limits = limits
        self._pid = 0

    def _start(self, workers: int = WORKERS) -> None:
        """Starts the workers: at the first query, and again in a forked child, which has none of its parent's."""
        with _STARTING:
            if self._pid == os.getpid():
                return
            _say_what_is_not_bounded()
            self._ready: queue.SimpleQueue[_Worker | SQLModelError] = queue.SimpleQueue()
            self._pid = os.getpid()
            weakref.finalize(self, _end, self._ready)
            for _ in range(workers):
                self._add()

    def check(self, workers: int = WORKERS) -> Program:
        """Starts the workers and waits until one of them has bound the query.

        Args:
            workers: So many are ready afterwards, or about to be.

        Returns:
            The program as it was bound.

        Raises:
            SQLModelError: It does not open or bind within time and memory.
        """
        self._start(1)
        try:
            worker = self._ready.get(timeout=LOADING_SECONDS)
        except queue.Empty:
            raise LimitError(
                f"The model does not open in a process of its own within {LOADING_SECONDS:.0f} s, and it is not known "
                "to be small: write smaller constants, or load it on a machine that is less busy."
            ) from None
        if isinstance(worker, SQLModelError):
            raise worker
        self._ready.put(worker)
        for _ in range(workers - 1):
            self._add()
        assert worker.program is not None
        return worker.program

    def _add(self) -> None:
        threading.Thread(target=_start_worker, args=(self._state, self._ready), daemon=True).start()

    def __getstate__(self) -> dict[str, Any]:
        return {"state": self._state}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(*state["state"])  # type: ignore[misc]

    def arrow(
        self,
        table: pa.Table | None,
        params: Mapping[str, Any],
        projection: list[str] | None = None,
        hand_on: bool = False,
    ) -> pa.Table:
        """As :meth:`Runner.arrow`, but that nothing is handed on: every column comes from the worker.

        Raises:
            LimitError: The worker was killed: its time was over or its memory used up.
        """
        if self._pid != os.getpid():
            self._start()
        try:
            worker = self._ready.get(timeout=STARTUP_SECONDS)
        except queue.Empty:
            raise LimitError(
                f"All {WORKERS} worker processes of the model stayed busy for {STARTUP_SECONDS:.0f} s: "
                "send fewer requests at once."
            ) from None
        if isinstance(worker, SQLModelError):
            self._add()
            raise worker
        answer = worker.run(worker_process.written(table), dict(params), projection)
        if worker.alive:
            self._ready.put(worker)
        else:
            self._add()
        if isinstance(answer, SQLModelError):
            raise answer
        return worker_process.read(answer)

    def rows(self, table: pa.Table | None, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """As :meth:`Runner.rows`."""
        columns = [column.to_pylist() for column in self.arrow(table, params).columns]
        return list(zip(*columns, strict=True))


def bind_apart(
    instance: Instance, program: Program, limits: Limits, bind: Callable[[Instance, Program], Program]
) -> Program:
    """Binds a query in a process of its own that is ended afterwards; arguments as of :class:`ProcessRunner`.

    Raises:
        SQLModelError: It does not open or bind within time and memory.
    """
    runner = ProcessRunner(instance, program, limits, bind)
    try:
        return runner.check(1)
    finally:
        _end(runner._ready)


_STARTING = threading.Lock()
at_fork(after_in_child=lambda: globals().update(_STARTING=threading.Lock()))


def _start_worker(state: Any, ready: queue.SimpleQueue[Any]) -> None:
    try:
        try:
            worker = _Worker(state)
        except LimitError:  # killed from outside, by chance: what does not fit will not fit again
            worker = _Worker(state)
        ready.put(worker.bind() or worker)
    except SQLModelError as error:
        ready.put(error)
    except OSError as error:
        why = f"{error.strerror}): it needs processes, files and a /dev/shm to write to."
        ready.put(RunError(f"The model's process could not be started ({why}"))
    except BaseException as error:  # a request waits for it
        ready.put(RunError(f"The model's process could not be started ({type(error).__name__})."))
        raise


def _end(ready: queue.SimpleQueue[Any]) -> None:
    while not ready.empty():
        worker = ready.get()
        if isinstance(worker, _Worker):
            worker.kill()


class _Worker:
    """One process with the model open in it."""

    def __init__(self, state: tuple[Instance, Program, Limits, Callable[..., Program]]) -> None:
        try:
            import loky
        except ImportError:
            raise RunError(
                'A query that is not known to be small, or has isolation="process", runs in a process of its own, '
                'which needs the package loky: pip install "mlflow-sql-flavor[isolation]".'
            ) from None
        import cloudpickle

        self._limits = state[2]
        self._pool = loky.ProcessPoolExecutor(
            max_workers=1,
            timeout=None,
            initializer=worker_process.open_model,
            initargs=(cloudpickle.dumps(state), self._limits.memory_limit, os.getpid()),
            # glibc's and Arrow's allocators reserve address space that nothing uses, and that would count.
            env={"MALLOC_ARENA_MAX": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"},
        )
        self.alive = True
        self.program: Program | None = None
        try:
            answer = self._pool.submit(worker_process.ready).result(STARTUP_SECONDS)
        except Exception as error:
            self.kill()
            raise LimitError(
                f"The model does not open within memory_limit = {self._limits.memory_limit:,} bytes "
                f"(MLFLOW_SQL_MEMORY_LIMIT) and {STARTUP_SECONDS:.0f} s in a process of its own."
            ) from error
        if isinstance(answer, SQLModelError):
            self.kill()
            raise answer
        self._pid: int = answer
        self._limited = address_space() is not None
        self._base = resident(self._pid)

    def bind(self) -> SQLModelError | None:
        """Binds the query within the time of a query: what it computes of constants alone is computed here."""
        answer: SQLModelError | Program = self._within(worker_process.bind_model)
        if isinstance(answer, SQLModelError):
            self.kill()
            return answer
        self.program = answer
        return None

    def run(self, data: bytes | None, params: dict[str, Any], projection: list[str] | None) -> bytes | SQLModelError:
        answer: bytes | SQLModelError = self._within(worker_process.run, data, params, projection)
        return answer

    def _within(self, task: Callable[..., Any], *arguments: Any) -> Any:
        binding = task is worker_process.bind_model
        timeout = min(self._limits.timeout_seconds, BINDING_SECONDS) if binding else self._limits.timeout_seconds
        started, used = time.monotonic(), processor_seconds(self._pid)
        try:
            future = self._pool.submit(task, *arguments)
            # DuckDB's own time limit comes first where it works at all: it leaves the worker usable.
            end = started + timeout + 0.25
            while True:
                left = max(end - time.monotonic(), 0.001)
                try:
                    return future.result(left if self._limited else min(left, LOOK_SECONDS))
                except TimeoutError:
                    if not self._limited and resident(self._pid) > self._limits.memory_limit + self._base:
                        self.kill()
                        return self._ended("on")
                    if time.monotonic() < end:
                        continue
                    # Binding is no part of a request: on a busy machine what counts is the time the worker had.
                    had = processor_seconds(self._pid) - used
                    if not binding or had >= timeout or time.monotonic() - started > LOADING_SECONDS:
                        raise
                    end = time.monotonic() + LOOK_SECONDS
        except TimeoutError:
            self.kill()
            if binding:
                return LimitError(
                    f"What the query computes of its constants alone took longer than {timeout} s when it was bound, "
                    "and its process was ended: write smaller constants."
                )
            return LimitError(
                f"The query ran longer than {timeout} s, the limit set by timeout_seconds "
                "(MLFLOW_SQL_TIMEOUT_SECONDS), and its process was ended: send less data or raise the limit where the "
                "model is loaded."
            )
        except Exception as error:
            self.kill()
            if signal := _SIGNAL.search(str(error)):
                return RunError(
                    f"The query's process was ended from outside ({signal[0]}), by a person or by the system, which "
                    "may be short of memory: send the request again."
                )
            return self._ended("most likely on")

    def _ended(self, on: str) -> LimitError:
        return LimitError(
            f"The query's process ended, {on} memory_limit = {self._limits.memory_limit:,} bytes "
            "(MLFLOW_SQL_MEMORY_LIMIT): send less data or raise the limit where the model is loaded."
        )

    def kill(self) -> None:
        self.alive = False
        self._pool.shutdown(wait=False, kill_workers=True)


@functools.cache
def _say_what_is_not_bounded() -> None:
    if address_space() is None:
        _logger.warning(
            "This system limits no process's memory: a worker is ended by what is measured of it from time to time "
            "(with psutil installed) and when its time is over (docs/security.md)."
        )
