"""One call in a process of its own, which has so much memory and time and no more.

For what a stranger's file may cost before anybody can tell: unpacking Parquet, translating a query. The process takes
bytes and gives bytes; whatever happens to it, the caller gets an answer or one sentence.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import logging
import os
import signal
import subprocess
import sys

from ..errors import LimitError, RunError

__all__ = ["call"]

_logger = logging.getLogger(__name__)

#: Bytes of memory beyond what the process has once it is ready.
MEMORY = 1_000_000_000

#: Seconds of the processor, and on a busy machine so many times as long.
SECONDS, BUSY = 15.0, 4.0

#: What the process runs: limits are set when all is imported, so that they count for the call alone.
_START = """
import importlib, json, os, sys, threading, time
memory, addresses, seconds, busy, path, module = json.loads(sys.argv[1])
sys.path[:] = path
main = importlib.import_module(module).main
try:
    import resource
except ImportError:
    resource = None
def held():
    try:
        with open("/proc/self/statm") as file:
            return [int(n) * resource.getpagesize() for n in file.read().split()[:2]]
    except (OSError, ValueError, AttributeError):
        unit = 1 if sys.platform == "darwin" else 1024
        return [None, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit if resource else 0]
def watch():
    while held()[1] - before < memory:
        time.sleep(0.02)
    os._exit(9)
space, before = held()
threading.Thread(target=watch, daemon=True).start()
if space is not None:
    limit = space + addresses + 2**24
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
if resource is not None:
    end = int(time.process_time() + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (end, end + 1))
timer = threading.Timer(busy * seconds + 5, os._exit, (9,))
timer.daemon = True
timer.start()
try:
    answer = b"+" + main(sys.stdin.buffer.read())
except MemoryError:
    os._exit(9)
except BaseException as error:
    lines = str(error).strip().splitlines() or [""]
    answer = b"-" + json.dumps([type(error).__name__, lines[0][:500]]).encode()
sys.stdout.buffer.write(answer)
sys.stdout.buffer.flush()
os._exit(0)
"""


class ChildError(ValueError):
    """What the call itself refused: the name of the error's class, and the first line it said."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def call(
    module: str, data: bytes, *, memory: int = MEMORY, addresses: int | None = None, seconds: float = SECONDS
) -> bytes:
    """Runs ``main(data)`` of a module of this package.

    Args:
        module: Its full name.
        data: What it takes.
        memory: Bytes it may take beyond what it has when it is ready; looked at fifty times a second, on Windows not.
        addresses: Bytes it may reserve, which Linux refuses beyond; None for ``memory``.
        seconds: Of the processor; where the system does not count them, from the start of the process.

    Returns:
        What it gives.

    Raises:
        ChildError: It raised an error.
        LimitError: It took more memory or time.
        RunError: No process could be started.
    """
    _say_what_is_not_bounded()
    busy = BUSY if os.name == "posix" else 1.0
    space = memory if addresses is None else addresses
    settings = json.dumps([memory, space, seconds, busy, sys.path, module])
    try:
        process = subprocess.Popen(
            [sys.executable or "python", "-P", "-c", _START, settings],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "MALLOC_ARENA_MAX": "2"},  # each arena reserves 64 MB of addresses
        )
    except OSError as error:
        raise RunError(f"No process could be started to look into the model: {error.strerror}.") from None
    try:
        answer, _ = process.communicate(data, timeout=busy * seconds)
    except subprocess.TimeoutExpired:
        raise LimitError(_too_long(seconds)) from None
    finally:
        process.kill()
        process.communicate()
    if answer[:1] == b"+":
        return answer[1:]
    if answer[:1] == b"-":
        raise ChildError(*json.loads(answer[1:]))
    if process.returncode == -getattr(signal, "SIGXCPU", 0):
        raise LimitError(_too_long(seconds))
    raise LimitError(
        f"Looking into the model ended its process (status {process.returncode}), most likely on {memory:,} bytes."
    )


@functools.cache
def _say_what_is_not_bounded() -> None:
    if importlib.util.find_spec("resource") is None:
        _logger.warning(
            "This system neither limits nor measures the memory of the process that looks into a model's file: it is "
            "ended when its time is over (docs/security.md)."
        )


def _too_long(seconds: float) -> str:
    return f"Looking into the model took longer than {seconds:g} s and was ended."
