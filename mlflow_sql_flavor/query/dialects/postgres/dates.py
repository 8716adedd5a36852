"""Dates: https://www.postgresql.org/docs/15/functions-datetime.html and functions-formatting.html."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared.build import cast, lit, text
from .casts import timestamp
from .numbers import whole

R = DialectRules("postgres dates")


@R.rule(exp.Extract)
def extract(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    unit, value = str(node.this.name).upper(), node.expression
    if text(value) is not None:
        raise ctx.error(node, "extract() needs a typed value: write DATE '...' or TIMESTAMP '...'.")
    if unit in ("SECOND", "SECONDS", "MILLISECOND", "MILLISECONDS", "MSEC"):
        # with their fraction
        micro = exp.Extract(this=exp.var("MICROSECOND"), expression=value)
        scale = "0.000001" if unit.startswith("SECOND") else "0.001"
        return exp.Paren(this=exp.Mul(this=cast(micro, "DECIMAL(18,0)"), expression=lit_number(scale)))
    if unit == "EPOCH" and ctx.is_a(value, "date", "timestamp", "timestamptz"):
        value = _bounded(value, ctx)
        stamp = cast(value, "TIMESTAMP") if ctx.is_a(value, "date") else value
        micros = cast(ctx.call("epoch_us", stamp), "DECIMAL(20,0)")
        return exp.Paren(this=exp.Mul(this=micros, expression=lit_number("0.000001")))
    if unit.startswith("TIMEZONE"):
        ctx.refuse("timezone", node, "The time zone of the session", "Leave it out")
    if unit in _ENDLESS and ctx.is_a(value, "date", "timestamp", "timestamptz"):
        node.set("expression", _bounded(value, ctx))
    return None


def _bounded(value: exp.Expr, ctx: Context) -> exp.Expr:
    made = ctx.macro("pg__dated", value.copy())
    made.type = value.type
    return made


#: Parts that are infinite of an infinite date, which DuckDB has as NULL.
_ENDLESS = {"YEAR", "DECADE", "CENTURY", "MILLENNIUM", "ISOYEAR", "JULIAN"}


def lit_number(value: str) -> exp.Expr:
    """A decimal literal."""
    return exp.Literal.number(value)


@R.rule(exp.TimestampTrunc)
def date_trunc(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    unit = str(node.args["unit"].name).upper()
    if text(node.this) is not None:
        raise ctx.error(node, "date_trunc() needs a typed value: write DATE '...' or TIMESTAMP '...'.")
    if unit in ("CENTURY", "MILLENNIUM"):  # begin with the year 1
        return ctx.macro(f"pg__trunc_{unit.lower()}", cast(node.this, "TIMESTAMP"), type="TIMESTAMP")
    # date_trunc(date) is a timestamptz: at UTC the same moment, and a plain timestamp is what the output keeps
    if ctx.is_a(node.this, "date"):
        made = ctx.call("date_trunc", lit(unit.lower()), cast(node.this, "TIMESTAMP"))
        made.type = exp.DataType.build("TIMESTAMPTZ")
        return made
    return None


@R.rule(exp.AtTimeZone)
def at_time_zone(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if ctx.is_a(node.this, "date", "timestamptz"):
        node.set("this", cast(node.this, "TIMESTAMPTZ"))
    elif text(node.this) is not None:  # unknown is a timestamptz here: typeconv-func.html
        node.set("this", timestamp(node.this, ctx, zone=True))
    return None


@R.function("timezone")
def timezone(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    zone, value = node.expressions
    return at_time_zone(exp.AtTimeZone(this=value, zone=zone), ctx) or exp.AtTimeZone(this=value, zone=zone)


@R.function("age")
def age(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Years, months and days: functions-datetime.html. With one argument, from today.
    if len(node.expressions) == 1:
        ctx.open("clock", node, "age() reads the clock: two runs differ.")
    args = [cast(a, "TIMESTAMP") if text(a) is None else timestamp(a, ctx) for a in node.expressions]
    return ctx.call("age", *args, type="INTERVAL")


@R.rule(exp.DateBin)
def date_bin(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    stride, value, origin = node.this, node.expression, node.args.get("unit")
    if not isinstance(origin, exp.Cast):  # anything else the parser takes for a unit
        raise ctx.error(node, "Write the origin of date_bin() as TIMESTAMP '...'.")
    return ctx.call(
        "time_bucket", cast(stride, "INTERVAL"), cast(value, "TIMESTAMP"), cast(origin, "TIMESTAMP"), type="TIMESTAMP"
    )


_PARTS = {"year": "to_years", "month": "to_months", "week": "to_weeks", "day": "to_days", "hour": "to_hours",
          "min": "to_minutes", "minute": "to_minutes", "sec": "to_seconds", "second": "to_seconds"}  # fmt: skip


@R.rule(exp.MakeInterval)
def make_interval(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # functions-datetime.html: by place, or by name in any place
    total: exp.Expr | None = None
    for key, value in node.args.items():
        if value is None:
            continue
        said = isinstance(value, exp.Kwarg | exp.PropertyEQ)
        name = _PARTS.get(value.this.name.lower().removesuffix("s") if said else key)
        if name is None:
            raise ctx.error(node, "make_interval() of this part has no counterpart.")
        part = ctx.call(name, value.expression if said else value, type="INTERVAL")
        total = part if total is None else exp.Add(this=total, expression=part)
    return exp.Paren(this=total) if isinstance(total, exp.Add) else total


@R.rule(exp.TimestampFromParts)
def make_timestamp(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # functions-datetime.html: a negative year is BC, and there is no year 0; DuckDB's year 0 is 1 BC.
    if node.args.get("year") is not None:
        node.set("year", _year(node.args["year"], ctx))
    return None


@R.function("make_date", "make_timestamptz")
def make_date(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    year, *rest = node.expressions
    if node.name.lower() == "make_date":
        return ctx.call("make_date", _year(year, ctx), *rest, type="DATE")
    zone = text(rest[5]) if len(rest) == 6 else None
    if zone is not None and ("/" in zone or zone == "UTC"):
        made = ctx.call("make_timestamp", _year(year, ctx), *rest[:5])
        return ctx.call("timezone", lit(zone), made, type="TIMESTAMPTZ")
    if len(rest) != 5:
        raise ctx.error(node, "make_timestamptz() has a counterpart with a zone by its name, as 'Europe/Paris'.")
    return cast(ctx.call("make_timestamp", _year(year, ctx), *rest), "TIMESTAMPTZ")


def _year(year: exp.Expr, ctx: Context) -> exp.Expr:
    known = whole(year)
    return year if known is not None and known > 0 else ctx.macro("pg__year", year, type="INTEGER")


@R.rule(exp.Timestamp, exp.Time)
def not_a_function(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # timestamp and time are words of the grammar: a number of digits follows them in brackets
    raise ctx.error(node, f"{ctx.rules.name} has no function {node.key}(...). Write CAST(... AS {node.key}).")


R.accepts("timezone", "timestamptz", "make_interval")
