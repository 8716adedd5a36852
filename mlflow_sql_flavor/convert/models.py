"""The last step of a pipeline: regressors and classifiers."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from ..errors import QueryError
from . import boosters
from .boosting import boosted, forest, hist_boosted
from .builder import Column, Query, number, quote, total, unique
from .encoders import encode
from .ensembles import add_trees, float32
from .outputs import Link, Names, classify, exponential, regress
from .steps import known_class, unsupported

__all__ = ["predict", "takes_infinity"]

Model = Callable[[Query, Any, list[Column], str, Names], str]


def predict(query: Query, model: Any, columns: list[Column], path: str, names: Names, data: Any = None) -> str:
    """The finished query of a fitted estimator.

    Args:
        query: Its newest layer holds the features.
        model: The estimator.
        columns: The features, in its order.
        path: Its name in the pipeline; empty if it stands alone.
        names: How to call the outputs.
        data: The features' values, if the estimator sees the input as it comes: a DataFrame.

    Raises:
        QueryError: It cannot be converted; the message names it.
    """
    reader = known_class(model, boosters.READERS)
    if reader is not None:
        try:
            return boosters.predict(query, reader(model, columns, data), columns, names)
        except QueryError as error:
            raise unsupported(path, model, error.reason) from None
    made = known_class(model, _MODELS)
    if made is None:
        raise unsupported(path, model)
    if getattr(model, "n_outputs_", 1) != 1 or isinstance(getattr(model, "classes_", None), list):
        raise unsupported(path, model, "it predicts more than one column")
    if made is not _hist_boosted:  # which encodes categories itself
        for column in columns:
            if column.text:
                raise unsupported(path, model, f"its feature {column.name!r} is text")
    return made(query, model, columns, path, names)


def _linear_scores(query: Query, model: Any, columns: list[Column], path: str, name: str) -> list[Column]:
    import numpy as np

    weights = np.atleast_2d(model.coef_)
    weights = weights.toarray() if hasattr(weights, "toarray") else weights
    starts = np.broadcast_to(np.ravel(model.intercept_), (len(weights),))
    taken = query.taken(columns)
    scores = [Column(unique(name if len(weights) == 1 else f"{name}_{k}", taken)) for k in range(len(weights))]
    items = []
    for row, start, score in zip(weights, starts, scores, strict=True):
        terms = [f"{column.sql} * {number(weight)}" for column, weight in zip(columns, row, strict=True)]
        constant = number(start) if query.valid is None else f"CASE WHEN {quote(query.valid)} THEN {number(start)} END"
        items.append((f"{total(terms)}\n    + {constant}", score.name))
    query.valid = None
    query.layer(path or "scores", items)
    query.enclose("scores")
    return scores


def _linear_regressor(query: Query, model: Any, columns: list[Column], path: str, names: Names) -> str:
    scores = _linear_scores(query, model, columns, path, "score")
    if len(scores) != 1:
        raise unsupported(path, model, "it predicts more than one column")
    return regress(query, scores[0].sql, names)


def _generalized_linear(query: Query, model: Any, columns: list[Column], path: str, names: Names) -> str:
    score = _linear_scores(query, model, columns, path, "score")[0].sql
    return regress(query, _inverse(model._base_loss.link, score, path, model), names)


def _inverse(link: Any, score: str, path: str, model: Any) -> str:
    kind = type(link).__name__
    if kind not in ("IdentityLink", "LogLink"):
        raise unsupported(path, model, f"its link is {kind}")
    return exponential(score) if kind == "LogLink" else score


def _linear_classifier(query: Query, model: Any, columns: list[Column], path: str, names: Names) -> str:
    scores = _linear_scores(query, model, columns, path, "score")
    if len(scores) > 1 and len(scores) != len(model.classes_):
        raise unsupported(path, model, "it predicts more than one column")
    link = _linear_link(model, len(columns), len(scores)) if names.probabilities else None
    if names.probabilities and link is None and hasattr(model, "predict_proba"):
        raise unsupported(path, model, "its predict_proba is none that is known here; pass probabilities=False")
    return classify(
        query, scores, model.classes_, names, rule="above zero" if len(scores) == 1 else "greatest", link=link
    )


def _linear_link(model: Any, features: int, scores: int) -> Link | None:
    """How a linear classifier makes probabilities of its scores, by what it answers: releases and options differ."""
    import numpy as np

    if not hasattr(model, "predict_proba"):
        return None
    # Points whose scores lie near zero, where the ways differ.
    noise = np.random.default_rng(0).normal(size=(20, features))
    points = noise / (1e-12 + np.abs(np.atleast_2d(model.coef_)).sum(axis=0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the points have no column names
        score, expected = model.decision_function(points), model.predict_proba(points)
    sigmoid = 1 / (1 + np.exp(-score))
    ways: dict[Link, Any] = {}
    if scores == 1:
        ways["sigmoid"] = np.column_stack([1 - sigmoid, sigmoid])
    else:
        exponential = np.exp(score - score.max(axis=1, keepdims=True))
        ways["softmax"] = exponential / exponential.sum(axis=1, keepdims=True)
        ways["each"] = sigmoid / sigmoid.sum(axis=1, keepdims=True)
    return next((name for name, found in ways.items() if np.allclose(found, expected, rtol=1e-9, atol=1e-12)), None)


def takes_infinity(model: Any) -> bool:
    """Whether the estimator, standing alone, compares infinite numbers like others; the rest of them refuse them."""
    return known_class(model, _MODELS) is _hist_boosted or known_class(model, boosters.READERS) is not None


def _takes_missing(model: Any) -> bool:
    """Whether the estimator answers a row of missing values, asked of itself: releases and criteria differ."""
    import numpy as np

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            model.predict(np.full((1, model.n_features_in_), np.nan))
        except ValueError:
            return False
    return True


def _forest(query: Query, model: Any, columns: list[Column], _path: str, names: Names) -> str:
    trees = model.estimators_ if hasattr(model, "estimators_") else [model]
    labels = getattr(model, "classes_", None)
    count = 1 if labels is None else len(labels)
    float32(query, columns, "float32")
    totals = ["total"] if count == 1 else [f"total_{k}" for k in range(count)]
    found = add_trees(query, columns, forest(trees, count), totals, missing=_takes_missing(model))
    share = f" / {number(len(trees))}" if hasattr(model, "estimators_") else ""
    if labels is None:
        return regress(query, found[0].sql + share, names)
    if share:
        query.layer("means", [(column.sql + share, column.name) for column in found])
    return classify(query, found, labels, names, rule="greatest", link="none")


def _boosted(query: Query, model: Any, columns: list[Column], path: str, names: Names) -> str:
    try:
        made = boosted(model)
    except QueryError as error:
        raise unsupported(path, model, error.reason) from None
    float32(query, columns, "float32")
    count = len(made.start)
    found = add_trees(query, columns, made, _score_names(count), missing=_takes_missing(model))
    labels = getattr(model, "classes_", None)
    if labels is None:
        return regress(query, found[0].sql, names)
    return _boosted_classes(query, model, found, names, rule="zero or above", doubled=model.loss == "exponential")


def _score_names(count: int) -> list[str]:
    return ["score"] if count == 1 else [f"score_{k}" for k in range(count)]


def _boosted_classes(query: Query, model: Any, scores: list[Column], names: Names, *, rule: Any, doubled: bool) -> str:
    if len(scores) > 1:
        return classify(query, scores, model.classes_, names, rule="greatest", link="softmax")
    if doubled:
        query.layer("doubled", [(f"2E0 * {scores[0].sql}", scores[0].name)])
    return classify(query, scores, model.classes_, names, rule=rule, link="sigmoid")


def _hist_boosted(query: Query, model: Any, columns: list[Column], path: str, names: Names) -> str:
    columns = _hist_columns(query, model, columns, path)
    made = hist_boosted(model)
    found = add_trees(query, columns, made, _score_names(len(made.start)), missing=True)
    if hasattr(model, "classes_"):
        return _boosted_classes(query, model, found, names, rule="above zero", doubled=False)
    return regress(query, _inverse(model._loss.link, found[0].sql, path, model), names)


def _hist_columns(query: Query, model: Any, columns: list[Column], path: str) -> list[Column]:
    """The features as its nodes number them: encoded categories first."""
    if model._preprocessor is None:
        return columns
    places = model._preprocessor._transformer_to_input_indices
    rest = [columns[i] for i in places["numerical"]]
    encoder = model._preprocessor.named_transformers_["encoder"]
    chosen = [columns[i] for i in places["encoder"]]
    return [*encode(query, encoder, chosen, rest, f"{path or 'categories'}_codes"), *rest]


_MODELS: dict[str, Model] = {
    "LinearClassifierMixin": _linear_classifier,
    "LinearModel": _linear_regressor,
    "BaseSGDRegressor": _linear_regressor,
    "_GeneralizedLinearRegressor": _generalized_linear,
    "BaseDecisionTree": _forest,
    "ForestClassifier": _forest,
    "ForestRegressor": _forest,
    "GradientBoostingClassifier": _boosted,
    "GradientBoostingRegressor": _boosted,
    "HistGradientBoostingClassifier": _hist_boosted,
    "HistGradientBoostingRegressor": _hist_boosted,
}
