"""``python -m tests.benchmarks.one_row [cut|calls] [WORD]``: what one row of a converted ensemble costs, by the text.

Milliseconds, the median of repeated calls, in turns with the estimator's own ``predict`` of the same row; then seconds
for 100,000 rows. ``load_model`` gives what is measured. WORD chooses the models whose names have it. ``cut``: both
texts in turns for more and more rows, which says up to how many the text for few rows is the faster. ``calls``: the
library's own ``predict``, the loaded model's and pyfunc's alone, with the middle half of their ratios.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import mlflow
import pandas as pd
from sklearn.datasets import load_diabetes
from sklearn.ensemble import AdaBoostRegressor, GradientBoostingRegressor, RandomForestRegressor, VotingRegressor

import mlflow_sql_flavor
from mlflow_sql_flavor import SQLModel
from mlflow_sql_flavor.model import compiled_model_of
from mlflow_sql_flavor.query.facts.rows import ROW_ID

#: Optimizers that such a text has no use for.
OPTIMIZERS = (
    "statistics_propagation,common_subexpressions,reorder_filter,column_lifetime,join_order,compressed_materialization"
)


def ratios(own: Callable[[], Any], *works: Callable[[], Any], times: int = 25) -> tuple[float, list[str]]:
    """The median milliseconds of the first, and what the others take of it in the same turn."""
    found = []
    for _ in range(times):
        found.append([milliseconds(work, 1) for work in (own, *works)])
    told = []
    for at in range(1, len(works) + 1):
        low, middle, high = statistics.quantiles((turn[at] / turn[0] for turn in found), n=4)
        told.append(f"{middle:.1f} x ({low:.1f}-{high:.1f})")
    return statistics.median(turn[0] for turn in found), told


def in_turns(*works: Callable[[], Any], times: int = 15) -> list[float]:
    """The median milliseconds of each, called in turns: other work on the machine slows all of them."""
    found: list[list[float]] = [[] for _ in works]
    for _ in range(times):
        for work, took in zip(works, found, strict=True):
            begin = time.perf_counter()
            work()
            took.append(time.perf_counter() - begin)
    return [1000 * statistics.median(took) for took in found]


def milliseconds(work: Callable[[], Any], times: int = 15) -> float:
    """The median."""
    return in_turns(work, times=times)[0]


def ways(model: Any, spec: Any, row: pd.DataFrame, times: int) -> dict[str, float]:
    """One row on DuckDB alone, by each of the texts that were tried."""
    texts = {"CASE": spec.duckdb_sql, "walk, arrays in the text": spec.few_rows.duckdb_sql}
    found = {}
    program = compiled_model_of(model).bound[-1].few.program
    with duckdb.connect() as connection:
        connection.execute("SET threads = 1")
        connection.register("input", row.assign(**{ROW_ID: range(len(row))}))
        for label, text in texts.items():
            statement = connection.extract_statements(text)[0]
            found[label] = milliseconds(lambda s=statement: connection.execute(s).fetchall(), times)
        statement = connection.extract_statements(spec.duckdb_sql)[0]
        connection.execute(f"SET disabled_optimizers = '{OPTIMIZERS}'")
        found["CASE, optimizers off"] = milliseconds(lambda: connection.execute(statement).fetchall(), times)
        connection.execute("SET disabled_optimizers = ''")
        for name, select in program.constants.items():
            connection.execute(f'CREATE TEMPORARY TABLE "{name}" AS {select}')
        statement = connection.extract_statements(program.sql)[0]
        found["walk, arrays made once"] = milliseconds(lambda: connection.execute(statement).fetchall(), times)
    return found


def boosters() -> dict[str, Any]:
    """Of each library 100 trees, on one thread."""
    import catboost
    import lightgbm
    import xgboost

    return {
        "XGBoost, 100 x depth 3": xgboost.XGBRegressor(n_estimators=100, max_depth=3, n_jobs=1),
        "XGBoost, 100 x depth 6": xgboost.XGBRegressor(n_estimators=100, max_depth=6, n_jobs=1),
        "LightGBM, 100 x 31 leaves": lightgbm.LGBMRegressor(n_estimators=100, n_jobs=1, verbose=-1),
        "CatBoost, 100 x depth 6": catboost.CatBoostRegressor(
            iterations=100, depth=6, thread_count=1, verbose=0, allow_writing_files=False
        ),
    }


def ensembles() -> dict[str, Any]:
    """scikit-learn's, an estimator of estimators, and the boosters."""
    forest = RandomForestRegressor(100, max_depth=6, random_state=0)
    voters = [("forest", forest), ("boosting", GradientBoostingRegressor(random_state=0))]
    return {
        "gradient boosting, 100 x depth 3": GradientBoostingRegressor(random_state=0),
        "forest, 100 x depth 6": forest,
        "forest, 100 x leaves of 1 row": RandomForestRegressor(100, random_state=0),
        "voting of both": VotingRegressor(voters),
        "AdaBoost, 50 x depth 3": AdaBoostRegressor(random_state=0),
        **boosters(),
    }


def cut(chosen: dict[str, Any], X: pd.DataFrame, y: Any) -> None:
    """Milliseconds of the text for few rows and of the one that is shown, by rows."""
    for name, estimator in chosen.items():
        model = mlflow_sql_flavor.from_sklearn(estimator.fit(X, y), X)
        few = compiled_model_of(model).definition.few_rows
        if few is None:
            print(f"{name}: no second text")
            continue
        texts = [SQLModel(text, signature=model.signature) for text in (few.duckdb_sql, model.sql)]
        for rows in (1, 100, 1000, 2000, 5000, 10_000):
            data = X.sample(rows, replace=True, random_state=0).reset_index(drop=True)
            walk, case = in_turns(*(lambda m=m, d=data: m.predict(d) for m in texts), times=5)
            print(f"{name}: {rows:6} rows  few {walk:9.1f} ms  shown {case:9.1f} ms  = {walk / case:.2f}", flush=True)


def calls(chosen: dict[str, Any], X: pd.DataFrame, y: Any) -> None:
    """One row through ``load_model`` and through pyfunc, to the library's own ``predict``."""
    for name, estimator in chosen.items():
        model = mlflow_sql_flavor.from_sklearn(estimator.fit(X, y), X)
        with tempfile.TemporaryDirectory() as folder:
            path, row = str(Path(folder, "m")), X.head(1)
            mlflow_sql_flavor.save_model(model, path, input_example=X.head())
            loaded, pyfunc = mlflow_sql_flavor.load_model(path), mlflow.pyfunc.load_model(path)
            works = [lambda m=m, r=row: m.predict(r) for m in (estimator, loaded, pyfunc)]
            for work in works:
                work()
            own, (mine, served) = ratios(*works)
            print(f"{name}: its library {own:.2f} ms, SQLModel {mine}, pyfunc {served}", flush=True)


def main() -> None:
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    cases = ensembles()
    if sys.argv[1:2] == ["cut"]:
        cut({name: each for name, each in cases.items() if all(word in name for word in sys.argv[2:])}, X, y)
        return
    if sys.argv[1:2] == ["calls"]:
        calls({name: each for name, each in cases.items() if all(word in name for word in sys.argv[2:])}, X, y)
        return
    many = pd.concat([X] * (100_000 // len(X) + 1), ignore_index=True).head(100_000)
    chosen = {name: each for name, each in cases.items() if all(word in name for word in sys.argv[1:])}
    for name, estimator in chosen.items():
        estimator.fit(X, y)
        model = mlflow_sql_flavor.from_sklearn(estimator, X)
        with tempfile.TemporaryDirectory() as folder:
            mlflow_sql_flavor.save_model(model, Path(folder, "m"), input_example=X.head())
            loaded = mlflow_sql_flavor.load_model(str(Path(folder, "m")))
            row = X.head(1)
            own, mine = in_turns(lambda e=estimator, r=row: e.predict(r), lambda m=loaded, r=row: m.predict(r))
            print(f"{name}: its library {own:.2f} ms, predict {mine:.2f} ms = {mine / own:.1f} x")
            if compiled_model_of(loaded).bound[-1].few is None:
                print("    the second text is not used")
                continue
            for label, took in ways(loaded, loaded.spec, row, 15 if "leaves of 1" not in name else 3).items():
                print(f"    {label:28} {took:9.2f} ms")
            begin = time.perf_counter()
            loaded.predict(many)
            print(f"    100,000 rows                 {time.perf_counter() - begin:9.2f} s")


if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        main()
