"""Dates and numbers as text by a pattern: format-elements and string_functions#format_string of the manual."""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build, date_formats
from ..shared.calls import argument_count, written_text
from .dates import in_zone

R = DialectRules("bigquery formats")
# format-elements#format_elements_date_time
_PARSE = {
    "%Y": "%Y", "%m": "%m", "%d": "%d", "%e": "%d", "%H": "%H", "%M": "%M", "%S": "%S", "%b": "%b", "%h": "%b",
    "%B": "%B", "%y": "%y", "%I": "%I", "%p": "%p", "%F": "%Y-%m-%d", "%T": "%H:%M:%S", "%R": "%H:%M",
    "%D": "%m/%d/%y", "%%": "%%", "%a": "%a", "%A": "%A", "%c": "%a %b %d %H:%M:%S %Y", "%x": "%m/%d/%y",
    "%X": "%H:%M:%S", "%z": "%z",
}  # fmt: skip
_PRINT = {
    **_PARSE, "%e": "{e}", "%c": "%a %b {e} %H:%M:%S %Y",
    "%Q": "{Q}", "%a": "%a", "%A": "%A", "%j": "%j", "%U": "%U", "%W": "%W", "%V": "%V",
    "%G": "%G", "%u": "%u", "%w": "%w", "%x": "%m/%d/%y", "%X": "%H:%M:%S", "%E3S": "%S.%g", "%E6S": "%S.%f",
    "%E4Y": "%Y",
}  # fmt: skip


def _format(node: exp.Expr, tokens: dict[str, str], ctx: Context) -> tuple[str, str]:
    start = node.meta.get("start")
    written = written_text(ctx.sql, start, 0, "bigquery") if start is not None else None
    if written is None:
        raise ctx.error(node, "The format has to be a constant text.")
    try:
        return written, date_formats.timefmt(written, tokens, letters=False)
    except date_formats.UnknownToken as e:
        raise ctx.error(node, f"The format {written!r} holds {e.token!r}, which is not supported here.") from None


@R.rule(exp.TimeToStr)
def format_date(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    zone = node.args.get("zone")
    if zone is not None:
        node.set("this", in_zone(node.this, zone, ctx))
    _, fmt = _format(node, _PRINT, ctx)
    if "{" in fmt:
        return ctx.macro("bq__strftime", node.this, build.lit(fmt), type="VARCHAR")
    return ctx.call("strftime", node.this, build.lit(fmt), type="VARCHAR")


@R.rule(exp.StrToDate, exp.StrToTime, exp.ParseDatetime)
def parse_date(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Parts that the format does not name are those of 1970-01-01 00:00:00."""
    if argument_count(node, ctx) > 2:
        ctx.refuse("timezone", node, "Parsing in a zone is not verified", "Parse as UTC")
    written, fmt = _format(node, _PARSE, ctx)
    this = node.this
    if not re.search("%[YyFDcx]", written):
        this, fmt = exp.DPipe(this=build.lit("1970 "), expression=this), "%Y " + fmt
    made: exp.Expr = ctx.call("strptime", this, build.lit(fmt), type="TIMESTAMP")
    if isinstance(node, exp.StrToDate):
        made = build.cast(made, "DATE")
    made.meta["raises"] = True
    return made


_SPEC = re.compile(r"%(?:(%)|(-?0?\d*)([di])|(-?\d*)(s)|(\d*\.\d+)(f)|(')(d)|(t))")


@R.rule(exp.Format)
def format_(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """string_functions#format_string: the specifiers that C has too, %'d and %t."""
    found, args = build.text(node.this), list(node.expressions)
    specs = [m for m in _SPEC.finditer(found or "") if not m[1]]
    families = [("text",) if m[5] else ("float",) if m[7] else ("text", "int", "bool", "date") if m[10] else ("int",)
                for m in specs]  # fmt: skip
    # of another type DuckDB refuses %d when it binds
    fits = len(specs) == len(args) and all(
        ctx.is_a(a, *f) or (f == ("int",) and ctx.unknown(a)) for a, f in zip(args, families, strict=False)
    )
    if found is None or "%" in _SPEC.sub("", found) or not fits:
        ctx.refuse("number_format", node, "This FORMAT is not verified",
                   "Use %d, %'d, %s and %.2f of INT64, STRING, FLOAT64")  # fmt: skip
    for i, m in enumerate(specs[: len(args)]):
        if m[8]:
            args[i] = ctx.call("format", build.lit("{:,}"), build.cast(args[i], "BIGINT"))
        elif m[10]:
            args[i] = build.cast(args[i], "VARCHAR")
    pattern = _SPEC.sub(lambda m: "%s" if m[8] or m[10] else m[0].replace("i", "d"), found or "")
    return ctx.call("printf", build.lit(pattern), *args, type="VARCHAR")
