"""Linear regressors and classifiers, and their probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

sklearn = pytest.importorskip("sklearn")

from sklearn import discriminant_analysis, linear_model, svm  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402

import mlflow_sql_flavor  # noqa: E402

from .same import assert_same, cases, numbers, target  # noqa: E402

REGRESSORS = cases(
    [
        linear_model.LinearRegression(fit_intercept=False),
        linear_model.Lasso(alpha=0.05),
        linear_model.SGDRegressor(random_state=0),
        linear_model.OrthogonalMatchingPursuit(),
    ],
    [
        linear_model.LinearRegression(),
        linear_model.Ridge(),
        linear_model.ElasticNet(alpha=0.05),
        linear_model.HuberRegressor(),
        linear_model.BayesianRidge(),
        linear_model.LassoLarsCV(),
        linear_model.QuantileRegressor(solver="highs"),
        svm.LinearSVR(),
    ],
)
CLASSIFIERS = cases(
    [
        linear_model.LogisticRegression(),
        linear_model.RidgeClassifier(),
        linear_model.SGDClassifier(loss="log_loss", random_state=0),
        discriminant_analysis.LinearDiscriminantAnalysis(),
    ],
    [
        linear_model.LogisticRegressionCV(Cs=2, cv=2),
        linear_model.SGDClassifier(random_state=0),
        linear_model.Perceptron(),
        svm.LinearSVC(),
    ],
)


def name(value: Any) -> str:
    return str(value) if isinstance(value, int) else type(value).__name__


@pytest.mark.parametrize("estimator", REGRESSORS, ids=name)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_regressors(estimator: Any) -> None:
    X = numbers(seed=3)
    assert_same(make_pipeline(StandardScaler(), estimator).fit(X, target(X)), X, numbers(seed=7) * 3)


@pytest.mark.parametrize("estimator", [linear_model.PoissonRegressor(), linear_model.GammaRegressor()], ids=name)
def test_log_links(estimator: Any) -> None:
    X = numbers(seed=3)
    made = make_pipeline(StandardScaler(), estimator).fit(X, np.exp(target(X)))
    assert_same(made, X, numbers(seed=7))
    far = pd.DataFrame([[1e6] * 4, [-1e6] * 4], columns=X.columns)
    found, expected = mlflow_sql_flavor.from_sklearn(made, X).predict(far)["prediction"], made.predict(far)
    assert found.tolist() == expected.tolist() and 0.0 in expected


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("estimator", CLASSIFIERS, ids=name)
@pytest.mark.filterwarnings("ignore")  # of convergence, and of options that scikit-learn will rename
def test_classifiers(estimator: Any, classes: int) -> None:
    X = numbers(seed=3)
    made = make_pipeline(StandardScaler(), sklearn.base.clone(estimator)).fit(X, target(X, classes))
    model = assert_same(made, X, numbers(seed=7) * 3)
    assert (model.predict(X).shape[1] > 1) == hasattr(made, "predict_proba")


@pytest.mark.parametrize("classes", [2, 3])
def test_scores_far_out_of_the_exponential_s_range(classes: int) -> None:
    X = numbers(seed=3)
    made = linear_model.LogisticRegression().fit(X, target(X, classes))
    assert_same(made, X, X * 1e6)


@pytest.mark.parametrize(
    ("labels", "kind"),
    [([3, -7], "Int64"), ([False, True], "boolean"), (["it's", 'a "b"'], "str"), ([1.0, 2.0], "float64")],
    ids=["int", "bool", "text", "float"],
)
def test_labels_keep_their_type(labels: list[Any], kind: str) -> None:
    X = numbers()
    made = linear_model.LogisticRegression().fit(X, np.array(labels)[target(X, 2)])
    model = assert_same(made, X)
    found = model.predict(X)
    assert str(found["prediction"].dtype).replace("object", "str") == kind  # pandas 2 has text as object
    assert set(found.columns[1:]) == {f"probability_{label}" for label in labels}


@pytest.mark.parametrize("value", [np.nan, -np.inf])
@pytest.mark.parametrize(
    "estimator",
    [linear_model.Lasso(alpha=10.0), linear_model.LogisticRegression(), linear_model.RidgeClassifier()],
    ids=name,
)
def test_a_row_the_estimator_refuses_is_null(estimator: Any, value: float) -> None:
    """Also where the column's weight is 0, as all of this Lasso's."""
    X = numbers()
    made = make_pipeline(StandardScaler(), sklearn.base.clone(estimator))
    made.fit(X, target(X) if name(estimator) == "Lasso" else target(X, 2))
    new = X.head(3).copy()
    new.iloc[1, 2] = value
    with pytest.raises(ValueError, match=r"NaN|infinity"):
        made.predict(new)
    found = mlflow_sql_flavor.from_sklearn(made, X).predict(new)
    assert found.isna().all(axis=1).tolist() == found.isna().any(axis=1).tolist() == [False, True, False]


def test_probabilities_can_be_left_out() -> None:
    X = numbers()
    made = linear_model.LogisticRegression().fit(X, target(X, 2))
    model = assert_same(made, X, probabilities=False, prediction_name="class", input_table="rows")
    assert model.predict(X).columns.tolist() == ["class"] and model.input_table == "rows"


def test_fitted_without_names() -> None:
    X = numbers()
    made = linear_model.Ridge().fit(X.to_numpy(), target(X))
    found = mlflow_sql_flavor.from_sklearn(made, X).predict(X)["prediction"]
    np.testing.assert_allclose(found, made.predict(X.to_numpy()), rtol=1e-9)


def test_a_search_is_its_best_estimator() -> None:
    from sklearn.model_selection import GridSearchCV

    X = numbers()
    made = GridSearchCV(linear_model.Ridge(), {"alpha": [0.1, 100.0]}, cv=2).fit(X, target(X))
    np.testing.assert_allclose(mlflow_sql_flavor.from_sklearn(made, X).predict(X)["prediction"], made.predict(X), 1e-9)


def test_many_features() -> None:
    X = numbers(rows=60, columns=210)
    X = X / X.abs().max()
    assert_same(linear_model.Ridge().fit(X, target(X)), X)
