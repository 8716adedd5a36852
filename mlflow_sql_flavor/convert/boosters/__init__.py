"""XGBoost, LightGBM and CatBoost: their own model formats as sums of trees, and what follows from the sums."""

from __future__ import annotations

from .answers import answers, feature_names, labels, library, precision, refuse_unfitted
from .predict import READERS, predict

__all__ = ["READERS", "answers", "feature_names", "labels", "library", "precision", "predict", "refuse_unfitted"]
