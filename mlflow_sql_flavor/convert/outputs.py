"""From scores to what a model answers: a number, or a label and the probability of each class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ..errors import QueryError
from .builder import Column, Query, literal, number, quote, total, unique

__all__ = ["Names", "Numbers", "Scores", "chosen", "exponential", "finish", "shares", "sigmoid"]

Rule = Literal["above zero", "zero or above", "greatest"]
Link = Literal["sigmoid", "softmax", "each", "none"]


@dataclass(frozen=True)
class Names:
    """How outputs are called, and whether probabilities are among them."""

    prediction: str
    probabilities: bool


@dataclass(frozen=True)
class Numbers:
    """What a regressor answers.

    Attributes:
        values: SQL over the newest layer, one text an output.
    """

    values: Sequence[str]


@dataclass(frozen=True)
class Scores:
    """What a classifier answers.

    Attributes:
        columns: Of the newest layer, one for each class; of two classes perhaps only that of the second.
        classes: The estimator's ``classes_``.
        rule: How the label follows from the scores.
        link: How probabilities do: ``sigmoid`` of the one score, ``softmax``, ``each`` score's sigmoid over their sum,
            ``none`` where scores are probabilities; None for an estimator without.
    """

    columns: Sequence[Column]
    classes: Any
    rule: Rule
    link: Link | None


def finish(query: Query, answer: Numbers | Scores, names: Names) -> str:
    """The query's text: numbers, or a label and, if asked, probabilities."""
    if isinstance(answer, Scores):
        return _classify(query, answer, names)
    outputs = [names.prediction]
    if len(answer.values) > 1:
        outputs = [f"{names.prediction}_{k}" for k in range(len(answer.values))]
    return query.finish(list(zip(answer.values, outputs, strict=True)))


def _classify(query: Query, answer: Scores, names: Names) -> str:
    values = answer.classes.tolist()
    kind = "BIGINT" if answer.classes.dtype.kind in "iu" else None
    taken = {names.prediction.casefold()}
    wanted = names.probabilities and answer.link
    outputs = [unique(f"probability_{value}", taken) for value in values] if wanted else []
    label, best = chosen(query, answer, [_label(value) for value in values])
    label = f"CAST({label} AS {kind})" if kind else label
    first = [(label, names.prediction)]
    return query.finish(shares(query, answer, outputs, best, first) if outputs else first)


def chosen(query: Query, answer: Scores, labels: Sequence[str]) -> tuple[str, str]:
    """Adds a layer with the greatest score where the label needs it.

    Args:
        query: What is under construction.
        answer: The scores.
        labels: SQL for each class.

    Returns:
        SQL of the label, and the column of the greatest score; empty if there is none.
    """
    scores = answer.columns
    if answer.rule != "greatest":
        score, over, under = scores[0].sql, *((">", "<=") if answer.rule == "above zero" else (">=", "<"))
        cases = [f"WHEN {score} {over} 0E0 THEN {labels[1]}", f"WHEN {score} {under} 0E0 THEN {labels[0]}"]
        return f"CASE {' '.join(cases)} END", ""
    best = quote(unique("best", query.taken(scores)))
    query.layer("greatest", [*query.carry(scores), (_greatest(scores), best[1:-1])])
    cases = [f"WHEN {c.sql} = {best} THEN {label}" for c, label in zip(scores, labels, strict=True)]
    return f"CASE {' '.join(cases)} END", best


def shares(
    query: Query, answer: Scores, outputs: Sequence[str], best: str, first: Sequence[tuple[str, str]] = ()
) -> list[tuple[str, str]]:
    """Adds the layers of probabilities.

    Args:
        query: Its newest layer is that of :func:`chosen`.
        answer: The scores, with a link.
        outputs: What to call the probabilities.
        best: The column of the greatest score.
        first: What else the newest layer gives, as SQL and by name.

    Returns:
        What was ``first``, and the probability of each class, as SQL over the newest layer and by name.
    """
    scores, link = answer.columns, answer.link
    if link == "none":
        return [*first, *((c.sql, o) for c, o in zip(scores, outputs, strict=True))]
    given = [Column(name) for _, name in first]
    columns = [Column(output) for output in outputs]
    if link == "sigmoid":
        query.layer("probabilities", [*first, (sigmoid(scores[0].sql), outputs[1])])
        second = columns[1].sql
        return [*query.carry(given), (f"1E0 - {second}", outputs[0]), (second, outputs[1])]
    weights = [_weight(c.sql, best) if link == "softmax" else sigmoid(c.sql) for c in scores]
    query.layer("weights", [*first, *zip(weights, outputs, strict=True)])
    added = quote(unique("total", query.taken([*given, *columns])))
    query.layer("added", [*query.carry([*given, *columns]), (total([c.sql for c in columns]), added[1:-1])])
    share = "{} / " + added
    if link == "each":
        share = f"CASE WHEN {added} = 0E0 THEN {number(1 / len(columns))} ELSE {share} END"
    return [*query.carry(given), *((share.format(c.sql), c.name) for c in columns)]


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


def _weight(score: str, best: str) -> str:
    return f"CASE WHEN {score} - {best} < -700E0 THEN 0E0 ELSE EXP({score} - {best}) END"
