"""Dates and times: https://dev.mysql.com/doc/refman/8.0/en/date-and-time-functions.html"""

from __future__ import annotations

import re

from sqlglot import exp

from .. import common
from ..context import Context
from . import D
from .values import number, text, whole

_DAYS = {"DAY", "WEEK", "MONTH", "QUARTER", "YEAR"}
_TIMES = {"HOUR", "MINUTE", "SECOND", "MICROSECOND"}


def _moment(node: exp.Expr, ctx: Context) -> exp.Expr:
    """The value as a TIMESTAMP; a text that is none is NULL."""
    if isinstance(node, (exp.TsOrDsToDate, exp.TsOrDsToTimestamp)):
        node = node.this
    if ctx.is_a(node, "text"):
        return ctx.macro("my__moment", node, type="TIMESTAMP")
    return common.cast(node, "TIMESTAMP")


@D.rule(exp.TsOrDsToDate)
def to_date(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return common.cast(_moment(node.this, ctx), "DATE")


@D.rule(exp.TsOrDsToTimestamp)
def to_timestamp(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return _moment(node.this, ctx)


@D.rule(exp.DayOfWeek)
def day_of_week(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # 1 is Sunday
    made = exp.Paren(this=exp.Add(this=ctx.call("dayofweek", node.this), expression=common.lit(1)))
    made.type = exp.DataType.build("BIGINT")
    return made


@D.function("weekday")
def weekday(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # 0 is Monday
    day = ctx.call("isodow", _moment(node.expressions[0], ctx))
    made = exp.Paren(this=exp.Sub(this=day, expression=common.lit(1)))
    made.type = exp.DataType.build("BIGINT")
    return made


@D.rule(exp.Week)
def week(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    mode = node.args.get("mode")
    value = mode.this if isinstance(mode, exp.Literal) else "0" if mode is None else None
    if value == "0":
        # weeks begin on Sunday, days before the first are week 0
        return common.cast(ctx.call("strftime", node.this, common.lit("%U")), "BIGINT")
    if value == "3":
        return ctx.call("weekofyear", node.this, type="BIGINT")
    if value == "5":
        return common.cast(ctx.call("strftime", node.this, common.lit("%W")), "BIGINT")
    raise ctx.error(node, "Of WEEK's modes 0, 3 and 5 have a counterpart: use one of them.")


@D.function("weekofyear")
def week_of_year(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.call("weekofyear", _moment(node.expressions[0], ctx), type="BIGINT")


@D.function("yearweek")
def year_week(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    raise ctx.error(node, "YEARWEEK has no counterpart: use DATE_FORMAT(d, '%x%v') for ISO weeks.")


@D.rule(exp.TimestampDiff)
def timestamp_diff(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Complete units from the first to the second
    later, earlier, unit = _moment(node.this, ctx), _moment(node.expression, ctx), node.args["unit"].name.upper()
    unit = unit.removeprefix("SQL_TSI_")
    months = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}.get(unit)
    if months:
        return ctx.macro("my__months", earlier, later, common.lit(months), type="BIGINT")
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
    return ctx.macro("my__units", earlier, later, common.lit(size[unit]), type="BIGINT")


@D.rule(exp.DateDiff)
def date_diff(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.args.get("unit") is not None and node.args["unit"].name.upper() != "DAY":
        return None
    days = [common.cast(_moment(node.args[key], ctx), "DATE") for key in ("expression", "this")]
    return ctx.call("date_diff", common.lit("day"), *days, type="BIGINT")


def _shifted(value: exp.Expr, amount: exp.Expr, unit: str, sign: int, node: exp.Expr, ctx: Context) -> exp.Expr:
    unit = unit.upper()
    if unit not in _DAYS | _TIMES:
        raise ctx.error(node, f"An interval in {unit} has no counterpart: add its parts one by one.")
    count = number(amount, ctx)
    if unit not in ("SECOND",):
        count = whole(amount, ctx)
    if sign < 0:
        count = exp.Neg(this=exp.Paren(this=count))
    months = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}.get(unit)
    moment = _moment(value, ctx)
    if months:
        moved = ctx.macro(
            "my__add_months",
            moment,
            exp.Mul(this=exp.Paren(this=count), expression=common.lit(months)),
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
        moved = ctx.macro("my__add", moment, count, common.lit(size[unit]), type="TIMESTAMP")
    if ctx.is_a(value, "date") and unit in _DAYS:
        return common.cast(moved, "DATE")
    if ctx.is_a(value, "text"):  # a text in, a text out
        keep = common.lit(1 if unit in _DAYS else 0)
        return ctx.macro("my__as_text", value.copy(), moved, keep, type="VARCHAR")
    return moved


@D.rule(exp.DateAdd, exp.DateSub, exp.TimestampAdd, exp.TimestampSub, exp.DatetimeAdd, exp.DatetimeSub)
def add_interval(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    amount, unit = node.expression, node.args.get("unit")
    if isinstance(amount, exp.Interval):
        amount, unit = amount.this, amount.args.get("unit")
    sign = -1 if isinstance(node, (exp.DateSub, exp.TimestampSub, exp.DatetimeSub)) else 1
    return _shifted(node.this, amount, unit.name if unit is not None else "DAY", sign, node, ctx)


@D.rule(exp.Add, exp.Sub)
def plus_interval(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    left, right = node.this, node.expression
    sign = -1 if isinstance(node, exp.Sub) else 1
    if isinstance(left, exp.Interval) and sign > 0:
        left, right = right, left
    if not isinstance(right, exp.Interval) or right.args.get("unit") is None:
        return None
    return _shifted(left, right.this, right.args["unit"].name, sign, node, ctx)


@D.function("adddate", "subdate")
def add_date(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value, amount = node.expressions
    unit = "DAY"
    if isinstance(amount, exp.Interval):
        amount, unit = amount.this, amount.args["unit"].name
    return _shifted(value, amount, unit, -1 if node.name.lower() == "subdate" else 1, node, ctx)


@D.rule(exp.StrToDate, exp.StrToTime)
def parse(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # A text that does not fit is NULL
    fmt = common.text(node.args["format"])
    if fmt is None:
        raise ctx.error(node, "The format is not a constant: write it as a text.")
    kind = "TIMESTAMP" if re.search(r"%-?[HIMSfpTr]", fmt) else "DATE"
    return common.cast(ctx.call("try_strptime", text(node.this, ctx), common.lit(fmt)), kind)


@D.function("makedate")
def make_date(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.macro("my__makedate", *(whole(arg, ctx) for arg in node.expressions), type="DATE")


@D.function("period_diff", "period_add")
def period(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.macro(f"my__{node.name.lower()}", *(whole(arg, ctx) for arg in node.expressions), type="BIGINT")


@D.rule(exp.ConvertTimezone)
def convert_zone(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    zones = [common.text(node.args[key]) for key in ("source_tz", "target_tz")]
    moment = _moment(node.args["timestamp"], ctx)
    source, target = (_offset(zone) for zone in zones)
    if source is not None and target is not None:
        minutes = common.lit(target - source)
        return ctx.macro("my__add", moment, minutes, common.lit(6 * 10**7), type="TIMESTAMP")
    if all((zone and "/" in zone) or zone == "UTC" for zone in zones):
        there = ctx.call("timezone", node.args["source_tz"], moment)
        return ctx.call("timezone", node.args["target_tz"], there, type="TIMESTAMP")
    raise ctx.error(node, "Write time zones as '+09:00' or as names such as 'Asia/Seoul'.")


def _offset(zone: str | None) -> int | None:
    found = re.fullmatch(r"([+-])(\d{1,2}):(\d\d)", zone or "")
    if not found:
        return None
    return (int(found[2]) * 60 + int(found[3])) * (-1 if found[1] == "-" else 1)


@D.function("unix_timestamp")
def unix_timestamp(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not node.expressions:
        ctx.open("now", node, "The time of the run is part of the result.")
        return common.cast(ctx.call("epoch", ctx.call("now")), "BIGINT")
    value = node.expressions[0]
    seconds = ctx.call("epoch", _moment(value, ctx), type="DOUBLE")
    whole_seconds = not any(ctx.is_a(c, "timestamp") for c in value.find_all(exp.Column))
    return common.cast(seconds, "BIGINT" if whole_seconds else "DECIMAL(20,6)")


@D.rule(exp.UnixToTime)
def from_unixtime(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return common.cast(
        ctx.call("make_timestamp", exp.Mul(this=exp.Paren(this=whole(node.this, ctx)), expression=common.lit(10**6))),
        "TIMESTAMP",
    )


@D.function("microsecond")
def microsecond(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    made = exp.Paren(
        this=exp.Mod(this=ctx.call("microsecond", _moment(node.expressions[0], ctx)), expression=common.lit(10**6))
    )
    made.type = exp.DataType.build("BIGINT")
    return made


@D.rule(exp.Extract)
def extract(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    unit = node.this.name.upper()
    if unit in ("MICROSECOND", "WEEK") or "_" in unit:
        raise ctx.error(node, f"EXTRACT({unit} ...) has no counterpart: use the function of that name.")
    node.set("expression", _moment(node.expression, ctx))
    return None


@D.rule(
    exp.Year,
    exp.Month,
    exp.Day,
    exp.Hour,
    exp.Minute,
    exp.Second,
    exp.Quarter,
    exp.DayOfMonth,
    exp.DayOfYear,
    exp.LastDay,
)
def part(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if ctx.is_a(node.this, "text"):
        node.set("this", _moment(node.this, ctx))
    return None


@D.function("now", "sysdate", "localtime", "localtimestamp")
def now(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.macro("my__now", type="TIMESTAMP")


D.accepts("now", "curdate", "curtime", "weekday", "yearweek", "period_diff", "period_add", "makedate", "unix_timestamp")
