"""Dates: each rule's page is sql-reference/functions/<name> of the manual."""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build, shifts
from .casts import STAMP, ZONED, wall

R = DialectRules("snowflake dates")
R.rule(exp.Add, exp.Sub)(shifts.keep_date)


# functions/to_timestamp: of a number the seconds since 1970
@R.function("to_timestamp_ntz", "to_timestamp")
def to_timestamp(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value = node.expressions[0]
    if len(node.expressions) != 1 or not ctx.is_a(value, "int", "decimal", "text", "date", "timestamp"):
        ctx.refuse("unfaithful", node, "TO_TIMESTAMP of this is not verified", "Cast it to TIMESTAMP_NTZ")
    if ctx.is_a(value, "int", "decimal"):
        micros = exp.Mul(this=exp.Paren(this=value), expression=build.lit(10**6))
        return ctx.call("make_timestamp", build.cast(ctx.call("round", micros), "BIGINT"), type="TIMESTAMP")
    if ctx.is_a(value, "text"):
        literal = build.text(value)
        known = literal is not None and re.fullmatch(ZONED, literal) is not None
        value = wall(value if known else ctx.macro("sf__valid", value, build.lit(ZONED)), ctx)
    return build.cast(value, "TIMESTAMP")


# functions/to_timestamp: of a number with its digits behind the second
@R.rule(exp.UnixToTime)
def with_digits(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    scale, to = node.args.get("scale"), node.args.get("target_type")
    digits = 0 if scale is None else build.literal_int(scale)
    zoned = to is not None and to.this not in (exp.DType.TIMESTAMP, exp.DType.TIMESTAMPNTZ)
    if digits is None or not 0 <= digits <= 9 or zoned or not ctx.is_a(node.this, "int"):
        ctx.refuse("unfaithful", node, "This is verified for whole numbers and 0 to 9 digits", "Cast it to INT")
    power = 10 ** abs(6 - (digits or 0))
    whole = build.cast(node.this, "HUGEINT")
    micros: exp.Expr = exp.Mul(this=whole, expression=build.lit(power))
    if (digits or 0) > 6:
        micros = exp.IntDiv(this=whole, expression=build.lit(power))
    return ctx.call("make_timestamp", build.cast(micros, "BIGINT"), type="TIMESTAMP")


# functions/to_time: of a text in its common form
@R.rule(exp.TsOrDsToTime, exp.Time)
def to_time(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not ctx.is_a(node.this, "text"):
        ctx.refuse("unfaithful", node, "TO_TIME of this is not verified", "Use a text like 12:30:00")
    soft = bool(node.args.get("safe"))
    pattern = build.lit(r"([01]?[0-9]|2[0-3]):[0-5]?[0-9](:[0-5]?[0-9](\.[0-9]{1,6})?)?")
    return build.translated(ctx.macro("sf__try_valid" if soft else "sf__valid", node.this, pattern), "TIME", soft)


@R.rule(exp.MonthsBetween)
def months_between(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Whole between equal days and between last days, else parts of 31 days."""
    if not (ctx.is_a(node.this, "date") and ctx.is_a(node.expression, "date")):
        ctx.refuse("unfaithful", node, "MONTHS_BETWEEN is verified for dates", "Cast both to DATE")
    return ctx.macro("sf__months_between", node.this, node.expression, type="DOUBLE")


@R.rule(exp.TimestampFromParts)
def from_parts(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    date, time = node.this, node.args.get("expression")
    if ctx.is_a(date, "date") and ctx.is_a(time, "time"):
        return build.cast(exp.Paren(this=exp.Add(this=date, expression=time)), "TIMESTAMP")
    parts = [node.args.get(key) for key in ("year", "month", "day", "hour", "min", "sec")]
    if any(p is None or not ctx.is_a(p, "int") for p in parts) or node.args.get("nano") is not None:
        ctx.refuse("unfaithful", node, "This is verified for six whole numbers", "Cast them to INT")
    return ctx.macro("sf__stamp_from_parts", *[p for p in parts if p is not None], type="TIMESTAMP")


@R.rule(exp.TimeFromParts)
def time_from_parts(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """100 minutes are an hour and 40."""
    parts = [node.args.get(key) for key in ("hour", "min", "sec")]
    if any(p is None or not ctx.is_a(p, "int") for p in parts) or node.args.get("nano") is not None:
        ctx.refuse("unfaithful", node, "This is verified for three whole numbers", "Leave the nanoseconds out")
    return ctx.macro("sf__time_from_parts", *[p for p in parts if p is not None], type="TIME")


@R.rule(exp.ConvertTimezone)
def convert_timezone(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    source, target, moment = (node.args.get(k) for k in ("source_tz", "target_tz", "timestamp"))
    if source is None or not build.text(source) or not build.text(target) or not ctx.is_a(moment, "timestamp"):
        ctx.refuse("timezone", node, "CONVERT_TIMEZONE is verified for two constant zones and a TIMESTAMP_NTZ",
                   "Name both zones")  # fmt: skip
        return None
    assert target is not None and moment is not None
    return ctx.call("timezone", target, ctx.call("timezone", source, moment), type="TIMESTAMP")


_DAYS = {"mo": 1, "tu": 2, "we": 3, "th": 4, "fr": 5, "sa": 6, "su": 7}


@R.rule(exp.DateFromParts)
def date_from_parts(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Month 13 is January of the next year, day 0 the day before the first."""
    parts = [node.args[key] for key in ("year", "month", "day")]
    if not all(ctx.is_a(part, "int") for part in parts):
        ctx.refuse("implicit_cast", node, "DATE_FROM_PARTS is verified for whole numbers", "Cast the parts to INT")
    return ctx.macro("sf__date_from_parts", *parts, type="DATE")


@R.rule(exp.NextDay, exp.PreviousDay)
def next_day(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Later, or earlier, than the date itself; the first two letters of the day's name tell which."""
    day = _DAYS.get((build.text(node.expression) or "")[:2].lower())
    if day is None or not ctx.is_a(node.this, "date"):
        ctx.refuse("unfaithful", node, "This is verified for a DATE and a constant day", "Cast it, or name the day")
    name = "sf__next_day" if isinstance(node, exp.NextDay) else "sf__previous_day"
    return ctx.macro(name, node.this, build.lit(day or 1), type="DATE")


@R.rule(exp.YearOfWeek, exp.YearOfWeekIso)
def year_of_week(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not ctx.is_a(node.this, "date", "timestamp"):
        ctx.refuse("implicit_cast", node, "This is verified for DATE and TIMESTAMP_NTZ", "Cast it")
    return ctx.call("isoyear", node.this, type="BIGINT")


# functions-date-time
_UNITS = ("YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND")


@R.rule(exp.DateDiff, exp.TsOrDsDiff, exp.TimestampDiff)
def date_diff(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Boundaries; weeks start on a Monday."""
    unit, sides = _unit(node, ctx), (node.expression, node.this)
    if all(ctx.is_a(side, "time") for side in sides) and unit in ("HOUR", "MINUTE", "SECOND"):
        return ctx.call("date_diff", build.lit(unit.lower()), *sides, type="BIGINT")
    args = [build.cast(side, "TIMESTAMP") for side in sides]
    if unit == "WEEK":
        return ctx.macro("sf__weeks", *args, type="BIGINT")
    return ctx.call("date_diff", build.lit(unit.lower()), *args, type="BIGINT")


def _unit(node: exp.Expr, ctx: Context) -> str:
    unit = node.args.get("unit")
    name = unit.name.upper() if unit is not None else "DAY"
    if name not in _UNITS:
        raise ctx.error(node, f"The unit {name} is not supported here.")
    return str(name)


@R.rule(exp.DateAdd, exp.TsOrDsAdd, exp.TimestampAdd)
def date_add(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.meta.get("translated"):
        return None
    unit, this = _unit(node, ctx), node.this
    if not ctx.is_a(node.expression, "int"):
        ctx.refuse("implicit_cast", node, "A number that is not whole is added to a date", "Round it")
    if build.text(this) is not None and re.fullmatch(STAMP, build.text(this) or ""):
        this = build.cast(this, "TIMESTAMP")
    if ctx.is_a(this, "text"):
        ctx.refuse("implicit_cast", node, "A text is used as a date", "Cast it to DATE or TIMESTAMP")
    return shifts.shifted(this, node.expression, unit, ctx)


@R.rule(exp.DateTrunc, exp.TimestampTrunc)
def date_trunc(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    unit, this = _unit(node, ctx), node.this
    if not ctx.is_a(this, "date", "timestamp"):
        ctx.refuse("timezone", node, "DATE_TRUNC is verified for DATE and TIMESTAMP_NTZ", "Cast it")
    made = ctx.call("date_trunc", build.lit(unit.lower()), this)
    return build.cast(made, "DATE" if ctx.is_a(this, "date") else "TIMESTAMP")
