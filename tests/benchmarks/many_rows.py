"""``python -m tests.benchmarks.many_rows [CHECKOUT] [WORD …]``: what 100,000 rows of a converted ensemble cost.

In turns, one thread of DuckDB each: the loaded model; DuckDB alone, which runs the stored portable text on a native
table; and the loaded model of the package in CHECKOUT, an older one (``git worktree add CHECKOUT f9ed96f`` is the last
that had no text for few rows), converted by it from the same fitted estimator. WORD chooses models whose names have it.
"""

from __future__ import annotations

import os
import pickle
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
from sklearn.datasets import load_diabetes

import mlflow_sql_flavor

from .one_row import ensembles

ROUNDS = 7
#: What the package on the path does: convert, save, load, and a prediction for each line that comes.
_CHILD = """
import pickle, sys, time
from pathlib import Path
import mlflow_sql_flavor
folder = Path(sys.argv[1])
estimator, X, many = pickle.loads((folder / "given.pickle").read_bytes())
where = folder / sys.argv[2]
mlflow_sql_flavor.save_model(mlflow_sql_flavor.from_sklearn(estimator, X), where, input_example=X.head())
model = mlflow_sql_flavor.load_model(str(where))
model.predict(many)
print(mlflow_sql_flavor.__file__, flush=True)
for _ in sys.stdin:
    begin = time.perf_counter()
    model.predict(many)
    print(time.perf_counter() - begin, flush=True)
"""


class _Child:
    """A process that predicts with one release of the package."""

    def __init__(self, package: str, folder: Path, name: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", _CHILD, str(folder), name],
            env={**os.environ, "PYTHONPATH": package, "MLFLOW_SQL_THREADS": "1"},
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        found = self.process.stdout.readline().strip()
        assert found.startswith(str(Path(package).resolve())), found

    def __call__(self) -> float:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def close(self) -> None:
        self.process.communicate()


def measure(name: str, estimator: Any, X: pd.DataFrame, many: pd.DataFrame, before: str | None) -> None:
    """Prints one line."""
    with tempfile.TemporaryDirectory() as temporary, duckdb.connect() as connection:
        folder = Path(temporary)
        (folder / "given.pickle").write_bytes(pickle.dumps((estimator, X, many)))
        packages = {"now": str(Path(mlflow_sql_flavor.__file__).parents[1])}
        packages |= {"before": before} if before else {}
        children = {label: _Child(package, folder, label) for label, package in packages.items()}
        loaded = mlflow_sql_flavor.load_model(str(folder / "now"))
        connection.execute("SET threads = 1")
        connection.execute("CREATE TABLE input AS SELECT * FROM many")
        took: dict[str, list[float]] = {label: [] for label in [*children, "DuckDB"]}
        for _ in range(ROUNDS):
            for label, child in children.items():
                took[label].append(child())
            begin = time.perf_counter()
            connection.execute(f"CREATE OR REPLACE TEMP TABLE found AS {loaded.sql}")
            took["DuckDB"].append(time.perf_counter() - begin)
        for child in children.values():
            child.close()
    print(f"{name}: {statistics.median(took['now']):.2f} s", end="")
    for label in list(took)[1:]:
        ratios = [now / other for now, other in zip(took["now"], took[label], strict=True)]
        print(f", {statistics.median(ratios):.2f} of {label} ({min(ratios):.2f}-{max(ratios):.2f})", end="")
    print(flush=True)


def main() -> None:
    before = next((str(Path(word).resolve()) for word in sys.argv[1:2] if Path(word).is_dir()), None)
    words = sys.argv[2 if before else 1 :]
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    many = pd.concat([X] * (100_000 // len(X) + 1), ignore_index=True).head(100_000)
    for name, estimator in ensembles().items():
        if all(word in name for word in words):
            measure(name, estimator.fit(X, y), X, many, before)


if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        main()
