"""Isolation forests: 1 for a row that is like the others, -1 for an outlier."""

from __future__ import annotations

from typing import Any

from ..boosters.ensemble import float32
from ..builder import Column, Query, number, unique
from ..outputs import Numbers
from ..trees.case_tree import Tree
from ..trees.sums import Sum, add_trees

__all__ = ["isolation_forest"]


def isolation_forest(query: Query, model: Any, columns: list[Column], _path: str, _probabilities: bool) -> Numbers:
    """The depths of the leaves are added as scikit-learn does; the sum is compared with the one at which it decides."""
    taken = query.taken([])
    seen = [Column(unique(column.name, taken)) for column in columns]
    texts = [float32(column) for column in columns]
    query.layer("float32", [*query.carry([]), *((text, column.name) for text, column in zip(texts, seen, strict=True))])
    trees: list[tuple[Tree, int | None]] = []
    parts = zip(
        model.estimators_, model.estimators_features_, model._decision_path_lengths,
        model._average_path_length_per_tree, strict=True,
    )  # fmt: skip
    for part, features, lengths, averages in parts:
        tree = Tree.of(part.tree_, (lengths + averages - 1.0).reshape(-1, 1)).of_features(features)
        trees.append((tree, 0))
    (depth,) = add_trees(query, seen, Sum([0.0], trees), ["depth"], missing=True)
    least = number(_least(model))
    text = f"CASE WHEN {depth.sql} >= {least} THEN 1 WHEN {depth.sql} < {least} THEN -1 END"
    return Numbers([f"CAST({text} AS BIGINT)"])


def _least(model: Any) -> float:
    """The least sum of depths of a row that is no outlier: scores only grow with it."""
    import numpy as np
    from sklearn.ensemble._iforest import _average_path_length

    denominator = (len(model.estimators_) * _average_path_length([model._max_samples]))[0]

    def inlier(depth: float) -> bool:
        score = 2 ** (-np.divide(np.array([depth]), denominator))
        return not bool((-score - model.offset_ < 0)[0])

    low, high = 0.0, 1e6
    if inlier(low):
        return low
    while np.nextafter(low, high) < high:
        middle = low + (high - low) / 2
        low, high = (low, middle) if inlier(middle) else (middle, high)
    return float(high)
