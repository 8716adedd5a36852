"""PostgreSQL 15: https://www.postgresql.org/docs/15/"""

from __future__ import annotations

from .. import DialectRules
from . import (
    aggregates,
    arrays,
    casts,
    checks,
    coercions,
    comparisons,
    dates,
    decimals,
    encodings,
    formats,
    intervals,
    json,
    json_edits,
    json_paths,
    names,
    numbers,
    overflow,
    regex,
    relations,
    strings,
    types,
)

__all__ = ["D"]

D = DialectRules("postgres", pack="postgres", catalog="postgres")

_TOPICS = (
    types, coercions, checks, names, comparisons, relations, json_edits, json_paths, json, intervals, aggregates,
    numbers, overflow, casts, encodings, arrays, strings, regex, dates, formats, decimals,
)  # fmt: skip
for _topic in _TOPICS:
    D.use(_topic.R)
