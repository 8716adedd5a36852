"""ClickHouse: https://clickhouse.com/docs/sql-reference

A column that is not Nullable holds 0 or an empty text where other engines have NULL, and a model's columns do not say
which they are: what depends on it is refused or is an error when it happens. Texts are bytes, names keep their case.
"""

from __future__ import annotations

from .. import DialectRules
from . import (
    aggregates,
    arrays,
    conditions,
    conversions,
    dates,
    joins,
    json,
    moments,
    names,
    nulls,
    numbers,
    relations,
    texts,
    types,
)

__all__ = ["D"]

D = DialectRules("clickhouse", level="verified", pack="clickhouse", catalog="clickhouse")


def _stored_as(kind: str) -> str:
    # Arithmetic of small integers is done in wider ones: https://clickhouse.com/docs/sql-reference/functions/arithmetic-functions
    return "BIGINT" if kind in ("TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER") else kind


D.stored_as = _stored_as

_TOPICS = (
    names, nulls, types, conversions, numbers, conditions, aggregates, arrays, texts, json, dates, moments, joins,
    relations,
)  # fmt: skip
for _topic in _TOPICS:
    D.use(_topic.R)
