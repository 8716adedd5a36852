"""CatBoost's models, from its JSON format.

The format: ``model_analysis/model_export_as_json_tutorial.ipynb`` of https://github.com/catboost/tutorials. A split
asks whether the value as a 32-bit float is above the border; where a missing value goes is said by its feature.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from ...errors import QueryError
from ..builder import Column, conjunction
from ..trees.case_tree import Tree
from ..trees.sums import Sum
from ..trees.table_tree import Level, TableTree
from .ctr import Statistic
from .ensemble import Ensemble, Link, codes, float32

__all__ = ["read"]

_LINKS: dict[str, Link] = {
    **dict.fromkeys(("Logloss", "CrossEntropy", "Focal"), "sigmoid"),
    "MultiClass": "softmax",
    "MultiClassOneVsAll": "each sigmoid",
    **dict.fromkeys(("Poisson", "Tweedie"), "exp"),
}
#: The code of no category.
_NONE = -1.0
_MANY = {"MultiRMSE", "MultiRMSEWithMissingValues", "RMSEWithUncertainty", "MultiLogloss", "MultiCrossEntropy"}


def read(model: Any, columns: list[Column], data: Any) -> Ensemble:
    """A ``CatBoost``, ``CatBoostRegressor``, ``CatBoostClassifier`` or ``CatBoostRanker``. As of :class:`Reader`."""
    loss = _loss(model)
    threshold = model.get_probability_threshold() if hasattr(model, "get_probability_threshold") else 0.5
    if threshold not in (None, 0.5):
        raise QueryError(
            f"its probability threshold is {threshold}: set it to 0.5, and compare the probability yourself"
        )
    if model.get_text_feature_indices() or model.get_embedding_feature_indices():  # which its JSON cannot hold
        raise QueryError("it has text or embedding features")
    found = _json(model, data)
    info = found["features_info"]
    labels = getattr(model, "classes_", None)
    classes = labels if labels is not None and len(labels) else None
    scale, bias = found["scale_and_bias"]
    dims = len(bias)
    if loss in _MANY or (dims > 1 and classes is None and _class_name(model) != "CatBoost"):
        raise QueryError("it predicts more than one column")
    splits = _Splits(info, found.get("ctr_data") or {})
    made = found.get("oblivious_trees")
    trees = [_oblivious(t, splits, dims, scale) for t in made] if made is not None else []
    trees += [_nested(t, splits, dims, scale) for t in found.get("trees", ())]
    link = _LINKS.get(loss, "identity")
    if _class_name(model) == "CatBoost":
        link, classes = "identity", None
        if dims > 1:
            raise QueryError("its scores are several columns")
    return Ensemble(
        seen=splits.seen(columns),
        total=Sum([float(value) for value in bias], [(tree, 0 if dims == 1 else None) for tree in trees]),
        link=link,
        classes=classes,
        refused=splits.complete(columns),
    )


def _class_name(model: Any) -> str:
    """The library's own class that a model is of."""
    own = [cls.__name__ for cls in type(model).__mro__ if cls.__module__.partition(".")[0] == "catboost"]
    return own[0] if own else ""


def _loss(model: Any) -> str:
    import catboost

    try:
        loss = model.get_all_params().get("loss_function", "RMSE")
    except catboost.CatBoostError:  # of a sum of models, which has no parameters
        loss = "RMSE"
    if not isinstance(loss, str) or "Custom" in loss or "UserDefined" in loss or loss.startswith("<"):
        raise QueryError("its objective is a function of your own")
    return loss.partition(":")[0]


def _json(model: Any, data: Any) -> dict[str, Any]:
    """The model in its own format, with the text behind each category's hash where the data tells."""
    import catboost

    places = model.get_cat_feature_indices()
    pool = None
    if places:
        if data is None:
            raise QueryError("its categories cannot be told after other steps: let it stand alone")
        pool = catboost.Pool(data, cat_features=places)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.json")
        model.save_model(str(path), format="json", pool=pool)
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


class _Splits:
    """The features by CatBoost's own numbers, as columns of the data."""

    def __init__(self, info: dict[str, Any], tables: dict[str, Any]) -> None:
        import numpy as np

        numeric = info.get("float_features", ())
        self.numeric = {f["feature_index"]: f["flat_feature_index"] for f in numeric}
        #: A missing value answers every question of its feature with yes.
        self.above = {f["flat_feature_index"] for f in numeric if f.get("nan_value_treatment") == "AsTrue"}
        self.textual = {f["feature_index"]: f["flat_feature_index"] for f in info.get("categorical_features", ())}
        self.names = {int(pair["hash"]): pair["value"] for pair in info.get("cat_features_hash", ())}
        self.used: dict[int, list[Any]] = {}
        self._float = np.float32
        # Splits are numbered over the borders, the categories and then the statistics that the model splits on.
        first = sum(len(f.get("borders") or ()) for f in numeric)
        first += sum(len(f.get("values") or ()) for f in info.get("categorical_features", ()))
        told = [each for each in info.get("ctrs") or () for _ in each["borders"]]
        self._statistics, self._tables = dict(enumerate(told, first)), tables

    def of(self, split: dict[str, Any]) -> tuple[int, float, bool, list[float] | None]:
        """The column, the border, whether a missing value is up to it, and the codes of categories that are above.

        Of categories a missing value is one that no split names.
        """
        kind = split["split_type"]
        if kind == "FloatFeature":
            place = self.numeric[split["float_feature_index"]]
            return place, float(self._float(split["border"])), place not in self.above, None
        if kind == "OnlineCtr":
            statistic = Statistic(self._statistics[split["split_index"]], self._tables)
            above, rest = statistic.above(split["border"], self.names)
            place = self.textual[statistic.feature]
            coded = {self._code(place, value): yes for value, yes in above.items()}
            return place, 0.0, rest, [code for code, yes in coded.items() if yes] or [_NONE]
        if kind != "OneHotFeature":
            raise QueryError(f"it has splits of the kind {kind}")
        place = self.textual[split["cat_feature_index"]]
        value = self.names.get(split["value"] % 2**32)
        if value is None:
            raise QueryError(f"X lacks a category of column {place} that it splits on: pass the training data")
        return place, 0.0, False, [self._code(place, value)]

    def _code(self, place: int, value: Any) -> float:
        known = self.used.setdefault(place, [])
        if value not in known:
            known.append(value)
        return float(known.index(value))

    def seen(self, columns: list[Column]) -> list[str]:
        """Each column as it is compared."""
        places = set(self.textual.values())
        found = []
        for i, column in enumerate(columns):
            if i in places:
                kinds: list[Any] = self.used.get(i, [])
                found.append(codes(column, kinds if column.text else [float(kind) for kind in kinds]))
            else:
                found.append(float32(column))
        return found

    def complete(self, columns: list[Column]) -> str | None:
        """CatBoost refuses a missing category."""
        tests = [f"{columns[i].sql} IS NOT NULL" for i in self.textual.values()]
        return conjunction(tests) if tests else None


class _Nodes:
    """A tree in the making."""

    def __init__(self, splits: _Splits) -> None:
        self.tree, self._splits = Tree([], [], [], [], [], []), splits

    def add(self, split: dict[str, Any] | None, value: tuple[float, ...]) -> int:
        """A node, whose sides come later; its place."""
        tree, at = self.tree, len(self.tree.left)
        place, border, missing_left, above = self._splits.of(split) if split is not None else (-1, 0.0, False, None)
        if above is not None:
            tree.categories[at] = above
        tree.feature.append(place)
        tree.threshold.append(border)
        tree.left.append(-1)
        tree.right.append(-1)
        tree.missing_left.append(missing_left)
        tree.values.append(value)
        return at

    def link(self, node: int, no: int, yes: int) -> None:
        """The sides of a split: a Tree has those of a category in its set on the left."""
        if node in self.tree.categories:
            no, yes = yes, no
        self.tree.left[node], self.tree.right[node] = no, yes


def _oblivious(tree: dict[str, Any], splits: _Splits, dims: int, scale: float) -> Tree:
    """One question a level; the answers are the bits of the leaf's number, the first the lowest."""
    made, values = _Nodes(splits), tree["leaf_values"]
    questions = tree.get("splits") or []
    nothing = (0.0,) * dims

    def grow(level: int, leaf: int) -> int:
        if level < 0:
            return made.add(None, tuple(scale * value for value in values[leaf * dims : (leaf + 1) * dims]))
        node = made.add(questions[level], nothing)
        made.link(node, grow(level - 1, leaf), grow(level - 1, leaf | 1 << level))
        return node

    grow(len(questions) - 1, 0)
    asked = [splits.of(question) for question in questions]
    made.tree.table = TableTree(
        # A Tree has those of a category in its set on the left.
        [Level(at, border, left == (kinds is not None), kinds) for at, border, left, kinds in asked],
        [tuple(scale * value for value in values[at : at + dims]) for at in range(0, len(values), dims)],
    )
    return made.tree


def _nested(tree: dict[str, Any], splits: _Splits, dims: int, scale: float) -> Tree:
    made = _Nodes(splits)
    nothing = (0.0,) * dims

    def grow(part: dict[str, Any]) -> int:
        if "split" not in part:
            value = part["value"]
            return made.add(None, tuple(scale * v for v in (value if isinstance(value, list) else [value])))
        node = made.add(part["split"], nothing)
        made.link(node, grow(part["left"]), grow(part["right"]))
        return node

    grow(tree)
    return made.tree
