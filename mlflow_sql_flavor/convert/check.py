"""A converted model's answers beside the estimator's."""

from __future__ import annotations

import warnings
from typing import Any

from ..errors import QueryError
from .outputs import Names

__all__ = ["check"]

#: The largest relative difference, and below which part of a column's largest value a difference is rounding: what is
#: left of two nearly equal numbers has no more digits than that in scikit-learn either.
_RELATIVE, _ROUNDING = 1e-9, 1e-12


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
    import numpy as np

    data = X if hasattr(estimator, "feature_names_in_") else X.to_numpy()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = np.ravel(estimator.predict(data))
            proba = estimator.predict_proba(data) if names.probabilities and found.shape[1] > 1 else None
    except ValueError as error:
        raise QueryError(f"The estimator itself cannot predict on X: {error}") from None
    if len(expected) != len(found):
        raise QueryError(f"The query gives {len(found)} rows for {len(expected)} of X.")
    answers = found[names.prediction].to_numpy()
    if hasattr(estimator, "classes_"):
        _refuse(X, names.prediction, answers, expected, answers != expected)
    else:
        _compare(X, names.prediction, answers, expected)
    if proba is not None:
        for column, values in zip(found.columns[1:], proba.T, strict=True):
            _compare(X, column, found[column].to_numpy(), values)


def _compare(X: Any, name: str, found: Any, expected: Any) -> None:
    import numpy as np

    found, expected = np.asarray(found, dtype=float), np.asarray(expected, dtype=float)
    bound = np.maximum(_RELATIVE * np.abs(expected), _ROUNDING * np.max(np.abs(expected)))
    _refuse(X, name, found, expected, ~(np.abs(found - expected) <= bound))


def _refuse(X: Any, name: str, found: Any, expected: Any, differs: Any) -> None:
    import numpy as np

    if not differs.any():
        return
    row = int(np.argmax(differs))
    hint = ""
    if any(str(kind).lower() == "float32" for kind in X.dtypes):
        hint = " X has float32 columns, in which scikit-learn computes less precisely: fit and convert on float64."
    raise QueryError(
        f"{int(differs.sum())} of {len(found)} values of {name!r} are not the estimator's, first in row {row} of X: "
        f"{found[row]} in SQL, {expected[row]} in scikit-learn.{hint}"
    )
