"""Stacking and several outputs: what members answer, as the features of a last estimator or side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..builder import Column, Query, unique
from ..outputs import Numbers, Scores
from ..preprocessing.steps import join, unsupported
from .sub_estimators import labels, probabilities, value

__all__ = ["several_outputs", "stacked"]

Answer = Callable[..., Numbers | Scores]


def stacked(
    query: Query, model: Any, columns: list[Column], path: str, wanted: bool, answer: Answer
) -> Numbers | Scores:
    """``StackingRegressor`` and ``StackingClassifier``: the last estimator reads the others' answers, then X."""
    names = [name for name, part in model.estimators if part != "drop"]
    done: list[Column] = []
    for name, part, method in zip(names, model.estimators_, model.stack_method_, strict=True):
        with query.keeping([*done, *columns]):
            done += _member(query, model, part, method, columns, join(path, name), answer)
    rest = columns if model.passthrough else []
    beside = [*done, *rest]
    query.layer("members", query.refusing([f"{c.sql} IS NOT NULL" for c in done], beside, query.taken(beside)))
    query.enclose("members")
    found = answer(query, model.final_estimator_, beside, join(path, "final_estimator"), wanted)
    if isinstance(found, Scores):  # the last one was fitted on the places of the labels
        found = replace(found, classes=model.classes_[found.classes])
    return found


def _member(
    query: Query, model: Any, part: Any, method: str, columns: list[Column], path: str, answer: Answer
) -> list[Column]:
    found = answer(query, part, columns, path, method == "predict_proba")
    if isinstance(found, Numbers):
        return [value(query, found, path, part)]
    if method == "predict_proba":
        shares = probabilities(query, found, path, part)
        return shares[1:] if len(model.classes_) == 2 else shares
    if method == "decision_function":
        taken = query.taken(found.columns)
        out = [Column(unique("score", taken)) for _ in found.columns]
        query.layer("scores", [*query.carry([]), *((a.sql, b.name) for a, b in zip(found.columns, out, strict=True))])
        return out
    if part.classes_.dtype.kind not in "iub":
        raise unsupported(path, part, "its labels are no whole numbers")
    label = labels(query, found, part.classes_)
    number = Column(unique("said", query.taken([label])))
    query.layer("said", [*query.carry([]), (f"CAST({label.sql} AS DOUBLE)", number.name)])
    return [number]


def several_outputs(
    query: Query, model: Any, columns: list[Column], path: str, _probabilities: bool, answer: Answer
) -> Numbers:
    """``MultiOutputRegressor``: one regressor for each output."""
    done: list[Column] = []
    for k, part in enumerate(model.estimators_):
        with query.keeping([*done, *columns]):
            found = answer(query, part, columns, join(path, str(k)), False)
            done.append(value(query, found, join(path, str(k)), part))
    return Numbers([column.sql for column in done])
