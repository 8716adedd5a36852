"""Trino: https://trino.io/docs/current/ (the pages named at the rules are below it)."""

from __future__ import annotations

from .. import DialectRules
from ..shared import outer_aggregates
from . import (
    aggregates,
    arrays,
    casts,
    comparisons,
    dates,
    encodings,
    formats,
    json,
    lambdas,
    names,
    numbers,
    regex,
    relations,
    strings,
    verified,
)

__all__ = ["D"]

D = DialectRules("trino", pack="trino")

_TOPICS = (
    verified, names, arrays, lambdas, numbers, aggregates, strings, regex, json, dates, casts, formats, encodings,
    relations, comparisons, outer_aggregates,
)  # fmt: skip
for _topic in _TOPICS:
    D.use(_topic.R)
