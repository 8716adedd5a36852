"""What an estimator inside of another one answers, as columns beside others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..builder import Column, Query, number, total, unique
from ..outputs import Numbers, Scores, chosen, shares
from ..preprocessing.steps import unsupported

__all__ = ["labels", "means", "probabilities", "value"]


def value(query: Query, found: Numbers | Scores, path: str, part: Any) -> Column:
    """Adds the layer of a regressor's one number.

    Raises:
        QueryError: It gives several, or labels.
    """
    if isinstance(found, Scores) or len(found.values) != 1:
        raise unsupported(path, part, "it predicts more than one column, or labels")
    column = Column(unique("value", query.taken([])))
    query.layer("value", [*query.carry([]), (found.values[0], column.name)])
    return column


def labels(query: Query, found: Numbers | Scores, places: Sequence[int]) -> Column:
    """Adds the layer of a classifier's label, as the place that each of its classes has; NULL for a refused row."""
    assert isinstance(found, Scores)
    label, _ = chosen(query, found, [str(int(place)) for place in places])
    column = Column(unique("label", query.taken([])))
    query.layer("label", [(label, column.name)])
    return column


def probabilities(query: Query, found: Numbers | Scores, path: str, part: Any) -> list[Column]:
    """Adds the layers of a classifier's probabilities.

    Raises:
        QueryError: It has none.
    """
    if not isinstance(found, Scores) or found.link is None:
        raise unsupported(path, part, "it has no probabilities")
    best = ""
    if found.link == "softmax":
        _, best = chosen(query, found, ["NULL"] * len(found.columns))
    taken = query.taken(found.columns)
    columns = [Column(unique(f"share_{k}", taken)) for k in range(len(part.classes_))]
    query.layer("shares", shares(query, found, [column.name for column in columns], best))
    return columns


def means(query: Query, members: Sequence[Mapping[int, Column]], weights: Sequence[float], count: int) -> list[Column]:
    """Adds the layer of weighted means.

    Args:
        query: Its newest layer has the members' columns.
        members: ``{place of a class: its probability}`` of each.
        weights: One for each.
        count: The number of classes.
    """
    taken = query.taken([column for member in members for column in member.values()])
    found = [Column(unique(f"mean_{k}", taken)) for k in range(count)]
    items = []
    for k, column in enumerate(found):
        terms = [
            member[k].sql if weight == 1.0 else f"{member[k].sql} * {number(weight)}"
            for member, weight in zip(members, weights, strict=True)
            if k in member
        ]
        items.append((f"({total(terms) or '0E0'}) / {number(sum(weights))}", column.name))
    query.valid = None  # a refused row has no member's answer
    query.layer("means", items)
    query.enclose("averaged")
    return found
