"""What a process has used and may use: processor, memory, address space, as far as the system tells and limits them."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator

__all__ = ["address_space", "less_memory", "limit_memory", "processor_seconds", "resident"]


def processor_seconds(pid: int) -> float:
    """What a process has used of the processors; where the system does not tell, more every time it is asked."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return time.monotonic()


def resident(pid: int) -> int:
    """Bytes of memory that a process takes; 0 where nothing tells."""
    try:
        import psutil

        return int(psutil.Process(pid).memory_info().rss)
    except (ImportError, OSError, RuntimeError):
        return 0
    except Exception as error:  # psutil's own, of a process that is gone
        if type(error).__module__.startswith("psutil"):
            return 0
        raise


def limit_memory(memory: int) -> None:
    """Takes away every address beyond so many bytes more than now, for good."""
    now = address_space()
    if now is None:
        return  # no such limit on this system, which the parent has said: the time limit still holds
    import resource

    with contextlib.suppress(OSError, ValueError):  # a lower limit stands already
        resource.setrlimit(resource.RLIMIT_AS, (now + memory, now + memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@contextlib.contextmanager
def less_memory(memory: int) -> Iterator[None]:
    """Binding may take no more than so much, whatever the query may."""
    now = address_space()
    if now is None:
        yield
        return
    import resource

    before = resource.getrlimit(resource.RLIMIT_AS)
    if 0 <= before[0] <= now + memory:
        yield
        return
    resource.setrlimit(resource.RLIMIT_AS, (now + memory, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def address_space() -> int | None:
    """Bytes that this process has taken of its address space; None where the system neither tells nor limits it."""
    try:
        import resource

        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except (ImportError, OSError, ValueError):
        return None
