"""XGBoost's models, from its JSON format.

The format: https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html. A value goes left if it is below the
threshold; both are 32-bit floats, and so are the leaves. A category goes right if it is in the node's set.
"""

from __future__ import annotations

import itertools
import json
import math
from typing import Any

from ...errors import QueryError
from ..builder import Column, number
from ..trees.case_tree import Tree
from ..trees.sums import Sum
from .ensemble import Ensemble, Link, codes, float32, link_of

__all__ = ["read"]

_LINKS: dict[str, Link] = {
    **dict.fromkeys(
        (
            "reg:squarederror", "reg:squaredlogerror", "reg:pseudohubererror", "reg:absoluteerror",
            "reg:quantileerror", "rank:pairwise", "rank:ndcg", "rank:map", "binary:logitraw",
        ),
        "identity",
    ),
    **dict.fromkeys(("count:poisson", "reg:gamma", "reg:tweedie", "survival:cox", "survival:aft"), "exp"),
    **dict.fromkeys(("reg:logistic", "binary:logistic"), "32-bit sigmoid"),
    "multi:softprob": "32-bit softmax",  # whose label is that of the largest probability, not score
    "multi:softmax": "softmax",
    "binary:hinge": "step",
}  # fmt: skip
#: Objectives whose base_score is stored as a probability.
_LOGIT = {"reg:logistic", "binary:logistic"}


def read(model: Any, columns: list[Column], data: Any) -> Ensemble:
    """A ``Booster`` or one of the scikit-learn classes. As of :class:`Reader`."""
    booster = model.get_booster() if hasattr(model, "get_booster") else model
    learner = json.loads(bytes(booster.save_raw("json")))["learner"]
    gradient, objective = learner["gradient_booster"], learner["objective"]["name"]
    if gradient["name"] not in ("gbtree", "dart"):
        raise QueryError(f"its booster is {gradient['name']}")
    link = link_of(None if callable(getattr(model, "objective", None)) else objective, _LINKS)
    weights = gradient.get("weight_drop")
    forest = gradient["gbtree"]["model"] if weights else gradient["model"]
    parameters = learner["learner_model_param"]
    groups = max(int(parameters["num_class"]), 1)
    base = [float(text) for text in parameters["base_score"].strip("[]").split(",")]
    if int(parameters.get("num_target", 1)) > 1 or max(len(base), max(forest["tree_info"], default=0) + 1) > groups:
        raise QueryError("it predicts more than one column")
    count = _count(model, forest, groups)
    trees = [
        (_tree(tree, weights[at] if weights else 1.0), forest["tree_info"][at])
        for at, tree in enumerate(forest["trees"][:count])
    ]
    start = [_margin(value, objective, link) for value in (base * groups if len(base) == 1 else base)]
    classes = getattr(model, "classes_", None)
    if classes is not None and objective == "binary:logitraw":
        raise QueryError("its objective is binary:logitraw, for which predict compares scores with 0.5")
    if classes is not None and objective == "multi:softprob" and len(classes) == 2:
        raise QueryError(
            "its predict gives a column for each of two classes, as its objective is multi:softprob: fit it with "
            "binary:logistic"
        )
    if classes is None and groups > 1:
        classes = range(groups)
    types = booster.feature_types or ["q"] * len(columns)
    return Ensemble(
        seen=[
            _seen(column, kind, _categories(forest, data, i), getattr(model, "missing", math.nan))
            for i, (column, kind) in enumerate(zip(columns, types, strict=True))
        ],
        total=Sum(start, trees, float32=True),
        link=link,
        classes=classes,
    )


def _count(model: Any, forest: dict[str, Any], groups: int) -> int:
    """How many trees count: the scikit-learn classes answer with those up to the best iteration."""
    try:
        best = model.best_iteration if hasattr(model, "get_booster") else None
    except AttributeError:
        best = None
    if best is None:
        return len(forest["trees"])
    ends = forest.get("iteration_indptr")
    return ends[best + 1] if ends else (best + 1) * groups * int(forest["gbtree_model_param"]["num_parallel_tree"])


def _margin(base: float, objective: str, link: Link) -> float:
    import numpy as np

    value = np.float32(base)
    with np.errstate(divide="ignore"):
        if objective in _LOGIT:
            return float(-np.log(np.float32(1) / value - np.float32(1)))
        return float(np.log(value)) if link == "exp" else float(value)


def _tree(tree: dict[str, Any], weight: float) -> Tree:
    import numpy as np

    if int(tree["tree_param"]["size_leaf_vector"]) > 1:
        raise QueryError("it predicts more than one column")
    sets = {
        node: [float(code) for code in tree["categories"][begin : begin + size]]
        for node, begin, size in zip(
            tree["categories_nodes"], tree["categories_segments"], tree["categories_sizes"], strict=True
        )
    }
    left, right = list(tree["left_children"]), list(tree["right_children"])
    missing_left = [bool(flag) for flag in tree["default_left"]]
    for node in sets:  # what is in the set goes right there, and left in a Tree
        left[node], right[node], missing_left[node] = right[node], left[node], not missing_left[node]
    conditions = np.array(tree["split_conditions"], dtype=np.float32)
    leaves = (conditions * np.float32(weight)).astype(float).tolist()
    return Tree(
        feature=list(tree["split_indices"]),
        # Below a threshold is up to the float before it.
        threshold=np.nextafter(conditions, np.float32(-np.inf)).astype(float).tolist(),
        left=left,
        right=right,
        missing_left=missing_left,
        values=[(leaf,) for leaf in leaves],
        categories=sets,
    )


def _categories(forest: dict[str, Any], data: Any, i: int) -> list[Any] | None:
    """The categories of a column in the order of their codes; None if its values are the codes."""
    import pandas as pd

    kind = data.dtypes.iloc[i] if data is not None else None
    stored = forest.get("cats", {}).get("enc") or []
    found = stored[i] if i < len(stored) else {}
    given = kind.categories.tolist() if isinstance(kind, pd.CategoricalDtype) else None
    if "offsets" in found and len(found["offsets"]) > 1:
        return _names(bytes(value % 256 for value in found["values"]), found["offsets"], given)
    if found.get("values"):
        return list(found["values"])
    return given


def _names(stored: bytes, ends: list[int], given: list[Any] | None) -> list[Any]:
    """Categories from the text that is stored of them.

    XGBoost 3.2 cuts that text after as many bytes as the names have characters, so that names that are not ASCII are
    those of the data.
    """
    parts = [stored[a:b] for a, b in itertools.pairwise(ends)]
    if stored.isascii():
        return [part.decode() for part in parts]
    texts = [str(value) for value in given or ()]
    whole = [text.encode() for text in texts]
    counted = list(itertools.accumulate(map(len, texts), initial=0))
    if whole == parts or (counted == ends and b"".join(whole)[: len(stored)] == stored):
        return texts
    raise QueryError(
        "XGBoost stores names of categories that are not ASCII incompletely: the column of X needs the categories it "
        "was fitted on, in their order"
    )


def _seen(column: Column, kind: str, categories: list[Any] | None, missing: Any) -> str:
    import numpy as np

    if kind == "c":
        text = codes(column, categories) if categories is not None else f"TRUNC({column.sql})"
    else:
        text = float32(column)
    if column.sparse:
        text = f"NULLIF({text}, 0E0)"
    if missing is None or math.isnan(missing):
        return text
    if math.isinf(np.float32(missing)):
        raise QueryError(f"its missing value is {missing}")
    return f"NULLIF({text}, {number(np.float32(missing))})"
