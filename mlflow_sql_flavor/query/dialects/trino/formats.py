"""Texts by a pattern: functions/datetime and functions/conversion of the manual."""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build, date_formats
from ..shared.calls import argument_count

R = DialectRules("trino formats")
_JODA = {"yyyy": "%Y", "YYYY": "%Y", "yy": "%y", "MMMM": "%B", "MMM": "%b", "MM": "%m", "M": "%-m", "dd": "%d",
         "d": "%-d", "HH": "%H", "H": "%-H", "hh": "%I", "h": "%-I", "mm": "%M", "ss": "%S", "SSS": "%g", "a": "%p",
         "EEEE": "%A", "EEE": "%a", "EE": "%a", "E": "%a", "DDD": "%j", "xxxx": "%G", "ww": "%V",
         "e": "%u"}  # fmt: skip


@R.function("format_datetime")
def format_datetime(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """functions/datetime#java-date-functions: patterns of Joda-Time."""
    if not ctx.is_a(node.expressions[0], "date", "timestamp"):
        ctx.refuse("timezone", node, "format_datetime is verified for a date or timestamp", "Cast it")
    fmt = date_formats.formatted(node, ctx, 1, _JODA, quote="'")
    return ctx.call("strftime", node.expressions[0], build.lit(fmt), type="VARCHAR")


_SPEC = re.compile(r"%(?:(%)|(0\d+|,|\d+)?(d)|(-?\d+)?(s)|(,)?\.(\d+)f)")


@R.rule(exp.Format)
def format_(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """functions/conversion#format, as Java formats: digits are rounded half away from zero."""
    found, args = build.text(node.this), list(node.expressions)
    specs = [m for m in _SPEC.finditer(found or "") if not m[1]]
    families = [("int",) if m[3] else ("text", "int") if m[5] else ("float", "decimal") for m in specs]
    if (
        found is None
        or "%" in _SPEC.sub("", found)
        or len(specs) != len(args)
        or not all(ctx.is_a(a, *f) for a, f in zip(args, families, strict=False))
    ):
        ctx.refuse(
            "number_format", node, "This format is not verified", "Use %d, %05d, %,d, %s and %.2f of fitting values"
        )
    for i, m in enumerate(specs[: len(args)]):
        if m[7]:
            args[i] = build.cast(build.cast(args[i], "VARCHAR"), f"DECIMAL(38, {m[7]})")
            if m[6]:
                args[i] = ctx.call("format", build.lit(f"{{:,.{m[7]}f}}"), build.cast(args[i], "DOUBLE"))
        elif m[2] == ",":
            args[i] = ctx.call("format", build.lit("{:,}"), build.cast(args[i], "BIGINT"))
        elif m[2]:
            args[i] = ctx.call("printf", build.lit(f"%{m[2]}d"), build.cast(args[i], "BIGINT"))
        args[i] = build.cast(args[i], "VARCHAR")
    pattern = _SPEC.sub(lambda m: "%%" if m[1] else f"%{m[4] or ''}s", found or "")
    return ctx.macro("tr__format", ctx.call("printf", build.lit(pattern), *args), exp.Array(expressions=[
        a.copy() for a in args]), type="VARCHAR")  # fmt: skip


_PARSE = {"%Y": "%Y", "%m": "%m", "%d": "%d", "%H": "%H", "%i": "%M", "%s": "%S", "%S": "%S", "%T": "%H:%M:%S",
          "%e": "%d", "%c": "%m", "%b": "%b", "%M": "%B", "%y": "%y", "%p": "%p", "%h": "%I", "%I": "%I",
          "%%": "%%"}  # fmt: skip
_PRINT = {**_PARSE, "%a": "%a", "%W": "%A", "%e": "%-d", "%c": "%-m", "%k": "%-H", "%l": "%-I", "%j": "%j",
          "%f": "%f", "%v": "%V", "%x": "%G", "%r": "%I:%M:%S %p"}  # fmt: skip


@R.rule(exp.TimeToStr)
def date_format(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    fmt = date_formats.formatted(node, ctx, 1, _PRINT, letters=False)
    return ctx.call("strftime", node.this, build.lit(fmt), type="VARCHAR")


@R.rule(exp.StrToTime)
def date_parse(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if argument_count(node, ctx) != 2:
        ctx.refuse("unfaithful", node, "This form of parsing is not verified", "Use date_parse")
    fmt = date_formats.formatted(node, ctx, 1, _PARSE, letters=False)
    made = ctx.call("strptime", node.this, build.lit(fmt), type="TIMESTAMP")
    if "%I" in fmt and "%p" not in fmt:  # twelve without a half of the day is midnight
        return ctx.macro("tr__twelve", made, type="TIMESTAMP")
    return made
