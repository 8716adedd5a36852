"""Dates and times: https://dev.mysql.com/doc/refman/8.0/en/date-and-time-functions.html"""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all
from .. import DialectRules
from ..shared import build
from .coercions import number, text, whole

R = DialectRules("mysql dates")

R.macros(
    {
        "makedate": ("my__makedate", "DATE"),
        "period_diff": ("my__period_diff", "BIGINT"),
        "period_add": ("my__period_add", "BIGINT"),
        "from_days": ("my__from_days", "DATE"),
    },
    of=whole,
)
_DAYS = {"DAY", "WEEK", "MONTH", "QUARTER", "YEAR"}
_TIMES = {"HOUR", "MINUTE", "SECOND", "MICROSECOND"}


def moment(node: exp.Expr, ctx: Context) -> exp.Expr:
    """The value as a TIMESTAMP; a text that is none is NULL."""
    if isinstance(node, (exp.TsOrDsToDate, exp.TsOrDsToTimestamp)):
        node = node.this
    if ctx.is_a(node, "int"):
        node = build.cast(node, "VARCHAR")
    if ctx.is_a(node, "text"):
        return ctx.macro("my__moment", node, type="TIMESTAMP")
    return build.cast(node, "TIMESTAMP")


R.converts({exp.TsOrDsToDate: lambda value, ctx: build.cast(moment(value, ctx), "DATE")})


R.converts({exp.TsOrDsToTimestamp: moment})


@R.rule(exp.DayOfWeek)
def day_of_week(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # 1 is Sunday
    made = exp.Paren(this=exp.Add(this=ctx.call("dayofweek", node.this), expression=build.lit(1)))
    made.type = exp.DataType.build("BIGINT")
    return made


@R.function("weekday")
def weekday(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # 0 is Monday
    day = ctx.call("isodow", moment(node.expressions[0], ctx))
    made = exp.Paren(this=exp.Sub(this=day, expression=build.lit(1)))
    made.type = exp.DataType.build("BIGINT")
    return made


def _week_rule(mode: exp.Expr | None, node: exp.Expr, ctx: Context) -> tuple[bool, bool, bool]:
    """Whether weeks begin on Monday, whether the first one has four days, whether a week has one year only."""
    value = mode.this if isinstance(mode, exp.Literal) else "0" if mode is None else ""
    if not value.isdigit():
        raise ctx.error(node, "The mode of WEEK is not a constant: write it as a number.")
    bits = int(value) & 7
    monday = bool(bits & 1)
    return monday, bool(bits & 4) != monday, bool(bits & 2)


def _week(name: str, value: exp.Expr, monday: bool, four: bool, ctx: Context) -> exp.Expr:
    args = [build.cast(moment(value, ctx), "DATE"), exp.Boolean(this=monday), exp.Boolean(this=four)]
    return ctx.macro(name, *args, type="BIGINT")


@R.rule(exp.Week)
def week(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://dev.mysql.com/doc/refman/8.0/en/date-and-time-functions.html#function_week
    monday, four, whole_weeks = _week_rule(node.args.get("mode"), node, ctx)
    return _week("my__week_of_year" if whole_weeks else "my__week", node.this, monday, four, ctx)


@R.function("weekofyear")
def week_of_year(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return _week("my__week_of_year", node.expressions[0], True, True, ctx)


@R.function("yearweek")
def year_week(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value, *mode = node.expressions
    monday, four, _ = _week_rule(mode[0] if mode else None, node, ctx)
    year = _week("my__week_year", value, monday, four, ctx)
    number_ = _week("my__week_of_year", value.copy(), monday, four, ctx)
    return _sum(exp.Mul(this=year, expression=build.lit(100)), number_)


def _sum(one: exp.Expr, two: exp.Expr) -> exp.Expr:
    made = exp.Paren(this=exp.Add(this=one, expression=two))
    made.type = exp.DataType.build("BIGINT")
    return made


@R.rule(exp.TimestampDiff)
def timestamp_diff(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Complete units from the first to the second
    later, earlier, unit = moment(node.this, ctx), moment(node.expression, ctx), node.args["unit"].name.upper()
    unit = unit.removeprefix("SQL_TSI_")
    months = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}.get(unit)
    if months:
        return ctx.macro("my__months", earlier, later, build.lit(months), type="BIGINT")
    size = {
        "MICROSECOND": 1,
        "SECOND": 10**6,
        "MINUTE": 6 * 10**7,
        "HOUR": 36 * 10**8,
        "DAY": 864 * 10**8,
        "WEEK": 6048 * 10**8,
    }
    if unit not in size:
        raise ctx.error(node, f"TIMESTAMPDIFF knows no unit {unit}.")
    return ctx.macro("my__units", earlier, later, build.lit(size[unit]), type="BIGINT")


@R.rule(exp.DateDiff)
def date_diff(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.args.get("unit") is not None and node.args["unit"].name.upper() != "DAY":
        return None
    since = node.expression
    if any(literal.this == "0000-01-01" for literal in find_all(since, exp.Literal)):
        # TO_DAYS as sqlglot writes it; in MySQL day 719528 is 1970-01-01
        this = build.cast(moment(node.this, ctx), "DATE")
        days_ = ctx.call(
            "date_diff", build.lit("day"), build.cast(build.lit("1970-01-01"), "DATE"), this, type="BIGINT"
        )
        return _sum(days_, build.lit(719_527))
    days = [build.cast(moment(node.args[key], ctx), "DATE") for key in ("expression", "this")]
    return ctx.call("date_diff", build.lit("day"), *days, type="BIGINT")


def _shifted(value: exp.Expr, amount: exp.Expr, unit: str, sign: int, node: exp.Expr, ctx: Context) -> exp.Expr:
    unit = unit.upper()
    if "_" in unit:
        return _composite(value, amount, unit, sign, node, ctx)
    if unit not in _DAYS | _TIMES:
        raise ctx.error(node, f"An interval in {unit} has no counterpart: add its parts one by one.")
    written = build.text(amount.unnest())
    if written is not None and re.search(rf"interval\s*\(?\s*{re.escape(written)}(?![\w.])", ctx.sql, re.IGNORECASE):
        if re.search(rf"interval\s*['\"]{re.escape(written)}['\"]", ctx.sql, re.IGNORECASE):
            raise ctx.error(node, f"INTERVAL {written} is here a number and there a text: write both in one way.")
        amount = exp.Literal.number(written.lstrip("-"))  # sqlglot writes every amount as a text
        amount.type = exp.DataType.build("DOUBLE" if "e" in written.lower() else "DECIMAL(38,12)", dialect="duckdb")
        if written.startswith("-"):
            amount = exp.Neg(this=amount, _type=amount.type)
            amount.type = amount.this.type
    count = number(amount, ctx)
    if unit not in ("SECOND",):
        count = whole(amount, ctx)
    if sign < 0:
        count = exp.Neg(this=exp.Paren(this=count))
    months = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}.get(unit)
    start = moment(value, ctx)
    if months:
        moved = ctx.macro(
            "my__add_months",
            start,
            exp.Mul(this=exp.Paren(this=count), expression=build.lit(months)),
            type="TIMESTAMP",
        )
    else:
        size = {
            "WEEK": 6048 * 10**8,
            "DAY": 864 * 10**8,
            "HOUR": 36 * 10**8,
            "MINUTE": 6 * 10**7,
            "SECOND": 10**6,
            "MICROSECOND": 1,
        }
        moved = ctx.macro("my__add", start, count, build.lit(size[unit]), type="TIMESTAMP")
    if ctx.is_a(value, "date") and unit in _DAYS:
        return build.cast(moved, "DATE")
    if ctx.is_a(value, "text"):  # a text in, a text out
        keep = build.lit(1 if unit in _DAYS else 0)
        return ctx.macro("my__as_text", value.copy(), moved, keep, type="VARCHAR")
    return moved


_UNITS = ("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "MICROSECOND")


def _composite(value: exp.Expr, amount: exp.Expr, unit: str, sign: int, node: exp.Expr, ctx: Context) -> exp.Expr:
    """``INTERVAL '1:30' HOUR_MINUTE``: the text's numbers from the right, a sign holds for all of them.

    https://dev.mysql.com/doc/refman/8.0/en/expressions.html#temporal-intervals
    """
    written = build.text(amount.unnest())
    first, _, last = unit.partition("_")
    if written is None or first not in _UNITS or last not in _UNITS or last == "MICROSECOND":
        raise ctx.error(node, f"An interval in {unit} has no counterpart: add its parts one by one.")
    units = _UNITS[_UNITS.index(first) : _UNITS.index(last) + 1]
    numbers = re.findall(r"\d+", written)[: len(units)]
    sign = -sign if written.strip().startswith("-") else sign
    counts = dict(zip(units[-len(numbers) :] if numbers else (), map(int, numbers), strict=True))
    months = counts.pop("YEAR", 0) * 12 + counts.pop("MONTH", 0)
    if months or not counts:
        return _shifted(value, build.lit(months), "MONTH", sign, node, ctx)
    size = {"DAY": 86_400, "HOUR": 3600, "MINUTE": 60, "SECOND": 1}
    total = sum(count * size[part_] for part_, count in counts.items())
    return _shifted(value, build.lit(total), "SECOND", sign, node, ctx)


@R.rule(exp.DateAdd, exp.DateSub, exp.TimestampAdd, exp.TimestampSub, exp.DatetimeAdd, exp.DatetimeSub)
def add_interval(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    amount, unit = node.expression, node.args.get("unit")
    if isinstance(amount, exp.Interval):
        amount, unit = amount.this, amount.args.get("unit")
    sign = -1 if isinstance(node, (exp.DateSub, exp.TimestampSub, exp.DatetimeSub)) else 1
    return _shifted(node.this, amount, unit.name if unit is not None else "DAY", sign, node, ctx)


@R.rule(exp.Add, exp.Sub)
def plus_interval(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    left, right = node.this, node.expression
    sign = -1 if isinstance(node, exp.Sub) else 1
    if isinstance(left, exp.Interval) and sign > 0:
        left, right = right, left
    if not isinstance(right, exp.Interval) or right.args.get("unit") is None:
        return None
    return _shifted(left, right.this, right.args["unit"].name, sign, node, ctx)


@R.function("adddate", "subdate")
def add_date(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value, amount = node.expressions
    unit = "DAY"
    if isinstance(amount, exp.Interval):
        amount, unit = amount.this, amount.args["unit"].name
    return _shifted(value, amount, unit, -1 if node.name.lower() == "subdate" else 1, node, ctx)


@R.rule(exp.ConvertTimezone)
def convert_zone(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    zones = [build.text(node.args[key]) for key in ("source_tz", "target_tz")]
    there = moment(node.args["timestamp"], ctx)
    source, target = (_offset(zone) for zone in zones)
    if source is not None and target is not None:
        minutes = build.lit(target - source)
        return ctx.macro("my__add", there, minutes, build.lit(6 * 10**7), type="TIMESTAMP")
    if all((zone and "/" in zone) or zone == "UTC" for zone in zones):
        there = ctx.call("timezone", node.args["source_tz"], there)
        return ctx.call("timezone", node.args["target_tz"], there, type="TIMESTAMP")
    raise ctx.error(node, "Write time zones as '+09:00' or as names such as 'Asia/Seoul'.")


def _offset(zone: str | None) -> int | None:
    found = re.fullmatch(r"([+-])(\d{1,2}):(\d\d)", zone or "")
    if not found:
        return None
    return (int(found[2]) * 60 + int(found[3])) * (-1 if found[1] == "-" else 1)


@R.function("unix_timestamp")
def unix_timestamp(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not node.expressions:
        ctx.open("now", node, "The time of the run is part of the result.")
        return build.cast(ctx.call("epoch", ctx.call("now")), "BIGINT")
    value = node.expressions[0]
    seconds = ctx.call("epoch", moment(value, ctx), type="DOUBLE")
    written = build.text(value.unnest())
    parts = any(ctx.is_a(c, "timestamp", "text") for c in find_all(value, exp.Column))
    return build.cast(seconds, "DECIMAL(20,6)" if parts or "." in (written or "") else "BIGINT")


@R.function("microsecond")
def microsecond(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if ctx.is_a(node.expressions[0], "text"):
        return ctx.macro("my__text_micros", node.expressions[0], type="BIGINT")
    made = exp.Paren(
        this=exp.Mod(this=ctx.call("microsecond", moment(node.expressions[0], ctx)), expression=build.lit(10**6))
    )
    made.type = exp.DataType.build("BIGINT")
    return made


_PARTS = {"YEAR": 10**10, "MONTH": 10**8, "DAY": 10**6, "HOUR": 10**4, "MINUTE": 100, "SECOND": 1}


@R.rule(exp.Extract)
def extract(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    unit = node.this.name.upper()
    if unit == "WEEK":
        return _week("my__week", node.expression, False, False, ctx)
    if unit == "MICROSECOND":
        return microsecond(exp.Anonymous(this="microsecond", expressions=[node.expression]), ctx)
    if "_" in unit:
        first, _, last = unit.partition("_")
        if first not in _PARTS or last not in _PARTS:
            raise ctx.error(node, f"EXTRACT({unit} ...) has no counterpart: extract its parts one by one.")
        names = list(_PARTS)[list(_PARTS).index(first) : list(_PARTS).index(last) + 1]
        made: exp.Expr | None = None
        for name in names:
            piece = ctx.call(name.lower(), moment(node.expression.copy(), ctx))
            scaled = exp.Mul(this=piece, expression=build.lit(_PARTS[name] // _PARTS[last]))
            made = scaled if made is None else _sum(made, scaled)
        return made
    node.set("expression", moment(node.expression, ctx))
    return None


@R.rule(
    exp.Year,
    exp.Month,
    exp.Day,
    exp.Quarter,
    exp.DayOfMonth,
    exp.DayOfYear,
    exp.LastDay,
)
def part(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if ctx.is_a(node.this, "text", "int"):
        node.set("this", moment(node.this, ctx))
    return None


@R.rule(exp.Timestamp)
def timestamp(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    made, clock = moment(node.this, ctx), node.args.get("zone")
    if clock is None:
        return made
    made = exp.Add(this=made, expression=ctx.macro("my__time", text(clock, ctx), type="INTERVAL"))
    made.type = exp.DataType.build("TIMESTAMP", dialect="duckdb")
    return exp.Paren(this=made)


@R.function("to_days", "to_seconds")
def days_since_year_0(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    size = 86_400 if node.name.lower() == "to_seconds" else 1
    unit = build.lit("day" if size == 1 else "second")
    since = ctx.call(
        "date_diff", unit, build.cast(build.lit("1970-01-01"), "TIMESTAMP"), moment(node.expressions[0], ctx)
    )
    return _sum(since, build.lit(719_528 * size))


R.macros(dict.fromkeys(("now", "sysdate", "localtime", "localtimestamp"), ("my__now", "TIMESTAMP")), of=())


R.accepts("now", "curdate", "curtime", "weekday", "yearweek", "period_diff", "period_add", "makedate", "unix_timestamp")


R.renames(
    {
        exp.Dayname: ("dayname", "VARCHAR", "this"),
        exp.Monthname: ("monthname", "VARCHAR", "this"),
        "dayname": ("dayname", "VARCHAR"),
        "monthname": ("monthname", "VARCHAR"),
    },
    of=moment,
)
