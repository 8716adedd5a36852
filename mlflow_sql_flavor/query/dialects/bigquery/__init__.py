"""BigQuery: https://cloud.google.com/bigquery/docs/reference/standard-sql

A TIMESTAMP is kept in UTC, as DuckDB's TIMESTAMP. The pages named at the rules are below the address above.
"""

from __future__ import annotations

from .. import DialectRules
from ..shared import outer_aggregates, pivot
from . import (
    aggregates,
    arrays,
    casts,
    comparisons,
    dates,
    encodings,
    formats,
    json,
    names,
    numbers,
    regex,
    relations,
    strings,
    verified,
)

__all__ = ["D"]

D = DialectRules("bigquery", pack="bigquery")

for _topic in (
    outer_aggregates,
    pivot,
    aggregates,
    casts,
    comparisons,
    names,
    dates,
    verified,
    arrays,
    json,
    strings,
    regex,
    encodings,
    formats,
    numbers,
    relations,
):
    D.use(_topic.R)
