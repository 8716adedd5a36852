"""Naive Bayes, small neural networks, clusters, isolation forests, and regressors of several outputs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

sklearn = pytest.importorskip("sklearn")

from sklearn import linear_model, naive_bayes  # noqa: E402
from sklearn.cluster import BisectingKMeans, KMeans, MiniBatchKMeans  # noqa: E402
from sklearn.ensemble import IsolationForest, RandomForestRegressor  # noqa: E402
from sklearn.neural_network import MLPClassifier, MLPRegressor  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402

import mlflow_sql_flavor  # noqa: E402
from mlflow_sql_flavor.errors import QueryError  # noqa: E402

from .same import assert_edges, assert_same, cases, missing, numbers, target  # noqa: E402

X = numbers(150)
GAPS = missing(X)
Y, THREE = target(X), target(X, 3)
SEVERAL = np.column_stack([Y, 2 * Y + X["few"], X["x0"]])
COUNTS = pd.DataFrame(np.random.default_rng(3).poisson(2.0, (150, 4)) * 1.0, columns=["a", "b", "c", "d"])
NEW = numbers(60, seed=8) * 3

BAYES: dict[str, tuple[Any, pd.DataFrame, bool]] = {
    "gaussian": (naive_bayes.GaussianNB(), X, True),
    "multinomial": (naive_bayes.MultinomialNB(), COUNTS, True),
    "bernoulli": (naive_bayes.BernoulliNB(binarize=0.01), X, True),
    "categorical": (naive_bayes.CategoricalNB(min_categories=12), COUNTS, False),
    "complement": (naive_bayes.ComplementNB(), COUNTS, True),
    "complement, weights": (naive_bayes.ComplementNB(norm=True), COUNTS, True),
    "bernoulli, as it is": (naive_bayes.BernoulliNB(binarize=None), (X > 0).astype(float), True),
    "gaussian, priors": (naive_bayes.GaussianNB(priors=[0.2, 0.5, 0.3]), X, True),
}


@pytest.mark.parametrize("name", cases(list(BAYES)[:4], list(BAYES)[4:]))
def test_naive_bayes(name: str) -> None:
    estimator, data, edges = BAYES[name]
    made = sklearn.base.clone(estimator).fit(data, np.array(["x", "y", "z"])[THREE])
    model = assert_same(made, data, data.sample(frac=0.5, random_state=0).reset_index(drop=True))
    if edges:
        assert_edges(made, model, data)


def test_a_category_that_was_not_there() -> None:
    """The estimator raises an error, or takes the last one for a number below zero."""
    made = naive_bayes.CategoricalNB().fit(COUNTS, THREE)
    model = mlflow_sql_flavor.from_sklearn(made, COUNTS)
    new = COUNTS.head(4).astype(float)
    new.loc[1, "a"], new.loc[2, "b"], new.loc[3, "c"] = 99, np.nan, -1
    found = model.predict(new)
    assert found["prediction"].isna().tolist() == [False, True, True, True]
    assert found["probability_0"].isna().tolist() == [False, True, True, True]


NETWORKS = [
    MLPClassifier((6, 5), activation="tanh", max_iter=20, random_state=0),
    MLPClassifier((6,), activation="logistic", max_iter=20, random_state=0),
    MLPClassifier((), activation="relu", max_iter=20, random_state=0),
]


@pytest.mark.parametrize("network", cases(NETWORKS[:1], NETWORKS[1:]), ids=lambda n: f"{n.activation}")
@pytest.mark.parametrize("classes", cases([3], [2]))
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_networks_of_classes(network: Any, classes: int) -> None:
    made = make_pipeline(StandardScaler(), sklearn.base.clone(network)).fit(X, target(X, classes))
    assert_edges(made, assert_same(made, X, NEW), X)


@pytest.mark.parametrize("activation", cases(["relu"], ["identity", "tanh", "logistic"]))
@pytest.mark.parametrize("several", cases([True], [False]))
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_networks_of_numbers(activation: str, several: bool) -> None:
    network = MLPRegressor(hidden_layer_sizes=(6, 4), activation=activation, max_iter=20, random_state=0)
    made = make_pipeline(StandardScaler(), network).fit(X, SEVERAL if several else Y)
    model = assert_same(made, X, NEW)
    if several:
        assert model.predict(X.head(1)).columns.tolist() == ["prediction_0", "prediction_1", "prediction_2"]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_large_network_is_refused() -> None:
    made = MLPClassifier((160, 140), max_iter=1).fit(X, THREE)
    with pytest.raises(QueryError, match=r"MLPClassifier cannot be converted: it has 23,460 weights"):
        mlflow_sql_flavor.from_sklearn(made, X)


OUTPUTS = [linear_model.Ridge(), linear_model.LinearRegression(), linear_model.MultiTaskLasso(0.01)]


@pytest.mark.parametrize("estimator", cases(OUTPUTS[:1], OUTPUTS[1:]), ids=lambda e: type(e).__name__)
def test_several_outputs(estimator: Any) -> None:
    made = make_pipeline(StandardScaler(), estimator).fit(X, SEVERAL)
    model = assert_same(made, X, NEW, prediction_name="y")
    assert model.predict(X.head(1)).columns.tolist() == ["y_0", "y_1", "y_2"]
    assert model.predict(X.head(1).assign(x1=np.nan)).isna().all(axis=None)


def test_trees_of_several_outputs_are_refused() -> None:
    with pytest.raises(QueryError, match="more than one column"):
        mlflow_sql_flavor.from_sklearn(RandomForestRegressor(2, max_depth=2).fit(X, SEVERAL), X)


@pytest.mark.parametrize("kind", cases([KMeans], [MiniBatchKMeans]), ids=lambda k: k.__name__)
def test_clusters(kind: Any) -> None:
    made = make_pipeline(StandardScaler(), kind(4, n_init=2, random_state=0)).fit(X)
    model = assert_same(made, X, NEW)
    assert model.predict(X)["prediction"].dtype == "Int64"
    assert_edges(made, model, X)
    with pytest.raises(QueryError, match="BisectingKMeans cannot be converted"):
        mlflow_sql_flavor.from_sklearn(BisectingKMeans(3).fit(X), X)


@pytest.mark.parametrize(
    "options",
    cases(
        [{"contamination": 0.1}],
        [{}, {"max_features": 0.5}, {"max_samples": 40, "contamination": 0.3}],
    ),
    ids=str,
)
@pytest.mark.filterwarnings("ignore")
def test_isolation_forests(options: dict[str, Any]) -> None:
    made = IsolationForest(n_estimators=8, random_state=0, **options).fit(GAPS)
    model = assert_same(made, GAPS, missing(NEW))
    assert set(model.predict(GAPS)["prediction"]) == {1, -1} or not options
    assert_edges(made, model, GAPS)
