"""Trees, forests and gradient boosting: the very numbers scikit-learn answers, on the thresholds too."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sklearn = pytest.importorskip("sklearn")

from sklearn import ensemble, tree  # noqa: E402

import mlflow_sql_flavor  # noqa: E402

from .same import assert_same, cases, missing, numbers, people, target  # noqa: E402

REGRESSORS = cases(
    [
        tree.DecisionTreeRegressor(random_state=0, min_samples_leaf=2),
        ensemble.RandomForestRegressor(6, random_state=0, max_depth=7),
        ensemble.GradientBoostingRegressor(n_estimators=12, random_state=0),
        ensemble.HistGradientBoostingRegressor(max_iter=12, min_samples_leaf=5, max_leaf_nodes=12),
    ],
    [
        tree.DecisionTreeRegressor(criterion="absolute_error", max_depth=4),
        tree.ExtraTreeRegressor(random_state=0, max_depth=6),
        ensemble.ExtraTreesRegressor(6, random_state=0, max_depth=5, bootstrap=True),
        ensemble.GradientBoostingRegressor(n_estimators=8, loss="huber", subsample=0.7, random_state=0),
        ensemble.GradientBoostingRegressor(n_estimators=8, loss="quantile", alpha=0.8, init="zero"),
        ensemble.HistGradientBoostingRegressor(max_iter=5, loss="quantile", quantile=0.2, max_depth=3),
    ],
)
CLASSIFIERS = cases(
    [
        tree.DecisionTreeClassifier(random_state=0),
        ensemble.RandomForestClassifier(7, random_state=0, max_depth=8),
        ensemble.GradientBoostingClassifier(n_estimators=8, random_state=0),
        ensemble.HistGradientBoostingClassifier(max_iter=4, max_depth=4),
    ],
    [
        tree.DecisionTreeClassifier(max_depth=3, class_weight="balanced"),
        ensemble.ExtraTreesClassifier(6, random_state=0, max_depth=5),
    ],
)


#: Extremely random trees take missing values since scikit-learn 1.6.
OLD = tuple(map(int, sklearn.__version__.split(".")[:2])) < (1, 6)


def name(value: Any) -> str:
    return str(value) if isinstance(value, int) else type(value).__name__


def on_thresholds(estimator: Any, X: pd.DataFrame) -> pd.DataFrame:
    """Rows at the thresholds of a fitted tree, and at the doubles and floats around them."""
    part = estimator
    while hasattr(part, "estimators_"):
        part = np.ravel(part.estimators_)[0]
    inner = part.tree_.feature >= 0
    rows = []
    for feature, threshold in zip(part.tree_.feature[inner], part.tree_.threshold[inner], strict=True):
        near = np.float32(threshold)
        beside = [np.nextafter(near, np.float32(side), dtype=np.float32) for side in (-np.inf, np.inf)]
        for value in (threshold, np.nextafter(threshold, -np.inf), np.nextafter(threshold, np.inf), near, *beside):
            row = X.iloc[len(rows) % len(X)].to_numpy(dtype=float, copy=True)
            row[feature] = float(value)
            rows.append(row)
    return pd.DataFrame(rows, columns=X.columns)


@pytest.mark.parametrize("estimator", REGRESSORS, ids=name)
def test_regressors(estimator: Any) -> None:
    X = numbers()
    estimator.fit(X, target(X))
    model = assert_same(estimator, X, numbers(seed=5))
    np.testing.assert_array_equal(model.predict(X)["prediction"], estimator.predict(X))


@pytest.mark.parametrize("loss", cases(["gamma"], ["poisson"]))
def test_log_links(loss: str) -> None:
    X = numbers()
    y = np.exp(target(X)) + 0.1
    assert_same(
        ensemble.HistGradientBoostingRegressor(max_iter=5, loss=loss, max_depth=4).fit(X, y), X, numbers(seed=5)
    )


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("estimator", CLASSIFIERS, ids=name)
def test_classifiers(estimator: Any, classes: int) -> None:
    X = numbers()
    estimator = sklearn.base.clone(estimator).fit(X, target(X, classes))
    model = assert_same(estimator, X, numbers(seed=5))
    assert model.predict(X).columns.tolist() == ["prediction", *(f"probability_{k}" for k in range(classes))]


def test_exponential_loss() -> None:
    X = numbers()
    made = ensemble.GradientBoostingClassifier(n_estimators=8, loss="exponential").fit(X, target(X, 2))
    assert_same(made, X, numbers(seed=5))


@pytest.mark.parametrize(
    "estimator",
    [
        tree.DecisionTreeRegressor(max_depth=6, random_state=0),
        ensemble.RandomForestRegressor(3, max_depth=5, random_state=0),
        ensemble.GradientBoostingRegressor(n_estimators=4, random_state=0),
    ],
    ids=name,
)
def test_values_on_the_thresholds(estimator: Any) -> None:
    """The comparison is of the value as float32 with the threshold as double: one unit in the last place decides."""
    X = numbers()
    estimator.fit(X, target(X))
    rows = on_thresholds(estimator, X)
    assert len(rows) > 20
    model = mlflow_sql_flavor.from_sklearn(estimator, X)
    np.testing.assert_array_equal(model.predict(rows)["prediction"], estimator.predict(rows))


def test_values_on_the_thresholds_of_histograms() -> None:
    """Here values are compared as doubles."""
    X = numbers()
    made = ensemble.HistGradientBoostingRegressor(max_iter=3).fit(X, target(X))
    nodes = made._predictors[0][0].nodes
    inner = nodes[nodes["is_leaf"] == 0]
    rows = []
    for node in inner:
        for value in (
            *(np.nextafter(node["num_threshold"], side) for side in (-np.inf, np.inf)),
            node["num_threshold"],
        ):
            row = X.iloc[0].to_numpy(dtype=float, copy=True)
            row[node["feature_idx"]] = value
            rows.append(row)
    new = pd.DataFrame(rows, columns=X.columns)
    model = mlflow_sql_flavor.from_sklearn(made, X)
    np.testing.assert_array_equal(model.predict(new)["prediction"], made.predict(new))


@pytest.mark.parametrize(
    "estimator",
    cases(
        [
            ensemble.RandomForestRegressor(4, max_depth=5, random_state=0),
            ensemble.HistGradientBoostingRegressor(max_iter=4, max_depth=4),
            tree.DecisionTreeClassifier(max_depth=6, random_state=0),
        ],
        [
            tree.DecisionTreeRegressor(max_depth=7, random_state=0),
            ensemble.ExtraTreesRegressor(5, max_depth=6, random_state=0),
            ensemble.RandomForestClassifier(5, max_depth=6, random_state=0),
            ensemble.HistGradientBoostingClassifier(max_iter=6, max_depth=6),
        ],
    ),
    ids=name,
)
@pytest.mark.parametrize("seen", [True, False], ids=["learnt from missing", "never saw missing"])
def test_missing_values_take_the_side_the_tree_says(estimator: Any, seen: bool) -> None:
    if OLD and name(estimator).startswith("Extra"):
        pytest.skip("this scikit-learn's ExtraTrees take no missing values")
    full = numbers()
    X = missing(full) if seen else full
    y = target(full, 3 if hasattr(estimator, "predict_proba") else 0)
    estimator = sklearn.base.clone(estimator).fit(X, y)
    assert_same(estimator, X, missing(numbers(seed=5), 0.4, seed=6))


def test_a_row_the_estimator_refuses_is_null() -> None:
    X = numbers()
    made = ensemble.GradientBoostingRegressor(n_estimators=3).fit(X, target(X))
    new = X.head(3).copy()
    new.iloc[1, 2] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        made.predict(new)
    found = mlflow_sql_flavor.from_sklearn(made, X).predict(new)["prediction"]
    assert found.isna().tolist() == [False, True, False]


def test_categories_of_histograms() -> None:
    X = people()
    X["city"] = X["city"].mask(X["age"] % 7 == 0).astype("category")
    y = X["city"].cat.codes % 3 + X["age"] / 40
    made = ensemble.HistGradientBoostingRegressor(max_iter=10, categorical_features="from_dtype").fit(X, y)
    model = assert_same(made, X)
    new = X.head(4).assign(city=["Seoul", None, "Atlantis", "it's"])
    kinds = pd.CategoricalDtype([*X["city"].cat.categories, "Atlantis"])
    expected = made.predict(new.assign(city=new["city"].astype(kinds)))
    np.testing.assert_allclose(model.predict(new)["prediction"], expected, rtol=1e-12)


def test_a_tree_as_deep_as_a_chain() -> None:
    """Every split cuts one row off: 250 levels, of which CASE nests none."""
    X = pd.DataFrame({"x": [1.5**i for i in range(140)]})
    made = tree.DecisionTreeRegressor().fit(X, [(-2.0) ** i for i in range(140)])
    assert made.get_depth() > 100
    assert_same(made, X)


@settings(max_examples=10, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.floats(-1e6, 1e6, width=64), st.sampled_from([0.1, 0.2, 0.3, np.nan]), st.integers(-3, 3)),
        min_size=8,
        max_size=40,
    ),
    seed=st.integers(0, 5),
)
def test_any_tree(rows: list[tuple[float, float, int]], seed: int) -> None:
    X = pd.DataFrame(rows, columns=["a", "b", "c"]).astype(float)
    X = X.fillna(0.0) if OLD and seed % 2 else X
    made = tree.ExtraTreeRegressor(random_state=seed) if seed % 2 else tree.DecisionTreeRegressor(random_state=seed)
    made.fit(X, X["a"] + X["c"])
    model = mlflow_sql_flavor.from_sklearn(made, X)
    shuffled = X.assign(c=X["c"].iloc[::-1].to_numpy())
    np.testing.assert_array_equal(model.predict(shuffled)["prediction"], made.predict(shuffled))


def test_layers_of_a_long_text_stay_side_by_side() -> None:
    """DuckDB's parser may not be given long texts of WITH within WITH; a large forest is one."""
    from mlflow_sql_flavor.convert.builder import Query

    texts = []
    for words in 100, 60_000:
        query = Query("input")
        query.add("a", f"SELECT {' + '.join(['1'] * words)} AS x FROM input")
        query.add("b", "SELECT x + x AS y FROM a")
        query.enclose("scores")
        texts.append(query.finish([("y", "y")]))
    assert texts[0].count("WITH") == 2 and texts[1].count("WITH") == 1
