"""TransformedTargetRegressor: a regressor's number through the inverse of what its target went through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..builder import Column, Query, number
from ..outputs import Numbers, Scores, exponential
from ..preprocessing.power_transforms import box_cox_inverse, expm1, log1p, yeo_johnson_inverse
from ..preprocessing.steps import join, known_class, unsupported
from .sub_estimators import value

__all__ = ["regressor"]

Answer = Callable[..., Numbers | Scores]


def regressor(
    query: Query, model: Any, columns: list[Column], path: str, _probabilities: bool, answer: Answer
) -> Numbers:
    """One output, and an inverse that SQL can say: numpy's, a scaler's or a power transformer's."""
    inner = join(path, "regressor")
    found = value(query, answer(query, model.regressor_, columns, inner, False), inner, model.regressor_)
    query.enclose("scores")
    return Numbers([_inverse(query, model.transformer_, found.sql, path, model)])


def _inverse(query: Query, transformer: Any, x: str, path: str, model: Any) -> str:
    made = known_class(transformer, _INVERSES)
    text = made(transformer, x) if made is not None else None
    if text is None:
        raise unsupported(path, model, f"the inverse of its {type(transformer).__name__} is none that is known here")
    return text


def _standard(step: Any, x: str) -> str:
    text = f"{x} * {number(step.scale_[0])}" if step.scale_ is not None else x
    return f"{text} + {number(step.mean_[0])}" if step.with_mean else text


def _robust(step: Any, x: str) -> str:
    text = f"{x} * {number(step.scale_[0])}" if step.with_scaling else x
    return f"{text} + {number(step.center_[0])}" if step.with_centering else text


def _min_max(step: Any, x: str) -> str:
    return f"({x} - {number(step.min_[0])}) / {number(step.scale_[0])}"


def _power(step: Any, x: str) -> str:
    text = f"({_standard(step._scaler, x)})" if step.standardize else x
    inverse = yeo_johnson_inverse if step.method == "yeo-johnson" else box_cox_inverse
    return inverse(text, float(step.lambdas_[0]))


def _function(step: Any, x: str) -> str | None:
    import numpy as np

    if step.inverse_func is None:
        return x
    ways: dict[Any, str] = {
        np.exp: exponential(x),
        np.expm1: expm1(x),
        np.log: f"CASE WHEN {x} > 0E0 THEN LN({x}) END",
        np.log1p: f"CASE WHEN {x} > -1E0 THEN {log1p(x)} END",
        np.square: f"{x} * {x}",
        np.sqrt: f"CASE WHEN {x} >= 0E0 THEN SQRT({x}) END",
        np.exp2: f"CASE WHEN {x} < -1074E0 THEN 0E0 ELSE POWER(2E0, {x}) END",
        np.negative: f"-{x}",
        np.reciprocal: f"CASE WHEN {x} <> 0E0 THEN 1E0 / {x} END",
        np.cbrt: f"SIGN({x}) * POWER(ABS({x}), {number(1 / 3)})",
    }
    return ways.get(step.inverse_func)


_INVERSES: dict[str, Callable[[Any, str], str | None]] = {
    "StandardScaler": _standard,
    "RobustScaler": _robust,
    "MinMaxScaler": _min_max,
    "MaxAbsScaler": lambda step, x: f"{x} * {number(step.scale_[0])}",
    "PowerTransformer": _power,
    "FunctionTransformer": _function,
}
