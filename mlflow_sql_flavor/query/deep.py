"""Room for very deep trees: generated SQL nests thousands of operators, and sqlglot recurses."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Callable
from typing import TypeVar

__all__ = ["with_deep_stack"]

T = TypeVar("T")

_SHORT = 4_000  # characters: below this no text nests deep enough to matter
_STACK = 512 * 1024 * 1024
_DEPTH = 400_000
_LOCK = threading.Lock()


def with_deep_stack(work: Callable[[], T], size: int) -> T:
    """Run ``work``, on a thread with a large stack when ``size`` (characters of SQL) may need one."""
    if size < _SHORT:
        return work()
    result: list[T] = []
    error: list[BaseException] = []

    def run() -> None:
        try:
            result.append(work())
        except BaseException as e:
            error.append(e)

    with _LOCK:  # stack size and recursion limit belong to the process
        stack, depth, collecting = threading.stack_size(_STACK), sys.getrecursionlimit(), gc.isenabled()
        sys.setrecursionlimit(max(depth, _DEPTH))
        gc.disable()  # a growing tree is scanned again and again else, which makes the time quadratic
        try:
            thread = threading.Thread(target=run, name="sql-translation")
            thread.start()
            thread.join()
        finally:
            threading.stack_size(stack)
            sys.setrecursionlimit(depth)
            if collecting:
                gc.enable()
    if error:
        raise error[0]
    return result[0]
