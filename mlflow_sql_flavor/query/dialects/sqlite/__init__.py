"""SQLite 3: https://sqlite.org/lang.html

SQLite has integers, reals, texts and blobs, and values carry their types: a date is a text, a boolean 0 or 1, a decimal
a real (https://sqlite.org/datatype3.html). What a column is there, it is made before anything else; where one
expression would hold values of two types the query is refused.
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
    names,
    numbers,
    regex,
    relations,
    strings,
    types,
    verified,
)

__all__ = ["D"]

D = DialectRules("sqlite", pack="sqlite", catalog="sqlite")

_TOPICS = (
    types, dates, aggregates, verified, casts, strings, formats, encodings, json, relations, names, regex, numbers,
    comparisons,
)  # fmt: skip
for _topic in _TOPICS:
    D.use(_topic.R)
