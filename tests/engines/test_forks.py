"""A fork waits for what runs, what comes waits for the fork, and neither waits for itself."""

import os
import threading
import time

import pytest

from mlflow_sql_flavor.engines import forks

from ..platforms import needs_fork

pytestmark = [needs_fork, pytest.mark.filterwarnings("ignore::DeprecationWarning")]


def fork():
    child = os.fork()
    if child == 0:
        with forks.querying:
            os._exit(0)
    return os.waitpid(child, 0)[1]


def test_a_fork_waits_for_what_runs():
    entered, events = threading.Event(), []

    def run():
        with forks.querying:
            entered.set()
            time.sleep(0.3)
            events.append("ended")

    thread = threading.Thread(target=run)
    thread.start()
    entered.wait()
    assert fork() == 0
    events.append("forked")
    thread.join()
    assert events == ["ended", "forked"]


def test_a_fork_of_the_thread_that_runs_does_not_wait():
    with forks.querying, forks.querying:
        start = time.monotonic()
        assert fork() == 0
        assert time.monotonic() - start < forks.PATIENCE / 2


def test_a_fork_does_not_wait_for_ever(monkeypatch):
    monkeypatch.setattr(forks, "PATIENCE", 0.2)
    entered, leave = threading.Event(), threading.Event()

    def run():
        with forks.querying:
            entered.set()
            leave.wait()

    thread = threading.Thread(target=run)
    thread.start()
    entered.wait()
    assert fork() == 0
    leave.set()
    thread.join()
    with forks.querying:
        pass


def test_many_threads_and_forks():
    stop, count = threading.Event(), [0] * 4

    @forks.querying
    def work(i):
        count[i] += 1

    def run(i):
        while not stop.is_set():
            work(i)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        assert fork() == 0
    stop.set()
    for thread in threads:
        thread.join()
    assert all(count)
    assert not forks.querying._inside
