"""Room for very deep trees: generated SQL nests thousands of operators, and sqlglot recurses."""

from __future__ import annotations

import contextlib
import gc
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

from ...errors import QueryError, SQLModelError

__all__ = ["TOO_DEEP", "followed", "growing", "with_deep_stack"]

T = TypeVar("T")

TOO_DEEP = (
    "The query nests its expressions more than 1,000 deep, as a sum of 1,000 terms does: name parts of it in a WITH "
    "clause, or put parentheses around groups of terms."
)

_STACK = 512 * 1024 * 1024
_DEPTH = 400_000
_LOCK = threading.Lock()
_NAME = "sql-translation"


def _after_fork() -> None:
    """A child of a process that was translating has its settings, and a lock that nobody in it will give back."""
    global _LOCK
    if _LOCK.locked():
        _LOCK = threading.Lock()
        threading.stack_size(0)
        sys.setrecursionlimit(min(sys.getrecursionlimit(), 1000))
        gc.enable()


if hasattr(os, "register_at_fork"):  # not on Windows, where processes do not fork
    os.register_at_fork(after_in_child=_after_fork)


@contextlib.contextmanager
def growing() -> Iterator[None]:
    """Python's collector rests: a growing tree is scanned again and again else, which makes the time quadratic."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def with_deep_stack(work: Callable[[], T]) -> T:
    """Run ``work`` on a thread with a large stack: a hundred parentheses are too many for Python's own limit.

    Raises:
        QueryError: The query nests tens of thousands of expressions.
    """
    if threading.current_thread().name == _NAME:
        return work()
    result: list[T] = []
    error: list[BaseException] = []

    def run() -> None:
        try:
            result.append(work())
        except BaseException as e:
            error.append(e)

    with _LOCK, growing():  # stack size and recursion limit belong to the process
        stack, depth = threading.stack_size(_STACK), sys.getrecursionlimit()
        sys.setrecursionlimit(max(depth, _DEPTH))
        try:
            thread = threading.Thread(target=run, name=_NAME)
            thread.start()
            thread.join()
        finally:
            threading.stack_size(stack)
            sys.setrecursionlimit(depth)
    if error:
        if isinstance(error[0], RecursionError):
            raise QueryError(TOO_DEEP) from None
        raise error[0]
    return result[0]


def followed(work: Callable[[], T]) -> T:
    """:func:`with_deep_stack` for work that sqlglot has a part in: whatever that raises is a sentence.

    Raises:
        QueryError: ``work`` fails at the query in a way of its own.
    """
    try:
        return with_deep_stack(work)
    except SQLModelError:
        raise
    except Exception as error:
        raise QueryError(f"This query cannot be followed: {_sentence(error)}.") from error


def _sentence(e: Exception) -> str:
    """The first line of an error, without colours; its class where it says nothing."""
    return re.sub(r"\x1b\[[0-9;]*m", "", str(e)).strip().split("\n")[0].rstrip(". ") or type(e).__name__
