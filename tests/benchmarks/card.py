"""What the card and the lineage add to saving a model.

    python -m tests.benchmarks.card

Prints, for queries from small to a megabyte, the CPU milliseconds of the card with its picture beside those of the
whole ``save_model`` (the least of several runs).
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import mlflow_sql_flavor
from mlflow_sql_flavor.artifact import mlmodel as artifact
from mlflow_sql_flavor.report import pages as report

COLUMNS = {f"c{n}": "DOUBLE" for n in range(100)}


def _queries() -> dict[str, str]:
    wide = ", ".join(f"c{n} + c{(n + 1) % 100} AS o{n}" for n in range(100))
    steps = "".join(f", s{n} AS (SELECT c0 + 1 AS c0, c1 FROM s{n - 1} WHERE c1 > {n})" for n in range(1, 100))
    case = " ".join(f"WHEN c{n % 100} < {n} THEN c{(n + 7) % 100} * {n}" for n in range(1_000))
    total = " + ".join(f"c{n % 100} * {n}.5" for n in range(900))
    sums = ", ".join(f"{total} + {n} AS o{n}" for n in range(75))
    return {
        "three columns": "SELECT c0, c1 + c2 AS s, c3 FROM input WHERE c4 > 0",
        "100 columns": f"SELECT {wide} FROM input",
        "100 steps": f"WITH s0 AS (SELECT c0, c1 FROM input){steps} SELECT c0, c1 FROM s99",
        "a CASE of 1,000 branches": f"SELECT CASE {case} END AS v FROM input",
        "75 sums of 900 terms": f"SELECT {sums} FROM input",
    }


def _least(work: Callable[[], object], runs: int) -> float:
    times = []
    for _ in range(runs):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times) * 1000


def main() -> None:
    print(f"{'query':28}{'characters':>12}{'save ms':>10}{'card ms':>10}{'share':>8}")
    for name, sql in _queries().items():
        runs = 1 if len(sql) > 200_000 else 3
        with tempfile.TemporaryDirectory() as temporary:
            paths = iter(Path(temporary) / str(n) for n in range(1_000))

            def save(sql: str = sql, paths: object = paths) -> None:
                mlflow_sql_flavor.save_model(
                    sql, next(paths), input_types=COLUMNS, pip_requirements=["mlflow"], bundle_flavor=False
                )  # fmt: skip

            whole = _least(save, runs)
            stored = artifact.read(Path(temporary) / "0", "sql")

            def write(stored: artifact.Stored = stored, paths: object = paths) -> None:
                folder = next(paths)
                folder.mkdir()
                report.write(folder, stored.spec, stored.signature)

            card = _least(write, runs)
        print(f"{name:28}{len(sql):>12,}{whole:>10.0f}{card:>10.1f}{card / whole:>8.0%}")


if __name__ == "__main__":
    main()
