"""Dates and times: https://clickhouse.com/docs/sql-reference/functions/date-time-functions"""

from __future__ import annotations

from sqlglot import exp

from .. import common
from ..context import Context
from . import D

_FORMATS = {
    "%a": "%a", "%b": "%b", "%d": "%d", "%e": "%-d", "%F": "%Y-%m-%d", "%H": "%H", "%i": "%M", "%j": "%j", "%m": "%m",
    "%M": "%B", "%p": "%p", "%R": "%H:%M", "%s": "%S", "%S": "%S", "%T": "%H:%M:%S", "%u": "%u", "%W": "%A", "%y": "%y",
    "%Y": "%Y", "%%": "%%", "%I": "%I", "%h": "%I",
}  # fmt: skip


@D.rule(exp.TimeToStr)
def format_date(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    fmt = common.text(node.args["format"])
    if fmt is None:
        raise ctx.error(node, "The format is not a constant: write it as a text.")
    try:
        written = common.timefmt(fmt, _FORMATS, letters=False)
    except common.UnknownToken as unknown:
        raise ctx.error(node, f"The format's {unknown.token!r} has no counterpart in DuckDB: leave it out.") from None
    return ctx.call("strftime", node.this, common.lit(written), type="VARCHAR")


@D.rule(exp.DateDiff)
def date_diff(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    unit = node.args["unit"].name.lower() if node.args.get("unit") is not None else "day"
    if unit == "week":
        return ctx.macro("ch__weeks", node.expression, node.this, type="BIGINT")
    return None


@D.rule(exp.Sub)
def difference(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if ctx.is_a(node.this, "timestamp") and ctx.is_a(node.expression, "timestamp"):
        ctx.refuse("interval_text", node, "The difference of two moments is a number of seconds here", "Use dateDiff")
    if ctx.is_a(node.this, "date") and ctx.is_a(node.expression, "date"):
        return ctx.call("date_diff", common.lit("day"), node.expression, node.this, type="BIGINT")
    return None


def _part(name: str, function: str) -> None:
    @D.function(name)
    def part(node: exp.Expr, ctx: Context) -> exp.Expr | None:
        if len(node.expressions) > 1:
            raise ctx.error(node, f"{name} with a mode or a time zone has no counterpart: leave it out.")
        return ctx.call(function, node.expressions[0], type="BIGINT")


for _name, _function in (
    ("toyear", "year"), ("tomonth", "month"), ("todayofmonth", "day"), ("tohour", "hour"), ("tominute", "minute"),
    ("tosecond", "second"), ("toquarter", "quarter"), ("todayofyear", "dayofyear"),
    ("toisoweek", "weekofyear"), ("toisoyear", "isoyear"),
):  # fmt: skip
    _part(_name, _function)


def _start(name: str, unit: str) -> None:
    @D.function(name)
    def start(node: exp.Expr, ctx: Context) -> exp.Expr | None:
        found = ctx.call("date_trunc", common.lit(unit), node.expressions[0], type="TIMESTAMP")
        return common.cast(found, "DATE") if unit not in ("hour", "minute", "second") else found


for _name, _unit in (
    ("tomonday", "week"), ("tostartofyear", "year"), ("tostartofquarter", "quarter"), ("tostartofhour", "hour"),
    ("tostartofminute", "minute"), ("tostartofsecond", "second"), ("tostartofmonth", "month"),
):  # fmt: skip
    _start(_name, _unit)


@D.function("toyyyymm", "toyyyymmdd")
def as_number(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    fmt = "%Y%m" if node.name.lower() == "toyyyymm" else "%Y%m%d"
    return common.cast(ctx.call("strftime", node.expressions[0], common.lit(fmt)), "BIGINT")


@D.function("todate")
def to_date(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not ctx.is_a(node.expressions[0], "text", "date", "timestamp"):
        raise ctx.error(node, "toDate of a number counts days or seconds by its size: use a text or a date.")
    return common.cast(node.expressions[0], "DATE")


@D.function("today")
def today(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    ctx.open("now", node, "The time of the run is part of the result.")
    return ctx.call("current_date", type="DATE")


_UNITS = {"year": 12, "quarter": 3, "month": 1, "week": 7, "day": 1}


def _shift(name: str, unit: str, sign: int) -> None:
    @D.function(name)
    def shift(node: exp.Expr, ctx: Context) -> exp.Expr | None:
        value, count = node.expressions
        if sign < 0:
            count = exp.Neg(this=exp.Paren(this=count))
        return _moved(value, count, unit, ctx)


def _moved(value: exp.Expr, count: exp.Expr, unit: str, ctx: Context) -> exp.Expr:
    interval = ctx.call(f"to_{unit}s", common.cast(exp.Paren(this=count), "INTEGER"))
    moved = exp.Paren(this=exp.Add(this=value.copy(), expression=interval))
    if ctx.is_a(value, "date") and unit in _UNITS:
        return common.cast(moved, "DATE")
    moved.type = exp.DataType.build("TIMESTAMP")
    return moved


for _unit in ("year", "quarter", "month", "week", "day", "hour", "minute", "second"):
    _shift(f"add{_unit}s", _unit, 1)
    _shift(f"subtract{_unit}s", _unit, -1)


@D.rule(exp.Add, exp.Sub)
def plus(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    left, right = node.this, node.expression
    sign = -1 if isinstance(node, exp.Sub) else 1
    if isinstance(right, exp.Anonymous) and right.name.lower().startswith("tointerval"):
        unit = right.name.lower().removeprefix("tointerval")
        count = right.expressions[0]
        return _moved(left, exp.Neg(this=exp.Paren(this=count)) if sign < 0 else count, unit, ctx)
    if isinstance(right, exp.Interval) and ctx.is_a(left, "date") and right.args.get("unit") is not None:
        unit = right.args["unit"].name.lower().removesuffix("s")
        made = node.copy()
        made.type = None
        return common.cast(made, "DATE") if unit in _UNITS else None
    if ctx.is_a(left, "timestamp") and ctx.is_a(right, "int"):
        return _moved(left, exp.Neg(this=exp.Paren(this=right)) if sign < 0 else right, "second", ctx)
    return None


for _unit in ("year", "quarter", "month", "week", "day", "hour", "minute", "second"):
    D.known(f"tointerval{_unit}")


@D.function("tolastdayofmonth")
def last_day(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.call("last_day", node.expressions[0], type="DATE")


@D.function("tostartofweek")
def start_of_week(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value, *mode = node.expressions
    if mode and not (isinstance(mode[0], exp.Literal) and mode[0].this in ("0", "1")):
        raise ctx.error(node, "Of toStartOfWeek's modes 0 and 1 have a counterpart: use one of them.")
    monday = bool(mode) and mode[0].this == "1"
    return ctx.macro("ch__monday" if monday else "ch__sunday", value, type="DATE")


@D.function("makedate")
def make_date(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.call("make_date", *node.expressions, type="DATE") if len(node.expressions) == 3 else None


@D.function("makedatetime")
def make_datetime(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.call("make_timestamp", *node.expressions, type="TIMESTAMP") if len(node.expressions) == 6 else None


@D.function("todatetime")
def to_datetime(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if len(node.expressions) > 1 or not ctx.is_a(node.expressions[0], "text", "date", "timestamp"):
        raise ctx.error(node, "toDateTime has a counterpart for a text, a date or a moment in UTC.")
    found = common.cast(node.expressions[0], "TIMESTAMP")
    return ctx.call("date_trunc", common.lit("second"), found, type="TIMESTAMP")


@D.function("parsedatetime", "parsedatetimeornull", "parsedatetimeorzero")
def parse(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.name.lower().endswith("zero") or len(node.expressions) != 2:
        raise ctx.error(node, "This form has no counterpart: use parseDateTimeOrNull with a format.")
    fmt = common.text(node.expressions[1])
    try:
        written = common.timefmt(fmt or "%%", {**_FORMATS, "%e": "%d"}, letters=False)
    except common.UnknownToken as unknown:
        raise ctx.error(node, f"The format's {unknown.token!r} has no counterpart in DuckDB: leave it out.") from None
    name = "try_strptime" if node.name.lower().endswith("ornull") else "strptime"
    return common.cast(ctx.call(name, node.expressions[0], common.lit(written)), "TIMESTAMP")


@D.function("datename", "monthname")
def names(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.name.lower() == "monthname":
        return ctx.call("strftime", node.expressions[0], common.lit("%B"), type="VARCHAR")
    part = (common.text(node.expressions[0]) or "").lower()
    fmt = {"weekday": "%A", "month": "%B", "year": "%Y"}.get(part)
    if fmt is None:
        raise ctx.error(node, "Of dateName's parts weekday, month and year have a counterpart.")
    return ctx.call("strftime", node.expressions[1], common.lit(fmt), type="VARCHAR")


D.accepts("monthname")


@D.function("tostartofinterval")
def start_of_interval(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value, interval = node.expressions[:2]
    unit = interval.args["unit"].name.lower() if isinstance(interval, exp.Interval) else ""
    if unit.removesuffix("s") not in ("minute", "second", "hour") or len(node.expressions) > 2:
        raise ctx.error(node, "Of intervals those in hours, minutes and seconds have a counterpart.")
    origin = common.cast(common.lit("1970-01-01"), "TIMESTAMP")
    return ctx.call("time_bucket", interval, common.cast(value, "TIMESTAMP"), origin, type="TIMESTAMP")


@D.function("age")
def age(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Complete units: https://clickhouse.com/docs/sql-reference/functions/date-time-functions#age
    unit = (common.text(node.expressions[0]) or "").lower()
    one, two = (common.cast(arg, "TIMESTAMP") for arg in node.expressions[1:3])
    months = {"month": 1, "quarter": 3, "year": 12}.get(unit)
    if months:
        return ctx.macro("ch__age", one, two, common.lit(months), type="BIGINT")
    size = {"second": 10**6, "minute": 6 * 10**7, "hour": 36 * 10**8, "day": 864 * 10**8, "week": 6048 * 10**8}.get(
        unit
    )
    if size is None or len(node.expressions) != 3:
        raise ctx.error(node, f"age in {unit!r} has no counterpart.")
    return ctx.macro("ch__age_of", one, two, common.lit(size), type="BIGINT")


@D.rule(exp.Add)
def date_plus_number(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    for one, two in ((node.this, node.expression), (node.expression, node.this)):
        if ctx.is_a(one, "date") and ctx.is_a(two, "int"):
            return exp.Paren(this=exp.Add(this=one, expression=common.cast(two, "INTEGER")))
        if ctx.is_a(one, "date") and isinstance(two, exp.Column) and two.name == "number":
            return exp.Paren(this=exp.Add(this=one, expression=common.cast(two, "INTEGER")))
    return None


@D.function("todayofweek")
def day_of_week(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Mode 0: Monday is 1; 1: Monday is 0; 2: Sunday is 0; 3: Sunday is 1
    value, *mode = node.expressions
    written = "0" if not mode else mode[0].name if isinstance(mode[0], exp.Literal) else ""
    if written not in ("0", "1", "2", "3") or len(mode) > 1:
        raise ctx.error(node, "toDayOfWeek takes a constant mode from 0 to 3 here.")
    day = ctx.call("isodow" if written in "01" else "dayofweek", value, type="BIGINT")
    shift = {"0": 0, "1": -1, "2": 0, "3": 1}[written]
    return exp.Paren(this=exp.Add(this=day, expression=common.lit(shift))) if shift else day


@D.function("totimezone")
def to_time_zone(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # The same moment as that zone's clocks show it
    value, zone = node.expressions
    there = ctx.call("timezone", common.lit("UTC"), common.cast(value, "TIMESTAMP"))
    return ctx.call("timezone", zone, there, type="TIMESTAMP")
