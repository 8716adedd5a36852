"""Databricks SQL and Spark 4 in ANSI mode: https://spark.apache.org/docs/latest/sql-ref.html

The session's time zone is taken to be UTC, so a TIMESTAMP is DuckDB's TIMESTAMP.
"""

from __future__ import annotations

from .. import DialectRules
from ..shared import pivot
from . import (
    aggregates,
    aliases,
    arrays,
    branches,
    casts,
    checks,
    coercion,
    dates,
    digests,
    epochs,
    functions,
    generators,
    intervals,
    lambdas,
    numbers,
    printf,
    regex,
    strings,
)

__all__ = ["D"]

D = DialectRules("databricks", level="verified", pack="databricks", catalog="databricks")

_TOPICS = (
    coercion, checks, casts, aggregates, aliases, arrays, branches, dates, digests, epochs, functions, generators,
    intervals, lambdas, numbers, printf, strings, regex,
)  # fmt: skip
for _topic in (*_TOPICS, pivot):
    D.use(_topic.R)
