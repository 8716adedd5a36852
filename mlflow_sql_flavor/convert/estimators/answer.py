"""The last step of a pipeline, and the members of an estimator of estimators: what each answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ...errors import QueryError, UnwritableError
from .. import boosters
from ..builder import Column, Query
from ..missing import answers_infinity
from ..outputs import Numbers, Scores
from ..preprocessing.steps import join, known_class, passes, sparse, transform, unsupported
from . import (
    adaboost,
    bayes,
    calibrated,
    clusters,
    linear,
    networks,
    outliers,
    stacking,
    transformed,
    tree_models,
    voting,
)

__all__ = ["answer", "takes_infinity"]

Model = Callable[[Query, Any, list[Column], str, bool], Numbers | Scores]
#: The last argument is :func:`answer`, for the members.
Around = Callable[[Query, Any, list[Column], str, bool, Any], Numbers | Scores]


def answer(
    query: Query, model: Any, columns: list[Column], path: str, probabilities: bool, data: Any = None
) -> Numbers | Scores:
    """What a fitted estimator or pipeline answers, as columns of the newest layer.

    Args:
        query: Its newest layer holds the features.
        model: The estimator.
        columns: The features, in its order.
        path: Its name in the pipeline; empty if it stands alone.
        probabilities: Whether probabilities are asked for.
        data: The features' values, if the estimator sees the input as it comes: a DataFrame.

    Raises:
        QueryError: It cannot be converted; the message names it.
    """
    model = getattr(model, "best_estimator_", model)
    if type(model).__name__ == "FrozenEstimator":
        model = model.estimator
    if hasattr(model, "steps"):
        absent = any(column.sparse for column in columns)
        for name, step in model.steps[:-1]:
            columns = transform(query, step, columns, path=join(path, name))
            absent = sparse(step, absent)
        columns = [replace(column, sparse=absent) for column in columns]
        name, last = model.steps[-1]
        given = data if all(passes(step) for _, step in model.steps[:-1]) else None
        return answer(query, last, columns, join(path, name), probabilities, given)
    if not hasattr(model, "predict"):
        raise unsupported(path, model, "the last step must be a regressor or a classifier")
    reader = known_class(model, boosters.READERS)
    if reader is not None:
        try:
            found = boosters.answer(query, reader(model, columns, data), columns)
        except QueryError as error:
            raise unsupported(path, model, error.reason) from None
        return _several(found, path, model)
    around = known_class(model, _AROUND)
    if around is not None:
        return around(query, model, columns, path, probabilities, answer)
    made = known_class(model, _MODELS)
    if made is None:
        raise unsupported(path, model)
    if isinstance(getattr(model, "classes_", None), list):
        raise unsupported(path, model, "it predicts more than one column")
    if made is not tree_models.histogram_boosting:  # which encodes categories itself
        for column in columns:
            if column.text:
                raise unsupported(path, model, f"its feature {column.name!r} is text")
    try:
        return _several(made(query, model, columns, path, probabilities), path, model)
    except UnwritableError as error:
        raise unsupported(path, model, error.reason) from None


def _several(found: Numbers | Scores, path: str, model: Any) -> Numbers | Scores:
    """What was found, unless it decides between two classes of which there is one."""
    needed = len(found.columns) if isinstance(found, Scores) and found.rule == "greatest" else 2
    if isinstance(found, Scores) and len(found.classes) < needed:
        raise unsupported(path, model, "it was fitted on one class only")
    return found


def takes_infinity(model: Any) -> bool:
    """Whether the estimator, standing alone, compares infinite numbers like others; the rest of them refuse them."""
    if known_class(model, boosters.READERS) is not None:
        return True
    if known_class(model, _MODELS) in (tree_models.histogram_boosting, outliers.isolation_forest):
        return True
    return known_class(model, _AROUND) is not None and answers_infinity(model)


_MODELS: dict[str, Model] = {
    "LinearClassifierMixin": linear.classifier,
    "LinearModel": linear.regressor,
    "BaseSGDRegressor": linear.regressor,
    "_GeneralizedLinearRegressor": linear.generalized,
    "BaseDecisionTree": tree_models.trees_alone,
    "ForestClassifier": tree_models.trees_alone,
    "ForestRegressor": tree_models.trees_alone,
    "GradientBoostingClassifier": tree_models.gradient_boosting,
    "GradientBoostingRegressor": tree_models.gradient_boosting,
    "HistGradientBoostingClassifier": tree_models.histogram_boosting,
    "HistGradientBoostingRegressor": tree_models.histogram_boosting,
    "IsolationForest": outliers.isolation_forest,
    "GaussianNB": bayes.gaussian,
    "MultinomialNB": bayes.multinomial,
    "ComplementNB": bayes.complement,
    "BernoulliNB": bayes.bernoulli,
    "CategoricalNB": bayes.categorical,
    "KMeans": clusters.k_means,
    "MiniBatchKMeans": clusters.k_means,
    "MLPClassifier": networks.classifier,
    "MLPRegressor": networks.regressor,
}

_AROUND: dict[str, Around] = {
    "VotingClassifier": voting.voting_classifier,
    "VotingRegressor": voting.voting_regressor,
    "BaggingClassifier": voting.bagging_classifier,
    "BaggingRegressor": voting.bagging_regressor,
    "AdaBoostClassifier": adaboost.classifier,
    "AdaBoostRegressor": adaboost.regressor,
    "CalibratedClassifierCV": calibrated.calibrated,
    "TransformedTargetRegressor": transformed.regressor,
    "StackingRegressor": stacking.stacked,
    "StackingClassifier": stacking.stacked,
    "MultiOutputRegressor": stacking.several_outputs,
}
