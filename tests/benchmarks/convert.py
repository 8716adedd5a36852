"""What a converted ensemble costs, and why its SQL has the shape it has.

python -m tests.benchmarks.convert            # seconds to convert, save, load and predict
python -m tests.benchmarks.convert shapes     # the same forest written in other shapes, on DuckDB alone
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.ensemble import (
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)

import mlflow_sql_flavor
from mlflow_sql_flavor.convert import sklearn_to_sql
from mlflow_sql_flavor.convert.trees import sums

from .one_row import boosters


def seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    """Time and result."""
    begin = time.perf_counter()
    result = work()
    return time.perf_counter() - begin, result


def costs(estimator: Any, X: pd.DataFrame, folder: Path) -> dict[str, Any]:
    """One line of the table."""
    convert, model = seconds(lambda: mlflow_sql_flavor.from_sklearn(estimator, X))
    save, _ = seconds(lambda: mlflow_sql_flavor.save_model(model, folder, input_example=X.head()))
    load, loaded = seconds(lambda: mlflow_sql_flavor.load_model(folder))
    loaded.predict(X)
    many = pd.concat([X] * (100_000 // len(X) + 1), ignore_index=True).head(100_000)
    return {
        "kB of SQL": len(model.sql) // 1000,
        "convert": convert,
        "save": save,
        "load": load,
        "1 row": seconds(lambda: loaded.predict(X.head(1)))[0],
        "100,000 rows": seconds(lambda: loaded.predict(many))[0],
        "its library, 100,000": seconds(lambda: estimator.predict(many))[0],
    }


def ensembles_of_100(folder: Path) -> pd.DataFrame:
    """Seconds for ensembles of 100 trees."""
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    Z, k = load_breast_cancer(return_X_y=True, as_frame=True)
    Z.columns = Z.columns.str.replace(" ", "_")
    cases = {
        "gradient boosting, depth 3": (GradientBoostingRegressor(random_state=0), X, y),
        "histogram boosting classifier": (HistGradientBoostingClassifier(random_state=0), Z, k),
        "forest classifier": (RandomForestClassifier(100, random_state=0), Z, k),
        "forest regressor, depth 6": (RandomForestRegressor(100, max_depth=6, random_state=0), X, y),
        "forest regressor, leaves of 1 row": (RandomForestRegressor(100, random_state=0), X, y),
        **{name: (estimator, X, y) for name, estimator in boosters().items()},
    }
    rows = {}
    for number, (name, (estimator, data, target)) in enumerate(cases.items()):
        rows[name] = costs(estimator.fit(data, target), data, folder / str(number))
    return pd.DataFrame(rows).T


def shapes() -> pd.DataFrame:
    """Seconds that DuckDB takes to bind the query, and to run it on 442 rows, by leaves and trees in one layer."""
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    estimator = RandomForestRegressor(20, random_state=0).fit(X, y)
    rows = {}
    for leaves, trees in ((10**9, 10**9), (5000, 25), (2000, 25), (800, 25), (800, 5), (800, 1), (300, 25)):
        sums._LEAVES, sums._TREES = leaves, trees
        sql = sklearn_to_sql(estimator, X)
        with duckdb.connect() as connection:
            connection.register("input", X)
            connection.execute("SET threads = 1")
            bind, _ = seconds(lambda c=connection, s=sql: c.execute(f"DESCRIBE {s}").fetchall())
            run, _ = seconds(lambda c=connection, s=sql: c.execute(s).fetchall())
        label = "all in one layer" if leaves == 10**9 else f"{leaves} leaves, {trees} trees"
        rows[label] = {"layers": sql.count(" AS (\n"), "bind": bind, "bind and run": run}
    return pd.DataFrame(rows).T


if __name__ == "__main__":
    if sys.argv[1:] == ["shapes"]:
        print(shapes().round(3).to_string())
    else:
        with tempfile.TemporaryDirectory() as temporary:
            print(ensembles_of_100(Path(temporary)).round(2).to_string())
