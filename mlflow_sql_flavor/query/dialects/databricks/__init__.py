"""Databricks SQL and Spark 4 in ANSI mode: https://spark.apache.org/docs/latest/sql-ref.html

The session's time zone is taken to be UTC, so a TIMESTAMP is DuckDB's TIMESTAMP.
"""

from __future__ import annotations

from .. import DialectRules

__all__ = ["D"]

D = DialectRules("databricks", level="verified", pack="databricks", catalog="databricks")

from . import checks, aggregates, arrays, casts, coercion, dates, formats, functions, numbers, strings  # type: ignore[attr-defined]  # noqa: E402, F401
