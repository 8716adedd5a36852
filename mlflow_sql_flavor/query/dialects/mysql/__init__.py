"""MySQL 8 and MariaDB: https://dev.mysql.com/doc/refman/8.0/en/

Comparisons ignore case and accents (a session setting); a text in arithmetic is the number it begins with; conditions
are 1 and 0; what a function is not defined for is NULL.
"""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from .. import DialectRules

D = DialectRules("mysql", level="verified", pack="mysql", catalog="mysql")

# What sqlglot's typing gets wrong: IFNULL and conditions are typed by their values, MOD and DIV by their operands.
D.typing[exp.IntDiv] = {"returns": exp.DType.BIGINT}


def _literal(self: Any, e: exp.Literal) -> Any:
    # A literal with a point is exact, one with an exponent is not:
    # https://dev.mysql.com/doc/refman/8.0/en/precision-math-numbers.html
    if not e.is_string and "." in str(e.this) and "e" not in str(e.this).lower():
        digits = str(e.this).partition(".")[2]
        return self._set_type(e, exp.DataType.build(f"DECIMAL(38,{len(digits)})", dialect="duckdb"))
    return self._annotate_literal(e)


D.typing[exp.Literal] = {"annotator": _literal}

D.accepts("repeat", "space", "weekday", "truncate", "mod", "if", "ifnull", "interval", "group_concat", "sqrt", "dual")


def _stored_as(kind: str) -> str:
    # Integer arithmetic is done in 64 bits: https://dev.mysql.com/doc/refman/8.0/en/out-of-range-and-overflow.html
    small = ("BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER")
    return "BIGINT" if kind in small else kind


D.stored_as = _stored_as

from . import dates, formats, json, numbers, order, relations, texts, times  # noqa: E402  they register their rules with D

__all__ = ["D", "dates", "formats", "json", "numbers", "order", "relations", "texts", "times"]
