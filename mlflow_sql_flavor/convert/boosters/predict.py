"""From a booster's sums to its answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...errors import QueryError
from ..builder import Column, Query, number, quote, unique
from ..ensembles import add_trees
from ..outputs import Names, classify, exponential, regress, sigmoid
from . import catboost, lightgbm, xgboost
from .ensemble import Ensemble

__all__ = ["READERS", "predict"]

#: By the library's own class: what reads its models.
READERS: dict[str, Callable[[Any, list[Column], Any], Ensemble]] = {
    "xgboost.XGBModel": xgboost.read,
    "xgboost.Booster": xgboost.read,
    "lightgbm.LGBMModel": lightgbm.read,
    "lightgbm.Booster": lightgbm.read,
    "catboost.CatBoost": catboost.read,
}


def predict(query: Query, made: Ensemble, columns: list[Column], names: Names) -> str:
    """The finished query of a booster.

    Args:
        query: Its newest layer holds the features.
        made: What its reader made of it.
        columns: The features.
        names: How to call the outputs.

    Raises:
        QueryError: A label has no literal in SQL.
    """
    _see(query, made, columns)
    count = len(made.total.start)
    columns = [Column(column.name) for column in columns]
    scores = add_trees(
        query, columns, made.total, ["score"] if count == 1 else [f"score_{k}" for k in range(count)], missing=True
    )
    if made.trees is not None:
        query.layer("means", [(f"{column.sql} / {number(made.trees)}", column.name) for column in scores])
    if made.slope != 1:
        query.layer("slopes", [(f"{number(made.slope)} * {column.sql}", column.name) for column in scores])
    if made.classes is None:
        return regress(query, _answer(made.link, scores[0].sql), names)
    classes = _array(made.classes)
    if made.link == "softmax":
        return classify(query, scores, classes, names, rule="greatest", link="softmax")
    if made.link == "sigmoid":
        return classify(query, scores, classes, names, rule="above zero", link="sigmoid")
    if made.link == "each sigmoid":
        query.layer("probabilities", [(sigmoid(column.sql), column.name) for column in scores])
        return classify(query, scores, classes, names, rule="greatest", link="none")
    if made.link == "step":
        yes = _answer("step", scores[0].sql)
        query.layer("steps", [(f"1E0 - {yes}", "no"), (yes, "yes")])
        return classify(query, [Column("no"), Column("yes")], classes, names, rule="greatest", link="none")
    raise QueryError(f"its classes follow from its scores in a way that is not known here ({made.link})")


def _see(query: Query, made: Ensemble, columns: list[Column]) -> None:
    items = [(seen, column.name) for seen, column in zip(made.seen, columns, strict=True)]
    carried = query.carry([])
    if made.refused is not None:
        test = f"{quote(query.valid)} AND {made.refused}" if query.valid else made.refused
        query.valid = query.valid or unique("accepted", query.taken(columns))
        carried = [(test, query.valid)]
    query.layer("seen", [*carried, *items])


def _answer(link: str, score: str) -> str:
    ways = {
        "identity": score,
        "exp": exponential(score),
        "sigmoid": sigmoid(score),
        "squared": f"SIGN({score}) * {score} * {score}",
        # LN(1 + EXP(x)) of a large x is x.
        "log1p exp": f"CASE WHEN {score} > 700E0 THEN {score} ELSE LN(1E0 + {exponential(score)}) END",
        "step": f"CASE WHEN {score} > 0E0 THEN 1E0 WHEN {score} <= 0E0 THEN 0E0 END",
    }
    return ways[link]


def _array(classes: Any) -> Any:
    import numpy as np

    return np.asarray(list(classes)) if isinstance(classes, range | list) else np.asarray(classes)
