"""What a process has used and may use: processor, memory, address space, as far as the system tells and limits them."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator

__all__ = [
    "address_space", "descendants", "less_memory", "limit_memory", "memory_is_told", "memory_of", "processor_seconds",
    "resident",
]  # fmt: skip


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


def memory_of(pid: int) -> int:
    """As :func:`resident`, asked of the system itself where it tells: much cheaper."""
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError, AttributeError):
        return 0 if os.path.isdir("/proc/self") else resident(pid)


def memory_is_told() -> bool:
    """Whether anything tells what a process takes: the system, or psutil."""
    return os.path.isdir("/proc/self") or resident(os.getpid()) > 0


def descendants(pid: int) -> Iterator[int]:
    """The processes that one has started, and those that these have."""
    if not os.path.isdir("/proc/self"):
        yield from _children_told(pid)
        return
    waiting = [pid]
    while waiting:
        try:
            threads = os.listdir(f"/proc/{waiting[0]}/task")
        except OSError:
            threads = []
        parent = waiting.pop(0)
        for thread in threads:
            with contextlib.suppress(OSError, ValueError):
                with open(f"/proc/{parent}/task/{thread}/children", encoding="ascii") as file:
                    found = [int(child) for child in file.read().split()]
                yield from found
                waiting += found


def _children_told(pid: int) -> list[int]:
    try:
        import psutil

        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    except ImportError:
        return []
    except psutil.Error:
        return []


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
