"""CatBoost's statistics of a category (ctr): a number for each one that was seen, and one for any other.

The model stores counts by a hash of the category; the formulas are those of ``TModelCtr`` and of the model's tables,
https://github.com/catboost/catboost/tree/master/catboost/libs/model/ctr_provider.h, all in 32-bit floats.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...errors import QueryError

__all__ = ["Statistic"]

_MULTIPLIER = 0x4906BA494954CB65
_COUNTS = {"Counter", "FeatureFreq"}


class Statistic:
    """A statistic of one categorical feature.

    Args:
        told: What ``features_info`` says of it.
        tables: ``ctr_data`` of the model.

    Raises:
        QueryError: It is one of several features together.
    """

    def __init__(self, told: Mapping[str, Any], tables: Mapping[str, Any]) -> None:
        (element, *more) = told["elements"]
        if more or element["combination_element"] != "cat_feature_value":
            raise QueryError(
                "it has statistics of several features together (ctr) among its splits: fit it with "
                "max_ctr_complexity=1, or with one_hot_max_size of at least the number of categories"
            )
        self.feature: int = element["cat_feature_index"]
        self._told, self._table = told, tables[told["identifier"]]
        stride, flat = self._table["hash_stride"], self._table["hash_map"]
        self._rows = {int(flat[at]): flat[at + 1 : at + stride] for at in range(0, len(flat), stride)}
        self._rows.pop(2**64 - 1, None)  # an empty place

    def above(self, border: float, names: Mapping[int, Any]) -> tuple[dict[Any, bool], bool]:
        """Whether the statistic of each category that the model knows is above a border, and that of any other.

        Args:
            border: A 32-bit float.
            names: ``{hash: category}``.

        Raises:
            QueryError: One that the model knows is not among the names.
        """
        known = {_key(code): name for code, name in names.items() if _key(code) in self._rows}
        if len(known) < len(self._rows):
            raise QueryError(f"X lacks a category of feature {self.feature} that it has seen: pass the training data")
        found = {known[key]: bool(self._value(row) > border) for key, row in self._rows.items()}
        return found, bool(self._value(None) > border)

    def _value(self, row: Iterable[float] | None) -> Any:
        import numpy as np

        kind, counts = self._told["ctr_type"], list(row or ())
        if kind in _COUNTS:
            part, whole = (counts or [0])[0], self._table["counter_denominator"]
        elif not counts:
            part = whole = 0
        elif kind in ("BinarizedTargetMeanValue", "FloatTargetMeanValue"):
            part, whole = counts
        elif kind == "Buckets":
            part, whole = counts[self._told["target_border_idx"]], sum(counts)
        elif kind == "Borders":
            part, whole = sum(counts[self._told["target_border_idx"] + 1 :]), sum(counts)
        else:
            raise QueryError(f"it has statistics of categories of the kind {kind} among its splits")
        one = np.float32
        prior, weight = one(self._told["prior_numerator"]), one(self._told["prior_denomerator"])
        return ((one(part) + prior) / (one(whole) + weight) + one(self._told["shift"])) * one(self._told["scale"])


def _key(code: int) -> int:
    signed = code - 2**32 if code >= 2**31 else code
    return _MULTIPLIER * (_MULTIPLIER * signed) % 2**64
