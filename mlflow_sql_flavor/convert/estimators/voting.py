"""Voting and bagging: the mean of what several estimators answer, or the label that most of them give."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..builder import Column, Query, number, total, unique
from ..missing import takes_missing
from ..outputs import Numbers, Scores
from ..preprocessing.steps import join, known_class
from ..trees.case_tree import Tree
from ..trees.sums import Sum, add_trees, float32
from .sub_estimators import labels, means, probabilities, value

__all__ = ["bagging_classifier", "bagging_regressor", "voting_classifier", "voting_regressor"]

Answer = Callable[..., Numbers | Scores]
_Member = tuple[str, Any, list[Column]]


def voting_regressor(
    query: Query, model: Any, columns: list[Column], path: str, _probabilities: bool, answer: Answer
) -> Numbers:
    """The weighted mean."""
    return _mean(query, _voters(model, columns, path), _weights(model), answer)


def voting_classifier(
    query: Query, model: Any, columns: list[Column], path: str, _probabilities: bool, answer: Answer
) -> Scores:
    """``soft``: the weighted mean of probabilities; ``hard``: the weights of those who vote for a class."""
    members, weights, count = _voters(model, columns, path), _weights(model), len(model.classes_)
    if model.voting == "hard":
        return Scores(_votes(query, members, weights, count, answer), model.classes_, "greatest", None)
    return Scores(_mean_probabilities(query, members, weights, count, answer), model.classes_, "greatest", "none")


def bagging_regressor(
    query: Query, model: Any, columns: list[Column], path: str, _probabilities: bool, answer: Answer
) -> Numbers:
    """The mean."""
    if _trees(model):
        (found,) = _tree_means(query, model, columns, 1)
        return Numbers([found.sql])
    return _mean(query, _bagged(model, columns, path), [1.0] * len(model.estimators_), answer)


def bagging_classifier(
    query: Query, model: Any, columns: list[Column], path: str, _probabilities: bool, answer: Answer
) -> Scores:
    """The mean of probabilities, or the share of votes where the members have none."""
    count, weights = len(model.classes_), [1.0] * len(model.estimators_)
    members = _bagged(model, columns, path)
    if _trees(model):
        found = _tree_means(query, model, columns, count)
    elif hasattr(model.estimators_[0], "predict_proba"):
        found = _mean_probabilities(query, members, weights, count, answer)
    else:
        votes = _votes(query, members, weights, count, answer)
        query.layer("shares", [(f"{column.sql} / {number(len(members))}", column.name) for column in votes])
        found = votes
    return Scores(found, model.classes_, "greatest", "none")


def _voters(model: Any, columns: list[Column], path: str) -> list[_Member]:
    names = [name for name, part in model.estimators if part != "drop"]
    return [(join(path, name), part, columns) for name, part in zip(names, model.estimators_, strict=True)]


def _weights(model: Any) -> list[float]:
    given = model._weights_not_none
    return [1.0] * len(model.estimators_) if given is None else [float(weight) for weight in given]


def _bagged(model: Any, columns: list[Column], path: str) -> list[_Member]:
    parts = zip(model.estimators_, model.estimators_features_, strict=True)
    return [(join(path, str(k)), part, [columns[i] for i in places]) for k, (part, places) in enumerate(parts)]


def _mean(query: Query, members: Sequence[_Member], weights: Sequence[float], answer: Answer) -> Numbers:
    done: list[Column] = []
    for path, part, columns in members:
        with query.keeping([*done, *_all(members)]):
            found = value(query, answer(query, part, columns, path, False), path, part)
        done.append(found)
    terms = [_times(column, weight) for column, weight in zip(done, weights, strict=True)]
    return Numbers([f"({total(terms)}) / {number(sum(weights))}"])


def _mean_probabilities(
    query: Query, members: Sequence[_Member], weights: Sequence[float], count: int, answer: Answer
) -> list[Column]:
    done: list[dict[int, Column]] = []
    for path, part, columns in members:
        with query.keeping([*(c for each in done for c in each.values()), *_all(members)]):
            found = probabilities(query, answer(query, part, columns, path, True), path, part)
        # Labels are numbers to the members; one that saw fewer of them says nothing of the rest.
        done.append({int(label): column for label, column in zip(part.classes_, found, strict=True)})
    return means(query, done, weights, count)


def _votes(
    query: Query, members: Sequence[_Member], weights: Sequence[float], count: int, answer: Answer
) -> list[Column]:
    done: list[Column] = []
    for path, part, columns in members:
        with query.keeping([*done, *_all(members)]):
            done.append(labels(query, answer(query, part, columns, path, False), part.classes_))
    taken = query.taken(done)
    found = [Column(unique(f"votes_{k}", taken)) for k in range(count)]
    items = []
    for k, column in enumerate(found):
        terms = [
            f"CAST(CASE WHEN {vote.sql} = {k} THEN {number(weight)} WHEN {vote.sql} <> {k} THEN 0E0 END AS DOUBLE)"
            for vote, weight in zip(done, weights, strict=True)
        ]
        items.append((total(terms), column.name))
    query.valid = None
    query.layer("votes", items)
    query.enclose("counted")
    return found


def _all(members: Sequence[_Member]) -> list[Column]:
    return list(dict.fromkeys(column for _, _, columns in members for column in columns))


def _times(column: Column, weight: float) -> str:
    return column.sql if weight == 1.0 else f"{column.sql} * {number(weight)}"


def _trees(model: Any) -> bool:
    return all(known_class(part, {"BaseDecisionTree": True}) for part in model.estimators_)


def _tree_means(query: Query, model: Any, columns: list[Column], count: int) -> list[Column]:
    """As of a forest, whose trees read some of the columns and may have seen some of the classes only."""
    import numpy as np

    trees: list[tuple[Tree, int | None]] = []
    for part, places in zip(model.estimators_, model.estimators_features_, strict=True):
        values = part.tree_.value[:, 0, :]
        if hasattr(part, "classes_"):
            every = np.zeros((len(values), count))
            every[:, np.asarray(part.classes_, dtype=int)] = values
            values = every
        trees.append((Tree.of(part.tree_, values).of_features(places), None if count > 1 else 0))
    seen = float32(query, columns, "float32")
    names = ["total"] if count == 1 else [f"total_{k}" for k in range(count)]
    found = add_trees(query, seen, Sum([0.0] * count, trees), names, missing=takes_missing(model))
    query.layer("means", [(f"{column.sql} / {number(len(trees))}", column.name) for column in found])
    return found
