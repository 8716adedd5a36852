"""From scores to what a model answers: a number, or a label and the probability of each class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ..errors import QueryError
from .builder import Column, Query, literal, number, total, unique

__all__ = ["Names", "classify", "exponential", "regress", "sigmoid"]

Rule = Literal["above zero", "zero or above", "greatest"]
Link = Literal["sigmoid", "softmax", "each", "none"]


@dataclass(frozen=True)
class Names:
    """How outputs are called, and whether probabilities are among them."""

    prediction: str
    probabilities: bool


def regress(query: Query, value: str, names: Names) -> str:
    """The query's text, with one number."""
    return query.finish([(value, names.prediction)])


def classify(query: Query, scores: list[Column], classes: Any, names: Names, *, rule: Rule, link: Link | None) -> str:
    """The query's text, with a label and, if asked, probabilities.

    Args:
        query: Its newest layer holds the scores.
        scores: One for each class; of two classes perhaps only that of the second.
        classes: The estimator's ``classes_``.
        names: How to call the outputs.
        rule: How the label follows from the scores.
        link: How probabilities do: ``sigmoid`` of the one score, ``softmax``, ``each`` score's sigmoid over their sum,
            ``none`` where scores are probabilities; None for an estimator without.
    """
    values = classes.tolist()
    kind = "BIGINT" if classes.dtype.kind in "iu" else None
    labels = [_label(value) for value in values]
    taken = {names.prediction.casefold()}
    outputs = [unique(f"probability_{value}", taken) for value in values] if names.probabilities and link else []
    if rule == "greatest":
        query.layer("greatest", [*query.carry(scores), (_greatest(scores), "best")])
        cases = [f'WHEN {c.sql} = "best" THEN {label}' for c, label in zip(scores, labels, strict=True)]
    else:
        score, over, under = scores[0].sql, *((">", "<=") if rule == "above zero" else (">=", "<"))
        cases = [f"WHEN {score} {over} 0E0 THEN {labels[1]}", f"WHEN {score} {under} 0E0 THEN {labels[0]}"]
    label = "CASE " + " ".join(cases) + " END"
    label = f"CAST({label} AS {kind})" if kind else label
    if not outputs:
        return query.finish([(label, names.prediction)])
    if link == "none":
        return query.finish([(label, names.prediction), *((c.sql, o) for c, o in zip(scores, outputs, strict=True))])
    prediction = Column(names.prediction)
    if link == "sigmoid":
        query.layer("probabilities", [(label, prediction.name), (sigmoid(scores[0].sql), outputs[1])])
        second = Column(outputs[1]).sql
        return query.finish([(prediction.sql, prediction.name), (f"1E0 - {second}", outputs[0]), (second, outputs[1])])
    weights = [_weight(c.sql) if link == "softmax" else sigmoid(c.sql) for c in scores]
    query.layer("weights", [(label, prediction.name), *zip(weights, outputs, strict=True)])
    columns = [Column(output) for output in outputs]
    added = unique("total", set(taken))
    query.layer("added", [*query.carry([prediction, *columns]), (total([c.sql for c in columns]), added)])
    share = '{} / "' + added + '"'
    if link == "each":
        share = f'CASE WHEN "{added}" = 0E0 THEN {number(1 / len(columns))} ELSE {share} END'
    return query.finish([(prediction.sql, prediction.name), *((share.format(c.sql), c.name) for c in columns)])


def _label(value: Any) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str | float):
        return literal(value)
    raise QueryError(f"Class {value!r} is of type {type(value).__name__}, which SQL has no literal for.")


def _greatest(columns: Sequence[Column]) -> str:
    return f"GREATEST({', '.join(column.sql for column in columns)})"


def sigmoid(score: str) -> str:
    """1 / (1 + exp(-score))."""
    # Beyond 700 the exponential leaves the range of DOUBLE, which some engines raise an error for.
    return f"CASE WHEN {score} < -700E0 THEN 0E0 WHEN {score} > 700E0 THEN 1E0 ELSE 1E0 / (1E0 + EXP(-{score})) END"


def exponential(score: str) -> str:
    """exp(score); below -745 it is 0, for which Postgres raises an error."""
    return f"CASE WHEN {score} < -745E0 THEN 0E0 ELSE EXP({score}) END"


def _weight(score: str) -> str:
    return f'CASE WHEN {score} - "best" < -700E0 THEN 0E0 ELSE EXP({score} - "best") END'
