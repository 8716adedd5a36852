"""Converted models run by Postgres and Spark themselves, beside scikit-learn."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

sklearn = pytest.importorskip("sklearn")

from sklearn import naive_bayes  # noqa: E402
from sklearn.calibration import CalibratedClassifierCV  # noqa: E402
from sklearn.cluster import KMeans  # noqa: E402
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor  # noqa: E402
from sklearn.decomposition import PCA, TruncatedSVD  # noqa: E402
from sklearn.ensemble import (  # noqa: E402
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.impute import SimpleImputer  # noqa: E402
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge  # noqa: E402
from sklearn.neural_network import MLPClassifier  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import (  # noqa: E402
    KBinsDiscretizer,
    OneHotEncoder,
    PolynomialFeatures,
    PowerTransformer,
    SplineTransformer,
    StandardScaler,
    TargetEncoder,
)
from sklearn.tree import DecisionTreeClassifier  # noqa: E402

import mlflow_sql_flavor  # noqa: E402
from mlflow_sql_flavor.convert import boosters  # noqa: E402

from ..engines.databases import server  # noqa: E402
from .same import missing, numbers, people, target  # noqa: E402

pytestmark = [pytest.mark.ci, pytest.mark.alone, pytest.mark.timeout(900)]

ROWS = 200


def of_cities() -> tuple[pd.DataFrame, np.ndarray]:
    """Numbers with gaps and a column of categories; and what follows from both."""
    X = tiny(missing(numbers(ROWS))).assign(city=people(ROWS)["city"].astype("category"))
    return X, target(numbers(ROWS)) + X["city"].cat.codes.to_numpy() % 3


def tiny(X: pd.DataFrame) -> pd.DataFrame:
    """With numbers that round to 0 as 32-bit floats, which Postgres refuses to cast, and the least that does not."""
    return X.assign(x0=[1e-50, -1e-46, 2.0**-150, 2.0**-149, *X["x0"][4:]])


def xgboost_cities(library: Any) -> tuple[Any, pd.DataFrame]:
    X, y = of_cities()
    made = library.XGBRegressor(n_estimators=20, max_depth=4, enable_categorical=True, max_cat_to_onehot=1, missing=0.1)
    return made.fit(X, y), X


def lightgbm_cities(library: Any) -> tuple[Any, pd.DataFrame]:
    X, y = of_cities()
    made = library.LGBMClassifier(n_estimators=20, min_data_per_group=5, zero_as_missing=True, verbose=-1)
    return made.fit(X, pd.qcut(y, 3, labels=False)), X


def catboost_cities(library: Any) -> tuple[Any, pd.DataFrame]:
    X, y = of_cities()
    options = {"cat_features": ["city"], "one_hot_max_size": 9, "verbose": 0, "allow_writing_files": False}
    return library.CatBoostRegressor(iterations=20, depth=4, loss_function="Poisson", **options).fit(X, np.exp(y)), X


#: By the library's name.
BOOSTERS: dict[str, Callable[[Any], tuple[Any, pd.DataFrame]]] = {
    "xgboost, categories": xgboost_cities,
    "lightgbm, categories": lightgbm_cities,
    "catboost, categories": catboost_cities,
    "catboost, tables": catboost_cities,  # as trees of tens of thousands of leaves are written
}


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
        "forest of 100": (RandomForestRegressor(100, max_depth=6, random_state=0).fit(X, y), tiny(X)),
        "forest, missing values": (RandomForestClassifier(20, max_depth=6, random_state=0).fit(gaps, three), gaps),
        "boosting": (GradientBoostingClassifier(n_estimators=20, random_state=0).fit(X, three), X),
        "histogram boosting": (HistGradientBoostingRegressor(max_iter=20, max_depth=5).fit(gaps, y), gaps),
    }


def more_models() -> dict[str, tuple[Any, pd.DataFrame]]:
    """Of every other kind a small one: steps that make several columns, estimators of estimators, and the rest."""
    X, mixed = numbers(60), people(60)
    y, three = target(X), target(X, 3)
    counts = pd.DataFrame(np.random.default_rng(3).poisson(2.0, (60, 2)) * 1.0, columns=["a", "b"])
    tree = DecisionTreeClassifier(max_depth=3, random_state=0)
    columns = ColumnTransformer(
        [
            ("bins", KBinsDiscretizer(4, encode="onehot-dense"), ["x0"]),
            ("splines", SplineTransformer(4), ["x1"]),
            ("powers", PowerTransformer(), ["x2", "few"]),
        ]
    )
    encoded = ColumnTransformer([("city", TargetEncoder(random_state=0), ["city"]), ("n", StandardScaler(), ["age"])])
    scaled = make_pipeline(StandardScaler(), Ridge())
    voters = [("bayes", naive_bayes.GaussianNB()), ("line", make_pipeline(StandardScaler(), LogisticRegression()))]
    network = MLPClassifier((4, 3), activation="tanh", max_iter=500, random_state=0, tol=0.1)
    fitted: dict[str, tuple[Any, Any, pd.DataFrame]] = {
        "PCA, products": (make_pipeline(StandardScaler(), PCA(3), PolynomialFeatures(2), Ridge()), y, X),
        "SVD, distances to clusters": (
            make_pipeline(StandardScaler(), TruncatedSVD(3, random_state=0), KMeans(3, random_state=0), Ridge()),
            y,
            X,
        ),
        "bins, splines, powers": (make_pipeline(columns, LogisticRegression()), three, X),
        "target encoding": (make_pipeline(encoded, LogisticRegression()), target(mixed, 3), mixed),
        "voting": (
            VotingRegressor([("a", scaled), ("b", RandomForestRegressor(3, max_depth=3, random_state=0))]),
            y,
            X,
        ),
        "voting of classes": (VotingClassifier(voters, voting="soft"), three, X),
        "bagging": (BaggingClassifier(tree, 3, max_features=0.75, random_state=0), three, X),
        "AdaBoost": (AdaBoostRegressor(n_estimators=4, random_state=0), y, X),
        "AdaBoost of classes": (AdaBoostClassifier(tree, n_estimators=3, random_state=0), three, X),
        "calibrated": (CalibratedClassifierCV(tree, method="isotonic", cv=2), three, X),
        "power of the target": (TransformedTargetRegressor(scaled, transformer=PowerTransformer()), y, X),
        "Gaussian Bayes": (naive_bayes.GaussianNB(), three, X),
        "Bernoulli Bayes": (naive_bayes.BernoulliNB(binarize=0.01), three, X),
        "categorical Bayes": (naive_bayes.CategoricalNB(), three, counts),
        "complement Bayes": (naive_bayes.ComplementNB(), three, counts),
        "network": (make_pipeline(StandardScaler(), network), three, X),
        "isolation forest": (IsolationForest(n_estimators=4, contamination=0.2, random_state=0), None, X),
        "clusters": (make_pipeline(StandardScaler(), KMeans(3, n_init=2, random_state=0)), None, X),
        "several outputs": (scaled, np.column_stack([y, X["x0"]]), X),
    }
    return {name: (sklearn.base.clone(made).fit(data, y), data) for name, (made, y, data) in fitted.items()}


MODELS = [*models(), *more_models(), *BOOSTERS]


class Fitted(dict[str, tuple[Any, pd.DataFrame]]):
    """Those of other libraries are fitted when they are asked for, and skipped where they are not installed."""

    def __missing__(self, name: str) -> tuple[Any, pd.DataFrame]:
        library = pytest.importorskip(name.partition(",")[0])
        self[name] = BOOSTERS[name](library)
        return self[name]


@pytest.fixture(scope="module")
def converted(fitted: Fitted) -> Callable[[str], Any]:
    """The model of an estimator, made once for both engines."""

    @functools.cache
    def made(name: str) -> Any:
        with pytest.MonkeyPatch.context() as patch:
            if name == "catboost, tables":
                patch.setattr("mlflow_sql_flavor.convert.trees.sums._TABLES", 1)
            return mlflow_sql_flavor.from_sklearn(*fitted[name])

    return made


@pytest.fixture(scope="module")
def fitted() -> Fitted:
    return Fitted({**models(), **more_models()})


def records(X: pd.DataFrame) -> list[tuple[Any, ...]]:
    """The rows, with None for what is missing."""
    rows = X.itertuples(index=False, name=None)
    return [tuple(None if isinstance(v, float) and math.isnan(v) else v for v in row) for row in rows]


def check(estimator: Any, X: pd.DataFrame, found: list[tuple[Any, ...]]) -> None:
    """Rows an engine gave beside the estimator's answers."""
    assert len(found) == len(X)
    expected, proba = boosters.answers(estimator, X, probabilities=True)
    answers = [row[0] for row in found] if expected.ndim == 1 else found
    relative = boosters.precision(estimator)
    if proba is not None:
        assert answers == expected.tolist()
        np.testing.assert_allclose([row[1:] for row in found], proba, rtol=relative, atol=relative / 1000)
    else:
        rounding = 1e-12 * np.abs(expected).max()
        np.testing.assert_allclose(answers, expected, rtol=relative, atol=relative if relative > 1e-9 else rounding)


@pytest.fixture(scope="module")
def postgres() -> Iterator[Any]:
    psycopg = pytest.importorskip("psycopg")
    with server() as uri, psycopg.connect(uri, autocommit=True) as connection:
        yield connection


@pytest.mark.parametrize("name", MODELS)
def test_postgres(name: str, fitted: Fitted, converted: Callable[[str], Any], postgres: Any) -> None:
    estimator, X = fitted[name]
    model = converted(name)
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
def test_spark(name: str, fitted: Fitted, converted: Callable[[str], Any], spark: Any) -> None:
    estimator, X = fitted[name]
    model = converted(name)
    kinds = {"float64": "double", "int64": "bigint"}
    schema = ", ".join(f"`{c}` {kinds.get(str(kind), 'string')}" for c, kind in X.dtypes.items())
    spark.createDataFrame(records(X), schema).coalesce(1).createOrReplaceTempView("input")
    check(estimator, X, [tuple(row) for row in spark.sql(model.to_sql("databricks")).collect()])
