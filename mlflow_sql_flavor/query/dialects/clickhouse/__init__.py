"""ClickHouse: https://clickhouse.com/docs/sql-reference

A column that is not Nullable holds 0 or an empty text where other engines have NULL, and a model's columns do not say
which they are: what depends on it is refused or is an error when it happens. Texts are bytes, names keep their case.
"""

from __future__ import annotations

from .. import DialectRules

D = DialectRules("clickhouse", level="verified", pack="clickhouse", catalog="clickhouse")

D.known("uniqexact", "grouparray", "groupuniqarray")


def _stored_as(kind: str) -> str:
    # Arithmetic of small integers is done in wider ones: https://clickhouse.com/docs/sql-reference/functions/arithmetic-functions
    return "BIGINT" if kind in ("TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER") else kind


D.stored_as = _stored_as

from . import dates, numbers, relations, texts  # noqa: E402  they register their rules with D

__all__ = ["D", "dates", "numbers", "relations", "texts"]
