"""ClickHouse: https://clickhouse.com/docs/sql-reference

A column that is not Nullable holds 0 or an empty text where other engines have NULL, and a model's columns do not say
which they are: what depends on it is refused or is an error when it happens. Texts are bytes, names keep their case.
"""

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
    filling,
    formats,
    funnels,
    joins,
    json,
    lambdas,
    names,
    nulls,
    numbers,
    regex,
    relations,
    strings,
    times,
    types,
    verified,
    windows,
)

__all__ = ["D"]

D = DialectRules("clickhouse", pack="clickhouse", catalog="clickhouse")

_TOPICS = (
    names, nulls, types, casts, formats, numbers, encodings, comparisons, funnels, aggregates, arrays, lambdas, strings,
    regex, verified, json, times, dates, filling, joins, relations, windows, outer_aggregates,
)  # fmt: skip
for _topic in _TOPICS:
    D.use(_topic.R)
