"""k-means: the nearest centre, and the distances from all of them."""

from __future__ import annotations

from typing import Any

from ..builder import Column, Query, number, total, unique
from ..outputs import Numbers, Scores, chosen

__all__ = ["distances", "k_means"]


def k_means(query: Query, model: Any, columns: list[Column], path: str, _probabilities: bool) -> Numbers:
    """The number of the nearest centre; the first of several."""
    import numpy as np

    taken = query.taken(columns)
    near = [Column(unique(f"near_{k}", taken)) for k in range(len(model.cluster_centers_))]
    texts = [f"{query.accepted('0E0')} - ({text})" for text in _squares(model, columns)]
    query.valid = None
    query.layer(path or "distances", [(text, column.name) for text, column in zip(texts, near, strict=True)])
    query.enclose("distances")
    numbers = np.arange(len(near))
    label, _ = chosen(query, Scores(near, numbers, "greatest", None), [str(k) for k in numbers])
    return Numbers([f"CAST({label} AS BIGINT)"])


def distances(query: Query, step: Any, columns: list[Column], keep: list[Column], path: str) -> list[Column]:
    """As a step of a pipeline: one distance for each centre."""
    taken = query.taken(keep)
    name = type(step).__name__.lower()
    out = [Column(unique(f"{name}{k}", taken)) for k in range(len(step.cluster_centers_))]
    items = [(f"SQRT({text})", column.name) for text, column in zip(_squares(step, columns), out, strict=True)]
    query.layer(path, [*query.carry(keep), *items])
    return out


def _squares(model: Any, columns: list[Column]) -> list[str]:
    return [
        total([f"({c.sql} - {number(at)}) * ({c.sql} - {number(at)})" for c, at in zip(columns, centre, strict=True)])
        for centre in model.cluster_centers_
    ]
