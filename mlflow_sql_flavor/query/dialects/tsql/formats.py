"""CONVERT with a style, FORMAT and STR, in U.S. English."""

from __future__ import annotations

import re
from datetime import datetime

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build, date_formats
from ..shared.calls import argument_count, written_text
from . import dates, times
from .casts import STAMPS, cast

R = DialectRules("tsql formats")
_T = exp.DType


@R.function("str")
def str_(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Right-aligned; ten characters and no digits unless said."""
    value, *rest = node.expressions
    sizes = [build.literal_int(r) for r in rest]
    if not ctx.is_a(value, "number") or None in sizes:
        ctx.refuse("number_format", node, "STR is verified for a number and constant sizes", "Cast it")
    size, places = ([*sizes, None, None][i] for i in (0, 1))
    return ctx.macro("ts__str", build.cast(value, "DOUBLE"), build.lit(10 if size is None else size),
                     build.lit(places or 0), type="VARCHAR")  # fmt: skip


# functions/format-transact-sql
def format_number(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Numbers in U.S. English; halves are rounded away from zero."""
    start = node.meta.get("start")
    written = written_text(ctx.sql, start, 1, "tsql") if start is not None else None
    this = node.this.this if isinstance(node.this, exp.Cast) and "translated" not in node.this.meta else node.this
    if written is None or not ctx.is_a(this, "int", "decimal", "float") or argument_count(node, ctx) != 2:
        ctx.refuse("number_format", node, "FORMAT of a number is verified for a constant format", "Cast it")
        return None
    standard = re.fullmatch(r"([NnDdFf])(\d{0,2})", written)
    custom = re.fullmatch(r"(#,##)?(0+)(?:\.(0+))?", written)
    if standard and standard[1] in "Dd" and ctx.is_a(this, "int"):
        return ctx.macro("ts__padded", this, build.lit(int(standard[2] or 1)), type="VARCHAR")
    if standard and standard[1] in "NnFf":
        grouped, places = standard[1] in "Nn", int(standard[2] or 2)
    elif custom and (custom[1] is None or custom[2] == "0"):
        grouped, places = custom[1] is not None, len(custom[3] or "")
        if not grouped and len(custom[2]) > 1:
            if places or not ctx.is_a(this, "int"):
                ctx.refuse("number_format", node, "This format of a number is not verified", "Use N2 or '0.00'")
            return ctx.macro("ts__padded", this, build.lit(len(custom[2])), type="VARCHAR")
    else:
        ctx.refuse("number_format", node, "This format of a number is not verified", "Use N2 or '0.00'")
        return None
    exact = build.cast(build.cast(this, "VARCHAR") if ctx.is_a(this, "float") else this, f"DECIMAL(38, {places})")
    number = build.cast(exact, "DOUBLE")
    return ctx.call("format", build.lit(f"{{:{',' if grouped else ''}.{places}f}}"), number, type="VARCHAR")


_STYLES = {"101": "%m/%d/%Y", "103": "%d/%m/%Y", "104": "%d.%m.%Y", "105": "%d-%m-%Y", "110": "%m-%d-%Y",
           "102": "%Y.%m.%d", "106": "%d %b %Y", "107": "%b %d, %Y", "1": "%m/%d/%y", "3": "%d/%m/%y",
           "121": "%Y-%m-%d %H:%M:%S.%g",
           "126": "%Y-%m-%dT%H:%M:%S", "20": "%Y-%m-%d %H:%M:%S", "8": "%H:%M:%S", "111": "%Y/%m/%d", "112": "%Y%m%d",
           "23": "%Y-%m-%d", "108": "%H:%M:%S",
           "120": "%Y-%m-%d %H:%M:%S"}  # fmt: skip


@R.rule(exp.Convert)
def convert(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    to, this, style = node.this, node.expression, node.args.get("style")
    soft = bool(node.args.get("safe"))
    if style is None:
        plain = (exp.TryCast if soft else exp.Cast)(this=this, to=to)
        plain.type = to
        return cast(plain, ctx)
    fmt = _STYLES.get(style.name)
    times.local(this, ctx)
    kind = ctx.type_of(this)
    if style.name in ("0", "100") and to.this in (_T.VARCHAR, _T.NVARCHAR) and ctx.is_a(this, "date", "timestamp"):
        named = ctx.macro("ts__mon_day" if ctx.is_a(this, "date") else "ts__mon", this, type="VARCHAR")
        return _cut(named, to, ctx)
    if style.name in ("21", "25", "121") and kind is not None and kind.this == _T.DATETIME2:
        return _cut(times.text(this, ctx) or this, to, ctx)
    if style.name == "126" and ctx.is_a(this, "timestamp") and to.this in exp.DataType.TEXT_TYPES:
        if kind is not None and kind.this in (_T.DATETIME, _T.SMALLDATETIME):
            return _cut(ctx.macro("ts__iso8601", this, type="VARCHAR"), to, ctx)
        this = ctx.macro("ts__whole", this, type="TIMESTAMP")
    if ctx.is_a(this, "text") and (to.this == _T.DATE or to.this in STAMPS):
        return _parsed(this, to, style, fmt, soft, node, ctx)
    if to.this in (_T.CHAR, _T.NCHAR) and fmt is not None and to.expressions:
        shown = fmt if ctx.is_a(this, "timestamp") else fmt.split(" %H")[0].split("T%H")[0]
        if int(to.expressions[0].name) > len(datetime.now().strftime(shown)) or "%b" in shown or "%g" in shown:
            ctx.refuse("unfaithful", node, "CHAR(n) pads with blanks", "Use VARCHAR(n)")
    if to.this not in exp.DataType.TEXT_TYPES or fmt is None or not ctx.is_a(this, "date", "timestamp"):
        ctx.refuse("locale_format", node, "This style of CONVERT is not verified", "Use FORMAT, or style 120")
    if ctx.is_a(this, "date"):
        fmt = (fmt or "").split(" %H")[0].split("T%H")[0]
        if "%H" in fmt:
            raise ctx.error(node, "This style shows a time, which a DATE does not have.")
    return _cut(ctx.call("strftime", this, build.lit(fmt or ""), type="VARCHAR"), to, ctx)


def _cut(made: exp.Expr, to: exp.Expr, ctx: Context) -> exp.Expr:
    """A text of at most some characters, 30 unless said."""
    if to.expressions and to.expressions[0].name.upper() != "MAX":
        return ctx.macro("common__varchar", made, build.lit(int(to.expressions[0].name)), type="VARCHAR")
    return made if to.expressions else ctx.macro("common__varchar", made, build.lit(30), type="VARCHAR")


_READ = {"%Y": "[0-9]{4}", "%m": "[0-9]{1,2}", "%d": "[0-9]{1,2}", "%H": "[0-9]{2}", "%M": "[0-9]{2}", "%S": "[0-9]{2}"}


def _parsed(
    this: exp.Expr, to: exp.Expr, style: exp.Expr, fmt: str | None, soft: bool, node: exp.Expr, ctx: Context
) -> exp.Expr:
    if fmt is None or set(re.findall("%.", fmt)) - set(_READ) or "%Y" not in fmt:
        ctx.refuse("locale_format", node, "This style of CONVERT is not verified", "Use style 103, 112 or 120")
        return this
    if "%H" in fmt and to.this == _T.DATE:
        fmt = fmt.split("T%H")[0].split(" %H")[0]
    pattern = re.sub("%.", lambda m: _READ[m[0]], re.escape(fmt).replace("\\ ", " "))
    text = ctx.macro("ts__try_valid" if soft else "ts__valid", this, build.lit(pattern))
    made = ctx.call("try_strptime" if soft else "strptime", text, build.lit(fmt), type="TIMESTAMP")
    return build.cast(made, "DATE" if to.this == _T.DATE else "TIMESTAMP")


# functions/format-transact-sql
_NET = {"yyyy": "%Y", "yy": "%y", "MMMM": "%B", "MMM": "%b", "MM": "%m", "M": "%-m", "dddd": "%A", "ddd": "%a",
        "dd": "%d", "d": "%-d", "HH": "%H", "hh": "%I", "mm": "%M", "ss": "%S", "fff": "%g", "tt": "%p"}  # fmt: skip


@R.rule(exp.TimeToStr, exp.NumberToStr)
def format_(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if dates.is_datename(node, ctx):
        return dates.datename(node, ctx)
    if ctx.is_a(node.this.this if isinstance(node.this, exp.Cast) else node.this, "number"):
        return format_number(node, ctx)
    start = node.meta.get("start")
    written = written_text(ctx.sql, start, 1, "tsql") if start is not None else None
    source = node.this.this if isinstance(node.this, exp.Cast) else node.this
    if argument_count(node, ctx) != 2 or written is None or len(written) < 2 or isinstance(node, exp.NumberToStr):
        ctx.refuse("locale_format", node, "This is verified for FORMAT of dates with a pattern", "Use DATEPART")
    if not (ctx.is_a(source, "date", "timestamp") or ctx.is_a(node.this, "date", "timestamp")):
        ctx.refuse("locale_format", node, "FORMAT is verified for dates", "Cast it")
    fmt = date_formats.formatted(node, ctx, 1, _NET, quote="'\"", escape="\\")
    return ctx.call("strftime", node.this, build.lit(fmt), type="VARCHAR")
