"""AdaBoost: labels or numbers of many small estimators, weighed by how well each did."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..builder import Column, Query, number, total, unique
from ..missing import takes_missing
from ..outputs import Numbers, Scores
from ..preprocessing.steps import join, known_class, unsupported
from ..trees.case_tree import Tree
from ..trees.sums import Sum, add_trees, float32, list_trees
from .sub_estimators import labels, value

__all__ = ["classifier", "regressor"]

Answer = Callable[..., Numbers | Scores]

#: The median compares each number with every other one.
_MEDIAN_OF = 100

#: Trees written in one layer.
_TREES = 10


def classifier(
    query: Query, model: Any, columns: list[Column], path: str, _probabilities: bool, answer: Answer
) -> Scores:
    """SAMME: for each class the weights of who says it, less those of who does not."""
    count = len(model.classes_)
    if all(known_class(part, {"BaseDecisionTree": True}) for part in model.estimators_):
        found = _tree_sums(query, model, columns, count)
    else:
        found = _label_sums(query, model, columns, path, answer)
    weight = number(model.estimator_weights_[: len(model.estimators_)].sum())
    if count == 2:
        first, second = (column.sql for column in found)
        score = Column(unique("score", query.taken(found)))
        query.layer("scores", [(f"{second} / {weight} - {first} / {weight}", score.name)])
        return Scores([score], model.classes_, "above zero", "sigmoid")
    items = [(f"{column.sql} / {weight} / {number(count - 1)}", column.name) for column in found]
    query.layer("scores", items)
    return Scores(found, model.classes_, "greatest", "softmax")


def _check_missing(query: Query, model: Any, columns: list[Column]) -> None:
    """It refuses missing values that its members would take."""
    if not takes_missing(model):
        tests = [f"{column.sql} IS NOT NULL" for column in columns]
        query.layer("checked", query.refusing(tests, columns, query.taken(columns)))


def _says(weight: float, count: int, said: bool) -> float:
    return float(weight) if said else float(-1 / (count - 1) * weight)


def _tree_sums(query: Query, model: Any, columns: list[Column], count: int) -> list[Column]:
    import numpy as np

    trees: list[tuple[Tree, int | None]] = []
    for part, weight in zip(model.estimators_, model.estimator_weights_, strict=False):
        said = part.classes_.take(part.tree_.value[:, 0, :].argmax(axis=1))
        values = np.array([[_says(weight, count, label == known) for known in model.classes_] for label in said])
        trees.append((Tree.of(part.tree_, values), None))
    seen = float32(query, columns, "float32")
    names = [f"total_{k}" for k in range(count)]
    return add_trees(query, seen, Sum([0.0] * count, trees), names, missing=takes_missing(model))


def _label_sums(query: Query, model: Any, columns: list[Column], path: str, answer: Answer) -> list[Column]:
    _check_missing(query, model, columns)
    done: list[Column] = []
    known = model.classes_.tolist()
    for k, part in enumerate(model.estimators_):
        with query.keeping([*done, *columns]):
            found = answer(query, part, columns, join(path, str(k)), False)
            done.append(labels(query, found, [known.index(label) for label in part.classes_.tolist()]))
    taken = query.taken(done)
    sums = [Column(unique(f"total_{k}", taken)) for k in range(len(known))]
    items = []
    for k, column in enumerate(sums):
        terms = []
        for label, weight in zip(done, model.estimator_weights_, strict=False):
            yes, no = (number(_says(weight, len(known), said)) for said in (True, False))
            terms.append(
                f"CAST(CASE WHEN {label.sql} = {k} THEN {yes} WHEN {label.sql} <> {k} THEN {no} END AS DOUBLE)"
            )
        items.append((total(terms), column.name))
    query.valid = None
    query.layer("votes", items)
    query.enclose("counted")
    return sums


def regressor(
    query: Query, model: Any, columns: list[Column], path: str, _probabilities: bool, answer: Answer
) -> Numbers:
    """The weighted median: the least number up to which half of the weights lie."""
    if len(model.estimators_) > _MEDIAN_OF:
        raise unsupported(
            path, model, f"it is the median of {len(model.estimators_)} estimators, more than {_MEDIAN_OF}"
        )
    of_trees = all(known_class(part, {"BaseDecisionTree": True}) for part in model.estimators_)
    if of_trees and query.few_rows:
        return Numbers([_walked_median(query, model, columns)])
    if of_trees:
        done = _tree_values(query, model, columns)
    else:
        _check_missing(query, model, columns)
        done = []
        for k, part in enumerate(model.estimators_):
            with query.keeping([*done, *columns]):
                found = answer(query, part, columns, join(path, str(k)), False)
                done.append(value(query, found, path, part))
    query.enclose("values")
    weights = [float(weight) for weight in model.estimator_weights_[: len(done)]]
    taken = query.taken(done)
    sums = [Column(unique(f"up_to_{k}", taken)) for k in range(len(done))]
    items = []
    for at, column in zip(done, sums, strict=True):
        terms = [
            f"CAST(CASE WHEN {other.sql} <= {at.sql} THEN {number(weight)} ELSE 0E0 END AS DOUBLE)"
            for other, weight in zip(done, weights, strict=True)
        ]
        items.append((total(terms), column.name))
    if len(done) == 1:
        return Numbers([done[0].sql])
    largest = Column(unique("largest", taken))
    items.append((f"GREATEST({', '.join(column.sql for column in done)})", largest.name))
    query.layer("weights", [*query.carry(done), *items])
    half = number(0.5 * sum(weights))
    cases = [
        f"CASE WHEN {up_to.sql} >= {half} THEN {at.sql} ELSE {largest.sql} END"
        for at, up_to in zip(done, sums, strict=True)
    ]
    # A row that is refused has no value at all.
    return Numbers([f"CASE WHEN {done[0].sql} IS NOT NULL THEN LEAST({', '.join(cases)}) END"])


def _walked_median(query: Query, model: Any, columns: list[Column]) -> str:
    """The same of a list of the trees' answers."""
    trees = [Tree.of(part.tree_, part.tree_.value[:, 0, :]) for part in model.estimators_]
    weights = [float(weight) for weight in model.estimator_weights_[: len(trees)]]
    found = list_trees(query, float32(query, columns, "float32"), trees, missing=takes_missing(model)).sql
    written = f"[{', '.join(map(number, weights))}]"
    up_to = f"list_sum(list_transform({found}, lambda b, i: CASE WHEN b <= a THEN {written}[i] ELSE 0E0 END))"
    return f"list_min(list_filter({found}, lambda a: {up_to} >= {number(0.5 * sum(weights))}))"


def _tree_values(query: Query, model: Any, columns: list[Column]) -> list[Column]:
    """The answer of each tree, in layers as those of sums."""
    missing = takes_missing(model)
    seen = float32(query, columns, "float32")
    query.enclose("features")
    tests = [] if missing else [f"{column.sql} IS NOT NULL" for column in seen]
    valid = query.refusing(tests, seen, query.taken(seen))
    if tests:
        query.layer("start", valid)
    done: list[Column] = []
    taken = query.taken(seen)
    for at in range(0, len(model.estimators_), _TREES):
        parts = model.estimators_[at : at + _TREES]
        made = [Column(unique(f"value_{at + k}", taken)) for k in range(len(parts))]
        items = []
        for part, column in zip(parts, made, strict=True):
            tree = Tree.of(part.tree_, part.tree_.value[:, 0, :])
            query.leaves += tree.leaves
            text = tree.sql(seen, [number(value[0]) for value in tree.values], missing=missing)
            items.append((query.accepted(f"CAST({text} AS DOUBLE)"), column.name))
        query.layer(f"trees_{at + 1}_to_{at + len(parts)}", [*query.carry([*seen, *done]), *items])
        done += made
    query.valid = None
    return done
