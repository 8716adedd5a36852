"""Converted models in a database by MLflow's own command: the rows that the estimator answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

sklearn = pytest.importorskip("sklearn")

from mlflow.deployments import get_deploy_client  # noqa: E402
from mlflow.exceptions import MlflowException  # noqa: E402
from sklearn.ensemble import RandomForestClassifier, VotingRegressor  # noqa: E402
from sklearn.linear_model import LogisticRegression, Ridge  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import PolynomialFeatures, StandardScaler  # noqa: E402

import mlflow_sql_flavor  # noqa: E402

from ..deploy.places import opened  # noqa: E402
from .same import cases, numbers, target  # noqa: E402

X = numbers(60)
Y, THREE = target(X), target(X, 3)
MODELS: dict[str, Any] = {
    "logistic": make_pipeline(StandardScaler(), LogisticRegression()).fit(X, THREE),
    "voting": VotingRegressor(
        [("a", make_pipeline(StandardScaler(), PolynomialFeatures(2), Ridge())), ("b", Ridge())]
    ).fit(X, Y),
    "forest": RandomForestClassifier(5, max_depth=4, random_state=0).fit(X, THREE),
}  # fmt: skip


@pytest.mark.parametrize("engine", cases(["sqlite"], ["duckdb", "postgres"]))
def test_the_rows_in_the_database(engine: str, tmp_path: Path) -> None:
    with opened(engine, tmp_path) as place:
        place.ask(f"CREATE TABLE features (id bigint, {', '.join(f'{name} double precision' for name in X)})")
        rows = ", ".join(f"({at}, {', '.join(map(repr, map(float, row)))})" for at, row in enumerate(X.to_numpy()))
        place.ask(f"INSERT INTO features VALUES {rows}")
        client = get_deploy_client(place.target)
        for name, estimator in MODELS.items():
            model = mlflow_sql_flavor.from_sklearn(estimator, X)
            mlflow_sql_flavor.save_model(model, tmp_path / name, input_example=X.head(9), pip_requirements=["mlflow"])
            if (engine, name) == ("sqlite", "forest"):  # whose numbers are all of 64 bits
                with pytest.raises(MlflowException, match="A 32-bit float gives other rows on SQLite"):
                    client.create_deployment(name, str(tmp_path / name), config={"input": "features"})
                continue
            told = client.create_deployment(name, str(tmp_path / name), config={"input": "features"})
            assert told["verification"] == "equal on 9 rows of the stored example"
            found = sorted(row[0] for row in place.ask(f"SELECT prediction FROM {name}"))
            np.testing.assert_allclose(found, sorted(estimator.predict(X)), rtol=1e-9)
            again = client.predict(name, X)["prediction"]
            np.testing.assert_allclose(sorted(again), sorted(estimator.predict(X)), rtol=1e-9)
            client.delete_deployment(name)
