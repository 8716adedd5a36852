"""Small neural networks of dense layers: one layer of the query for each of the network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..builder import Column, Query, unique
from ..outputs import Numbers, Scores, sigmoid
from ..preprocessing.steps import unsupported
from .linear import weighted

__all__ = ["classifier", "regressor"]

#: The most weights that are written as text.
_WEIGHTS = 20_000

_ACTIVATIONS: dict[str, Callable[[str], str]] = {
    "identity": lambda x: x,
    "relu": lambda x: f"CASE WHEN {x} < 0E0 THEN 0E0 ELSE {x} END",
    "tanh": lambda x: f"TANH({x})",
    "logistic": sigmoid,
}


def classifier(query: Query, model: Any, columns: list[Column], path: str, _probabilities: bool) -> Scores:
    """Of several labels at once it is none that converts."""
    scores = _outputs(query, model, columns, path)
    if model.out_activation_ == "softmax":
        return Scores(scores, model.classes_, "greatest", "softmax")
    if len(scores) > 1:
        raise unsupported(path, model, "it predicts more than one column")
    return Scores(scores, model.classes_, "above zero", "sigmoid")


def regressor(query: Query, model: Any, columns: list[Column], path: str, _probabilities: bool) -> Numbers:
    """With any number of outputs."""
    scores = _outputs(query, model, columns, path)
    if model.out_activation_ not in ("identity", "exponential"):
        raise unsupported(path, model, f"its outputs are {model.out_activation_}")
    if model.out_activation_ == "exponential":
        from ..outputs import exponential

        return Numbers([exponential(score.sql) for score in scores])
    return Numbers([score.sql for score in scores])


def _outputs(query: Query, model: Any, columns: list[Column], path: str) -> list[Column]:
    size = sum(weights.size for weights in model.coefs_)
    if size > _WEIGHTS:
        raise unsupported(path, model, f"it has {size:,} weights, more than the {_WEIGHTS:,} that are written as SQL")
    activation = _ACTIVATIONS[model.activation]
    last = len(model.coefs_) - 1
    for at, (weights, starts) in enumerate(zip(model.coefs_, model.intercepts_, strict=True)):
        name = f"{path or 'layer'}_{at + 1}"
        columns = weighted(query, columns, weights.T, starts, name, "score" if at == last else f"sum_{at + 1}")
        if at < last and model.activation != "identity":
            taken = query.taken([])
            units = [Column(unique(f"unit_{at + 1}_{k}", taken)) for k in range(len(columns))]
            items = [(activation(c.sql), unit.name) for c, unit in zip(columns, units, strict=True)]
            query.layer(f"{name}_{model.activation}", items)
            query.enclose(f"{name}_units")
            columns = units
    return columns
