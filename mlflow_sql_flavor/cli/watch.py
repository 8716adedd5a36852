"""Commands that look at a stranger's model run in a process of their own, which ends in time and memory.

What a command reads, parses, translates and runs is bounded part by part; here is the bound on all of it together. The
process has this one's terminal, files and environment, so that nothing else is different.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import click

from ..engines.process import descendants, memory_is_told, memory_of, processor_seconds
from ..errors import LimitError

__all__ = ["MEMORY", "SECONDS", "Watched", "allow_tables", "run_watched"]

#: Seconds that a command may take, beside those in which it wants a core and the machine gives it none.
SECONDS = 18.0

#: Bytes of memory of its process and of those that it starts, beside the model's reference tables.
MEMORY = 1_300_000_000

#: So many times as long is the most, whatever the machine gives.
_BUSY = 4.0

#: So many tables are looked at, which a folder may have more of.
MAX_TABLES = 1_000

#: Names the file in which a watched process says what its reference tables take.
_VARIABLE = "_MLFLOW_SQL_WATCHED"

_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv.pop(1)); "
    f"from {__package__} import main; main(prog_name='mlflow-sql')"
)


class Watched(click.Command):
    """A command that looks at what a stranger may have written."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not ctx.resilient_parsing and _watchable() and not {"-h", "--help"} & set(args):  # a shell completes a word
            root = ctx.find_root().params
            code = run_watched(sys.argv[1:], root["timeout"], root["memory_limit"], fork=_forkable())
            if code is not None:
                ctx.exit(code)
        return super().parse_args(ctx, args)


def _watchable() -> bool:
    """Whether this is the process that a person or a shell started, with streams that another one can have."""
    return _VARIABLE not in os.environ and sys.stdout is sys.__stdout__ and sys.stderr is sys.__stderr__


def _forkable() -> bool:
    """Whether this process may be copied, which saves an interpreter and its imports: it has one thread.

    Engines are imported after that. macOS has libraries that do not bear it.
    """
    import threading

    return sys.platform.startswith("linux") and threading.active_count() == 1


class _Fork:
    """A copy of this process, as ``subprocess.Popen`` tells of one that it started."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        until = None if timeout is None else time.monotonic() + timeout
        pause = 0.001
        while self.poll() is None:
            if until is not None and time.monotonic() > until:
                raise subprocess.TimeoutExpired("mlflow-sql", timeout or 0.0)
            time.sleep(pause)
            pause = min(2 * pause, 0.02)
        assert self.returncode is not None
        return self.returncode

    def kill(self) -> None:
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)


def allow_tables(folder: Path) -> None:
    """Says to who watches what the reference tables of a model take, which is memory beside all else.

    Args:
        folder: The model.
    """
    target = os.environ.get(_VARIABLE)
    if not target or not (folder / "tables").is_dir():
        return
    import pyarrow as pa
    from pyarrow import parquet

    from ..artifact.bounded_files import open_file
    from ..engines.limits import effective_limits
    from ..errors import SQLModelError

    size = int(Path(target).read_text(encoding="ascii") or 0)
    for path in sorted((folder / "tables").iterdir())[:MAX_TABLES]:
        with contextlib.suppress(pa.ArrowException, OSError, SQLModelError, UnicodeDecodeError):
            with open_file(folder, f"tables/{path.name}") as file:
                meta = parquet.read_metadata(file)
            size += sum(max(meta.row_group(i).total_byte_size, 0) for i in range(meta.num_row_groups))
    most = effective_limits(None).memory_limit
    Path(target).write_text(str(min(2 * size, most)), encoding="ascii")


def run_watched(
    arguments: list[str], seconds: float = SECONDS, memory: int = MEMORY, *, fork: bool = False
) -> int | None:
    """Runs the command line in a process of its own.

    Args:
        arguments: Of the command line.
        seconds, memory: What it may take.
        fork: Whether that process is a copy of this one, which goes on where this one called.

    Returns:
        Its exit code; None in the copy.

    Raises:
        LimitError: It took more, and was ended.
    """
    if not memory_is_told():
        click.echo(
            "mlflow-sql: the memory of this command is not bounded, nor the time of what it starts, since nothing here "
            "measures them: install psutil (docs/security.md).",
            err=True,
        )
    folder = Path(tempfile.mkdtemp(prefix="mlflow-sql-"))
    told = folder / "tables"
    process: subprocess.Popen[bytes] | _Fork | None = None
    try:
        told.touch()
        with _interrupts_kept():  # one that came meanwhile is raised at its end
            if fork:
                process = _Fork(os.fork())
            else:
                process = subprocess.Popen(
                    [sys.executable or "python", "-P", "-c", _START, json.dumps(sys.path), *arguments],
                    env={**os.environ, _VARIABLE: str(told)},
                )
        return _watch(process, told, seconds, memory) if process.pid else None
    finally:
        if process is None or process.pid:
            if process is not None:
                _end(process)
            shutil.rmtree(folder, ignore_errors=True)
        else:
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            os.environ[_VARIABLE] = str(told)


def _end(process: subprocess.Popen[bytes] | _Fork) -> None:
    if process.poll() is None:
        for pid in reversed(list(descendants(process.pid))):
            with contextlib.suppress(OSError):
                os.kill(pid, 9)
        process.kill()
    process.wait()


@contextlib.contextmanager
def _interrupts_kept() -> Iterator[None]:
    """Ctrl-C goes to all processes of a terminal: one that is started here never gets it, this one does afterwards."""
    if hasattr(signal, "pthread_sigmask"):
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
    else:  # Windows
        answer = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, answer)


def _watch(process: subprocess.Popen[bytes] | _Fork, told: Path, seconds: float, memory: int) -> int:
    start, used, starved = time.monotonic(), {process.pid: 0.0}, {process.pid: 0.0}
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(0.05)
        pids = [process.pid, *descendants(process.pid)]
        if sum(map(memory_of, pids)) > memory + _tables(told):
            raise LimitError(
                f"The command took more than {memory / 1e9:.1f} GB of memory beside the model's tables and was ended: "
                "what the model holds is not known to be small. --memory-limit allows more."
            )
        past = time.monotonic() - start
        if past > seconds:
            used.update({pid: processor_seconds(pid) for pid in pids})
            starved.update({pid: _starved(pid) for pid in pids})
            idle = past - min(sum(starved.values()), past)
            if sum(used.values()) >= 0.8 * seconds or idle > seconds or past > _BUSY * seconds:
                raise LimitError(
                    f"The command took longer than {seconds:g} s and was ended: what the model holds is not known to "
                    "be small. --timeout allows more."
                )


def _starved(pid: int) -> float:
    """Seconds that a process wanted a processor and had none; where the system does not tell, all there are.

    What waits for something else, as a function of the model's may for ever, does not want one.
    """
    try:
        with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
            return int(file.read().split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return time.monotonic()


def _tables(told: Path) -> int:
    with contextlib.suppress(OSError, ValueError):
        return int(told.read_text(encoding="ascii"))
    return 0
