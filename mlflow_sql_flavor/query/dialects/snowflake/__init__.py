"""Snowflake: https://docs.snowflake.com/en/sql-reference (the pages named at the rules are below it)."""

from __future__ import annotations

from .. import DialectRules
from ..shared import outer_aggregates, unpivot
from . import (
    aggregates,
    arrays,
    casts,
    comparisons,
    dates,
    encodings,
    formats,
    intervals,
    json,
    json_edits,
    numbers,
    regex,
    relations,
    strings,
    verified,
    windows,
)

__all__ = ["D"]

D = DialectRules("snowflake", pack="snowflake")

_TOPICS = (
    verified, relations, aggregates, arrays, strings, dates, json, json_edits, numbers, windows, encodings, casts,
    regex, intervals, unpivot, formats, comparisons, outer_aggregates,
)  # fmt: skip
for _topic in _TOPICS:
    D.use(_topic.R)
