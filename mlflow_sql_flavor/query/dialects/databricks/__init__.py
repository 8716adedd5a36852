"""Databricks SQL and Spark 4 in ANSI mode: https://spark.apache.org/docs/latest/sql-ref.html

The session's time zone is taken to be UTC, so a TIMESTAMP is DuckDB's TIMESTAMP.
"""

from __future__ import annotations

from .. import DialectRules

__all__ = ["D"]

D = DialectRules("databricks", level="verified", pack="databricks", catalog="databricks")

from . import (  # type: ignore[attr-defined]  # noqa: E402
    aggregates,  # noqa: F401
    aliases,  # noqa: F401
    arrays,  # noqa: F401
    branches,  # noqa: F401
    casts,  # noqa: F401
    checks,  # noqa: F401
    coercion,  # noqa: F401
    dates,  # noqa: F401
    digests,  # noqa: F401
    epochs,  # noqa: F401
    formats,  # noqa: F401
    functions,  # noqa: F401
    generators,  # noqa: F401
    intervals,  # noqa: F401
    lambdas,  # noqa: F401
    numbers,  # noqa: F401
    printf,  # noqa: F401
    regex,  # noqa: F401
    strings,  # noqa: F401
)
