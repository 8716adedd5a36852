"""SQLite 3: https://sqlite.org/lang.html

SQLite has integers, reals, texts and blobs, and values carry their types: a date is a text, a boolean 0 or 1, a decimal
a real (https://sqlite.org/datatype3.html). What a column is there, it is made before anything else; where one
expression would hold values of two types the query is refused.
"""

from __future__ import annotations

from .. import DialectRules
from . import comparisons, dates, grouping, json, numbers, texts

__all__ = ["D"]

D = DialectRules("sqlite", level="verified", pack="sqlite", catalog="sqlite")


def _stored_as(kind: str) -> str:
    base = kind.partition("(")[0]
    if base in ("DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIME"):
        return "VARCHAR"
    if base in ("DECIMAL", "FLOAT"):
        return "DOUBLE"
    if base in ("BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER"):
        return "BIGINT"
    return kind


D.stored_as = _stored_as

for _topic in (dates, grouping, texts, json, numbers, comparisons):
    D.use(_topic.R)
