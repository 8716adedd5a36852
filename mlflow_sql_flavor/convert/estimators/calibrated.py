"""Calibrated classifiers: the scores of a classifier through a fitted curve, as probabilities."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..builder import Column, Query, number, unique
from ..outputs import Numbers, Scores, sigmoid
from ..preprocessing.steps import join, unsupported
from .sub_estimators import means, probabilities

__all__ = ["calibrated"]

Answer = Callable[..., Numbers | Scores]


def calibrated(
    query: Query, model: Any, columns: list[Column], path: str, _probabilities: bool, answer: Answer
) -> Scores:
    """``CalibratedClassifierCV``: the mean over its calibrated classifiers."""
    done: list[dict[int, Column]] = []
    for k, part in enumerate(model.calibrated_classifiers_):
        with query.keeping([*(c for each in done for c in each.values()), *columns]):
            found = _one(query, part, columns, join(path, str(k)), answer)
        done.append(dict(enumerate(found)))
    found = means(query, done, [1.0] * len(done), len(model.classes_))
    return Scores(found, model.classes_, "greatest", "none")


def _one(query: Query, part: Any, columns: list[Column], path: str, answer: Answer) -> list[Column]:
    if part.method not in ("sigmoid", "isotonic"):
        raise unsupported(path, part.estimator, f"it is calibrated by {part.method}")
    scored = hasattr(part.estimator, "decision_function")
    found = answer(query, part.estimator, columns, path, not scored)
    if not isinstance(found, Scores):
        raise unsupported(path, part.estimator, "it predicts numbers")
    scores = list(found.columns) if scored else probabilities(query, found, path, part.estimator)
    classes, own = part.classes.tolist(), part.estimator.classes_.tolist()
    if len(classes) == 2:
        scores, places = scores[-1:], [1]
    else:
        places = [classes.index(label) for label in own]
    taken = query.taken(scores)
    out = [Column(unique(f"calibrated_{k}", taken)) for k in range(len(classes))]
    items = [
        (_curve(calibrator, score, path, part), out[place].name)
        for place, score, calibrator in zip(places, scores, part.calibrators, strict=True)
    ]
    query.layer("curves", items)
    query.enclose("calibrated")
    if len(classes) == 2:
        query.layer("calibrated", [(f"1E0 - {out[1].sql}", out[0].name), (out[1].sql, out[1].name)])
        return out
    added = Column(unique("total", query.taken(out)))
    there = [out[place] for place in places]
    query.layer("added", [*query.carry(there), (" + ".join(column.sql for column in there), added.name)])
    even = number(1 / len(classes))
    shares = [
        (f"CASE WHEN {added.sql} = 0E0 THEN {even} ELSE {column.sql} / {added.sql} END", column.name)
        if column in there
        else (f"CASE WHEN {added.sql} = 0E0 THEN {even} ELSE 0E0 END", column.name)
        for column in out
    ]
    query.layer("calibrated", shares)
    return out


def _curve(calibrator: Any, score: Column, path: str, part: Any) -> str:
    if type(calibrator).__name__ == "_SigmoidCalibration":
        # of the negated score, since sigmoid() is 1 / (1 + exp(-x))
        text = f"(-({number(calibrator.a_)} * {score.sql} + {number(calibrator.b_)}))"
        return sigmoid(text)
    if type(calibrator).__name__ != "IsotonicRegression":
        raise unsupported(path, part.estimator, f"it is calibrated by {type(calibrator).__name__}")
    places, values = calibrator.X_thresholds_.tolist(), calibrator.y_thresholds_.tolist()
    whens = [f"WHEN {score.sql} <= {number(places[0])} THEN {number(values[0])}"]
    for at in range(1, len(places)):
        slope = (values[at] - values[at - 1]) / (places[at] - places[at - 1])
        line = number(values[at - 1])
        if slope:
            line = f"{number(slope)} * ({score.sql} - {number(places[at - 1])}) + {line}"
        whens.append(f"WHEN {score.sql} <= {number(places[at])} THEN {line}")
    whens.append(f"WHEN {score.sql} > {number(places[-1])} THEN {number(values[-1])}")
    return f"CAST(CASE {' '.join(whens)} END AS DOUBLE)"
