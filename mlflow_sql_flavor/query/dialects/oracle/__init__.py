"""Oracle: https://docs.oracle.com/en/database/oracle/oracle-database/19/sqlrf/"""

from __future__ import annotations

from .. import DialectRules
from ..shared import unpivot
from . import (
    aggregates,
    casts,
    comparisons,
    dates,
    formats,
    json,
    numbers,
    regex,
    relations,
    strings,
    times,
    verified,
    windows,
)

__all__ = ["D"]

D = DialectRules("oracle", pack="oracle")

_TOPICS = (
    verified, unpivot, relations, strings, regex, json, numbers, aggregates, windows, times, dates, casts, comparisons,
    formats,
)  # fmt: skip
for _topic in _TOPICS:
    D.use(_topic.R)
