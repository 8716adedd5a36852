"""Converted models in a database by MLflow's own command: the rows that the estimator answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

sklearn = pytest.importorskip("sklearn")

from mlflow.deployments import get_deploy_client  # noqa: E402
from mlflow.exceptions import MlflowException  # noqa: E402
from sklearn.ensemble import RandomForestClassifier, VotingRegressor  # noqa: E402
from sklearn.linear_model import LogisticRegression, Ridge  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import PolynomialFeatures, StandardScaler  # noqa: E402

import mlflow_sql_flavor  # noqa: E402
from mlflow_sql_flavor.convert import boosters  # noqa: E402

from ..deploy.places import Place, opened  # noqa: E402
from .same import cases, missing, numbers, target  # noqa: E402

X = numbers(60)
Y, THREE = target(X), target(X, 3)
MODELS: dict[str, Any] = {
    "logistic": make_pipeline(StandardScaler(), LogisticRegression()).fit(X, THREE),
    "voting": VotingRegressor(
        [("a", make_pipeline(StandardScaler(), PolynomialFeatures(2), Ridge())), ("b", Ridge())]
    ).fit(X, Y),
    "forest": RandomForestClassifier(5, max_depth=4, random_state=0).fit(X, THREE),
}  # fmt: skip
#: Those that compare their numbers as 32-bit floats.
IN_32_BITS = ["forest", "xgboost", "catboost"]

GAPS = missing(X)


def xgboost(library: Any) -> Any:
    return library.XGBRegressor(n_estimators=8, max_depth=3).fit(GAPS, Y)


def lightgbm(library: Any) -> Any:
    return library.LGBMRegressor(n_estimators=8, num_leaves=7, min_child_samples=5, verbose=-1).fit(GAPS, Y)


def catboost(library: Any) -> Any:
    return library.CatBoostRegressor(iterations=8, depth=3, verbose=0, allow_writing_files=False).fit(GAPS, Y)


def fill(place: Place, data: pd.DataFrame) -> None:
    """The table that the models read."""
    place.ask(f"CREATE TABLE features (id bigint, {', '.join(f'{name} double precision' for name in data)})")
    written = data.astype(object).where(data.notna(), "NULL").to_numpy()
    rows = ", ".join(f"({at}, {', '.join(map(str, row))})" for at, row in enumerate(written))
    place.ask(f"INSERT INTO features VALUES {rows}")


def check(place: Place, folder: Path, name: str, estimator: Any, data: pd.DataFrame) -> None:
    """Saved and deployed, the table's rows and those that are sent have the estimator's predictions."""
    client = get_deploy_client(place.target)
    model = mlflow_sql_flavor.from_sklearn(estimator, data)
    mlflow_sql_flavor.save_model(model, folder / name, input_example=data.head(9), pip_requirements=["mlflow"])
    if place.engine == "sqlite" and name in IN_32_BITS:
        with pytest.raises(MlflowException, match="A 32-bit float gives other rows on SQLite"):
            client.create_deployment(name, str(folder / name), config={"input": "features"})
        return
    told = client.create_deployment(name, str(folder / name), config={"input": "features"})
    assert told["verification"] == "equal on 9 rows of the stored example"
    expected, precision = sorted(estimator.predict(data)), boosters.precision(estimator)
    found = sorted(row[0] for row in place.ask(f"SELECT prediction FROM {name}"))
    np.testing.assert_allclose(found, expected, rtol=precision)
    np.testing.assert_allclose(sorted(client.predict(name, data)["prediction"]), expected, rtol=precision)
    client.delete_deployment(name)


@pytest.mark.parametrize("engine", cases(["sqlite"], ["duckdb", "postgres"]))
def test_the_rows_in_the_database(engine: str, tmp_path: Path) -> None:
    with opened(engine, tmp_path) as place:
        fill(place, X)
        for name, estimator in MODELS.items():
            check(place, tmp_path, name, estimator, X)


@pytest.mark.ci
@pytest.mark.parametrize("engine", ["sqlite", "duckdb", "postgres"])
def test_boosters(engine: str, tmp_path: Path) -> None:
    estimators = {fit.__name__: fit(pytest.importorskip(fit.__name__)) for fit in (xgboost, lightgbm, catboost)}
    with opened(engine, tmp_path) as place:
        fill(place, GAPS)
        for name, estimator in estimators.items():
            check(place, tmp_path, name, estimator, GAPS)
