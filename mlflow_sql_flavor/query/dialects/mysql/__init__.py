"""MySQL 8 and MariaDB: https://dev.mysql.com/doc/refman/8.0/en/

Comparisons ignore case and accents (a session setting); a text in arithmetic is the number it begins with; conditions
are 1 and 0; what a function is not defined for is NULL.
"""

from __future__ import annotations

from .. import DialectRules
from . import (
    aggregates,
    casts,
    comparisons,
    dates,
    encodings,
    formats,
    json,
    numbers,
    regex,
    relations,
    strings,
    times,
    types,
    verified,
)

__all__ = ["D"]

D = DialectRules("mysql", pack="mysql", catalog="mysql")

_TOPICS = (
    types, verified, dates, times, formats, json, numbers, casts, aggregates, comparisons, relations, strings,
    regex, encodings,
)  # fmt: skip
for _topic in _TOPICS:
    D.use(_topic.R)
