"""``python -m tests.benchmarks.fairness [SECONDS]``: light requests beside threads that run queries without end.

Each row: how many threads ask the model whose query ends on its limit of 2 s only, and what a request of one row of
another model took meanwhile. Printed once as it is set by default, once with ``threads=1``, and once with each query
in a process of its own.
"""

from __future__ import annotations

import statistics
import sys
import threading
import time
from typing import Any

import pandas as pd

import mlflow_sql_flavor
from mlflow_sql_flavor.errors import SQLModelError

ENDLESS = "SELECT sum(a.range * b.range + i.x)::DOUBLE AS s FROM range(10000000) a, range(10000000) b, input i"
ROW = pd.DataFrame({"x": [1]})
SETTINGS: dict[str, dict[str, Any]] = {
    "default": {},
    "threads=1": {"threads": 1},
    'isolation="process"': {"isolation": "process", "threads": 1},
}


def measured(setting: dict[str, Any], crowd: int, seconds: float) -> tuple[list[float], int]:
    """Milliseconds of each light request, and how many queries without end were ended meanwhile."""
    light = mlflow_sql_flavor.SQLModel("SELECT x * 2 AS y FROM input", limits=setting)
    endless = mlflow_sql_flavor.SQLModel(ENDLESS, limits={**setting, "timeout_seconds": 2})
    light.predict(ROW)
    ended, over = [0], threading.Event()

    def ask() -> None:
        while not over.is_set():
            try:
                endless.predict(ROW)
            except SQLModelError:
                ended[0] += 1

    threads = [threading.Thread(target=ask) for _ in range(crowd)]
    for thread in threads:
        thread.start()
    took, until = [], time.monotonic() + seconds
    while time.monotonic() < until:
        start = time.perf_counter()
        light.predict(ROW)
        took.append(1000 * (time.perf_counter() - start))
        time.sleep(0.02)
    over.set()
    for thread in threads:
        thread.join()
    return took, ended[0]


def main(seconds: float) -> None:
    print(f"{'setting':<22}{'without end':>12}{'ended':>8}{'light':>8}{'p50, ms':>10}{'p99, ms':>10}{'most, ms':>10}")
    for name, setting in SETTINGS.items():
        for crowd in (0, 2, 8):
            took, ended = measured(setting, crowd, seconds)
            p99 = statistics.quantiles(took, n=100)[98] if len(took) > 1 else took[0]
            print(
                f"{name:<22}{crowd:>12}{ended:>8}{len(took):>8}{statistics.median(took):>10.1f}{p99:>10.0f}"
                f"{max(took):>10.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 20.0)
