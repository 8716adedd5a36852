"""Estimators of estimators: voting, bagging, AdaBoost, calibration, transformed targets."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

sklearn = pytest.importorskip("sklearn")

from sklearn.calibration import CalibratedClassifierCV  # noqa: E402
from sklearn.compose import TransformedTargetRegressor  # noqa: E402
from sklearn.ensemble import (  # noqa: E402
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingClassifier,
    BaggingRegressor,
    GradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.frozen import FrozenEstimator  # noqa: E402
from sklearn.impute import SimpleImputer  # noqa: E402
from sklearn.linear_model import LogisticRegression, Ridge  # noqa: E402
from sklearn.multioutput import MultiOutputRegressor  # noqa: E402
from sklearn.naive_bayes import GaussianNB  # noqa: E402
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import (  # noqa: E402
    MaxAbsScaler,
    MinMaxScaler,
    PowerTransformer,
    RobustScaler,
    StandardScaler,
)
from sklearn.svm import LinearSVC  # noqa: E402
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor  # noqa: E402

import mlflow_sql_flavor  # noqa: E402
from mlflow_sql_flavor.errors import QueryError  # noqa: E402

from .same import assert_edges, assert_same, cases, missing, numbers, target  # noqa: E402

X = numbers(150)
GAPS = missing(X)
Y, TWO, THREE = target(X), target(X, 2), target(X, 3)
NEW = numbers(60, seed=8) * 3


def small(**options: Any) -> DecisionTreeClassifier:
    return DecisionTreeClassifier(max_depth=3, random_state=0, **options)


def scaled(last: Any) -> Any:
    return make_pipeline(StandardScaler(), last)


REGRESSORS: dict[str, Any] = {
    "voting": VotingRegressor(
        [("a", Ridge()), ("b", DecisionTreeRegressor(max_depth=3)), ("c", "drop"), ("d", scaled(Ridge()))],
        weights=[1, 2, 0, 3],
    ),
    "bagging of trees": BaggingRegressor(DecisionTreeRegressor(max_depth=3), 5, max_features=0.5, random_state=0),
    "AdaBoost": AdaBoostRegressor(n_estimators=6, random_state=0),
    "stacking": StackingRegressor(
        [("a", scaled(Ridge())), ("b", "drop"), ("c", DecisionTreeRegressor(max_depth=3, random_state=0))],
        DecisionTreeRegressor(max_depth=4, random_state=0), cv=2, passthrough=True,
    ),
    "log1p of the target": TransformedTargetRegressor(Ridge(), func=np.log1p, inverse_func=np.expm1),
    "bagging of lines": BaggingRegressor(
        scaled(Ridge()), 3, max_features=0.75, bootstrap_features=True, random_state=0
    ),
    "AdaBoost of lines": AdaBoostRegressor(scaled(Ridge()), n_estimators=3, random_state=0),
    "voting of votes": VotingRegressor(
        [("v", VotingRegressor([("a", Ridge()), ("b", scaled(Ridge()))])), ("t", Ridge(9))]
    ),
    "power of the target": TransformedTargetRegressor(scaled(Ridge()), transformer=PowerTransformer()),
    "box-cox of the target": TransformedTargetRegressor(scaled(Ridge()), transformer=PowerTransformer("box-cox")),
    **{
        f"{type(step).__name__} of the target": TransformedTargetRegressor(scaled(Ridge()), transformer=step)
        for step in (StandardScaler(), MinMaxScaler(), MaxAbsScaler(), RobustScaler())
    },
    "log of the target": TransformedTargetRegressor(scaled(Ridge()), func=np.log, inverse_func=np.exp),
    "root of the target": TransformedTargetRegressor(scaled(Ridge()), func=np.sqrt, inverse_func=np.square),
    "no transformation": TransformedTargetRegressor(DecisionTreeRegressor(max_depth=4)),
}  # fmt: skip
CLASSIFIERS: dict[str, Any] = {
    "soft voting": VotingClassifier([("a", LogisticRegression()), ("b", small()), ("c", GaussianNB())], voting="soft"),
    "bagging of trees": BaggingClassifier(small(), 5, max_features=0.75, random_state=0),
    "AdaBoost": AdaBoostClassifier(small(), n_estimators=5, random_state=0),
    "sigmoid": CalibratedClassifierCV(LinearSVC(), cv=2),
    "stacking": StackingClassifier([("a", small()), ("b", LinearSVC())], LogisticRegression(), cv=2),
    "hard voting": VotingClassifier(
        [("a", scaled(LinearSVC())), ("b", small()), ("c", GaussianNB())], weights=[2, 1, 1]
    ),
    "bagging of lines": BaggingClassifier(LogisticRegression(), 3, max_features=0.75, random_state=0),
    "bagging of labels": BaggingClassifier(LinearSVC(), 3, random_state=0),
    "stacking of labels": StackingClassifier(
        [("a", small()), ("b", GaussianNB())], small(), cv=2, stack_method="predict", passthrough=True
    ),
    "isotonic": CalibratedClassifierCV(RandomForestClassifier(5, max_depth=3, random_state=0), method="isotonic", cv=2),
    "isotonic boosting": CalibratedClassifierCV(GradientBoostingClassifier(n_estimators=4), method="isotonic", cv=2),
    "not an ensemble": CalibratedClassifierCV(scaled(LogisticRegression()), ensemble=False, cv=2),
}  # fmt: skip
QUICK = 5


def named(found: dict[str, Any]) -> list[Any]:
    return cases(list(found)[:QUICK], list(found)[QUICK:])


@pytest.mark.parametrize("name", named(REGRESSORS))
@pytest.mark.filterwarnings("ignore")
def test_regressors(name: str) -> None:
    estimator = sklearn.base.clone(REGRESSORS[name]).fit(X, np.exp(Y / 3) if "target" in name else Y)
    assert_edges(estimator, assert_same(estimator, X, NEW), X)


@pytest.mark.parametrize("classes", cases([3], [2]))
@pytest.mark.parametrize("name", named(CLASSIFIERS))
@pytest.mark.filterwarnings("ignore")
def test_classifiers(name: str, classes: int) -> None:
    labels = np.array(["no", "it's", "yes"])[target(X, classes)]
    estimator = sklearn.base.clone(CLASSIFIERS[name]).fit(X, labels)
    assert_edges(estimator, assert_same(estimator, X, NEW), X)


def test_several_outputs() -> None:
    both = MultiOutputRegressor(DecisionTreeRegressor(max_depth=3)).fit(X, np.column_stack([Y, -2 * Y]))
    model = assert_same(both, X, NEW)
    assert list(model.predict(X)) == ["prediction_0", "prediction_1"]
    assert model.predict(missing(X).head(9)).isna().any().tolist() == [False, False]  # its trees take what is missing


def test_infinity_that_every_member_takes() -> None:
    """It has an answer then, though most estimators of scikit-learn refuse it."""
    grown = HistGradientBoostingRegressor(max_iter=3)
    rows = X.head(2).assign(x0=[np.inf, 1.0], few=[0.1, -np.inf])
    for made in (
        VotingRegressor([("a", grown)]),
        BaggingRegressor(grown, 2, random_state=0),
        StackingRegressor([("a", grown)], grown, cv=2),
        TransformedTargetRegressor(grown, func=np.log, inverse_func=np.exp),
    ):
        made.fit(X, np.exp(Y))
        found = mlflow_sql_flavor.from_sklearn(made, X).predict(rows)["prediction"]
        np.testing.assert_allclose(found, made.predict(rows), rtol=1e-12)
    mixed = VotingRegressor([("a", grown), ("b", Ridge())]).fit(X, Y)
    with pytest.raises(ValueError, match="infinity"):
        mixed.predict(rows)
    assert mlflow_sql_flavor.from_sklearn(mixed, X).predict(rows)["prediction"].isna().all()


def test_adaboost_refuses_what_its_members_would_take() -> None:
    grown = HistGradientBoostingRegressor(max_iter=3)
    made = AdaBoostRegressor(grown, n_estimators=2, random_state=0).fit(X, Y)
    gap = X.head(2).assign(x0=[np.nan, 1.0])
    with pytest.raises(ValueError, match="NaN"):
        made.predict(gap)
    assert mlflow_sql_flavor.from_sklearn(made, X).predict(gap)["prediction"].isna().tolist() == [True, False]


def test_members_that_take_missing_values() -> None:
    """Each takes them in its own way: what one refuses, all of it refuses."""
    imputed = make_pipeline(SimpleImputer(), Ridge())
    grown = HistGradientBoostingRegressor(max_iter=3)
    both = VotingRegressor([("a", imputed), ("b", grown)]).fit(GAPS, Y)
    assert_same(both, GAPS)
    assert_edges(both, mlflow_sql_flavor.from_sklearn(both, GAPS), GAPS, infinite=False)
    bagged = BaggingClassifier(small(), 3, max_features=0.75, random_state=0).fit(GAPS, THREE)
    assert_edges(bagged, assert_same(bagged, GAPS, missing(NEW)), GAPS, infinite=False)


@pytest.mark.ci
def test_a_frozen_estimator() -> None:
    frozen = CalibratedClassifierCV(FrozenEstimator(GaussianNB().fit(X, THREE)), cv=2).fit(X, THREE)
    assert_same(frozen, X, NEW)


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (VotingClassifier([("a", GaussianNB()), ("near", KNeighborsClassifier())]), r"step 'near' \(KNeighborsCl"),
        (BaggingClassifier(KNeighborsClassifier(), 2), r"step '0' \(KNeighborsClassifier\)"),
        (TransformedTargetRegressor(Ridge(), func=np.arcsinh, inverse_func=np.sinh), "the inverse of its Function"),
        (AdaBoostRegressor(n_estimators=101, random_state=0), "the median of 101 estimators"),
        (CalibratedClassifierCV(GaussianNB(), method="temperature", cv=2), "calibrated by temperature"),
        (StackingRegressor([("a", KNeighborsRegressor()), ("b", Ridge())], cv=2), r"step 'a' \(KNeighborsR"),
    ],
    ids=["voting", "bagging", "target", "median", "temperature", "stacking"],
)  # fmt: skip
def test_refused_by_name(estimator: Any, message: str) -> None:
    fitted = estimator.fit(X, TWO if hasattr(estimator, "predict_proba") or "Classifier" in repr(estimator) else Y)
    with pytest.raises(QueryError, match=rf"{message}.*\. Fit .* log (it|the whole) with mlflow\.sklearn\.$"):
        mlflow_sql_flavor.from_sklearn(fitted, X)
