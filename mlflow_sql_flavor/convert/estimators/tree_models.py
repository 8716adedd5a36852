"""scikit-learn's trees, forests and boosting as what a model answers."""

from __future__ import annotations

from typing import Any

from ...errors import QueryError
from ..builder import Column, Query, number
from ..missing import takes_missing
from ..outputs import Numbers, Rule, Scores
from ..preprocessing.encoders import encode
from ..preprocessing.steps import unsupported
from ..trees.sklearn import boosted, forest, hist_boosted
from ..trees.sums import add_trees, float32
from .linear import inverse

__all__ = ["gradient_boosting", "histogram_boosting", "trees_alone"]


def trees_alone(query: Query, model: Any, columns: list[Column], path: str, _probabilities: bool) -> Numbers | Scores:
    """A tree, or the mean of a forest."""
    if model.n_outputs_ != 1:
        raise unsupported(path, model, "it predicts more than one column")
    trees = model.estimators_ if hasattr(model, "estimators_") else [model]
    labels = getattr(model, "classes_", None)
    count = 1 if labels is None else len(labels)
    columns = float32(query, columns, "float32")
    totals = ["total"] if count == 1 else [f"total_{k}" for k in range(count)]
    found = add_trees(query, columns, forest(trees, count), totals, missing=takes_missing(model))
    share = f" / {number(len(trees))}" if hasattr(model, "estimators_") else ""
    if labels is None:
        return Numbers([found[0].sql + share])
    if share:
        query.layer("means", [(column.sql + share, column.name) for column in found])
    return Scores(found, labels, "greatest", "none")


def gradient_boosting(
    query: Query, model: Any, columns: list[Column], path: str, _probabilities: bool
) -> Numbers | Scores:
    """The label of two classes is the second for a score of zero."""
    try:
        made = boosted(model)
    except QueryError as error:
        raise unsupported(path, model, error.reason) from None
    columns = float32(query, columns, "float32")
    count = len(made.start)
    found = add_trees(query, columns, made, _score_names(count), missing=takes_missing(model))
    labels = getattr(model, "classes_", None)
    if labels is None:
        return Numbers([found[0].sql])
    return _boosted_classes(query, model, found, "zero or above", doubled=model.loss == "exponential")


def _score_names(count: int) -> list[str]:
    return ["score"] if count == 1 else [f"score_{k}" for k in range(count)]


def _boosted_classes(query: Query, model: Any, scores: list[Column], rule: Rule, *, doubled: bool) -> Scores:
    if len(scores) > 1:
        return Scores(scores, model.classes_, "greatest", "softmax")
    if doubled:
        query.layer("doubled", [(f"2E0 * {scores[0].sql}", scores[0].name)])
    return Scores(scores, model.classes_, rule, "sigmoid")


def histogram_boosting(
    query: Query, model: Any, columns: list[Column], path: str, _probabilities: bool
) -> Numbers | Scores:
    """It encodes categories itself, and takes infinity."""
    columns = _hist_columns(query, model, columns, path)
    made = hist_boosted(model)
    found = add_trees(query, columns, made, _score_names(len(made.start)), missing=True)
    if hasattr(model, "classes_"):
        return _boosted_classes(query, model, found, "above zero", doubled=False)
    return Numbers([inverse(model._loss.link, found[0].sql, path, model)])


def _hist_columns(query: Query, model: Any, columns: list[Column], path: str) -> list[Column]:
    """The features as its nodes number them: encoded categories first."""
    if model._preprocessor is None:
        return columns
    places = model._preprocessor._transformer_to_input_indices
    rest = [columns[i] for i in places["numerical"]]
    encoder = model._preprocessor.named_transformers_["encoder"]
    chosen = [columns[i] for i in places["encoder"]]
    return [*encode(query, encoder, chosen, rest, f"{path or 'categories'}_codes"), *rest]
