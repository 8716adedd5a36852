"""XGBoost, LightGBM and CatBoost: their own model formats as sums of trees, and what follows from the sums."""

from __future__ import annotations

from .fitted_answers import answers, feature_names, first_step, flavor_of, labels, library, precision, refuse_unfitted
from .predict import READERS, answer

__all__ = [
    "READERS",
    "answer",
    "answers",
    "feature_names",
    "first_step",
    "flavor_of",
    "labels",
    "library",
    "precision",
    "refuse_unfitted",
]
