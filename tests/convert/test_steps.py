"""Scaling, imputation, encoding and what joins them."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

sklearn = pytest.importorskip("sklearn")

from sklearn.compose import ColumnTransformer, make_column_transformer  # noqa: E402
from sklearn.ensemble import (  # noqa: E402
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.feature_selection import SelectKBest, VarianceThreshold, f_regression  # noqa: E402
from sklearn.impute import SimpleImputer  # noqa: E402
from sklearn.linear_model import LogisticRegression, Ridge  # noqa: E402
from sklearn.pipeline import FeatureUnion, make_pipeline  # noqa: E402
from sklearn.preprocessing import (  # noqa: E402
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    RobustScaler,
    StandardScaler,
)

import mlflow_sql_flavor  # noqa: E402
from mlflow_sql_flavor.errors import QueryError  # noqa: E402

from .same import assert_same, cases, missing, numbers, people, target  # noqa: E402


def name(value: Any) -> str:
    """The same in every process: without the places of functions in memory."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value).replace("\n", ""))


@pytest.mark.parametrize(
    "step",
    cases(
        [
            StandardScaler(),
            MinMaxScaler(clip=True),
            RobustScaler(),
            SelectKBest(f_regression, k=2),
        ],
        [
            StandardScaler(with_mean=False),
            StandardScaler(with_std=False),
            MinMaxScaler(feature_range=(-2, 5)),
            MaxAbsScaler(),
            RobustScaler(with_centering=False),
            "passthrough",
            FunctionTransformer(),
            VarianceThreshold(1e-3),
        ],
    ),
    ids=name,
)
def test_scaling_and_selection(step: Any) -> None:
    X = numbers()
    assert_same(make_pipeline(step, Ridge()).fit(X, target(X)), X, numbers(seed=8) * 3)


@pytest.mark.parametrize(
    "step",
    cases(
        [
            SimpleImputer(),
            SimpleImputer(strategy="median", add_indicator=True),
        ],
        [
            SimpleImputer(strategy="most_frequent"),
            SimpleImputer(strategy="constant", fill_value=-1.5),
        ],
    ),
    ids=name,
)
@pytest.mark.parametrize(
    "last", [Ridge(), RandomForestRegressor(3, max_depth=4, random_state=0)], ids=["ridge", "forest"]
)
def test_imputation(step: Any, last: Any) -> None:
    X = missing(numbers())
    made = make_pipeline(step, StandardScaler(), last).fit(X, target(numbers()))
    assert_same(made, X, missing(numbers(seed=8), seed=9))


def test_a_number_that_means_missing() -> None:
    X = missing(numbers()).fillna(-999.0)
    assert_same(make_pipeline(SimpleImputer(missing_values=-999.0), Ridge()).fit(X, target(numbers())), X)


@pytest.mark.parametrize(
    "step",
    cases(
        [
            OneHotEncoder(),
            OneHotEncoder(drop="first"),
            OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=40),
            OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2),
        ],
        [
            OneHotEncoder(drop="if_binary", sparse_output=False),
            OneHotEncoder(handle_unknown="ignore"),
            OneHotEncoder(handle_unknown="ignore", max_categories=3),
            OrdinalEncoder(),
            OrdinalEncoder(categories=[["", "Jeju", "Seoul", "it's", "Busan", 'a "b"', "more"]]),
        ],
    ),
    ids=name,
)
@pytest.mark.parametrize("gaps", [False, True], ids=["full", "missing"])
def test_encoding(step: Any, gaps: bool) -> None:
    X = people()
    y = target(X) + X["city"].str.len()
    if gaps:
        X["city"] = X["city"].mask(X["age"] % 5 == 0)
        if getattr(step, "categories", "auto") != "auto":
            pytest.skip("its categories are given, without a missing one")
    step = sklearn.base.clone(step)
    made = make_pipeline(ColumnTransformer([("city", step, ["city"]), ("age", StandardScaler(), ["age", "income"])]))
    encoded = np.asarray(made.fit_transform(X), dtype=float)
    last = RandomForestRegressor(3, random_state=0) if np.isnan(encoded).any() else Ridge()
    made = make_pipeline(*[part for _, part in made.steps], last).fit(X, y)
    model = assert_same(made, X)
    # A category it has not seen: the same answer, or NULL where the estimator raises an error.
    for value in ("Atlantis", np.nan):
        new = X.head(2).assign(city=pd.Series([value, X["city"][1]], dtype=X["city"].dtype))
        found = model.predict(new)["prediction"].to_numpy()
        try:
            np.testing.assert_allclose(found, made.predict(new), rtol=1e-9)
        except ValueError as error:
            assert "unknown categories" in str(error)
            assert np.isnan(found[0]) and not np.isnan(found[1])


def test_none_and_nan_are_one_missing_value() -> None:
    X = people()
    X["city"] = X["city"].astype(object).where(X["age"] % 5 > 0, None)
    made = make_pipeline(ColumnTransformer([("city", OneHotEncoder(), ["city"])]), Ridge()).fit(X, X["age"])
    assert_same(made, X)
    X.loc[::7, "city"] = np.nan
    made.fit(X, X["age"])
    with pytest.raises(QueryError, match=r"columntransformer__city.*None and NaN"):
        mlflow_sql_flavor.from_sklearn(made, X)


def test_text_is_imputed_before_it_is_encoded() -> None:
    X = people().assign(n=np.arange(300.0) % 7)
    X["city"] = X["city"].mask(X["age"] % 6 == 0).astype(object)
    X["income"] = X["income"].mask(X["age"] % 4 == 0)
    texts = make_pipeline(SimpleImputer(strategy="constant", fill_value="?"), OneHotEncoder(handle_unknown="ignore"))
    numeric = make_pipeline(SimpleImputer(strategy="median"), MinMaxScaler())
    made = make_pipeline(
        ColumnTransformer([("t", texts, ["city"]), ("n", numeric, ["income", "age"])], remainder="passthrough"),
        LogisticRegression(),
    ).fit(X, X["age"] > 40)
    assert_same(made, X)


def test_columns_of_truth_values_integers_and_nullable_numbers() -> None:
    X = numbers(300)
    X = X.assign(flag=X["x0"] > 0, whole=pd.array([1, None, 3] * 100, dtype="Int64"), unused=pd.Timestamp("2024-01-01"))
    made = make_pipeline(
        make_column_transformer((SimpleImputer(), ["x0", "flag", "whole"]), ("drop", ["unused"])), Ridge()
    ).fit(X, target(numbers(300)))
    model = assert_same(made, X)
    assert model.signature.inputs.input_names() == ["x0", "flag", "whole"]


def test_a_union_of_pipelines_and_nested_columns() -> None:
    X = missing(numbers())
    union = FeatureUnion(
        [
            ("a", make_pipeline(SimpleImputer(), StandardScaler())),
            ("b", SimpleImputer(strategy="median")),
            ("c", "drop"),
        ]
    )
    inner = make_pipeline(union, make_column_transformer(("passthrough", [0, 5]), (MaxAbsScaler(), [1, 6])))
    made = make_pipeline(inner, RandomForestClassifier(4, max_depth=4, random_state=0)).fit(X, target(numbers(), 3))
    assert_same(made, X)


def test_names_that_sql_has_to_quote() -> None:
    X = numbers().set_axis(["select", 'a "b"', "t1.x", "한국"], axis=1)
    assert_same(make_pipeline(StandardScaler(), Ridge()).fit(X, target(X)), X)


def test_an_unknown_category_in_two_encoders() -> None:
    X = people().assign(other=["p", "q"] * 150)
    made = make_pipeline(
        ColumnTransformer([("one", OneHotEncoder(), ["city"]), ("two", OrdinalEncoder(), ["other"])]), Ridge()
    ).fit(X, X["age"])
    new = X.head(4).assign(city=["Seoul", "?", "Jeju", "Seoul"], other=["p", "p", "?", "q"])
    found = mlflow_sql_flavor.from_sklearn(made, X).predict(new)["prediction"]
    assert found.isna().tolist() == [False, True, True, False]


def test_infinity_reaches_a_histogram_only_past_the_steps() -> None:
    """Beside an encoder a passed column is as the estimator takes it; what the scaler reads is refused."""
    X = people(200)
    for branch in (("city", OrdinalEncoder(), ["city"]), ("scale", StandardScaler(), ["age"])):
        columns = [*branch[2], "income"]
        steps = ColumnTransformer([branch], remainder="passthrough"), HistGradientBoostingRegressor(max_iter=5)
        made = make_pipeline(*steps)
        made.fit(X[columns], X["income"])
        new = X[columns].head(4).assign(income=[np.inf, -np.inf, np.nan, 1.0])
        assert_same(made, X[columns], new)
        if "age" in columns:
            new = new.assign(age=[1.0, np.inf, 2.0, 3.0])
            found = mlflow_sql_flavor.from_sklearn(made, X[columns].assign(age=X["age"].astype(float))).predict(new)
            assert found["prediction"].isna().tolist() == [False, True, False, False]


def test_a_selection_refuses_what_it_drops() -> None:
    """SelectKBest refuses a missing value in any column, VarianceThreshold in none."""
    X = numbers()
    y = target(X)
    for step, refused in ((SelectKBest(f_regression, k=2), True), (VarianceThreshold(1e-4), False)):
        made = make_pipeline(step, Ridge()).fit(X, y)
        lost = X.columns[~step.get_support()][0]
        new = X.head(3).copy()
        new.loc[1, lost] = np.nan
        found = mlflow_sql_flavor.from_sklearn(made, X).predict(new)["prediction"]
        assert found.isna().tolist() == [False, refused, False]
        if refused:
            with pytest.raises(ValueError, match="NaN"):
                made.predict(new)
        else:
            np.testing.assert_allclose(found, made.predict(new), rtol=1e-9)
