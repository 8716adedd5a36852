"""LightGBM's models, from ``Booster.dump_model``.

Values and thresholds are compared as 64-bit floats: up to the threshold goes left. What counts as missing is said by
each node: nothing (a missing value is 0 then), NaN, or 0 and NaN. Rules as in ``Tree::NumericalDecision`` and
``Tree::CategoricalDecision``, https://github.com/microsoft/LightGBM/blob/master/include/LightGBM/tree.h.
"""

from __future__ import annotations

import math
import re
from typing import Any

from ...errors import QueryError
from ..builder import Column, number
from ..trees.case_tree import Tree
from ..trees.sums import Sum
from .ensemble import Ensemble, Link, codes, link_of, number_of

__all__ = ["read"]

_LINKS: dict[str, Link] = {
    **dict.fromkeys(
        ("regression", "regression_l1", "huber", "fair", "quantile", "mape", "lambdarank", "rank_xendcg"), "identity"
    ),
    **dict.fromkeys(("poisson", "gamma", "tweedie"), "exp"),
    "binary": "sigmoid",
    "cross_entropy": "sigmoid",
    "cross_entropy_lambda": "log1p exp",
    "multiclass": "softmax",
    "multiclassova": "each sigmoid",
}

#: Up to so far from 0 a value is 0, a float constant: kZeroThreshold.
_ZERO = 1.0000000180025095e-35

#: ``Common::AvoidInf``, https://github.com/microsoft/LightGBM/blob/master/include/LightGBM/utils/common.h.
_WRITTEN_FOR_INFINITY = 1e300


def read(model: Any, columns: list[Column], data: Any) -> Ensemble:
    """A ``Booster`` or one of the scikit-learn classes. As of :class:`Reader`."""
    booster = getattr(model, "booster_", model)
    # Among its own parameters the scikit-learn class hands this one to predict.
    if booster is not model and str(model.get_params().get("pred_early_stop", False)).lower() not in (
        "false",
        "0",
        "-",
    ):
        raise QueryError("it stops adding trees where a row's answer is clear (pred_early_stop)")
    dump = booster.dump_model(num_iteration=booster.best_iteration if booster.best_iteration > 0 else -1)
    name, *words = dump.get("objective", "").split() or ["custom"]
    link = link_of(None if name == "custom" else name, _LINKS)
    if name.startswith("regression") and "sqrt" in words:
        link = "squared"
    options = dict(word.split(":") for word in words if ":" in word)
    outputs = dump["num_tree_per_iteration"]
    kinds: dict[int, str] = {}
    trees = [(_tree(tree["tree_structure"], kinds), at % outputs) for at, tree in enumerate(dump["tree_info"])]
    return Ensemble(
        seen=_seen(columns, kinds, _categories(booster, data)),
        total=Sum([0.0] * outputs, trees),
        link=link,
        classes=getattr(model, "classes_", range(outputs) if outputs > 1 else None),
        slope=float(options.get("sigmoid", 1)),
        trees=len(trees) // outputs if dump["average_output"] else None,
    )


def _tree(root: dict[str, Any], kinds: dict[int, str]) -> Tree:
    """A tree; notes in ``kinds`` what is missing for each feature: None, NaN, Zero, or that it is a category."""
    nodes = [root]
    for node in nodes:
        nodes += [node[side] for side in ("left_child", "right_child") if side in node]
    places = {id(node): at for at, node in enumerate(nodes)}
    tree = Tree([], [], [], [], [], [])
    for at, node in enumerate(nodes):
        if "leaf_features" in node:
            raise QueryError("its leaves are linear models (linear_tree)")
        inner = "split_feature" in node
        kind = node.get("missing_type", "None") if node.get("decision_type") != "==" else "category"
        if inner and kinds.setdefault(node["split_feature"], kind) != kind:
            raise QueryError(f"its trees take different values of feature {node['split_feature']} as missing")
        if inner and kind == "category":
            tree.categories[at] = [float(code) for code in str(node["threshold"]).split("||")]
        tree.feature.append(node["split_feature"] if inner else -1)
        tree.threshold.append(_threshold(node["threshold"]) if inner and kind != "category" else 0.0)
        tree.left.append(places[id(node["left_child"])] if inner else -1)
        tree.right.append(places[id(node["right_child"])] if inner else -1)
        tree.missing_left.append(inner and kind != "category" and bool(node["default_left"]))
        tree.values.append((0.0 if inner else float(node["leaf_value"]),))
    return tree


def _threshold(told: Any) -> float:
    """What a value up to which goes left, as of the values that come.

    The dump has 1e300 for infinity, which parts missing values from all others. And to ``predict`` a value nearer to 0
    than any bin is 0, whose side all of them go to.
    """
    value = float(told)
    if abs(value) >= _WRITTEN_FOR_INFINITY:
        return math.copysign(math.inf, value)
    if abs(value) <= _ZERO:
        return _ZERO if value >= 0 else math.nextafter(-_ZERO, -math.inf)
    return value


def _categories(booster: Any, data: Any) -> dict[int, list[Any]]:
    """``{place of a column: its categories}`` for columns of pandas' category type; others hold the codes."""
    import pandas as pd

    if not booster.pandas_categorical:
        return {}
    if data is None:  # a step handed them on, and only the model knows which they are
        told = re.search(r"^\[categorical_feature: ([\d,]*)\]$", booster.model_to_string(num_iteration=1), re.MULTILINE)
        places = sorted(int(place) for place in told[1].split(",") if place) if told else []
        if len(places) != len(booster.pandas_categorical):
            raise QueryError(
                "which of its features are pandas' categories cannot be told after other steps: leave "
                "categorical_feature as it comes ('auto')"
            )
        return dict(zip(places, booster.pandas_categorical, strict=True))
    places = [i for i, kind in enumerate(data.dtypes) if isinstance(kind, pd.CategoricalDtype)]
    if len(places) != len(booster.pandas_categorical):
        raise QueryError(
            f"it was fitted on {len(booster.pandas_categorical)} columns of categories, X has {len(places)}"
        )
    return dict(zip(places, booster.pandas_categorical, strict=True))


def _seen(columns: list[Column], kinds: dict[int, str], categories: dict[int, list[Any]]) -> list[str]:
    seen = []
    for i, column in enumerate(columns):
        if i in categories:
            seen.append(codes(column, categories[i]))
            continue
        kind, x = kinds.get(i), number_of(column)
        ways = {
            "None": f"COALESCE({x}, 0E0)",
            "Zero": f"CASE WHEN {x} BETWEEN {number(-_ZERO)} AND {number(_ZERO)} THEN NULL ELSE {x} END",
            "category": f"TRUNC({x})",
        }
        seen.append(ways.get(str(kind), x))
    return seen
