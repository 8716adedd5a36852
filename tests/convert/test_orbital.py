"""Which way a pipeline takes, and the measurements behind it: orbital's own query on DuckDB beside scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

sklearn = pytest.importorskip("sklearn")
orbital = pytest.importorskip("orbital")

import duckdb  # noqa: E402
from orbital import types  # noqa: E402
from sklearn.compose import ColumnTransformer  # noqa: E402
from sklearn.datasets import load_diabetes  # noqa: E402
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor  # noqa: E402
from sklearn.impute import SimpleImputer  # noqa: E402
from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression, Ridge  # noqa: E402
from sklearn.pipeline import Pipeline, make_pipeline  # noqa: E402
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler  # noqa: E402

from .same import assert_same, missing, numbers, people, target  # noqa: E402

#: What orbital calls the columns it computes.
MARK = "prs_"


def answers(made: Pipeline, X: pd.DataFrame, new: pd.DataFrame | None = None) -> pd.DataFrame:
    """What orbital's query gives."""
    text = {name: types.StringColumnType() for name in X.select_dtypes(["object", "string"])}
    features = {name: text.get(name, types.DoubleColumnType()) for name in X}
    sql = orbital.export_sql("rows", orbital.parse_pipeline(made, features=features), dialect="duckdb")
    with duckdb.connect() as connection:
        connection.register("rows", X if new is None else new)
        return connection.sql(sql).df()


def diabetes() -> tuple[pd.DataFrame, Any]:
    return load_diabetes(return_X_y=True, as_frame=True)


def encoded(step: Any, last: Any) -> Pipeline:
    columns = ColumnTransformer([("city", step, ["city"]), ("rest", StandardScaler(), ["age", "income"])])
    return make_pipeline(columns, last)


def test_what_it_gives_right_goes_through_it() -> None:
    X = numbers()
    for made in (
        LinearRegression(),
        make_pipeline(StandardScaler(), Ridge()),
        make_pipeline(MinMaxScaler(), Lasso(0.1)),
    ):
        model = assert_same(made.fit(X, target(X)), X, numbers(seed=4) * 2)
        assert '"t0"' in model.sql
    X = people()
    new = X.assign(city=["Seoul", "Atlantis", None] * 100)
    model = assert_same(encoded(OneHotEncoder(handle_unknown="ignore"), Ridge()).fit(X, X["age"]), X, new)
    assert MARK in model.sql


def test_it_needs_no_orbital(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "orbital", None)
    X = numbers()
    made = make_pipeline(StandardScaler(), Ridge()).fit(X, target(X))
    assert MARK not in assert_same(made, X, numbers(seed=4) * 2).sql


@pytest.mark.parametrize(
    "made",
    [
        RandomForestRegressor(10, max_depth=5, random_state=0),
        GradientBoostingRegressor(n_estimators=50, random_state=0),
    ],
    ids=["forest", "boosting"],
)
def test_its_trees_hold_float32(made: Any) -> None:
    X, y = diabetes()
    made = make_pipeline(made).fit(X, y)
    found = answers(made, X).iloc[:, 0]
    wrong = np.abs(found - made.predict(X)) > 1e-9 * np.abs(made.predict(X))
    assert wrong.sum() > len(X) // 4, "orbital's trees are exact now: send them through it"


def test_its_imputed_values_are_float32() -> None:
    X, y = diabetes()
    X = missing(X)
    made = make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), Ridge()).fit(X, y)
    found = answers(made, X).iloc[:, 0]
    assert (np.abs(found / made.predict(X) - 1) > 1e-9).sum() > 0
    assert MARK not in assert_same(made, X).sql


def test_it_answers_rows_that_the_estimator_refuses() -> None:
    X, y = diabetes()
    new = X.head(1).assign(age=np.nan)
    sparse = make_pipeline(StandardScaler(), Lasso()).fit(X, y)
    assert answers(sparse, X, new).iloc[0, 0] > 0  # age has weight 0 in this one
    classes = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y > 250)
    null = new.astype(object).assign(age=None).astype(dict.fromkeys(X, "Float64"))
    assert not answers(classes, X, null)["output_label"].isna().any()
    assert assert_same(sparse, X).predict(new)["prediction"].isna().all()
    assert assert_same(classes, X).predict(new)["prediction"].isna().all()


def test_it_predicts_for_categories_that_the_encoder_refuses() -> None:
    X = people()
    made = encoded(OneHotEncoder(), Ridge()).fit(X, X["age"])
    new = X.head(1).assign(city="Atlantis")
    with pytest.raises(ValueError, match="unknown categories"):
        made.predict(new)
    assert not answers(made, X, new).isna().any(axis=None)
    assert assert_same(made, X).predict(new)["prediction"].isna().all()


def test_it_does_not_see_missing_categories() -> None:
    X = people()
    X["city"] = X["city"].astype(object).where(X["age"] % 4 > 0, None)
    made = encoded(OneHotEncoder(handle_unknown="ignore"), Ridge()).fit(X, X["income"] * X["city"].isna())
    expected = made.predict(X)
    assert (np.abs(answers(made, X).iloc[:, 0] / expected - 1) > 1e-9).sum() > 50
    assert MARK not in assert_same(made, X).sql
