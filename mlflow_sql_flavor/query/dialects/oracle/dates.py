"""Dates: each rule names the page of the SQL Language Reference."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build
from .formats import as_number

R = DialectRules("oracle dates")

R.macros(
    {
        # ADD_MONTHS: the last day of a month stays the last day.
        exp.AddMonths: ("ora__add_months", "TIMESTAMP", "this", "expression"),
        # LAST_DAY keeps the time of day.
        exp.LastDay: ("ora__last_day", "TIMESTAMP", "this"),
        # MONTHS_BETWEEN: whole between equal days and between last days, else a part of 31 days.
        exp.MonthsBetween: ("ora__months_between", "DOUBLE", "this", "expression"),
    }
)


_PARTS = {"YEAR", "MONTH", "DAY", "HOUR", "MINUTE"}


@R.rule(exp.Extract)
def extract(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """EXTRACT-datetime; seconds have a fraction there."""
    if node.this.name.upper() == "SECOND" and ctx.is_a(node.expression, "timestamp"):
        micros = ctx.call("date_part", build.lit("microseconds"), node.expression)
        return exp.Paren(this=exp.Div(this=micros, expression=build.lit(10**6), typed=False, safe=False))
    if node.this.name.upper() not in _PARTS:
        ctx.refuse("unfaithful", node, "EXTRACT is verified from YEAR to MINUTE", "Use TRUNC and a difference")
    return None


_UNITS = {
    **dict.fromkeys(("YEAR", "YYYY", "SYYYY", "YYY", "YY", "Y", "SYEAR"), "year"),
    **dict.fromkeys(("MONTH", "MON", "MM", "RM"), "month"),
    **dict.fromkeys(("DD", "DDD", "J"), "day"),
    **dict.fromkeys(("HH", "HH12", "HH24"), "hour"),
    "Q": "quarter",
    "IW": "week",
    "MI": "minute",
}


# ROUND-and-TRUNC-Date-Functions: weeks from Sunday, or from the first weekday of the month or year; centuries
_WEEKS = {**dict.fromkeys(("DAY", "DY", "D"), "ora__sunday"), "WW": "ora__year_week", "W": "ora__month_week",
          **dict.fromkeys(("IYYY", "IYY", "IY", "I"), "ora__iso_year"),
          **dict.fromkeys(("CC", "SCC"), "ora__century")}  # fmt: skip


@R.rule(exp.DateTrunc, exp.TimestampTrunc)
def truncated(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """TRUNC-date, ROUND-and-TRUNC-Date-Functions: the format models."""
    name = node.args["unit"].name.upper()
    unit = _UNITS.get(name)
    if name in _WEEKS and ctx.is_a(node.this, "date", "timestamp"):
        return ctx.macro(_WEEKS[name], node.this, type="TIMESTAMP")
    if unit is None:
        ctx.refuse("unfaithful", node, "This format of TRUNC is not verified", "Use 'YYYY', 'Q', 'MM', 'IW' or 'DD'")
        return None
    return ctx.call("date_trunc", build.lit(unit), node.this, type="TIMESTAMP")


@R.function("trunc")
def trunc(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """TRUNC of a number cuts its fraction, of a date its time of day."""
    value, *digits = node.expressions
    return _cut(value, digits, node, ctx)


@R.rule(exp.Trunc)
def trunc_of(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    digits = node.args.get("decimals")
    return _cut(node.this, [digits] if digits is not None else [], node, ctx)


def _cut(value: exp.Expr, digits: list[exp.Expr], node: exp.Expr, ctx: Context) -> exp.Expr:
    value = as_number(value, ctx)
    if digits and ctx.is_a(value, "int", "decimal") and build.literal_int(digits[0]) is not None:
        return ctx.call("trunc", value, build.lit(build.literal_int(digits[0]) or 0))
    if ctx.is_a(value, "date", "timestamp") and not digits:
        return ctx.call("date_trunc", build.lit("day"), value, type="TIMESTAMP")
    if not ctx.is_a(value, "number") or digits:
        ctx.refuse("unfaithful", node, "TRUNC is verified for dates, and numbers without digits", "Use FLOOR or ROUND")
    return ctx.call("trunc", value)


_ROUNDS = {"month": "ora__round_month", "year": "ora__round_year", "day": "ora__round_day",
           "quarter": "ora__round_quarter"}  # fmt: skip
_HALF = {"hour": ("to_minutes",), "minute": ("to_seconds",)}


@R.rule(exp.Round)
def rounded(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """ROUND-date: from the 16th, from July, from noon on."""
    if not ctx.is_a(node.this, "date", "timestamp"):
        return None
    fmt = node.args.get("decimals")
    unit = (build.text(fmt) or "").upper() if fmt is not None else "DD"
    name = _ROUNDS.get(_UNITS.get(unit, ""))
    half = _HALF.get(_UNITS.get(unit, ""))
    if half is not None or unit in ("IW", "DAY", "DY", "D", "WW", "W"):
        # of a week from the middle of its fourth day on
        span = ctx.call("to_hours", build.lit(84)) if half is None else ctx.call(half[0], build.lit(30))
        later = exp.Paren(this=exp.Add(this=build.cast(node.this, "TIMESTAMP"), expression=span))
        if unit in _WEEKS:
            return ctx.macro(_WEEKS[unit], later, type="TIMESTAMP")
        return ctx.call("date_trunc", build.lit(_UNITS[unit]), later, type="TIMESTAMP")
    if name is None:
        ctx.refuse("unfaithful", node, "This ROUND of a date is not verified", "Use 'MM', 'YYYY' or 'DD'")
    return ctx.macro(name or "ora__round_day", node.this, type="TIMESTAMP")


# Datetime-Interval-Arithmetic
@R.rule(exp.Add, exp.Sub)
def days(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """A number counts days; an interval of months may not lead to a day that is not there."""
    left, right = node.this, node.expression
    if node.meta.get("translated"):
        return None
    moments = ("date", "timestamp")
    if isinstance(node, exp.Add) and ctx.is_a(left, "number") and ctx.is_a(right, *moments):
        left, right = right, left
    if isinstance(node, exp.Add) and isinstance(left, exp.Interval) and ctx.is_a(right, *moments):
        left, right = right, left
    if not ctx.is_a(left, *moments):
        return None
    if ctx.is_a(right, *moments):
        if not (ctx.is_a(left, "date") and ctx.is_a(right, "date")):
            ctx.refuse("unfaithful", node, "Whether this gives days or an interval depends on the columns' types",
                       "Truncate both to days, or cast both to DATE before")  # fmt: skip
        made: exp.Expr = exp.Paren(this=exp.Sub(this=left, expression=right))
        made.type = exp.DataType.build("BIGINT")
        return made
    if isinstance(right, exp.Interval):
        unit = right.args["unit"].name.upper() if right.args.get("unit") is not None else ""
        if unit not in ("YEAR", "MONTH"):
            if left is node.this:
                return None
            made = exp.Paren(this=type(node)(this=left, expression=right))
            made.type = exp.DataType.build("TIMESTAMP")
            return made
        later = type(node)(this=left, expression=right)
        later.meta["translated"] = True
        made = ctx.macro("ora__same_day", left.copy(), exp.Paren(this=later), type="TIMESTAMP")
        return build.cast(made, "TIMESTAMP")
    sign = -1 if isinstance(node, exp.Sub) else 1
    if ctx.is_a(right, "int"):
        amount: exp.Expr = build.cast(exp.Paren(this=right), "INTEGER")
        span = ctx.call("to_days", exp.Mul(this=amount, expression=build.lit(sign)))
    elif ctx.is_a(right, "number"):
        amount = ctx.call("round", exp.Mul(this=exp.Paren(this=right), expression=build.lit(86400 * sign)))
        span = ctx.call("to_seconds", build.cast(amount, "BIGINT"))
    else:
        ctx.refuse("implicit_cast", node, "The type of what is added to a date is not known here", "Cast it")
        return None
    if not ctx.is_a(left, "date"):  # a number makes a DATE of a TIMESTAMP: no fraction of a second
        left = ctx.call("date_trunc", build.lit("second"), left, type="TIMESTAMP")
    made = exp.Paren(this=exp.Add(this=left, expression=span))
    return build.cast(made, "DATE" if ctx.is_a(left, "date") and ctx.is_a(right, "int") else "TIMESTAMP")


_DAYS = {"mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6, "sun": 7}


@R.rule(exp.NextDay)
def next_day(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    day = _DAYS.get((build.text(node.expression) or "")[:3].lower())
    number = build.literal_int(node.expression)
    if number is not None and 1 <= number <= 7:  # from Sunday on, in territory AMERICA
        day = (number - 2) % 7 + 1
    if day is None or not ctx.is_a(node.this, "date", "timestamp"):
        ctx.refuse("unfaithful", node, "NEXT_DAY is verified for a date and a constant day", "Name the day")
    if ctx.is_a(node.this, "timestamp"):  # the time of day stays
        ahead = ctx.macro("ora__next_day", build.cast(node.this.copy(), "DATE"), build.lit(day or 1))
        since = exp.Sub(this=node.this, expression=ctx.call("date_trunc", build.lit("day"), node.this.copy()))
        made = exp.Paren(this=exp.Add(this=build.cast(ahead, "TIMESTAMP"), expression=exp.Paren(this=since)))
        return build.cast(made, "TIMESTAMP")
    return ctx.macro("ora__next_day", node.this, build.lit(day or 1), type="DATE")


@R.rule(exp.CurrentTimestamp, exp.Systimestamp)
def now(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return build.cast(exp.Var(this="CURRENT_TIMESTAMP"), "TIMESTAMP")
