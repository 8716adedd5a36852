"""From a booster's sums to its answers."""

from __future__ import annotations

from typing import Any

from ...errors import QueryError
from ..builder import Column, Query, number, quote, unique
from ..outputs import Numbers, Scores, exponential, sigmoid
from ..trees.sums import add_trees
from . import catboost, lightgbm, links32, xgboost
from .ensemble import Ensemble, Reader

__all__ = ["READERS", "answer"]

#: By the library's own class: what reads its models.
READERS: dict[str, Reader] = {
    "xgboost.XGBModel": xgboost.read,
    "xgboost.Booster": xgboost.read,
    "lightgbm.LGBMModel": lightgbm.read,
    "lightgbm.Booster": lightgbm.read,
    "catboost.CatBoost": catboost.read,
}


def answer(query: Query, made: Ensemble, columns: list[Column]) -> Numbers | Scores:
    """What a booster answers.

    Args:
        query: Its newest layer holds the features.
        made: What its reader made of it.
        columns: The features.

    Raises:
        QueryError: Its classes follow from its scores in a way that is not known here.
    """
    columns = _see(query, made, columns)
    count = len(made.total.start)
    scores = add_trees(
        query, columns, made.total, ["score"] if count == 1 else [f"score_{k}" for k in range(count)], missing=True
    )
    if made.trees is not None:
        query.layer("means", [(f"{column.sql} / {number(made.trees)}", column.name) for column in scores])
    if made.slope != 1:
        query.layer("slopes", [(f"{number(made.slope)} * {column.sql}", column.name) for column in scores])
    if made.classes is None:
        return Numbers([_answer(made.link, scores[0].sql)])
    classes = _array(made.classes)
    if made.link in links32.PROBABILITIES:
        return Scores(links32.PROBABILITIES[made.link](query, scores), classes, "greatest", "none")
    if made.link == "softmax":
        return Scores(scores, classes, "greatest", "softmax")
    if made.link == "sigmoid":
        return Scores(scores, classes, "above zero", "sigmoid")
    if made.link == "each sigmoid":
        query.layer("probabilities", [(sigmoid(column.sql), column.name) for column in scores])
        return Scores(scores, classes, "greatest", "none")
    if made.link == "step":
        yes = _answer("step", scores[0].sql)
        query.layer("steps", [(f"1E0 - {yes}", "no"), (yes, "yes")])
        return Scores([Column("no"), Column("yes")], classes, "greatest", "none")
    raise QueryError(f"its classes follow from its scores in a way that is not known here ({made.link})")


def _see(query: Query, made: Ensemble, columns: list[Column]) -> list[Column]:
    taken = query.taken([])
    found = [Column(unique(column.name, taken)) for column in columns]
    items = [(seen, column.name) for seen, column in zip(made.seen, found, strict=True)]
    carried = query.carry([])
    if made.refused is not None:
        test = f"{quote(query.valid)} AND {made.refused}" if query.valid else made.refused
        query.valid = query.valid or unique("accepted", query.taken(found))
        carried = [(test, query.valid)]
    query.layer("seen", [*carried, *items])
    return found


def _answer(link: str, score: str) -> str:
    ways = {
        "identity": score,
        "exp": exponential(score),
        "sigmoid": sigmoid(score),
        "32-bit sigmoid": links32.sigmoid(score),
        "squared": f"SIGN({score}) * {score} * {score}",
        # LN(1 + EXP(x)) of a large x is x.
        "log1p exp": f"CASE WHEN {score} > 700E0 THEN {score} ELSE LN(1E0 + {exponential(score)}) END",
        "step": f"CASE WHEN {score} > 0E0 THEN 1E0 WHEN {score} <= 0E0 THEN 0E0 END",
    }
    return ways[link]


def _array(classes: Any) -> Any:
    import numpy as np

    return np.asarray(list(classes)) if isinstance(classes, range | list) else np.asarray(classes)
