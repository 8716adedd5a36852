"""ClickHouse: https://clickhouse.com/docs/sql-reference

A column that is not Nullable holds 0 or an empty text where other engines have NULL, and a model's columns do not say
which they are: what depends on it is refused or is an error when it happens. Texts are bytes, names keep their case.
"""

from __future__ import annotations

from .. import DialectRules

D = DialectRules("clickhouse", level="verified", pack="clickhouse", catalog="clickhouse")


def _stored_as(kind: str) -> str:
    # Arithmetic of small integers is done in wider ones: https://clickhouse.com/docs/sql-reference/functions/arithmetic-functions
    return "BIGINT" if kind in ("TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER") else kind


D.stored_as = _stored_as

# They register their rules with D, in this order.
from . import names  # noqa: E402, I001
from . import nulls  # noqa: E402
from . import types  # noqa: E402
from . import conversions  # noqa: E402
from . import numbers  # noqa: E402
from . import aggregates  # noqa: E402
from . import arrays  # noqa: E402
from . import texts  # noqa: E402
from . import json  # noqa: E402
from . import dates  # noqa: E402
from . import moments  # noqa: E402
from . import joins  # noqa: E402
from . import relations  # noqa: E402

__all__ = [
    "D", "aggregates", "arrays", "conversions", "dates", "joins", "json", "moments", "names", "nulls", "numbers",
    "relations", "texts", "types",
]  # fmt: skip
