"""Dates and times: https://clickhouse.com/docs/sql-reference/functions/date-time-functions"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build

R = DialectRules("clickhouse dates")

R.renames({exp.DayOfWeek: ("isodow", "BIGINT")})
R.macros({"tolastdayofmonth": ("ch__last_of_month", "DATE")})


@R.rule(exp.DateDiff)
def date_diff(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    unit = node.args["unit"].name.lower() if node.args.get("unit") is not None else "day"
    if unit == "week":
        return ctx.macro("ch__weeks", node.expression, node.this, type="BIGINT")
    names = {
        "yyyy": "year",
        "yy": "year",
        "qq": "quarter",
        "q": "quarter",
        "mm": "month",
        "m": "month",
        "dd": "day",
        "d": "day",
        "hh": "hour",
        "h": "hour",
        "mi": "minute",
        "n": "minute",
        "ss": "second",
        "s": "second",
    }
    unit = names.get(unit, unit)
    sides = [
        side if ctx.is_a(side, "date", "timestamp") else build.cast(side, "TIMESTAMP")
        for side in (node.expression, node.this)
    ]
    return ctx.call("date_diff", build.lit(unit), *sides, type="BIGINT")


@R.rule(exp.Sub)
def difference(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if ctx.is_a(node.this, "timestamp") and ctx.is_a(node.expression, "timestamp"):
        # Seconds, with six digits of DateTime64(6)
        return ctx.macro("ch__between_moments", node.this, node.expression, type="DECIMAL(38,6)")
    moments = ctx.is_a(node.this, "date", "timestamp") and ctx.is_a(node.expression, "date", "timestamp")
    if moments and ctx.is_a(node.this, "date") != ctx.is_a(node.expression, "date"):
        raise ctx.error(node, "ClickHouse subtracts no date from a moment, nor a moment from a date.")
    if ctx.is_a(node.this, "date") and ctx.is_a(node.expression, "int"):
        moved = exp.Paren(this=exp.Sub(this=node.this, expression=build.cast(node.expression, "INTEGER")))
        return ctx.macro("ch__in_range", moved, node.this.copy(), type="DATE")
    if ctx.is_a(node.this, "date") and ctx.is_a(node.expression, "date"):
        return ctx.call("date_diff", build.lit("day"), node.expression, node.this, type="BIGINT")
    return None


def _part(name: str, function: str) -> None:
    @R.function(name)
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
    @R.function(name)
    def start(node: exp.Expr, ctx: Context) -> exp.Expr | None:
        return _truncated(node.expressions[0], unit, ctx, clamped=_clamped(node))


def _is(value: exp.Expr, kind: exp.DType) -> bool:
    return isinstance(value.type, exp.DataType) and value.type.this == kind


def _clamped(node: exp.Expr) -> str:
    """What the first and the last DateTime do to a start below a day: of a zone, they are other hours there."""
    return "ch__start_in_seconds" if node.meta.get("zoned") else "ch__second_within"


def _truncated(value: exp.Expr, unit: str, ctx: Context, clamped: str = "") -> exp.Expr:
    # A date from the week on, a DateTime below: functions/date-time-functions#toStartOfInterval; a Date32 and a
    # DateTime64 end at the first and the last Date or DateTime, which those of dateTrunc do not
    if unit == "week":
        whole = ctx.is_a(value, "date") or _is(value, exp.DType.TIMESTAMP_S)
        if clamped or whole or not ctx.is_a(value, "timestamp"):
            name = "ch__monday" if clamped else "ch__week_within" if whole else "ch__first_of_week"
            return ctx.macro(name, value, type="DATE")
    found = ctx.call("date_trunc", build.lit(unit), value, type="TIMESTAMP_S")
    fine = {**dict.fromkeys(("hour", "minute", "second", "day"), "TIMESTAMP_S"), "millisecond": "TIMESTAMP_MS"}
    if unit in fine:
        made: exp.Expr = build.cast(found, "TIMESTAMP")
        if clamped and unit in ("hour", "minute", "day") and not _is(value, exp.DType.TIMESTAMP_S):
            made = ctx.macro(clamped, made)
        made.type = exp.DataType.build(fine[unit], dialect="duckdb")
        return made
    if unit not in ("week", "month", "quarter", "year"):
        raise ctx.error(value, f"A start of {unit} has no counterpart here.")
    day = build.cast(found, "DATE")
    return ctx.macro("ch__day_within", day, type="DATE") if clamped else day


for _name, _unit in (
    ("tomonday", "week"), ("tostartofyear", "year"), ("tostartofquarter", "quarter"), ("tostartofhour", "hour"),
    ("tostartofminute", "minute"), ("tostartofsecond", "second"), ("tostartofmonth", "month"), ("tostartofday", "day"),
    ("tostartofisoweek", "week"),
):  # fmt: skip
    _start(_name, _unit)


@R.rule(exp.TimestampTrunc, exp.DateTrunc)
def truncated(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if (
        _is(node.this, exp.DType.TIMESTAMP_S)
        and node.args["unit"].name == "SECOND"
        and "tostartofsecond" in ctx.sql.lower()
    ):
        raise ctx.error(node, "toStartOfSecond takes a DateTime64 in ClickHouse: a DateTime has whole seconds.")
    # toStartOfMonth and the like are read as this too
    clamped = _clamped(node) if isinstance(node, exp.TimestampTrunc) else ""
    return _truncated(node.this, node.args["unit"].name.lower(), ctx, clamped)


def _slots(name: str, minutes: int) -> None:
    @R.function(name)
    def slot(node: exp.Expr, ctx: Context) -> exp.Expr | None:
        return _bucket(node.expressions[0], minutes, "minute", _clamped(node), ctx)


def _bucket(value: exp.Expr, count: int, unit: str, clamped: str, ctx: Context) -> exp.Expr:
    length = ctx.call(f"to_{unit}s", build.lit(count))
    origin = build.cast(build.lit("1970-01-01"), "TIMESTAMP")
    made = ctx.call("time_bucket", length, build.cast(value, "TIMESTAMP"), origin, type="TIMESTAMP_S")
    return made if _is(value, exp.DType.TIMESTAMP_S) else ctx.macro(clamped, made, type="TIMESTAMP_S")


for _name, _minutes in (
    ("tostartoffiveminutes", 5), ("tostartoffiveminute", 5), ("tostartoftenminutes", 10),
    ("tostartoffifteenminutes", 15), ("timeslot", 30),
):  # fmt: skip
    _slots(_name, _minutes)


@R.function("toyyyymm", "toyyyymmdd", "toyyyymmddhhmmss")
def as_number(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    fmt = {"toyyyymm": "%Y%m", "toyyyymmdd": "%Y%m%d"}.get(node.name.lower(), "%Y%m%d%H%M%S")
    return build.cast(ctx.call("strftime", node.expressions[0], build.lit(fmt)), "BIGINT")


@R.function("today", "yesterday", "now")
def today(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    ctx.open("now", node, "The time of the run is part of the result.")
    if node.name.lower() == "now":
        here = ctx.call("timezone", build.lit("UTC"), ctx.call("now"))
        return ctx.call("date_trunc", build.lit("second"), here, type="TIMESTAMP_S")
    here = ctx.call("timezone", build.lit("UTC"), ctx.call("now"))
    day = build.cast(here, "DATE")
    return day if node.name.lower() == "today" else exp.Paren(this=exp.Sub(this=day, expression=build.lit(1)))


_UNITS = {"year": 12, "quarter": 3, "month": 1, "week": 7, "day": 1}


def _shift(name: str, unit: str, sign: int) -> None:
    @R.function(name)
    def shift(node: exp.Expr, ctx: Context) -> exp.Expr | None:
        value, count = node.expressions
        if sign < 0:
            count = exp.Neg(this=exp.Paren(this=count))
        return _moved(value, count, unit, ctx)


def _moved(value: exp.Expr, count: exp.Expr, unit: str, ctx: Context) -> exp.Expr:
    interval = ctx.call(f"to_{unit}s", build.cast(exp.Paren(this=count), "INTEGER"))
    moved = exp.Paren(this=exp.Add(this=value.copy(), expression=interval))
    if ctx.is_a(value, "date") and unit in _UNITS:
        return ctx.macro("ch__in_range", build.cast(moved, "DATE"), value.copy(), type="DATE")
    fine = value.type.this if isinstance(value.type, exp.DataType) else None
    if ctx.is_a(value, "date") or fine == exp.DType.TIMESTAMP_S:
        return in_seconds(moved, value, ctx)
    moved.type = exp.DataType.build("TIMESTAMP", dialect="duckdb")
    return moved


def in_seconds(moved: exp.Expr, value: exp.Expr, ctx: Context) -> exp.Expr:
    # https://clickhouse.com/docs/sql-reference/data-types/datetime: wraps around behind 2106
    return ctx.macro("ch__in_seconds", moved, value.copy(), type="TIMESTAMP_S")


@R.rule(exp.DateAdd, exp.DateSub, exp.TimestampAdd, exp.TimestampSub)
def date_add(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    count, unit = node.expression, node.args.get("unit")
    if isinstance(count, exp.Interval):
        count, unit = count.this, count.args.get("unit")
    if (
        count is None
        or unit is None
        or unit.name.lower().removesuffix("s") not in (*_UNITS, "hour", "minute", "second")
    ):
        raise ctx.error(node, "This form has no counterpart: use addDays, addMonths and the like.")
    if isinstance(node, (exp.DateSub, exp.TimestampSub)):
        count = exp.Neg(this=exp.Paren(this=count))
    return _moved(node.this, count, unit.name.lower().removesuffix("s"), ctx)


@R.function("dateadd", "datesub", "timestampadd", "timestampsub")
def date_add_named(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if len(node.expressions) != 3:
        raise ctx.error(node, "This form has no counterpart: use addDays, addMonths and the like.")
    unit, count, value = node.expressions
    name = (build.text(unit) or unit.name).lower().removesuffix("s")
    if name not in (*_UNITS, "hour", "minute", "second"):
        raise ctx.error(node, "This unit has no counterpart.")
    return _moved(value, exp.Neg(this=exp.Paren(this=count)) if "sub" in node.name.lower() else count, name, ctx)


for _unit in ("year", "quarter", "month", "week", "day", "hour", "minute", "second"):
    _shift(f"add{_unit}s", _unit, 1)
    _shift(f"subtract{_unit}s", _unit, -1)


@R.rule(exp.Add, exp.Sub)
def plus(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    left, right = node.this, node.expression
    sign = -1 if isinstance(node, exp.Sub) else 1
    if isinstance(right, exp.Anonymous) and right.name.lower().startswith("tointerval"):
        unit = right.name.lower().removeprefix("tointerval")
        count = right.expressions[0]
        return _moved(left, exp.Neg(this=exp.Paren(this=count)) if sign < 0 else count, unit, ctx)
    if isinstance(right, exp.Interval) and right.args.get("unit") is None:
        raise ctx.error(right, "An interval of several units has no counterpart: add one after the other.")
    if isinstance(right, exp.Interval) and ctx.is_a(left, "date") and right.args.get("unit") is not None:
        unit = right.args["unit"].name.lower().removesuffix("s")
        made = node.copy()
        made.type = None
        return build.cast(made, "DATE") if unit in _UNITS else None
    if isinstance(right, exp.Interval) and isinstance(left.type, exp.DataType):
        return in_seconds(node.copy(), left, ctx) if left.type.this == exp.DType.TIMESTAMP_S else None
    if ctx.is_a(left, "timestamp") and ctx.is_a(right, "int"):
        return _moved(left, exp.Neg(this=exp.Paren(this=right)) if sign < 0 else right, "second", ctx)
    return None


for _unit in ("year", "quarter", "month", "week", "day", "hour", "minute", "second"):
    R.known(f"tointerval{_unit}")


@R.rule(exp.Interval)
def interval_alone(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Given back it is its number: https://clickhouse.com/docs/sql-reference/data-types/special-data-types/interval
    item = node.parent if isinstance(node.parent, exp.Alias) else node
    return build.cast(node.this, "BIGINT") if isinstance(item.parent, exp.Select) and node.this is not None else None


@R.function("toweek", "toyearweek", "yearweek")
def week(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://clickhouse.com/docs/sql-reference/functions/date-time-functions#toWeek
    value, *mode = node.expressions
    written = "0" if not mode else mode[0].name if isinstance(mode[0], exp.Literal) and len(mode) == 1 else ""
    return _week(value, written, node.name.lower().endswith("yearweek"), node, ctx)


def _week(value: exp.Expr, mode: str, year: bool, node: exp.Expr, ctx: Context) -> exp.Expr:
    if not year and mode in ("0", "1"):
        return ctx.macro("ch__week_sunday" if mode == "0" else "ch__week_monday", value, type="BIGINT")
    if mode not in tuple("01234567"):
        raise ctx.error(node, "This mode of weeks has no counterpart: use toISOWeek.")
    monday = bool(int(mode) & 1)
    four = bool(int(mode) & 4) != monday
    name = "ch__year_week" if year else "ch__week_of_year" if int(mode) & 2 else "ch__week"
    args = [build.cast(value, "DATE"), exp.Boolean(this=monday), exp.Boolean(this=four)]
    return ctx.macro(name, *args, type="BIGINT")


@R.rule(exp.Week)
def week_of(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    mode = node.args.get("mode")
    return _week(node.this, mode.name if mode is not None else "0", False, node, ctx)


@R.function("tounixtimestamp", "torelativedaynum", "torelativemonthnum")
def since(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value, name = node.expressions[0], node.name.lower()
    if name == "tounixtimestamp" and len(node.expressions) == 1 and ctx.is_a(value, "text"):
        value = ctx.macro("ch__moment_of", value, exp.Boolean(this=False), type="TIMESTAMP_S")
    if len(node.expressions) > 1 or not ctx.is_a(value, "date", "timestamp"):
        raise ctx.error(node, f"{node.name} has a counterpart for a date or a moment in UTC.")
    if name == "torelativemonthnum":
        months = exp.Mul(this=ctx.call("year", value), expression=build.lit(12))
        return exp.Paren(this=exp.Add(this=months, expression=ctx.call("month", value.copy())))
    return ctx.macro("ch__seconds" if name == "tounixtimestamp" else "ch__days", value, type="BIGINT")


@R.function("tostartofweek", "tolastdayofweek")
def start_of_week(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # In modes of odd numbers a week begins on Monday
    value, *mode = node.expressions
    if mode and not (isinstance(mode[0], exp.Literal) and mode[0].this in tuple("0123456789")):
        raise ctx.error(node, f"{node.name} has a counterpart with a constant mode from 0 to 9.")
    monday = bool(mode) and int(mode[0].this) % 2 == 1
    if node.name.lower() == "tolastdayofweek":
        return ctx.macro("ch__last_of_week", build.cast(value, "DATE"), exp.Boolean(this=monday), type="DATE")
    return ctx.macro("ch__monday" if monday else "ch__sunday", value, type="DATE")


@R.function("datename", "monthname")
def names(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.name.lower() == "monthname":
        return ctx.call("strftime", node.expressions[0], build.lit("%B"), type="VARCHAR")
    part = (build.text(node.expressions[0]) or "").lower()
    fmt = {"weekday": "%A", "month": "%B", "year": "%Y", "day": "%-d", "hour": "%-H", "dayofyear": "%-j",
           "minute": "%-M", "second": "%-S"}.get(part)  # fmt: skip
    if len(node.expressions) != 2:
        raise ctx.error(node, "dateName has a counterpart with a constant zone: write it as a text.")
    if part in ("quarter", "week"):  # the week of ISO 8601
        return build.cast(ctx.call(part, node.expressions[1]), "VARCHAR")
    if fmt is None:
        raise ctx.error(node, "This part of dateName has no counterpart.")
    return ctx.call("strftime", node.expressions[1], build.lit(fmt), type="VARCHAR")


R.accepts("monthname")


@R.function("tostartofinterval")
def start_of_interval(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value, interval = node.expressions[:2]
    unit = interval.args["unit"].name.lower().removesuffix("s") if isinstance(interval, exp.Interval) else ""
    written = (
        interval.this.name if isinstance(interval, exp.Interval) and isinstance(interval.this, exp.Literal) else ""
    )
    if not written.isdigit() or written == "0" or len(node.expressions) > 2:
        raise ctx.error(node, "toStartOfInterval has a counterpart for a constant interval from 1970 on.")
    count = int(written)
    if ctx.is_a(value, "date"):  # of a Date32 beyond the Dates it wraps around
        value = ctx.macro("ch__as_day", value, type="DATE")
    months = {"month": 1, "quarter": 3, "year": 12}.get(unit)
    if months:
        return ctx.macro("ch__bucket_months", value, build.lit(count * months), type="DATE")
    if unit == "week":
        return ctx.macro("ch__bucket_weeks", value, build.lit(count), type="DATE")
    if unit == "day":
        made: exp.Expr = build.cast(ctx.macro("ch__bucket_days", value, build.lit(count)), "TIMESTAMP")
        made = ctx.macro(_clamped(node), made)
        made.type = exp.DataType.build("TIMESTAMP_S", dialect="duckdb")
        return made
    if unit not in ("hour", "minute", "second"):
        raise ctx.error(node, f"toStartOfInterval in {unit!r} has no counterpart.")
    return _bucket(value, count, unit, _clamped(node), ctx)


@R.function("age")
def age(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Complete units: https://clickhouse.com/docs/sql-reference/functions/date-time-functions#age
    unit = (build.text(node.expressions[0]) or "").lower()
    one, two = (build.cast(arg, "TIMESTAMP") for arg in node.expressions[1:3])
    months = {"month": 1, "quarter": 3, "year": 12}.get(unit)
    if months:
        return ctx.macro("ch__age", one, two, build.lit(months), type="BIGINT")
    size = {"second": 10**6, "minute": 6 * 10**7, "hour": 36 * 10**8, "day": 864 * 10**8, "week": 6048 * 10**8}.get(
        unit
    )
    if size is None or len(node.expressions) != 3:
        raise ctx.error(node, f"age in {unit!r} has no counterpart.")
    return ctx.macro("ch__age_of", one, two, build.lit(size), type="BIGINT")


@R.rule(exp.Add)
def date_plus_number(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    for one, two in ((node.this, node.expression), (node.expression, node.this)):
        if ctx.is_a(one, "date") and ctx.is_a(two, "int"):
            moved = exp.Paren(this=exp.Add(this=one, expression=build.cast(two, "INTEGER")))
            return ctx.macro("ch__in_range", moved, one.copy(), type="DATE")
        if ctx.is_a(one, "date") and isinstance(two, exp.Column) and two.name == "number":
            return exp.Paren(this=exp.Add(this=one, expression=build.cast(two, "INTEGER")))
    return None


@R.function("todayofweek")
def day_of_week(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Mode 0: Monday is 1; 1: Monday is 0; 2: Sunday is 0; 3: Sunday is 1
    value, *mode = node.expressions
    written = "0" if not mode else mode[0].name if isinstance(mode[0], exp.Literal) else ""
    if written not in ("0", "1", "2", "3") or len(mode) > 1:
        raise ctx.error(node, "toDayOfWeek takes a constant mode from 0 to 3 here.")
    day = ctx.call("isodow" if written in "01" else "dayofweek", value, type="BIGINT")
    shift = {"0": 0, "1": -1, "2": 0, "3": 1}[written]
    return exp.Paren(this=exp.Add(this=day, expression=build.lit(shift))) if shift else day


@R.function("totimezone")
def to_time_zone(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # The same moment as that zone's clocks show it
    value, zone = node.expressions
    there = ctx.call("timezone", build.lit("UTC"), build.cast(value, "TIMESTAMP"))
    made = build.cast(ctx.call("timezone", zone, there), "TIMESTAMP")
    kind = value.type.this if isinstance(value.type, exp.DataType) else None
    seconds = kind in (exp.DType.TIMESTAMP_S, exp.DType.TIMESTAMP_MS)
    made.type = value.type if seconds else exp.DataType.build("TIMESTAMP", dialect="duckdb")
    return made


@R.function("makedate")
def make_date(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if len(node.expressions) == 2:
        return ctx.macro("ch__make_day", *node.expressions, type="DATE")
    return ctx.macro("ch__make_date", *node.expressions, type="DATE") if len(node.expressions) == 3 else None


@R.function("makedatetime64")
def make_moment(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://clickhouse.com/docs/sql-reference/functions/date-time-functions#makeDateTime64
    parts, fraction = node.expressions[:6], node.expressions[6:7] or [build.lit(0)]
    digits = node.expressions[7].name if len(node.expressions) > 7 else "3"
    if len(parts) < 6 or len(node.expressions) > 8 or digits not in ("3", "6"):
        raise ctx.error(node, "makeDateTime64 has a counterpart of 3 or 6 digits, without a time zone.")
    kind = "TIMESTAMP_MS" if digits == "3" else "TIMESTAMP"
    return ctx.macro("ch__make_moment", *parts, *fraction, build.lit(10 ** int(digits)), type=kind)


@R.function("makedatetime")
def make_second(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://clickhouse.com/docs/sql-reference/functions/date-time-functions#makeDateTime
    zone = node.expressions[6:]
    if len(node.expressions) < 6 or (zone and build.text(zone[0]) is None):
        raise ctx.error(node, "makeDateTime has a counterpart of six parts and a constant zone.")
    parts = [build.cast(ctx.call("trunc", build.as_double(part, ctx)), "BIGINT") for part in node.expressions[:6]]
    made = ctx.macro("ch__make_second", *parts, type="TIMESTAMP_S")
    if zone and build.text(zone[0]) != "UTC":  # as that zone's clocks show it, whose hours may not all be there
        made = ctx.macro("ch__wall", made, zone[0], type="TIMESTAMP_S")
    return made
