"""Forks and threads: no query is in the middle when the process forks.

A forked child has one thread. A lock that another thread held stays locked in it for good: DuckDB's own, and (until
Python 3.12) the one CPython takes when a thread of DuckDB's reads Arrow data from Python. So a fork waits for running
queries to end, and queries that come meanwhile wait for the fork.
"""

from __future__ import annotations

import functools
import os
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import ParamSpec, TypeVar

__all__ = ["at_fork", "querying"]

#: So long a fork waits, in seconds: longer than a query may run by default.
PATIENCE = 35.0


_P = ParamSpec("_P")
_R = TypeVar("_R")


class _Gate:
    """What a query holds while it runs; a thread may hold it several times over."""

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        self._change = threading.Condition(threading.Lock())
        self._inside: dict[int, int] = {}
        self._forking = False

    def __enter__(self) -> None:
        me = threading.get_ident()
        with self._change:
            while self._forking and me not in self._inside:
                self._change.wait()
            self._inside[me] = self._inside.get(me, 0) + 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        me = threading.get_ident()
        with self._change:
            depth = self._inside.get(me, 1) - 1
            if depth > 0:
                self._inside[me] = depth
                return
            self._inside.pop(me, None)
            if self._forking:
                self._change.notify_all()

    def __call__(self, function: Callable[_P, _R]) -> Callable[_P, _R]:
        """A function that holds the gate while it runs."""

        @functools.wraps(function)
        def call(*args: _P.args, **kwargs: _P.kwargs) -> _R:
            with self:
                return function(*args, **kwargs)

        return call

    def before_fork(self) -> None:
        """Waits until no other thread is inside, and holds the lock: nobody gets in until the fork is done."""
        self._change.acquire()
        end = time.monotonic() + PATIENCE
        self._forking = True
        while self._inside.keys() - {threading.get_ident()} and (left := end - time.monotonic()) > 0:
            self._change.wait(left)

    def after_in_parent(self) -> None:
        """Lets queries in again."""
        self._forking = False
        self._change.notify_all()
        self._change.release()

    def after_in_child(self) -> None:
        """Starts anew: the other threads are gone."""
        self._reset()


def at_fork(**calls: Callable[[], object]) -> None:
    """``os.register_at_fork``, where processes fork: on Windows they do not."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(**calls)


querying = _Gate()

at_fork(
    before=querying.before_fork,
    after_in_parent=querying.after_in_parent,
    after_in_child=querying.after_in_child,
)
