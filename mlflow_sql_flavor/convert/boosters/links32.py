"""XGBoost's links, each of whose steps rounds to a 32-bit float.

A label is that of the largest probability, which two scores that differ may share. As in ``Sigmoid`` and ``Softmax`` of
https://github.com/dmlc/xgboost/blob/master/src/common/math.h.
"""

from __future__ import annotations

from collections.abc import Callable

from ..builder import Column, Query, number, total, unique
from ..trees.sums import real

__all__ = ["PROBABILITIES", "sigmoid"]

#: Beyond it XGBoost takes no exponential, the 32-bit float nearest to 88.7.
_FAR = number(88.69999694824219)
#: The exponential of less is nothing in 32 bits.
_NOTHING = number(-103)


def sigmoid(score: str) -> str:
    """1 / (1 + exp(-score))."""
    e = f"CASE WHEN {score} < -{_FAR} THEN EXP({_FAR}) WHEN {score} > {_FAR} THEN 0E0 ELSE EXP(-{score}) END"
    return _rounded(f"1E0 / {_rounded(f'1E0 + {_rounded(e)}')}")


def _two(query: Query, scores: list[Column]) -> list[Column]:
    """Of the first class and the second."""
    taken = query.taken([])
    first, second = (Column(unique(name, taken)) for name in ("first", "second"))
    query.layer("probability", [(sigmoid(scores[0].sql), second.name)])
    query.layer("probabilities", [(_rounded(f"1E0 - {second.sql}"), first.name), (second.sql, second.name)])
    return [first, second]


def _several(query: Query, scores: list[Column]) -> list[Column]:
    """Exponentials below the largest score's, over their sum, which XGBoost takes in 64 bits."""
    best = Column(unique("best", query.taken(scores)))
    query.layer("highest", [*query.carry(scores), (f"GREATEST({', '.join(c.sql for c in scores)})", best.name)])
    below = [(f"{column.sql} - {best.sql}", column.name) for column in scores]
    weights = [(_rounded(f"CASE WHEN {d} < {_NOTHING} THEN 0E0 ELSE EXP({_rounded(d)}) END"), n) for d, n in below]
    query.layer("weights", weights)
    query.layer("added", [*query.carry(scores), (_rounded(total([column.sql for column in scores])), best.name)])
    query.layer("shares", [(real(f"{c.sql} / {best.sql}"), c.name) for c in scores])
    return scores


def _rounded(x: str) -> str:
    """To 32 bits, of what is 0 there only if it is 0: see :func:`real`."""
    return f"CAST(CAST({x} AS REAL) AS DOUBLE)"


#: What adds the layers of the probabilities of all classes.
PROBABILITIES: dict[str, Callable[[Query, list[Column]], list[Column]]] = {
    "32-bit sigmoid": _two,
    "32-bit softmax": _several,
}
