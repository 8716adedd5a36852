"""Trees of scikit-learn's ensembles as sums."""

from __future__ import annotations

from typing import Any

from ...errors import QueryError
from .case_tree import Tree
from .sums import Sum

__all__ = ["boosted", "forest", "hist_boosted"]


def forest(trees: list[Any], outputs: int) -> Sum:
    """The trees of a forest, or one tree alone.

    Args:
        trees: Fitted ``DecisionTree`` estimators.
        outputs: 1 for a regressor, the number of classes for a classifier.
    """
    made = [Tree.of(part.tree_, part.tree_.value[:, 0, :outputs]) for part in trees]
    return Sum([0.0] * outputs, [(tree, None if outputs > 1 else 0) for tree in made])


def boosted(model: Any) -> Sum:
    """``GradientBoosting*``: what its initial estimator says, plus the learning rate times each tree's value."""
    import numpy as np

    if model.init_ != "zero" and not type(model.init_).__name__.startswith("Dummy"):
        raise QueryError(f"its initial estimator ({type(model.init_).__name__}) is not a constant")
    start = model._raw_predict_init(np.zeros((1, model.n_features_in_), dtype=np.float32))[0]
    trees = [
        (Tree.of(part.tree_, model.learning_rate * part.tree_.value[:, 0, :]), output)
        for stage in model.estimators_
        for output, part in enumerate(stage)
    ]
    return Sum([float(value) for value in start], trees)


def hist_boosted(model: Any) -> Sum:
    """``HistGradientBoosting*``: thresholds are those of the features as they are, in double precision."""
    import numpy as np

    start = np.broadcast_to(model._baseline_prediction, (1, model.n_trees_per_iteration_))[0]
    trees = [(_hist_tree(part), output) for stage in model._predictors for output, part in enumerate(stage)]
    return Sum([float(value) for value in start], trees)


def _hist_tree(predictor: Any) -> Tree:
    nodes = predictor.nodes
    leaf = nodes["is_leaf"].astype(bool)
    left = [-1 if end else int(child) for end, child in zip(leaf, nodes["left"], strict=True)]
    return Tree(
        feature=nodes["feature_idx"].tolist(),
        threshold=nodes["num_threshold"].tolist(),
        left=left,
        right=nodes["right"].tolist(),
        missing_left=[bool(flag) for flag in nodes["missing_go_to_left"]],
        values=[(value,) for value in nodes["value"].tolist()],
        categories={
            i: _members(predictor.raw_left_cat_bitsets[int(node["bitset_idx"])])
            for i, node in enumerate(nodes)
            if node["is_categorical"] and not node["is_leaf"]
        },
    )


def _members(bits: Any) -> list[float]:
    """The codes in a bitset of 8 words of 32 bits."""
    return [float(32 * word + bit) for word, mask in enumerate(bits.tolist()) for bit in range(32) if mask >> bit & 1]
