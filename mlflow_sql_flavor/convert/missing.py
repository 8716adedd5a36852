"""Whether a fitted estimator or step takes missing or infinite values, asked of itself: releases and options differ."""

from __future__ import annotations

import math
import warnings
from typing import Any

__all__ = ["answers_infinity", "refuses_missing", "takes_missing"]


def takes_missing(model: Any) -> bool:
    """Whether an estimator answers a row of missing values."""
    return _answers(model.predict, model.n_features_in_)


def refuses_missing(step: Any, width: int) -> bool:
    """Whether a step of so many columns refuses a row of missing values."""
    return not _answers(step.transform, width)


def answers_infinity(model: Any) -> bool:
    """Whether an estimator answers a row of infinite values."""
    return _answers(model.predict, model.n_features_in_, math.inf)


def _answers(call: Any, width: int, value: float = math.nan) -> bool:
    import numpy as np

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of columns without names
        try:
            call(np.full((1, width), value))
        except ValueError:
            return False
    return True
