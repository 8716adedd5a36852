"""Dates and times: https://sqlite.org/lang_datefunc.html"""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from ...facts.rules import arguments
from .. import DialectRules
from ..shared import build, date_formats
from .coercions import number, text

R = DialectRules("sqlite dates")
_SHIFT = re.compile(r"([+-]?\d+(?:\.\d+)?)\s+(year|month|day|hour|minute|second)s?", re.IGNORECASE)
_UNIT = re.compile(r"\s*(year|month|day|hour|minute|second)s?\s*", re.IGNORECASE)
_MILLISECONDS = {"day": 86_400_000, "hour": 3_600_000, "minute": 60_000, "second": 1000}
_FORMATS = {
    "%d": "%d", "%F": "%Y-%m-%d", "%f": "%S.%g", "%H": "%H", "%I": "%I", "%j": "%j", "%m": "%m", "%M": "%M",
    "%p": "%p", "%R": "%H:%M", "%S": "%S", "%T": "%H:%M:%S", "%u": "%u", "%w": "%w", "%W": "%W", "%Y": "%Y",
    "%G": "%G", "%U": "%U", "%V": "%V",
    "%%": "%%",
}  # fmt: skip


def _moment(args: list[exp.Expr], node: exp.Expr, ctx: Context) -> exp.Expr:
    """The time value and its modifiers as a TIMESTAMP of whole milliseconds."""
    if not args:
        args = [build.lit("now")]
    value, *modifiers = args
    inner = value.unnest()
    given = [build.text(m.unnest()) for m in modifiers]
    if build.text(inner) is not None and str(build.text(inner)).lower() == "now":
        ctx.open("now", node, "The time of the run is part of the result.")
        moment: exp.Expr = ctx.macro("sqlite__now", type="TIMESTAMP")
    elif isinstance(inner, exp.CurrentTimestamp):
        moment = ctx.macro("sqlite__now", type="TIMESTAMP")
    elif given and (given[0] or "").lower() == "unixepoch":
        moment = ctx.macro("sqlite__epoch", number(value, ctx), type="TIMESTAMP")
        modifiers = modifiers[1:]
    elif ctx.is_a(value, "number", "bool"):
        moment = ctx.macro("sqlite__julian", number(value, ctx), type="TIMESTAMP")
    else:
        moment = ctx.macro("sqlite__moment", text(value, ctx), type="TIMESTAMP")
    for modifier in modifiers:
        moment = _modified(moment, modifier, ctx)
    return moment


def _modified(moment: exp.Expr, modifier: exp.Expr, ctx: Context) -> exp.Expr:
    word = build.text(modifier.unnest())
    if word is None:
        amount, unit, sign = _spelled(modifier, ctx)
        written = amount.copy()
        shifted = _shifted(moment, exp.Neg(this=exp.Paren(this=amount)) if sign < 0 else amount, unit, ctx)
        # A sign before a negative number is no modifier: NULL
        positive = exp.GTE(this=exp.Paren(this=written), expression=build.lit(0))
        return exp.Case(ifs=[exp.If(this=positive, true=shifted)]) if sign else shifted
    folded = " ".join(word.lower().split())
    if folded.startswith("start of ") and folded[9:] in ("day", "month", "year"):
        return ctx.call("date_trunc", build.lit(folded[9:]), moment, type="TIMESTAMP")
    if re.fullmatch(r"weekday [0-6]", folded):
        return ctx.macro("sqlite__weekday", moment, build.lit(int(folded[-1])), type="TIMESTAMP")
    found = _SHIFT.fullmatch(folded)
    if found:
        return _shifted(moment, exp.Literal.number(found[1]), found[2].lower(), ctx)
    if folded in ("utc", "localtime"):
        ctx.refuse("timezone", modifier, "The time zone is the machine's", "Leave the modifier out")
        return moment
    raise ctx.error(modifier, f"The modifier {word!r} has no counterpart: see SQLite's date functions.")


def _spelled(modifier: exp.Expr, ctx: Context) -> tuple[exp.Expr, str, int]:
    """``'+' || n || ' days'`` as the number, the unit, and the sign before it, 0 if there is none."""
    parts = []
    stack = [modifier.unnest()]
    while stack:
        part = stack.pop()
        if isinstance(part, exp.DPipe):
            stack += [part.expression, part.this]
        else:
            parts.append(part)
    unit = _UNIT.fullmatch(build.text(parts[-1]) or "")
    sign = 0
    body = parts[:-1]
    if body and build.text(body[0]) in ("+", "-"):
        sign = -1 if build.text(body[0]) == "-" else 1
        body = body[1:]
    if unit is None or len(body) != 1:
        raise ctx.error(modifier, "This modifier cannot be read: write '+' || n || ' days', or a constant.")
    inner = body[0]
    if isinstance(inner, exp.Cast) and ctx.is_a(inner.this, "number"):
        inner = inner.this  # the text it was made for || is read back as a number
    amount = number(inner, ctx)
    return amount, unit[1].lower(), sign


def _shifted(moment: exp.Expr, amount: exp.Expr, unit: str, ctx: Context) -> exp.Expr:
    if unit in ("month", "year"):
        return ctx.macro(f"sqlite__{unit}s", moment, amount, type="TIMESTAMP")
    factor = build.lit(_MILLISECONDS[unit])
    return ctx.macro("sqlite__shift", moment, amount, factor, type="TIMESTAMP")


def _moment_of(node: exp.Expr, ctx: Context) -> exp.Expr:
    return _moment(arguments(node), node, ctx)


def _now(node: exp.Expr, ctx: Context) -> exp.Expr:
    return ctx.macro("sqlite__now", type="TIMESTAMP")


_DATE, _TIME, _DATETIME = (build.lit(pattern) for pattern in ("%Y-%m-%d", "%H:%M:%S", "%Y-%m-%d %H:%M:%S"))

R.renames(
    {
        exp.Date: ("strftime", "VARCHAR", _moment_of, _DATE),
        "date": ("strftime", "VARCHAR", _moment_of, _DATE),
        "datetime": ("strftime", "VARCHAR", _moment_of, _DATETIME),
        "time": ("strftime", "VARCHAR", _moment_of, _TIME),
        # Texts in UTC: https://sqlite.org/lang_createtable.html#the_default_clause
        exp.CurrentTimestamp: ("strftime", "VARCHAR", _now, _DATETIME),
        exp.CurrentDate: ("strftime", "VARCHAR", _now, _DATE),
        exp.CurrentTime: ("strftime", "VARCHAR", _now, _TIME),
    }
)
R.macros(
    {
        "julianday": ("sqlite__julianday", "DOUBLE", _moment_of),
        "unixepoch": ("sqlite__unixepoch", "BIGINT", _moment_of),
    }
)


@R.function("strftime")
def strftime(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    fmt, *args = node.expressions
    return _formatted(fmt, args, node, ctx)


@R.rule(exp.TimeToStr)
def time_to_str(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value = node.this
    if isinstance(value, (exp.TsOrDsToTimestamp, exp.Cast)):
        value = value.this
    return _formatted(node.args["format"], [value], node, ctx)


def _formatted(fmt: exp.Expr, args: list[exp.Expr], node: exp.Expr, ctx: Context) -> exp.Expr:
    wanted = build.text(fmt.unnest())
    if wanted is None:
        raise ctx.error(fmt, "The format is not a constant: write it as a text.")
    moment = _moment(args, node, ctx)
    if wanted == "%s":
        epoch = ctx.macro("sqlite__unixepoch", moment, type="BIGINT")
        made = ctx.call("format", build.lit("{}"), epoch, type="VARCHAR")
        made.meta["digits"] = True
        return made
    try:
        written = date_formats.timefmt(wanted, _FORMATS, letters=False)
    except date_formats.UnknownToken as unknown:
        raise ctx.error(fmt, f"The format's {unknown.token!r} has no counterpart in DuckDB: leave it out.") from None
    made = ctx.call("strftime", moment, build.lit(written), type="VARCHAR")
    made.meta["digits"] = re.fullmatch("(%[YmdHMSjwWuUVG])+", wanted) is not None  # its number is an integer
    return made
