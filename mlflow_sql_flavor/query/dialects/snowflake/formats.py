"""Texts of dates by a pattern: sql-reference/functions-conversion."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build, date_formats
from ..shared.calls import argument_count
from .casts import as_text

R = DialectRules("snowflake formats")
_PARSE = {"YYYY": "%Y", "YY": "%y", "MM": "%m", "MON": "%b", "DD": "%d", "HH24": "%H", "HH12": "%I", "MI": "%M",
          "SS": "%S", "AM": "%p", "PM": "%p"}  # fmt: skip
_PRINT = {**_PARSE, "MMMM": "%B", "DY": "%a", "FF3": "%g", "FF6": "%f"}


@R.rule(exp.ToChar, exp.TimeToStr)
def to_char(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    count = argument_count(node, ctx)
    if count == 1:
        return as_text(node.this, ctx)
    if not count or not ctx.is_a(node.this, "date", "timestamp"):
        ctx.refuse("number_format", node, "TO_CHAR with a format is verified for DATE and TIMESTAMP_NTZ", "Cast it")
    fmt = date_formats.formatted(node, ctx, 1, _PRINT, quote='"', fold=True)
    return ctx.call("strftime", node.this, build.lit(fmt), type="VARCHAR")


@R.rule(exp.StrToDate, exp.StrToTime)
def parse_date(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    to = node.args.get("target_type")
    zoned = to is not None and to.this not in (exp.DType.TIMESTAMP, exp.DType.TIMESTAMPNTZ, exp.DType.DATE)
    if argument_count(node, ctx) != 2 or zoned:
        ctx.refuse("unfaithful", node, "This form of parsing is not verified", "Use TO_DATE with a format")
    fmt = date_formats.formatted(node, ctx, 1, _PARSE, quote='"', fold=True)
    if node.args.get("safe"):
        made = ctx.macro("sf__try_strptime", node.this, build.lit(fmt), type="TIMESTAMP")
    else:
        made = ctx.call("strptime", node.this, build.lit(fmt), type="TIMESTAMP")
    return build.cast(made, "DATE") if isinstance(node, exp.StrToDate) else made
