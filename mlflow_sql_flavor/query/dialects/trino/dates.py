"""Dates: functions/datetime of the manual."""

from __future__ import annotations

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
    if name is None or not ctx.is_a(node.expression, "date", "timestamp"):
        ctx.refuse("unfaithful", node, "This EXTRACT is not verified", "Take a part from year to second of a date")
    return ctx.call(name or "year", node.expression, type="BIGINT")


@R.rule(exp.TimeToUnix)
def to_unixtime(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not ctx.is_a(node.this, "timestamp", "timestamptz"):
        ctx.refuse("timezone", node, "to_unixtime is verified for a timestamp", "Cast it")
    return ctx.call("epoch", node.this, type="DOUBLE")


_LOCAL = (exp.Hour, exp.Minute, exp.Day, exp.Month, exp.Year, exp.Quarter, exp.Extract, exp.TimeToStr)


# functions/datetime#at_timezone
@R.function("at_timezone")
def at_timezone(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """The local time of a zone, where nothing but its parts is read."""
    this, zone = node.expressions
    if not isinstance(node.parent, _LOCAL) or build.text(zone) is None or not ctx.is_a(this, "timestamptz"):
        ctx.refuse("timezone", node, "at_timezone is verified within hour, day and other parts", "Take a part of it")
    return ctx.call("timezone", zone, this, type="TIMESTAMP")


@R.rule(exp.Hour, exp.Minute, exp.Second, exp.Day, exp.Month, exp.Year, exp.Quarter, exp.TimeToStr)
def parts(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if ctx.is_a(node.this, "timestamptz"):
        ctx.refuse("timezone", node, "The zone of this value is not kept", "Write at_timezone(x, 'zone')")
    return None


@R.rule(exp.FromISO8601Timestamp)
def from_iso8601(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    pattern = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,3})?(Z|[+-][0-9]{2}:[0-9]{2})"
    return build.cast(ctx.macro("tr__valid", node.this, build.lit(pattern)), "TIMESTAMPTZ")


@R.rule(exp.UnixToTime)
def from_unixtime(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if argument_count(node, ctx) != 1 or not ctx.is_a(node.this, "int"):
        ctx.refuse("timezone", node, "from_unixtime is verified for whole seconds", "Cast them to BIGINT")
    ctx.warn("timezone", node, "from_unixtime is given in UTC, as in a session whose time zone is UTC.")
    micros = exp.Mul(this=build.cast(node.this, "BIGINT"), expression=build.lit(10**6))
    return ctx.call("make_timestamp", micros, type="TIMESTAMP")


@R.rule(exp.FromISO8601Date)
def iso_date(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return build.cast(ctx.macro("tr__valid", node.this, build.lit("[0-9]{4}-[0-9]{2}-[0-9]{2}")), "DATE")


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
