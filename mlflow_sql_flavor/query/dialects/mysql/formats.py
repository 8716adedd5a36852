"""Moments as text and back: https://dev.mysql.com/doc/refman/8.0/en/date-and-time-functions.html#function_date-format

sqlglot has already written the format with strftime's signs; where one of MySQL's has none it stays, and none is
ambiguous: ``%W`` was MySQL's ``%u``, ``%G`` its ``%x``.
"""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build, date_formats
from .coercions import number, text, whole
from .dates import moment
from .times import time

R = DialectRules("mysql formats")
_PIECE = re.compile(r"%-?.|[^%]+|%", re.S)
_PLAIN = {"%a", "%A", "%b", "%B", "%d", "%-d", "%f", "%G", "%H", "%-H", "%I", "%-I", "%j", "%m", "%-m", "%M", "%p"}
_PLAIN |= {"%S", "%U", "%w", "%y", "%Y", "%%"}
# Weeks from Monday or Sunday, the first with four days or not
_WEEKS = {"%W": ("my__week", True, True), "%v": ("my__week_of_year", True, True)}
_WEEKS |= {"%V": ("my__week_of_year", False, False), "%X": ("my__week_year", False, False)}


def _written(value: exp.Expr, fmt: exp.Expr, ctx: Context) -> exp.Expr:
    """A TIMESTAMP in a format: strftime for what it has, a macro for the rest, joined."""
    wanted = build.text(fmt)
    if wanted is None:
        raise ctx.error(fmt, "The format is not a constant: write it as a text.")
    if wanted in ("", "None"):  # an empty format, as sqlglot reads it
        return build.cast(exp.Null(), "VARCHAR")
    parts: list[exp.Expr] = []
    plain = ""
    for piece in _PIECE.findall(wanted):
        if piece in _PLAIN or not piece.startswith("%"):
            plain += piece
            continue
        if piece in _WEEKS:
            name, monday, four = _WEEKS[piece]
            args = [build.cast(value.copy(), "DATE"), exp.Boolean(this=monday), exp.Boolean(this=four)]
            made = ctx.macro(name, *args, type="BIGINT")
            made = build.cast(made, "VARCHAR") if piece == "%X" else ctx.macro("my__two", made)  # type: ignore[assignment]
        elif piece == "%D":
            made = ctx.macro("my__ordinal", ctx.call("day", value.copy()))
        else:
            raise ctx.error(fmt, f"The format's {piece!r} has no counterpart in DuckDB: leave it out.")
        if plain:
            parts.append(_strftime(value, plain, ctx))
        parts.append(made)
        plain = ""
    if plain or not parts:
        parts.append(_strftime(value, plain, ctx))
    joined = parts[0]
    for part in parts[1:]:
        joined = exp.DPipe(this=joined, expression=part)
    made_ = exp.Paren(this=joined) if len(parts) > 1 else joined
    made_.type = exp.DataType.build("VARCHAR", dialect="duckdb")
    return made_


def _strftime(value: exp.Expr, fmt: str, ctx: Context) -> exp.Expr:
    return ctx.call("strftime", value.copy(), build.lit(fmt), type="VARCHAR")


@R.rule(exp.TimeToStr)
def date_format(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return _written(moment(node.this, ctx), node.args["format"], ctx)


@R.function("time_format")
def time_format(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value, fmt = node.expressions
    day = build.cast(build.lit("2000-01-01"), "TIMESTAMP")
    start = exp.Paren(this=exp.Add(this=day, expression=ctx.macro("my__of_a_day", time(value, ctx))))
    tokens = {"%i": "%M", "%s": "%S", "%h": "%I", "%k": "%-H", "%l": "%-I", "%r": "%I:%M:%S %p", "%T": "%H:%M:%S"}
    tokens |= {each: each for each in ("%H", "%I", "%S", "%f", "%p", "%%")}
    wanted = build.text(fmt)
    try:
        return _strftime(start, date_formats.timefmt(wanted or "%", tokens, letters=False), ctx)
    except date_formats.UnknownToken:
        raise ctx.error(fmt, "This format is not a constant of %H, %i, %s, %f, %h, %p, %r and %T.") from None


@R.rule(exp.UnixToTime)
def from_unixtime(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value = number(node.this, ctx)
    if ctx.is_a(value, "int"):
        micros: exp.Expr = exp.Mul(this=exp.Paren(this=whole(value, ctx)), expression=build.lit(10**6))
    else:
        scaled = exp.Mul(this=exp.Paren(this=value), expression=build.lit(10**6))
        micros = build.cast(ctx.call("round", scaled), "BIGINT")
    made = ctx.macro("my__from_epoch", micros, type="TIMESTAMP")
    fmt = node.args.get("format")
    return made if fmt is None else _written(made, fmt, ctx)


_READ = {
    "%Y": r"\d{1,4}", "%y": r"\d{1,2}", "%m": r"\d{1,2}", "%-m": r"\d{1,2}", "%d": r"\d{1,2}", "%-d": r"\d{1,2}",
    "%H": r"\d{1,2}", "%-H": r"\d{1,2}", "%I": r"\d{1,2}", "%-I": r"\d{1,2}", "%M": r"\d{1,2}", "%S": r"\d{1,2}",
    "%f": r"\d{1,6}", "%b": "[A-Za-z]{3}", "%B": "[A-Za-z]+", "%a": "[A-Za-z]{3}", "%A": "[A-Za-z]+",
    "%p": "[AaPp][Mm]", "%j": r"\d{1,3}", "%%": "%",
}  # fmt: skip


@R.rule(exp.StrToDate, exp.StrToTime)
def parse(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # function_str-to-date: a text that does not fit is NULL, what stands behind it does not count
    fmt = build.text(node.args["format"])
    if fmt is None:
        raise ctx.error(node, "The format is not a constant: write it as a text.")
    pieces = _PIECE.findall(fmt)
    signs = {piece for piece in pieces if piece.startswith("%")}
    if signs - _READ.keys():
        unread = sorted(signs - _READ.keys())[0]
        raise ctx.error(node, f"The format's {unread!r} cannot be read by DuckDB: leave it out.")
    pattern = "".join(_READ.get(p) or re.sub(r"\s+", r"\\s*", re.sub(r"([^\w\s])", r"\\\1", p)) for p in pieces)
    given = ctx.call("regexp_extract", text(node.this, ctx), build.lit(rf"^\s*({pattern})"), build.lit(1))
    read = ctx.call("try_strptime", given, build.lit(fmt), type="TIMESTAMP")
    days = {"Y": 0, "y": 0, "m": 1, "-m": 1, "b": 1, "B": 1, "d": 2, "-d": 2}
    have = {days[sign[1:]] for sign in signs if sign[1:] in days} | ({1, 2} if "%j" in signs else set())
    timed = bool(signs & {"%H", "%-H", "%I", "%-I", "%M", "%S", "%f", "%p"})
    if not have and timed:
        return ctx.macro("my__clock", read, type="INTERVAL")
    if have != {0, 1, 2}:  # a part that is missing is 0, which NO_ZERO_IN_DATE makes NULL
        return build.cast(exp.Null(), "TIMESTAMP" if timed else "DATE")
    return build.cast(read, "TIMESTAMP" if timed else "DATE")


@R.rule(exp.NumberToStr)
def format_number(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://dev.mysql.com/doc/refman/8.0/en/string-functions.html#function_format
    digits = node.args["format"]
    culture = build.text(node.args["culture"]) if node.args.get("culture") else "en_US"
    if culture != "en_US" or not isinstance(digits, exp.Literal) or digits.is_string or int(digits.this) > 12:
        ctx.refuse("locale_format", node, "FORMAT with a locale, or digits that are not a constant", "Use ROUND")
        return None
    value = number(node.this, ctx)
    if ctx.is_a(value, "float"):
        value = ctx.macro("my__round", value, digits.copy(), type="DOUBLE")
        value = build.cast(build.cast(value, "VARCHAR"), f"DECIMAL(38,{digits.this})")
    else:
        value = build.cast(
            ctx.call("round", build.cast(value, "DECIMAL(38,12)"), digits.copy()), f"DECIMAL(38,{digits.this})"
        )
    return ctx.macro("my__format", value, digits, type="VARCHAR")
