"""A converted model's answers beside the estimator's."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from typing import Any

from ..errors import QueryError
from . import boosters
from .outputs import Names

__all__ = ["check"]

#: Below which part of a column's largest value a difference is rounding: what is left of two nearly equal numbers has
#: no more digits than that in the estimator either.
_ROUNDING = 1e-12


def check(estimator: Any, X: Any, found: Any, names: Names) -> None:
    """Compares predictions, and probabilities if they are among the outputs.

    Args:
        estimator: The fitted estimator.
        X: What it predicts on.
        found: The SQL model's answer for the same rows, a DataFrame.
        names: How outputs are called.

    Raises:
        QueryError: The estimator cannot predict on X, or a row differs; the message names the first one.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected, proba = boosters.answers(estimator, X, names.probabilities and found.shape[1] > 1)
    except Exception as error:  # each library has types of its own
        reason = re.sub(r"^\[[\d:]+\] \S+: ", "", str(error)).strip().partition("\n")[0]
        raise QueryError(f"The estimator itself cannot predict on X: {reason}") from None
    if len(expected) != len(found):
        raise QueryError(f"The query gives {len(found)} rows for {len(expected)} of X.")
    steps = getattr(estimator, "steps", [])
    stepwise = bool(steps) or boosters.library(estimator) == "scikit-learn"
    flavor = boosters.flavor_of(estimator)
    with_own = _Comparison(X, boosters.library(estimator), flavor, boosters.precision(estimator), steps, stepwise)
    if expected.ndim > 1:
        for column, values in zip(found.columns, expected.T, strict=True):
            with_own.compare(column, found[column].to_numpy(), values)
        return
    answers = found[names.prediction].to_numpy()
    if boosters.labels(estimator) is not None:
        with_own.refuse(names.prediction, answers, expected, answers != expected)
    else:
        with_own.compare(names.prediction, answers, expected)
    if proba is not None:
        for column, values in zip(found.columns[1:], proba.T, strict=True):
            with_own.compare(column, found[column].to_numpy(), values)


@dataclass(frozen=True)
class _Comparison:
    """With what another library answers for X.

    Attributes:
        X: The rows.
        library: Whose answers they are.
        flavor: MLflow's own for it.
        relative: The relative difference that is rounding.
        steps: The steps of a pipeline.
        stepwise: Whether scikit-learn computes on X, in the precision of its columns.
    """

    X: Any
    library: str
    flavor: str
    relative: float
    steps: list[Any]
    stepwise: bool

    def compare(self, name: str, found: Any, expected: Any) -> None:
        """Refuses numbers that differ by more than rounding."""
        import numpy as np

        found, expected = np.asarray(found, dtype=float), np.asarray(expected, dtype=float)
        least = _ROUNDING if self.relative < 1e-8 else self.relative  # 32-bit sums: no digit is left to compare
        bound = np.maximum(self.relative * np.abs(expected), least * np.max(np.abs(expected)))
        self.refuse(name, found, expected, ~(np.abs(found - expected) <= bound))

    def refuse(self, name: str, found: Any, expected: Any, differs: Any) -> None:
        """Refuses values, if some differ."""
        import numpy as np

        if not differs.any():
            return
        row = int(np.argmax(differs))
        hint = f"Fit it another way, or log it with {self.flavor}."
        if len(self.steps) > 1:
            hint = (
                f"Where a step compares what one before it computed (bins, trees), the last digit decides: let it read "
                f"the columns themselves, or log the whole with {self.flavor}."
            )
        if self.stepwise and any(str(kind).lower() == "float32" for kind in self.X.dtypes):
            hint = "X has float32 columns, in which scikit-learn computes less precisely: fit and convert on float64."
        raise QueryError(
            f"{int(differs.sum())} of {len(found)} values of {name!r} are not the estimator's, first in row {row} of "
            f"X: {found[row]} in SQL, {expected[row]} in {self.library}. {hint}"
        )
