"""Many threads on several models in one process: every answer is the one it gets alone, and nothing grows."""

from __future__ import annotations

import gc
import os
import random
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
import psutil
import pytest
from mlflow.exceptions import MlflowException

from mlflow_sql_flavor import SQLModel

from ..platforms import needs_fork

THREADS = 32
REGIONS = pd.DataFrame({"region": [f"r{i}" for i in range(50)], "factor": np.linspace(0.5, 3, 50)})


def _models() -> list[SQLModel]:
    tables = {"regions": REGIONS}
    return [
        SQLModel("SELECT id, amount * :p AS y, upper(region) AS u FROM input"),
        SQLModel("SELECT id, amount * factor + :p AS y FROM input LEFT JOIN regions USING (region)", tables=tables),
        SQLModel("SELECT region, sum(amount) + :p AS y FROM input GROUP BY region ORDER BY region"),
        SQLModel("SELECT id, lag(amount, 1, :p) OVER (ORDER BY id) AS y, CAST(code AS BIGINT) AS c FROM input"),
    ]


def _requests() -> list[tuple[pd.DataFrame, dict[str, float]]]:
    """Of every size the paths differ by; one in ten fails in the models that read ``code``."""
    chance = random.Random(7)
    made = []
    for number in range(40):
        count = chance.choice([1, 1, 1, 2, 30, 999, 1001, 3000])
        frame = pd.DataFrame(
            {
                "id": np.arange(count) + number * 10_000,
                "amount": np.arange(count) * 0.25 + number,
                "region": [f"r{(n * 7 + number) % 60}" for n in range(count)],
                "code": [str(n) for n in range(count)],
            }
        )
        if number % 10 == 0:
            frame.loc[count - 1, "code"] = f"bad{number}"
        frame.index = frame.index * 2 + number
        made.append((frame, {"p": float(number)}))
    return made


def _answer(model: SQLModel, request: tuple[pd.DataFrame, dict[str, float]]) -> Any:
    try:
        return model.predict(*request)
    except MlflowException as error:
        return error.message


def _same(found: Any, expected: Any) -> bool:
    if isinstance(expected, str):
        return isinstance(found, str) and found == expected
    return isinstance(found, pd.DataFrame) and found.equals(expected) and found.index.equals(expected.index)


def _soak(seconds: float) -> tuple[int, list[float]]:
    """Runs for so long; how many answers were checked, and the memory in the second half, in bytes."""
    models, requests = _models(), _requests()
    expected = {(m, r): _answer(models[m], requests[r]) for m in range(len(models)) for r in range(len(requests))}
    assert any(isinstance(answer, str) for answer in expected.values())
    end = time.monotonic() + seconds

    def work(seed: int) -> int:
        chance, count = random.Random(seed), 0
        while time.monotonic() < end:
            key = (chance.randrange(len(models)), chance.randrange(len(requests)))
            assert _same(_answer(models[key[0]], requests[key[1]]), expected[key]), key
            count += 1
        return count

    memory: list[float] = []
    with ThreadPoolExecutor(THREADS) as pool:
        futures = [pool.submit(work, seed) for seed in range(THREADS)]
        while time.monotonic() < end:
            time.sleep(seconds / 20)
            if time.monotonic() > end - seconds / 2:
                memory.append(psutil.Process().memory_info().rss)
        # A deadlock is a thread that is not done long after its time.
        total = sum(future.result(timeout=60) for future in futures)
    gc.collect()
    return total, memory


@pytest.mark.timeout(180)
def test_every_answer_is_the_one_it_gets_alone() -> None:
    total, _ = _soak(5)
    assert total >= THREADS


_ROUNDS = """
import ctypes, gc, sys
import psutil
from tests.engines.test_soak import _soak
total = 0
for _ in range({rounds}):
    answers, memory = _soak({seconds})
    total += answers
    gc.collect()
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)
    print(answers, max(memory[-3:]) / min(memory[:3]), psutil.Process().memory_info().rss)
"""


def _measured(rounds: int, seconds: float) -> list[tuple[int, float, int]]:
    """Of each round the answers, memory at the end / in the middle, and bytes without the models; in a new process.

    Arrow's own allocator has a heap for each thread, of which it fills more for minutes: that is none of the model's.
    """
    done = subprocess.run(
        [sys.executable, "-c", _ROUNDS.format(rounds=rounds, seconds=seconds)],
        capture_output=True,
        text=True,
        timeout=rounds * seconds + 200,
        env={**os.environ, "ARROW_DEFAULT_MEMORY_POOL": "system"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    lines = [line.split() for line in done.stdout.splitlines()]
    print(done.stdout)
    return [(int(answers), float(growth), int(left)) for answers, growth, left in lines]


@pytest.mark.alone
@pytest.mark.timeout(600)
@pytest.mark.ci
def test_nothing_is_left_of_models_that_answered() -> None:
    """Six rounds of ten seconds, the first of which fills what the libraries keep for the process."""
    first, *rounds = _measured(6, 10)
    assert all(answers >= THREADS for answers, *_ in (first, *rounds))
    assert rounds[-1][-1] < 1.05 * rounds[0][-1]


@pytest.mark.alone
@pytest.mark.timeout(900)
@pytest.mark.full
def test_nothing_grows_beyond_what_duckdb_keeps() -> None:
    """Five minutes on the same models, after which another five take no more.

    DuckDB's list of blocks to evict keeps those that are gone until it is long enough to be cleaned (some 15 a join,
    50 MB an instance at most), which takes minutes to fill.
    """
    ((_, growth, _),) = _measured(1, 600)
    assert growth < 1.05


_FORK = """
import os, sys, threading, time
from tests.engines.test_soak import _answer, _models, _requests, _same
models, requests = _models(), _requests()[:8]
expected = [[_answer(m, r) for r in requests] for m in models]
stop = threading.Event()
def load():
    while not stop.is_set():
        for m in models:
            for r in requests:
                _answer(m, r)
threads = [threading.Thread(target=load) for _ in range(8)]
[t.start() for t in threads]
bad = 0
for _ in range({forks}):
    child = os.fork()
    if child == 0:
        right = all(_same(_answer(m, r), e) for m, row in zip(models, expected) for r, e in zip(requests, row))
        os._exit(0 if right else 1)
    bad += os.waitpid(child, 0)[1] != 0
stop.set()
[t.join() for t in threads]
print(bad)
"""


@needs_fork
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "forks",
    [
        2,
        pytest.param(8, marks=[pytest.mark.ci, pytest.mark.alone]),
        pytest.param(30, marks=[pytest.mark.full, pytest.mark.alone]),
    ],
)
def test_fork_under_load(forks: int) -> None:
    """A server's workers and Spark's are forked while others run: the child opens its own, and answers right."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _FORK.format(forks=forks)],
        capture_output=True,
        text=True,
        timeout=280,
        env={**os.environ, "ARROW_DEFAULT_MEMORY_POOL": "system"},
    )
    assert (done.stdout.strip(), done.stderr, done.returncode) == ("0", "", 0)
