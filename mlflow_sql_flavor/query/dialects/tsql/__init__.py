"""SQL Server: https://learn.microsoft.com/en-us/sql/t-sql/ (the pages named at the rules are below it).

Texts compare as in the default collation of an installation: without case, with accents, without trailing blanks.
"""

from __future__ import annotations

from .. import DialectRules
from ..shared import trailing_blanks
from . import (
    aggregates,
    casts,
    comparisons,
    dates,
    decimals,
    encodings,
    formats,
    json,
    nulls,
    numbers,
    regex,
    relations,
    strings,
    times,
    verified,
)

__all__ = ["D"]

D = DialectRules("tsql", pack="tsql")

_TOPICS = (
    verified, decimals, numbers, encodings, casts, json, strings, regex, nulls, dates, times, formats, relations,
    comparisons, aggregates,
)  # fmt: skip
for _topic in _TOPICS:
    D.use(_topic.R)
D.use(trailing_blanks.rules("ts__flat"))
