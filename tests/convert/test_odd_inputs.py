"""Boosters on tables as people have them: columns without values, odd names, types and indexes; few rows, or none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

sklearn = pytest.importorskip("sklearn")
xgb = pytest.importorskip("xgboost")
lgb = pytest.importorskip("lightgbm")
cb = pytest.importorskip("catboost")

from sklearn.compose import ColumnTransformer  # noqa: E402
from sklearn.decomposition import PCA  # noqa: E402
from sklearn.linear_model import Ridge  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import (  # noqa: E402
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    RobustScaler,
    SplineTransformer,
    StandardScaler,
)

import mlflow_sql_flavor  # noqa: E402
from mlflow_sql_flavor.errors import InputError, QueryError  # noqa: E402

from .same import cases, missing, numbers, target  # noqa: E402
from .test_boosters import assert_answers  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")

ROWS = 120
X, NEW = numbers(ROWS), numbers(ROWS, seed=5)
Y = target(X)

BOOSTERS: dict[str, Callable[[], Any]] = {
    "xgboost": lambda: xgb.XGBRegressor(n_estimators=4, max_depth=3, enable_categorical=True),
    "lightgbm": lambda: lgb.LGBMRegressor(n_estimators=4, num_leaves=6, min_child_samples=5, verbose=-1),
    "catboost": lambda: cb.CatBoostRegressor(iterations=4, depth=3, verbose=0, allow_writing_files=False),
}


def kinds(X: pd.DataFrame) -> pd.DataFrame:
    """Types that pandas has beside 64-bit floats."""
    return X.assign(
        x0=(X["x0"] * 2.0**60).astype("int64"),  # with more digits than a 32-bit float, or a 64-bit one, has
        x1=X["x1"].astype("float32"),
        x2=X["x2"] > 0,
        few=(X["few"] * 10).astype("uint8"),
    )


def nullable(X: pd.DataFrame) -> pd.DataFrame:
    gaps = missing(X)
    return gaps.assign(
        x0=gaps["x0"].astype("Float64"), x2=(gaps["x2"] > 0).astype("boolean"), few=(gaps["few"] * 10).astype("Int64")
    )


def tiny(X: pd.DataFrame) -> pd.DataFrame:
    """What 32 bits hold with few digits, and what they do not; a zero with a sign."""
    return X.assign(x0=X["x0"] * 1e-41, x1=X["x1"] * 1e37, x2=X["x2"].where(X["x2"] > 0, -0.0))


ODD: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "a column of nothing": lambda X: X.assign(x1=np.nan),
    "types": kinds,
    "constants": lambda X: X.assign(x0=3.25, x1=0.0),
    "nullable types": nullable,
    "32-bit floats": lambda X: X.astype("float32"),
    "tiny and huge": tiny,
    "names": lambda X: X.set_axis(["order", "it's 열", "a.b", "naïve"], axis=1),
    "an index of one name": lambda X: X.set_axis(["i"] * len(X)),
}
QUOTED = {"xgboost": 'a "b"', "catboost": 'a "b"', "lightgbm": "a 'b'"}  # LightGBM takes no quotes


#: CatBoost takes no nullable types.
TABLES = [(name, kind) for kind in ODD for name in BOOSTERS if (name, kind) != ("catboost", "nullable types")]


@pytest.mark.parametrize(
    ("name", "kind"), [*TABLES[:6], *(pytest.param(*pair, marks=pytest.mark.ci) for pair in TABLES[6:])]
)
def test_tables(name: str, kind: str) -> None:
    data, new = ODD[kind](X), ODD[kind](NEW)
    if kind == "names":
        data, new = (each.rename(columns={"order": QUOTED[name]}) for each in (data, new))
    estimator = BOOSTERS[name]().fit(data, Y)
    model = mlflow_sql_flavor.from_sklearn(estimator, data)
    for rows in (data, new, new.iloc[[3]]):
        assert_answers(model, estimator, rows)
    assert model.predict(new.head(0)).dtypes.tolist() == model.predict(new).dtypes.tolist()


def test_categories_that_a_step_hands_on_to_lightgbm() -> None:
    """Of their places only the model tells; one that is missing or unknown is what it is without the step."""
    rng = np.random.default_rng(0)
    data = X.assign(
        name=pd.Categorical(rng.choice(["p", "q's", "r"], ROWS)), code=pd.Categorical(rng.choice([30, 5, 9], ROWS))
    )
    step = ColumnTransformer([("numbers", StandardScaler(), list(X)), ("rest", "passthrough", ["name", "code"])])
    step.set_output(transform="pandas")
    estimator = make_pipeline(step, lgb.LGBMRegressor(n_estimators=9, min_data_per_group=5, verbose=-1))
    estimator.fit(data, Y + 3 * data["name"].cat.codes - 2 * (data["code"] == 30))
    model = mlflow_sql_flavor.from_sklearn(estimator, data)
    assert "'q''s'" in model.sql
    gaps = data.assign(name=data["name"].where(rng.random(ROWS) < 0.5), code=data["code"].where(rng.random(ROWS) < 0.5))
    unknown = data.assign(name=data["name"].cat.rename_categories({"r": "unknown"}))
    for rows in (data, gaps, unknown):
        assert_answers(model, estimator, rows)
    named = {"lgbmregressor__categorical_feature": ["rest__name"]}
    with pytest.raises(QueryError, match=r"pandas' categories cannot be told after other steps: leave cat"):
        mlflow_sql_flavor.from_sklearn(estimator.fit(data, Y, **named), data)


@pytest.mark.ci
@pytest.mark.parametrize("name", BOOSTERS)
def test_a_thousand_categories(name: str) -> None:
    rng = np.random.default_rng(0)
    at = rng.integers(0, 1000, 3000)
    data = numbers(3000).assign(kind=pd.Categorical.from_codes(at, [f"k'{i}" for i in range(1000)]))
    estimator = BOOSTERS[name]()
    if name == "catboost":
        estimator.set_params(cat_features=["kind"], one_hot_max_size=2, max_ctr_complexity=1)
    estimator.fit(data, at % 7 + data["few"])
    model = mlflow_sql_flavor.from_sklearn(estimator, data)
    assert_answers(model, estimator, data)
    assert_answers(model, estimator, data.iloc[[7]])


@pytest.mark.parametrize("scaler", cases([StandardScaler()], [MinMaxScaler(), MaxAbsScaler(), RobustScaler()]))
def test_a_column_of_nothing_and_a_step_of_no_columns(scaler: Any) -> None:
    """scikit-learn makes NaN of whatever comes in the one, and never fits the other."""
    data = X.assign(x1=np.nan)
    steps = ColumnTransformer([("text", OneHotEncoder(), []), ("numbers", scaler, list(X))])
    estimator = make_pipeline(steps, BOOSTERS["lightgbm"]()).fit(data, Y)
    assert np.isnan(steps.transform(NEW)[:, 1]).all()
    assert_answers(mlflow_sql_flavor.from_sklearn(estimator, data), estimator, NEW)


def test_steps_in_32_bits_are_told_of() -> None:
    """scikit-learn computes in the precision of the columns; what differs by that is refused, and why is said."""
    data = X.astype("float32")
    estimator = make_pipeline(PCA(2), xgb.XGBRegressor(n_estimators=20, max_depth=4)).fit(data, Y)
    with pytest.raises(QueryError, match=r"X has float32 columns.*convert on float64\.$"):
        mlflow_sql_flavor.from_sklearn(estimator, data)


def test_what_a_step_compares_of_another_is_told_of() -> None:
    """The edge of a bin is a value of the spline itself, which SQL adds up in another order."""
    steps = make_pipeline(SplineTransformer(degree=1, knots="quantile"), KBinsDiscretizer(4, strategy="quantile"))
    data = numbers(200)
    with pytest.raises(QueryError, match=r"the last digit decides: .* log the whole with mlflow\.sklearn\.$"):
        mlflow_sql_flavor.from_sklearn(make_pipeline(steps, Ridge()).fit(data, target(data)), data)


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (np.arange(ROWS, dtype="uint64"), "'x1' of X is uint64, which MLflow has no type for: convert it to float64"),
        (pd.Categorical([None] * ROWS, categories=["p"]), "'x1' of X has no value that tells its type"),
    ],
    ids=["64 bits without a sign", "no category"],
)
def test_what_has_no_type(column: Any, message: str) -> None:
    data = X.assign(x1=column)
    with pytest.raises(InputError, match=message):
        mlflow_sql_flavor.from_sklearn(BOOSTERS["lightgbm"]().fit(data, Y), data)
