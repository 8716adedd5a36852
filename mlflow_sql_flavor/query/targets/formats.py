"""Patterns of dates from one dialect to another, by way of strftime's; a letter that one side lacks is refused.

https://www.postgresql.org/docs/15/functions-formatting.html, https://spark.apache.org/docs/latest/sql-ref-datetime-pattern.html
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlglot import exp

from ..dialects.shared import date_formats
from ..dialects.shared.calls import written_text
from ..dialects.shared.java_time import PRINT, QUARTER, printer
from ..facts.context import Context
from .context import Writing

__all__ = ["in_postgres", "in_spark"]

_POSTGRES = {
    "%Y": "YYYY", "%-Y": "FMYYYY", "%y": "YY", "%m": "MM", "%-m": "FMMM", "%d": "DD", "%-d": "FMDD", "%H": "HH24",
    "%-H": "FMHH24", "%I": "HH12", "%-I": "FMHH12", "%M": "MI", "%-M": "FMMI", "%S": "SS", "%-S": "FMSS", "%f": "US",
    "%g": "MS", "%p": "AM", "%B": "FMMonth", "%b": "Mon", "%A": "FMDay", "%a": "Dy", "%j": "DDD", "%-j": "FMDDD",
    QUARTER: "Q",
}  # fmt: skip
_NAMES = {"AM", "FMMonth", "Mon", "FMDay", "Dy"}  # written as their letters are: MON is JAN
_FROM_POSTGRES = {
    **{mask: code for code, mask in _POSTGRES.items()},
    **{mask.lower(): code for code, mask in _POSTGRES.items() if mask not in _NAMES},
    "PM": "%p", "HH": "%I", "hh": "%I", "FMHH": "%-I",
}  # fmt: skip
_PARTS = re.compile(rf"(%-?[A-Za-z]|{QUARTER})|((?:%%|[^%{QUARTER}])+)")
_SPARK: dict[str, str] = {}
for _letters, _code in PRINT.items():
    _SPARK.setdefault(_code, _letters)
_SPARK["%Y"], _SPARK["%a"], _SPARK[QUARTER] = "yyyy", "EEE", "Q"


def in_spark(node: exp.Expr, ctx: Context) -> str:
    """The pattern of a call that writes a date, as Spark reads it."""
    return _write(node, ctx, _SPARK, lambda literal: "'" + literal.replace("'", "''") + "'")


def in_postgres(node: exp.Expr, ctx: Context) -> str:
    """The pattern of a call that writes a date, as PostgreSQL reads it."""
    return _write(node, ctx, _POSTGRES, lambda literal: '"' + re.sub(r'([\\"])', r"\\\1", literal) + '"')


def _write(node: exp.Expr, ctx: Context, codes: dict[str, str], quote: Callable[[str], str]) -> str:
    assert isinstance(ctx, Writing)
    out = []
    for code, literal in _PARTS.findall(_strftime(node, ctx)):
        if literal:
            out.append(quote(literal.replace("%%", "%")))
        elif code in codes:
            out.append(codes[code])
        else:
            raise ctx.no(node, f"The date pattern with {code!r}", "write it of EXTRACTs")
    return "".join(out)


def _strftime(node: exp.Expr, ctx: Writing) -> str:
    """The pattern as the query has it, in strftime's codes: what sqlglot made of it has lost letters."""
    start = node.meta.get("start")
    written = written_text(ctx.sql, start, 1, ctx.source) if start is not None else None
    if written is None:
        raise ctx.no(node, "A date pattern that is no constant", "write it as a text")
    if ctx.source == "databricks":
        return printer(written, node, ctx)
    if ctx.source == "duckdb":
        return written
    try:
        return date_formats.timefmt(written, _FROM_POSTGRES, quote='"')
    except date_formats.UnknownToken as e:
        raise ctx.no(node, f"The date pattern {written!r}, for its {e.token!r},", "write it of EXTRACTs") from None
