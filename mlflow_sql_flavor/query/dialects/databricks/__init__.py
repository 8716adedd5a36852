"""Databricks SQL and Spark 4 in ANSI mode: https://spark.apache.org/docs/latest/sql-ref.html

The session's time zone is taken to be UTC, so a TIMESTAMP is DuckDB's TIMESTAMP.
"""

from __future__ import annotations

from .. import DialectRules
from ..shared import outer_aggregates, pivot
from . import (
    aggregates,
    arrays,
    casts,
    checks,
    comparisons,
    dates,
    encodings,
    formats,
    intervals,
    json,
    lambdas,
    names,
    numbers,
    regex,
    relations,
    strings,
    times,
    types,
    verified,
)

__all__ = ["D"]

D = DialectRules("databricks", pack="databricks", catalog="databricks")

_TOPICS = (
    types, checks, json, casts, comparisons, aggregates, names, arrays, dates, encodings, times, verified,
    relations, intervals, lambdas, numbers, formats, strings, regex, pivot,
    outer_aggregates,
)  # fmt: skip
for _topic in _TOPICS:
    D.use(_topic.R)
