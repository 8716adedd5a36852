"""Dates and timestamps. https://spark.apache.org/docs/latest/api/sql/#date-and-timestamp-functions"""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from ...facts.rules import arguments
from ...reading.traversal import find_all
from .. import DialectRules
from ..shared import build
from ..shared.calls import argument_count, written_text
from ..shared.java_time import FIXED, QUARTER, parser, printer
from .casts import as_date, as_ts
from .formats import format_text
from .types import family

R = DialectRules("databricks dates")
_MICROS = {
    "MICROSECOND": 1, "MILLISECOND": 1000, "SECOND": 10**6, "MINUTE": 60 * 10**6, "HOUR": 3600 * 10**6,
    "DAY": 86400 * 10**6, "WEEK": 7 * 86400 * 10**6,
}  # fmt: skip
_MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}
_STEPS = {
    "MICROSECOND": "to_microseconds", "MILLISECOND": "to_milliseconds", "SECOND": "to_seconds", "MINUTE": "to_minutes",
    "HOUR": "to_hours", "DAY": "to_days", "WEEK": "to_weeks", "MONTH": "to_months", "YEAR": "to_years",
}  # fmt: skip


def _unit(node: exp.Expr, ctx: Context) -> str:
    unit = node.args.get("unit")
    name = (unit.name if unit is not None else "DAY").upper()
    name = {"DAYOFYEAR": "DAY", "WEEKS": "WEEK", "DAYS": "DAY", "MONTHS": "MONTH"}.get(name, name)
    if name not in _STEPS and name != "QUARTER":
        raise ctx.error(node, f"{name} is not a unit of time here.")
    return name


@R.rule(exp.DateDiff, exp.TimestampDiff)
def datediff(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """With a unit: complete units between two timestamps. Without: days between two dates."""
    end, start = node.this, node.expression
    unit = _unit(node, ctx)
    if isinstance(node, exp.DateDiff) and argument_count(node, ctx) == 2:
        args = [as_date(start, ctx), as_date(end, ctx)]
        return ctx.call("date_diff", build.lit("day"), *args, type="BIGINT")
    args = [as_ts(start, ctx), as_ts(end, ctx)]
    if unit in _MICROS:
        made: exp.Expr = ctx.macro("dbx__micros", *args, type="BIGINT")
        size = _MICROS[unit]
    else:
        made = ctx.macro("dbx__months", *args, type="BIGINT")
        size = _MONTHS[unit]
    if size > 1:
        made = exp.Paren(this=exp.IntDiv(this=made, expression=build.lit(size)))
    made.type = exp.DataType.build("BIGINT")
    return made


def _step(unit: str, amount: exp.Expr, ctx: Context) -> exp.Expr:
    amount = build.cast(amount, "INTEGER")
    if unit == "QUARTER":
        amount = exp.Mul(this=amount, expression=build.lit(3))
        unit = "MONTH"
    made = ctx.call(_STEPS[unit], amount)
    made.type = exp.DataType.build("INTERVAL")
    return made


def _whole_number(node: exp.Expr, amount: exp.Expr, ctx: Context) -> exp.Expr:
    if family(amount) == "text":
        return ctx.macro("dbx__str_int", amount)
    if family(amount) in ("float", "decimal"):
        raise ctx.error(node, "A whole number is needed here: databricks refuses fractions. Cast it to INT.")
    return amount


@R.rule(exp.TimestampAdd, exp.DateAdd)
def timestampadd(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    amount = _whole_number(node, node.expression, ctx)
    total = exp.Add(this=as_ts(node.this, ctx), expression=_step(_unit(node, ctx), amount, ctx))
    made = exp.Paren(this=total)
    made.type = exp.DataType.build("TIMESTAMP")
    return made


@R.rule(exp.TsOrDsAdd)
def date_add(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """date_add(start, days) and date_sub: a DATE."""
    if isinstance(node.expression, exp.Interval) or family(node.expression) == "interval":
        raise ctx.error(node, "date_add takes a number of days. Write date + INTERVAL ... instead.")
    days = build.cast(exp.Paren(this=_whole_number(node, node.expression, ctx)), "INTEGER")
    made = exp.Paren(this=exp.Add(this=as_date(node.this, ctx), expression=days))
    made.type = exp.DataType.build("DATE")
    return made


@R.rule(exp.AddMonths)
def add_months(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """The last day of a shorter month, and no more than that: it does not stick to the end of the month."""
    step = _step("MONTH", _whole_number(node, node.expression, ctx), ctx)
    return build.cast(exp.Paren(this=exp.Add(this=as_date(node.this, ctx), expression=step)), "DATE")


@R.rule(exp.MonthsBetween)
def months_between(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    made = ctx.macro("dbx__months_between", as_ts(node.this, ctx), as_ts(node.expression, ctx), type="DOUBLE")
    off = node.args.get("roundoff")
    if off is None or (isinstance(off, exp.Boolean) and off.this):
        return ctx.macro("common__round", made, build.lit(8), type="DOUBLE")
    return made


_TRUNC_DATE = {
    **dict.fromkeys(("YEAR", "YYYY", "YY"), "year"), "QUARTER": "quarter", "WEEK": "week",
    **dict.fromkeys(("MONTH", "MON", "MM"), "month"),
}  # fmt: skip
_TRUNC_TS = {
    **_TRUNC_DATE, "DAY": "day", "DD": "day", "HOUR": "hour", "MINUTE": "minute", "SECOND": "second",
    "MILLISECOND": "milliseconds", "MICROSECOND": "microseconds",
}  # fmt: skip


@R.rule(exp.DateTrunc, exp.TimestampTrunc)
def trunc(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """TRUNC(date, unit) is a DATE, DATE_TRUNC(unit, timestamp) a TIMESTAMP; an unknown unit gives NULL."""
    dates = isinstance(node, exp.DateTrunc)
    type_ = "DATE" if dates else "TIMESTAMP"
    start = node.meta.get("start")
    # as it is written: sqlglot has other words for some, and takes a column for the name of a unit
    unit = written_text(ctx.sql, start, 1 if dates else 0) if start is not None else None
    if unit is None:
        # a parameter that was read as a word is refused as such
        if not re.match(r"(?i)\w+\s*\(\s*:", ctx.sql[start or 0 :]):
            ctx.refuse("unfaithful", node, "The unit is not a constant", "Write the unit as a text")
        return None
    name = (_TRUNC_DATE if dates else _TRUNC_TS).get(unit.upper())
    if name is None:
        return build.cast(exp.Null(), type_)
    this = as_date(node.this, ctx) if dates else as_ts(node.this, ctx)
    return build.cast(ctx.call("date_trunc", build.lit(name), this), type_)


def _inner(node: exp.Expr) -> exp.Expr:
    """The argument under the cast that sqlglot's parser puts around it."""
    if isinstance(node, exp.TsOrDsToDate) and node.args.get("format") is None:
        return node.this
    return node


def _as_date(node: exp.Expr, ctx: Context) -> exp.Expr:
    return as_date(_inner(node), ctx)


def _as_ts(node: exp.Expr, ctx: Context) -> exp.Expr:
    return as_ts(_inner(node), ctx)


R.renames(
    {
        exp.Year: ("year", "BIGINT", "this"),
        exp.Month: ("month", "BIGINT", "this"),
        exp.Day: ("day", "BIGINT", "this"),
        exp.DayOfMonth: ("day", "BIGINT", "this"),
        exp.DayOfYear: ("dayofyear", "BIGINT", "this"),
        exp.Quarter: ("quarter", "BIGINT", "this"),
        exp.WeekOfYear: ("weekofyear", "BIGINT", "this"),
        exp.DayOfWeekIso: ("isodow", "BIGINT", "this"),
        exp.LastDay: ("last_day", "DATE", "this"),
    },
    of=_as_date,
)
R.renames(
    {
        exp.Hour: ("hour", "BIGINT", "this"),
        exp.Minute: ("minute", "BIGINT", "this"),
        exp.Second: ("second", "BIGINT", "this"),
    },
    of=_as_ts,
)


@R.rule(exp.DayOfWeek)
def dayofweek(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Sunday is 1."""
    return _plus(ctx.call("dayofweek", as_date(_inner(node.this), ctx)), 1)


@R.function("weekday")
def weekday(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Monday is 0."""
    return _plus(ctx.call("isodow", as_date(node.expressions[0], ctx)), -1)


def _plus(node: exp.Expr, n: int) -> exp.Expr:
    operator = exp.Add if n > 0 else exp.Sub
    made = exp.Paren(this=operator(this=node, expression=build.lit(abs(n))))
    made.type = exp.DataType.build("BIGINT")
    return made


# https://spark.apache.org/docs/latest/api/sql/#extract
_FIELDS = {
    **dict.fromkeys(("YEAR", "Y", "YEARS", "YR", "YRS"), "year"), "YEAROFWEEK": "isoyear",
    **dict.fromkeys(("QUARTER", "QTR"), "quarter"), **dict.fromkeys(("MONTH", "MON", "MONS", "MONTHS"), "month"),
    **dict.fromkeys(("WEEK", "W", "WEEKS"), "week"), **dict.fromkeys(("DAY", "D", "DAYS"), "day"),
    **dict.fromkeys(("DAYOFWEEK_ISO", "DOW_ISO", "DAYOFWEEKISO", "ISODOW"), "isodow"), "DOY": "doy", "DAYOFYEAR": "doy",
    **dict.fromkeys(("HOUR", "H", "HOURS", "HR", "HRS"), "hour"),
    **dict.fromkeys(("MINUTE", "M", "MIN", "MINS", "MINUTES"), "minute"),
}  # fmt: skip
_SECONDS = {"SECOND", "S", "SEC", "SECONDS", "SECS"}


def _extract(name: str, source: exp.Expr, node: exp.Expr, ctx: Context) -> exp.Expr:
    name = name.upper()
    if family(source) == "interval":
        if name not in ("DAY", "DAYS", "D", "HOUR", "HOURS", "MINUTE", "MINUTES", "YEAR", "MONTH"):
            ctx.refuse("interval_text", node, "This part of an interval is not verified", "Subtract with timestampdiff")
        return ctx.call("date_part", build.lit(_FIELDS.get(name, name.lower())), source, type="BIGINT")
    if name in ("DAYOFWEEK", "DOW"):
        return _plus(ctx.call("dayofweek", as_date(source, ctx)), 1)
    moment = as_ts(source, ctx)
    if name in _SECONDS:
        micros = exp.Mod(this=ctx.call("epoch_us", moment), expression=build.lit(60_000_000))
        positive = exp.Mod(this=exp.Paren(this=exp.Add(this=micros, expression=build.lit(60_000_000))),
                           expression=build.lit(60_000_000))  # fmt: skip
        scaled = exp.Mul(this=build.cast(positive, "DECIMAL(18, 0)"), expression=exp.Literal.number("0.000001"))
        return build.cast(exp.Paren(this=scaled), "DECIMAL(8, 6)")
    if name not in _FIELDS:
        raise ctx.error(node, f"databricks has no part {name!r} of a date.")
    return ctx.call("date_part", build.lit(_FIELDS[name]), moment, type="BIGINT")


@R.rule(exp.Extract)
def extract(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return _extract(node.name, node.expression, node, ctx)


@R.function("date_part", "datepart")
def date_part(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    name = build.text(node.expressions[0])
    if name is None:
        ctx.refuse("unfaithful", node, "The part is not a constant", "Write it as a text")
    return _extract(name or "", node.expressions[1], node, ctx)


_DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")


@R.rule(exp.NextDay)
def next_day(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    name = (build.text(node.expression) or "").strip().upper()
    number = next((i + 1 for i, d in enumerate(_DAYS) if name in (d, d[:3], d[:2])), None)
    if number is None:
        raise ctx.error(node, "next_day needs the name of a day as a text, for example 'MON'.")
    return ctx.macro("dbx__next_day", as_date(_inner(node.this), ctx), build.lit(number), type="DATE")


@R.rule(exp.Dayname, exp.Monthname)
def names(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    fmt = "%a" if isinstance(node, exp.Dayname) else "%b"
    return ctx.call("strftime", as_date(_inner(node.this), ctx), build.lit(fmt), type="VARCHAR")


_MOMENTS = (exp.DType.DATE, exp.DType.TIMESTAMP, exp.DType.TIMESTAMPTZ, exp.DType.TIMESTAMPLTZ, exp.DType.TIMESTAMPNTZ)
_NAMED_DAYS = {"epoch": 0, "today": 0, "now": 0, "yesterday": -1, "tomorrow": 1}


@R.normalise
def named_days(tree: exp.Expr, ctx: Context) -> None:
    """``DATE 'tomorrow'``, ``CAST('now' AS TIMESTAMP)``, where it is a constant.

    https://spark.apache.org/docs/latest/sql-ref-literals.html#datetime-literal
    """
    for node in list(find_all(tree, exp.Cast)):
        word = (build.text(node.this) or "").strip().lower()
        if word not in _NAMED_DAYS or node.to.this not in _MOMENTS:
            continue
        dates = node.to.this == exp.DType.DATE
        if dates and word == "now":
            continue
        if word == "epoch":
            node.set("this", build.lit("1970-01-01"))
            continue
        moment: exp.Expr = exp.CurrentTimestamp() if word == "now" else exp.CurrentDate()
        if _NAMED_DAYS[word]:
            moment = exp.TsOrDsAdd(this=moment, expression=build.lit(_NAMED_DAYS[word]), unit=exp.Var(this="DAY"))
        ctx.open("clock", node, "The day of the run.")
        node.set("this", moment)


@R.rule(exp.TsOrDsToDate)
def to_date(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.args.get("format") is None:
        return as_date(node.this, ctx)
    return build.cast(parse_moment(node, node.this, ctx), "DATE")


R.converts({exp.TimeStrToTime: as_ts})


def parse_moment(node: exp.Expr, this: exp.Expr, ctx: Context, index: int = 1, soft: bool = False) -> exp.Expr:
    if family(this) in ("date", "timestamp"):
        return as_ts(this, ctx)
    return read_moment(this, format_text(node, ctx, index), node, ctx, soft)


def read_moment(this: exp.Expr, fmt: str, node: exp.Expr, ctx: Context, soft: bool = False) -> exp.Expr:
    """A text as a moment, by a pattern of java.time."""
    made: exp.Expr = exp.Null() if soft else ctx.macro("dbx__unread", this)
    for pattern, text, read in reversed(parser(fmt, node, ctx)):
        args = [this.copy(), *(build.lit(part) for part in (pattern, text, read)), made]
        made = ctx.macro("dbx__try_read" if soft else "dbx__read", *args, type="TIMESTAMP")
    return made


@R.rule(exp.StrToTime)
def to_timestamp(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return build.cast(parse_moment(node, node.this, ctx), "TIMESTAMP")


@R.function("try_to_timestamp", "try_to_date", "to_timestamp_ntz", "to_timestamp_ltz")
def try_to_timestamp(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    name, this = str(node.name).lower(), node.expressions[0]
    soft = name.startswith("try")
    type_ = "DATE" if name.endswith("date") else "TIMESTAMP"
    if len(node.expressions) > 1:
        return build.cast(parse_moment(node, this, ctx, soft=soft), type_)
    if family(this) == "text" and soft:
        return ctx.macro("dbx__try_str_date" if type_ == "DATE" else "dbx__try_str_ts", this, type=type_)
    return as_date(this, ctx) if type_ == "DATE" else as_ts(this, ctx)


@R.rule(exp.TimeToStr)
def date_format(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return printed(node.this, format_text(node, ctx), node, ctx)


# What strftime does not have: token -> its macro.
_MARKS = {
    "k": "dbx__clock_hour", "kk": "dbx__clock_hour2", "K": "dbx__half_hour", "KK": "dbx__half_hour2",
    "F": "dbx__aligned_day", "DD": "dbx__day_of_year2", "QQQ": "dbx__quarter3", "QQQQ": "dbx__quarter4",
    "qqq": "dbx__quarter3", "qqqq": "dbx__quarter4",
}  # fmt: skip
_FRACTIONS = {"S" * n: n for n in (1, 2, 4, 5, 7, 8, 9)}
_TOKENS = {**FIXED, **{token: f"{{{token}}}" for token in (*_MARKS, *_FRACTIONS)}}


def printed(value: exp.Expr, pattern: str, node: exp.Expr, ctx: Context) -> exp.Expr:
    """A moment as text, by a pattern of java.time."""
    fmt, moment = printer(pattern, node, ctx, _TOKENS), as_ts(value, ctx)
    if "{" in pattern:
        raise ctx.error(node, f"The date pattern {pattern!r} holds {{, which is not supported here.")
    if QUARTER in fmt:
        made = ctx.macro("dbx__strftime_q", moment, build.lit(fmt.replace(QUARTER, "{Q}")), type="VARCHAR")
    elif fmt:
        made = ctx.call("strftime", moment, build.lit(fmt), type="VARCHAR")
    else:
        made = ctx.macro("dbx__empty", moment, type="VARCHAR")
    for token in (*_MARKS, *_FRACTIONS):
        mark = f"{{{token}}}"
        if mark in fmt:
            size = [build.lit(_FRACTIONS[token])] if token in _FRACTIONS else []
            part = ctx.macro(_MARKS.get(token, "dbx__fraction"), moment.copy(), *size)
            made = ctx.call("replace", made, build.lit(mark), part, type="VARCHAR")
    return made


@R.rule(exp.ToChar)
@R.function("to_varchar")
def to_char(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://docs.databricks.com/en/sql/language-manual/functions/to_char.html: of a date or a moment date_format
    value, pattern = arguments(node)[:2]
    written = build.text(pattern)
    if written is None or family(value) not in ("date", "timestamp"):
        ctx.refuse("number_format", node, "to_char is verified for dates and timestamps and a constant pattern",
                   "Use format_number or round")  # fmt: skip
        return None
    return printed(value, written, node, ctx)
