"""Linear regressors and classifiers, and generalized ones with a link."""

from __future__ import annotations

import warnings
from typing import Any

from ..builder import Column, Query, number, total, unique
from ..outputs import Link, Numbers, Scores, exponential
from ..preprocessing.steps import unsupported

__all__ = ["classifier", "generalized", "inverse", "regressor", "weighted"]


def weighted(query: Query, columns: list[Column], weights: Any, starts: Any, path: str, name: str) -> list[Column]:
    """Adds the layer of one weighted sum of the features for each row of weights.

    Args:
        query: Its newest layer holds the features.
        columns: The features.
        weights: Of shape (sums, features).
        starts: What each sum starts from.
        path: What to call the layer.
        name: What to call the sums.

    Returns:
        The sums, NULL where a feature is missing or the row is not accepted.
    """
    taken = query.taken(columns)
    sums = [Column(unique(name if len(weights) == 1 else f"{name}_{k}", taken)) for k in range(len(weights))]
    items = []
    for row, start, column in zip(weights, starts, sums, strict=True):
        terms = [f"{feature.sql} * {number(weight)}" for feature, weight in zip(columns, row, strict=True)]
        items.append((f"{total(terms)}\n    + {query.accepted(number(start))}", column.name))
    query.valid = None
    query.layer(path, items)
    query.enclose("scores")
    return sums


def _scores(query: Query, model: Any, columns: list[Column], path: str) -> list[Column]:
    import numpy as np

    weights = np.atleast_2d(model.coef_)
    weights = weights.toarray() if hasattr(weights, "toarray") else weights
    starts = np.broadcast_to(np.ravel(model.intercept_), (len(weights),))
    return weighted(query, columns, weights, starts, path or "scores", "score")


def regressor(query: Query, model: Any, columns: list[Column], path: str, _probabilities: bool) -> Numbers:
    """With any number of outputs."""
    return Numbers([score.sql for score in _scores(query, model, columns, path)])


def generalized(query: Query, model: Any, columns: list[Column], path: str, _probabilities: bool) -> Numbers:
    """Poisson, gamma and Tweedie regression."""
    (score,) = _scores(query, model, columns, path)
    return Numbers([inverse(model._base_loss.link, score.sql, path, model)])


def inverse(link: Any, score: str, path: str, model: Any) -> str:
    """The mean that a link gives the score of.

    Raises:
        QueryError: It is none that is known here.
    """
    kind = type(link).__name__
    if kind not in ("IdentityLink", "LogLink"):
        raise unsupported(path, model, f"its link is {kind}")
    return exponential(score) if kind == "LogLink" else score


def classifier(query: Query, model: Any, columns: list[Column], path: str, probabilities: bool) -> Scores:
    """One score for each class, or one of two classes."""
    scores = _scores(query, model, columns, path)
    if len(scores) > 1 and len(scores) != len(model.classes_):
        raise unsupported(path, model, "it predicts more than one column")
    link = _link(model, len(columns), len(scores)) if probabilities else None
    if probabilities and link is None and hasattr(model, "predict_proba"):
        raise unsupported(path, model, "its predict_proba is none that is known here; pass probabilities=False")
    return Scores(scores, model.classes_, "above zero" if len(scores) == 1 else "greatest", link)


def _link(model: Any, features: int, scores: int) -> Link | None:
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
