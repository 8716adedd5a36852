"""Dates: functions/datetime of the manual."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build, shifts
from ..shared.calls import argument_count

R = DialectRules("trino dates")

R.renames({"yow": ("isoyear", "BIGINT")})
R.macros({"millisecond": ("tr__millisecond", "BIGINT")})

R.renames(
    {
        # functions/datetime
        exp.YearOfWeek: ("isoyear", "BIGINT"),
    }
)


_PARTS = {"DAY_OF_WEEK": "isodow", "DOW": "isodow", "DAY_OF_YEAR": "dayofyear", "DOY": "dayofyear",
          "YEAR_OF_WEEK": "isoyear", "YOW": "isoyear", "DAY_OF_MONTH": "day", "SECOND": "second", "WEEK": "weekofyear",
          "YEAR": "year", "QUARTER": "quarter", "MONTH": "month", "DAY": "day", "HOUR": "hour",
          "MINUTE": "minute"}  # fmt: skip


@R.rule(exp.Extract)
def extract(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    name = _PARTS.get(node.this.name.upper())
    node.set("expression", local(node.expression, node, ctx))
    if ctx.is_a(node.expression, "time") and name in ("hour", "minute", "second"):
        return ctx.call(name, node.expression, type="BIGINT")
    if name is None or not ctx.is_a(node.expression, "date", "timestamp"):
        ctx.refuse("unfaithful", node, "This EXTRACT is not verified", "Take a part from year to second of a date")
    return ctx.call(name or "year", node.expression, type="BIGINT")


@R.rule(exp.TimeToUnix)
def to_unixtime(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not ctx.is_a(node.this, "timestamp", "timestamptz"):
        ctx.refuse("timezone", node, "to_unixtime is verified for a timestamp", "Cast it")
    return ctx.call("epoch", node.this, type="DOUBLE")


# language/types#timestamp-p-with-time-zone: the moment is kept; its zone is known where the query itself writes it
def local(node: exp.Expr, at: exp.Expr, ctx: Context) -> exp.Expr:
    """The local time of a moment with a zone; anything else as it is."""
    if not ctx.is_a(node, "timestamptz"):
        return node
    zone = node.unnest().meta.get("zone")
    if zone is None:
        ctx.refuse("timezone", at, "The zone of this value is not kept", "Write at_timezone(x, 'zone')")
        return node
    return ctx.call("timezone", build.lit(zone), node, type="TIMESTAMP")


def _named(zone: str) -> str:
    """A zone as DuckDB names it; an offset is one with the other sign."""
    found = re.fullmatch(r"([+-])([0-9]{2}):([0-9]{2})", zone)
    return f"GMT{zone}" if found else zone


def zoned(stamp: str, zone: str, node: exp.Expr, ctx: Context) -> exp.Expr:
    """TIMESTAMP '2024-01-01 12:00:00 Asia/Seoul'."""
    head, _, fraction = stamp.partition(".")
    if len(fraction) > 6 and fraction[6:].strip("0"):
        if not isinstance(node.parent, _PARTS_OF_TIME):
            ctx.refuse("unfaithful", node, "A moment has at most six digits of a second here", "Leave the others out")
        stamp = f"{head}.{fraction[:6]}"
    try:
        valid_zone(zone)
    except ValueError:
        raise ctx.error(node, f"There is no time zone {zone!r}.") from None
    made = ctx.call("timezone", build.lit(_named(zone)), build.translated(build.lit(stamp), "TIMESTAMP", False),
                    type="TIMESTAMPTZ")  # fmt: skip
    made.meta["zone"] = _named(zone)
    ctx.warn("timezone", node, "A moment with a zone comes out in UTC: its zone is known within the query only.")
    return made


def valid_zone(zone: str) -> None:
    """Raises ValueError for no zone."""
    if not re.fullmatch(r"[+-](0[0-9]|1[0-4]):[0-5][0-9]", zone):
        ZoneInfo(zone)


# functions/datetime#at_timezone: the same moment
@R.function("at_timezone")
def at_timezone(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    this, zone = node.expressions
    return _at(this, zone, node, ctx)


@R.rule(exp.AtTimeZone)
def at_time_zone(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return _at(node.this, node.args["zone"], node, ctx)


def _at(this: exp.Expr, zone: exp.Expr, node: exp.Expr, ctx: Context) -> exp.Expr:
    name = build.text(zone)
    if name is None or not ctx.is_a(this, "timestamptz"):
        ctx.refuse("timezone", node, "A change of zone is verified for a moment with a zone and a constant zone",
                   "Cast it to TIMESTAMP WITH TIME ZONE")  # fmt: skip
    try:
        valid_zone(name or "UTC")
    except ValueError:
        raise ctx.error(node, f"There is no time zone {name!r}.") from None
    made = build.translated(this, "TIMESTAMPTZ", False)
    made.meta["zone"] = _named(name or "UTC")
    ctx.warn("timezone", node, "A moment with a zone comes out in UTC: its zone is known within the query only.")
    return made


_PARTS_OF_TIME = (exp.Hour, exp.Minute, exp.Second, exp.Day, exp.Month, exp.Year, exp.Quarter, exp.TimestampTrunc,
                  exp.DateTrunc, exp.DayOfMonth, exp.DayOfWeek, exp.DayOfYear, exp.Week, exp.WeekOfYear,
                  exp.YearOfWeek)  # fmt: skip


@R.rule(exp.Hour, exp.Minute, exp.Second, exp.Day, exp.Month, exp.Year, exp.Quarter, exp.TimeToStr, exp.DayOfMonth,
        exp.DayOfWeek, exp.DayOfYear, exp.Week, exp.WeekOfYear, exp.YearOfWeek)  # fmt: skip
def parts(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    node.set("this", local(node.this, node, ctx))
    return None


@R.rule(exp.FromISO8601Timestamp)
def from_iso8601(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Without a time it is midnight, without a zone the session's, which is UTC here."""
    ctx.warn("timezone", node, "A text without a zone is read in UTC, as in a session whose time zone is UTC.")
    return build.cast(ctx.macro("tr__iso_stamp", node.this, type="VARCHAR"), "TIMESTAMPTZ")


@R.rule(exp.UnixToTime)
def from_unixtime(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    zone = build.text(node.args.get("zone"))
    if not ctx.is_a(node.this, "int") or (zone is None and argument_count(node, ctx) != 1):
        ctx.refuse("timezone", node, "from_unixtime is verified for whole seconds and a constant zone",
                   "Cast them to BIGINT")  # fmt: skip
    if zone is not None:
        seconds = ctx.call("to_timestamp", build.cast(node.this, "BIGINT"), type="TIMESTAMPTZ")
        return _at(seconds, node.args["zone"], node, ctx)
    ctx.warn("timezone", node, "from_unixtime is given in UTC, as in a session whose time zone is UTC.")
    micros = exp.Mul(this=build.cast(node.this, "BIGINT"), expression=build.lit(10**6))
    return ctx.call("make_timestamp", micros, type="TIMESTAMP")


# functions/datetime#from_iso8601_date: a day of a month, of a week or of a year; a week alone is its Monday
R.macros({exp.FromISO8601Date: ("tr__iso_day", "DATE", "this")})


@R.rule(exp.Sub)
def between(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """The difference of two dates is an interval."""
    if not (ctx.is_a(node.this, "date") and ctx.is_a(node.expression, "date")):
        return None
    made = ctx.call("to_days", build.cast(exp.Paren(this=node.copy()), "INTEGER"))
    made.type = exp.DataType.build("INTERVAL")
    return made


# functions/datetime
_UNITS = {"SECOND": 10**6, "MINUTE": 6 * 10**7, "HOUR": 36 * 10**8, "DAY": 864 * 10**8, "WEEK": 7 * 864 * 10**8,
          "MILLISECOND": 1000}  # fmt: skip
_MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}


def _unit(node: exp.Expr, ctx: Context) -> str:
    unit = node.args.get("unit")
    name = unit.name.upper() if unit is not None else ""
    if name not in _UNITS and name not in _MONTHS:
        raise ctx.error(node, f"The unit {name} is not supported here.")
    return str(name)


@R.rule(exp.DateDiff)
def date_diff(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Complete units."""
    unit, args = _unit(node, ctx), [build.cast(a, "TIMESTAMP") for a in (node.expression, node.this)]
    size = _MONTHS.get(unit) or _UNITS[unit]
    name = "tr__months" if unit in _MONTHS else "tr__micros"
    return exp.Paren(this=exp.IntDiv(this=ctx.macro(name, *args, type="BIGINT"), expression=build.lit(size)))


@R.rule(exp.DateAdd)
def date_add(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    unit = _unit(node, ctx)
    if unit == "MILLISECOND" or ctx.is_a(node.this, "text") or ctx.is_a(node.expression, "float", "decimal"):
        ctx.refuse("implicit_cast", node, "This date_add is not verified", "Use whole numbers of other units")
    return shifts.shifted(node.this, node.expression, unit, ctx)


@R.rule(exp.DateTrunc, exp.TimestampTrunc)
def date_trunc(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    unit, this = _unit(node, ctx), node.this
    if ctx.is_a(this, "time") and unit in ("MILLISECOND", "SECOND", "MINUTE", "HOUR"):
        stamp = exp.Paren(this=exp.Add(this=build.cast(build.lit("1970-01-01"), "DATE"), expression=this))
        return build.cast(ctx.call("date_trunc", build.lit(unit.lower()), stamp), "TIME")
    zone = this.unnest().meta.get("zone")
    if zone is not None:  # of the local time
        cut = ctx.call("date_trunc", build.lit(unit.lower()), local(this, node, ctx), type="TIMESTAMP")
        made = ctx.call("timezone", build.lit(zone), cut, type="TIMESTAMPTZ")
        made.meta["zone"] = zone
        return made
    if not ctx.is_a(this, "date", "timestamp"):
        ctx.refuse("timezone", node, "date_trunc is verified for date and timestamp", "Cast it")
    made = ctx.call("date_trunc", build.lit(unit.lower()), this)
    return build.cast(made, "DATE" if ctx.is_a(this, "date") else "TIMESTAMP")


@R.function("to_iso8601")
def to_iso8601(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not ctx.is_a(node.expressions[0], "date"):
        ctx.refuse("unfaithful", node, "to_iso8601 is verified for dates", "Use date_format")
    return ctx.macro("tr__iso_date", *node.expressions, type="VARCHAR")


R.rule(exp.Add, exp.Sub)(shifts.keep_date)
