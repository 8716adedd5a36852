"""``python -m tests.benchmarks.isolation``: what a call costs in a process of its own, beside a thread's."""

from __future__ import annotations

import statistics
import time

import pandas as pd

from mlflow_sql_flavor import SQLModel

SQL = "SELECT id, upper(name) AS name, amount * 2 AS y FROM input"


def main(calls: int = 60) -> None:
    models = {kind: SQLModel(SQL, limits={"isolation": kind}) for kind in ("thread", "process")}
    print(f"{'rows':>8}  {'thread ms':>10}  {'process ms':>10}  {'ratio':>6}   (medians of interleaved calls)")
    for rows in (1, 100, 10_000, 100_000):
        data = pd.DataFrame({"id": range(rows), "name": [f"n{i}" for i in range(rows)], "amount": [1.5] * rows})
        times: dict[str, list[float]] = {kind: [] for kind in models}
        for model in models.values():
            model.predict(data)
        for _ in range(max(5, calls if rows <= 100 else calls // 4)):
            for kind, model in models.items():
                started = time.perf_counter()
                model.predict(data)
                times[kind].append(time.perf_counter() - started)
        thread, process = (statistics.median(times[kind]) * 1000 for kind in ("thread", "process"))
        print(f"{rows:>8}  {thread:>10.2f}  {process:>10.2f}  {process / thread:>6.1f}")


if __name__ == "__main__":
    main()
