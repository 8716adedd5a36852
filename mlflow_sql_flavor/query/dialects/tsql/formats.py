"""CONVERT with a style, FORMAT and STR, in U.S. English."""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build, date_formats
from ..shared.calls import argument_count, written_text
from . import dates, encodings, times
from .casts import STAMPS, cast, padded
from .decimals import is_money

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


def _culture(node: exp.Expr, ctx: Context) -> bool:
    """Whether FORMAT is asked for in U.S. English, its default."""
    count, start = argument_count(node, ctx), node.meta.get("start")
    named = written_text(ctx.sql, start, 2, "tsql") if count == 3 and start is not None else None
    return count == 2 or (named or "").lower() == "en-us"


# functions/format-transact-sql, with .NET's standard numeric format strings
def format_number(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Numbers in U.S. English; halves are rounded away from zero."""
    start = node.meta.get("start")
    written = written_text(ctx.sql, start, 1, "tsql") if start is not None else None
    this = node.this.this if isinstance(node.this, exp.Cast) and "translated" not in node.this.meta else node.this
    if written is None or not ctx.is_a(this, "int", "decimal", "float") or not _culture(node, ctx):
        ctx.refuse("number_format", node, "FORMAT of a number is verified for a constant format", "Cast it")
        return None
    standard = re.fullmatch(r"([A-Za-z])(\d{0,2})", written)
    custom = re.fullmatch(r"(#,##)?(0+)(?:\.(0+))?", written)
    sign, size = (standard[1].upper(), standard[2]) if standard else ("", "")
    if sign == "D":
        if not ctx.is_a(this, "int"):
            return build.cast(exp.Null(), "VARCHAR")  # what the type does not have
        return ctx.macro("ts__padded", this, build.lit(int(size or 1)), type="VARCHAR")
    if sign == "E" and int(size or 6) < 14:
        # to fifteen digits first, so that a half is one
        near = exp.Mul(this=build.cast(this, "DOUBLE"), expression=exp.Literal.number("1.000000000000001e0"))
        text = ctx.call("printf", build.lit(f"%.{int(size or 6)}{standard[1] if standard else 'E'}"), near)
        return ctx.call("regexp_replace", text, build.lit("([+-])([0-9]{2})$"), build.lit("\\10\\2"), type="VARCHAR")
    if sign == "G" and not size and ctx.is_a(this, "int"):
        return build.cast(this, "VARCHAR")
    if sign in ("N", "F", "C", "P"):
        return _digits(this, sign, int(size or 2), ctx)
    if custom and (custom[1] is None or custom[2] == "0"):
        if custom[1] is None and len(custom[2]) > 1:
            if custom[3] or not ctx.is_a(this, "int"):
                ctx.refuse("number_format", node, "This format of a number is not verified", "Use N2 or '0.00'")
            return ctx.macro("ts__padded", this, build.lit(len(custom[2])), type="VARCHAR")
        return _digits(this, "N" if custom[1] else "F", len(custom[3] or ""), ctx)
    ctx.refuse("number_format", node, "This format of a number is not verified", "Use N2 or '0.00'")
    return None


def _digits(this: exp.Expr, sign: str, places: int, ctx: Context) -> exp.Expr:
    """A number with its digits behind the point, exactly; of a FLOAT fifteen digits count, of a REAL seven."""
    if ctx.is_a(this, "float"):
        this = ctx.call("format", build.lit("{:.6e}" if this.is_type(_T.FLOAT) else "{:.14e}"), this)
    exact = build.cast(this, f"DECIMAL(38, {places + 2 if sign == 'P' else places})")
    if sign == "P":
        exact = build.cast(exp.Mul(this=exact, expression=build.lit(100)), f"DECIMAL(38, {places})")
    if sign == "F":
        return build.cast(exact, "VARCHAR")
    return ctx.macro("ts__dollars" if sign == "C" else "ts__percent" if sign == "P" else "ts__grouped", exact,
                     type="VARCHAR")  # fmt: skip


_STYLES = {"1": "%m/%d/%y", "2": "%y.%m.%d", "3": "%d/%m/%y", "4": "%d.%m.%y", "5": "%d-%m-%y", "6": "%d %b %y",
           "7": "%b %d, %y", "8": "%H:%M:%S", "10": "%m-%d-%y", "11": "%y/%m/%d", "12": "%y%m%d",
           "20": "%Y-%m-%d %H:%M:%S",
           "21": "%Y-%m-%d %H:%M:%S.%g", "23": "%Y-%m-%d", "101": "%m/%d/%Y", "102": "%Y.%m.%d", "103": "%d/%m/%Y",
           "104": "%d.%m.%Y", "105": "%d-%m-%Y", "106": "%d %b %Y", "107": "%b %d, %Y", "110": "%m-%d-%Y",
           "111": "%Y/%m/%d", "112": "%Y%m%d", "113": "%d %b %Y %H:%M:%S:%g", "114": "%H:%M:%S:%g",
           "126": "%Y-%m-%dT%H:%M:%S"}  # fmt: skip
_SAME = {"24": "8", "108": "8", "120": "20", "25": "21", "121": "21", "13": "113", "14": "114"}
_DAY_FIRST = {"3", "4", "5", "103", "104", "105"}


# functions/cast-and-convert-transact-sql#styles
@R.rule(exp.Convert)
def convert(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    to, this, style = node.this, node.expression, node.args.get("style")
    soft = bool(node.args.get("safe"))
    plain = (exp.TryCast if soft else exp.Cast)(this=this, to=to)
    plain.type = to
    if style is None:
        return cast(plain, ctx)
    if isinstance(style, exp.Null) or isinstance(this, exp.Null):
        return cast((exp.TryCast if soft else exp.Cast)(this=exp.Null(), to=to), ctx)
    if build.literal_int(style) is None:
        ctx.refuse("locale_format", node, "CONVERT is verified for a constant style", "Write the number")
    number = _SAME.get(style.name, style.name)
    fmt = _STYLES.get(number)
    is_text = to.this in exp.DataType.TEXT_TYPES
    if to.this in encodings.BINARY:
        return encodings.binary(node, this, to, build.literal_int(style) or 0, soft, ctx)
    if encodings.is_binary(this) and is_text and number in ("1", "2"):
        digits = ctx.call("hex", this, type="VARCHAR")
        return _cut(ctx.call("concat", build.lit("0x"), digits) if number == "1" else digits, to, ctx)
    if is_money(this) and is_text and number in ("0", "1", "2"):
        cents = build.cast(this, f"DECIMAL(38, {4 if number == '2' else 2})")
        return _cut(ctx.macro("ts__grouped", cents) if number == "1" else build.cast(cents, "VARCHAR"), to, ctx)
    moments = to.this in (_T.DATE, _T.TIME, _T.TIMESTAMPTZ) or to.this in STAMPS
    if ctx.is_a(this, "text") and moments:
        return _parsed(this, to, number, fmt, soft, node, ctx)
    if not is_text or ctx.is_a(this, "text", "int") or (ctx.is_a(this, "decimal") and not is_money(this)):
        return cast(plain, ctx)  # these have no styles
    return _shown(this, to, number, fmt, node, ctx)


def _shown(this: exp.Expr, to: exp.Expr, number: str, fmt: str | None, node: exp.Expr, ctx: Context) -> exp.Expr:
    """A moment as a text."""
    this = times.local(this, ctx)
    kind = ctx.type_of(this)
    old = kind is not None and kind.this in (_T.DATETIME, _T.SMALLDATETIME)
    if number in ("0", "100") and ctx.is_a(this, "date", "timestamp"):
        return _cut(ctx.macro("ts__mon_day" if ctx.is_a(this, "date") else "ts__mon", this, type="VARCHAR"), to, ctx)
    if number in ("9", "109") and old:
        return _cut(ctx.macro("ts__mon_milli", this, type="VARCHAR"), to, ctx)
    if number == "21" and kind is not None and kind.this == _T.DATETIME2:
        return _cut(times.text(this, ctx) or this, to, ctx)
    if number == "126" and ctx.is_a(this, "timestamp"):
        if old:
            return _cut(ctx.macro("ts__iso8601", this, type="VARCHAR"), to, ctx)
        this = ctx.macro("ts__whole", this, type="TIMESTAMP")
    if ctx.is_a(this, "time") and number in ("8", "114", "21"):
        found = ctx.macro("ts__shown_time", this, build.lit(8)) if number == "8" else times.text(this, ctx)
        if found is not None:
            return _cut(found, to, ctx)
    if fmt is None or not ctx.is_a(this, "date", "timestamp") or ("%g" in fmt and number != "21" and not old):
        ctx.refuse("locale_format", node, "This style of CONVERT is not verified", "Use FORMAT, or style 120")
    if ctx.is_a(this, "date"):
        fmt = (fmt or "").split(" %H")[0].split("T%H")[0]
        if "%H" in fmt:
            raise ctx.error(node, "This style shows a time, which a DATE does not have.")
    return _cut(ctx.call("strftime", this, build.lit(fmt or ""), type="VARCHAR"), to, ctx)


def _cut(made: exp.Expr, to: exp.Expr, ctx: Context) -> exp.Expr:
    """A text of at most some characters, 30 unless said."""
    size = to.expressions[0].name if to.expressions else "30"
    if size.upper() == "MAX":
        return made
    return padded(ctx.macro("common__varchar", made, build.lit(int(size)), type="VARCHAR"), to, ctx)


_READ = {"%Y": "[0-9]{4}", "%m": "[0-9]{1,2}", "%d": "[0-9]{1,2}", "%H": "[0-9]{2}", "%M": "[0-9]{2}", "%S": "[0-9]{2}"}


def _parsed(
    this: exp.Expr, to: exp.Expr, number: str, fmt: str | None, soft: bool, node: exp.Expr, ctx: Context
) -> exp.Expr:
    literal = build.text(this)
    if literal is not None and number not in ("130", "131"):
        if number in _DAY_FIRST:  # an order of days before months: put before they are read
            literal = re.sub(r"^\s*(\d{1,2})\s*([-/.])\s*(\d{1,2})\s*([-/.])", r"\3\2\1\4", literal)
        if number in ("2", "11", "102", "111"):
            literal = re.sub(r"^\s*(\d{2,4})\s*([-/.])\s*(\d{1,2})\s*[-/.]\s*(\d{1,2})\b", r"\3\2\4\2\1", literal)
        if times.read(literal, to.this) is not None:
            plain = (exp.TryCast if soft else exp.Cast)(this=build.lit(literal), to=to)
            plain.this.type = exp.DataType.build("VARCHAR")
            return cast(plain, ctx) or plain
    if fmt is None or set(re.findall("%.", fmt)) - set(_READ) or "%Y" not in fmt:
        ctx.refuse("locale_format", node, "This style of CONVERT is not verified", "Use style 103, 112 or 120")
        return this
    if "%H" in fmt and to.this == _T.DATE:
        fmt = fmt.split("T%H")[0].split(" %H")[0]
    pattern = re.sub("%.", lambda m: _READ[m[0]], re.escape(fmt).replace("\\ ", " "))
    text = ctx.macro("ts__try_valid" if soft else "ts__valid", this, build.lit(pattern))
    made = ctx.call("try_strptime" if soft else "strptime", text, build.lit(fmt), type="TIMESTAMP")
    plain = exp.Cast(this=made, to=to)
    return cast(plain, ctx) or plain


# functions/format-transact-sql
_NET = {"yyyy": "%Y", "yy": "%y", "MMMM": "%B", "MMM": "%b", "MM": "%m", "M": "%-m", "dddd": "%A", "ddd": "%a",
        "dd": "%d", "d": "%-d", "HH": "%H", "H": "%-H", "hh": "%I", "h": "%-I", "mm": "%M", "m": "%-M", "ss": "%S",
        "s": "%-S", "fff": "%g", "ffffff": "%f", "tt": "%p"}  # fmt: skip
_LONG, _SHORT = "%A, %B %-d, %Y", "%-m/%-d/%Y"
_NAMED = {"d": _SHORT, "D": _LONG, "f": f"{_LONG} %-I:%M %p", "F": f"{_LONG} %-I:%M:%S %p", "g": f"{_SHORT} %-I:%M %p",
          "G": f"{_SHORT} %-I:%M:%S %p", "m": "%B %-d", "M": "%B %-d", "o": "%Y-%m-%dT%H:%M:%S.%f0",
          "O": "%Y-%m-%dT%H:%M:%S.%f0", "r": "%a, %d %b %Y %H:%M:%S GMT", "R": "%a, %d %b %Y %H:%M:%S GMT",
          "s": "%Y-%m-%dT%H:%M:%S", "t": "%-I:%M %p", "T": "%-I:%M:%S %p", "u": "%Y-%m-%d %H:%M:%SZ", "y": "%B %Y",
          "Y": "%B %Y"}  # fmt: skip


@R.rule(exp.TimeToStr, exp.NumberToStr)
def format_(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if dates.is_datename(node, ctx):
        return dates.datename(node, ctx)
    source = node.this.this if isinstance(node.this, exp.Cast) and "translated" not in node.this.meta else node.this
    if ctx.is_a(source, "number"):
        return format_number(node, ctx)
    start = node.meta.get("start")
    written = written_text(ctx.sql, start, 1, "tsql") if start is not None else None
    if written is None or not _culture(node, ctx):
        ctx.refuse("locale_format", node, "This is verified for FORMAT with a constant pattern", "Use DATEPART")
    if ctx.is_a(source, "time"):
        return _time(source, written or "", node, ctx)
    if not ctx.is_a(source, "date", "timestamp"):
        ctx.refuse("locale_format", node, "FORMAT is verified for dates", "Cast it")
    fmt = _NAMED.get(written or "")
    if fmt is None:
        if len(written or "") < 2 or isinstance(node, exp.NumberToStr):
            ctx.refuse("locale_format", node, "This FORMAT is not verified", "Use a longer pattern")
        fmt = date_formats.formatted(node, ctx, 1, _NET, quote="'\"", escape="\\")
    return ctx.call("strftime", source, build.lit(fmt), type="VARCHAR")


def _time(source: exp.Expr, written: str, node: exp.Expr, ctx: Context) -> exp.Expr:
    """A TIME is a span to .NET: what is no part of it has a backslash before or quotes around, else it is NULL."""
    parts = re.fullmatch(r"""(?:hh|h|mm|ss|\\.|'[^']*'|"[^"]*")+""", written)
    if parts is None or len(written) < 2:
        if len(written) == 1 and written in "cgGtT":
            ctx.refuse("locale_format", node, "This FORMAT of a TIME is not verified", "Use CONVERT with style 108")
        return build.cast(exp.Null(), "VARCHAR")
    fmt = date_formats.timefmt(written, {"hh": "%H", "h": "%-H", "mm": "%M", "ss": "%S"}, quote="'\"", escape="\\")
    stamp = exp.Paren(this=exp.Add(this=build.cast(build.lit("1900-01-01"), "DATE"), expression=source))
    return ctx.call("strftime", stamp, build.lit(fmt), type="VARCHAR")
