"""Dates and timestamps."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build
from .casts import as_stamp, check_zone, from_zone

R = DialectRules("bigquery dates")


@R.rule(exp.CurrentTimestamp, exp.CurrentDatetime)
def now(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    moment = build.cast(exp.Var(this="CURRENT_TIMESTAMP"), "TIMESTAMP")
    zone = node.this if isinstance(node, exp.CurrentDatetime) else None
    return in_zone(moment, zone, ctx) if zone is not None else moment


# date_functions, datetime_functions, timestamp_functions
_MICROS = {"MICROSECOND": 1, "MILLISECOND": 1000, "SECOND": 10**6, "MINUTE": 6 * 10**7, "HOUR": 36 * 10**8,
           "DAY": 864 * 10**8}  # fmt: skip
_BOUNDARIES = {*_MICROS, "MONTH", "QUARTER", "YEAR"}


def _dated(value: exp.Expr, ctx: Context) -> exp.Expr:
    """A text is read as a timestamp, which a date is too."""
    return build.cast(value, "TIMESTAMP") if ctx.is_a(value, "text") else value


def _unit(node: exp.Expr, ctx: Context) -> str:
    unit = node.args.get("unit")
    if isinstance(unit, exp.WeekStart):
        return f"WEEK({unit.name.upper()})"
    name = unit.name.upper() if unit is not None else "DAY"
    return {"WEEK": "WEEK(SUNDAY)", "ISOWEEK": "WEEK(MONDAY)"}.get(name, name)


@R.rule(exp.DateDiff, exp.DatetimeDiff)
def date_diff(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Boundaries between the two."""
    unit, end, start = _unit(node, ctx), _dated(node.this, ctx), _dated(node.expression, ctx)
    if unit in ("WEEK(SUNDAY)", "WEEK(MONDAY)"):
        name = "bq__sunday" if "SUN" in unit else "bq__monday"
        days = exp.Sub(this=ctx.macro(name, end), expression=ctx.macro(name, start))
        return exp.Paren(this=exp.IntDiv(this=exp.Paren(this=days), expression=build.lit(7)))
    if unit == "ISOYEAR":
        years = [ctx.call("isoyear", a) for a in (end, start)]
        return exp.Paren(this=exp.Sub(this=years[0], expression=years[1]))
    if unit not in _BOUNDARIES:
        raise ctx.error(node, f"A difference in {unit} is not supported here.")
    type_ = "DATE" if isinstance(node, exp.DateDiff) and unit in ("DAY", "MONTH", "QUARTER", "YEAR") else "TIMESTAMP"
    args = [build.cast(a, type_) for a in (start, end)]
    return ctx.call("date_diff", build.lit(unit.lower()), *args, type="BIGINT")


@R.rule(exp.TimestampDiff)
def timestamp_diff(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Complete units (timestamp_functions#timestamp_diff)."""
    unit = _unit(node, ctx)
    if unit not in _MICROS:
        raise ctx.error(node, f"TIMESTAMP_DIFF has no unit {unit}.")
    made = ctx.macro("bq__micros", node.expression, node.this)
    return exp.Paren(this=exp.IntDiv(this=made, expression=build.lit(_MICROS[unit])))


@R.rule(exp.DateAdd, exp.DateSub)
def date_add(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """A DATE stays a DATE."""
    if node.meta.get("translated"):
        return None
    node.meta["translated"] = True
    if ctx.is_a(node.this, "date", "text") and _unit(node, ctx).split("(")[0] in (
        "DAY",
        "WEEK",
        "MONTH",
        "QUARTER",
        "YEAR",
    ):
        if ctx.is_a(node.this, "text"):
            node.set("this", build.cast(node.this, "DATE"))
        return build.cast(exp.Paren(this=node), "DATE")
    return None


@R.rule(exp.DateTrunc, exp.TimestampTrunc, exp.DatetimeTrunc)
def date_trunc(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    unit = _unit(node, ctx)
    zone = node.args.get("zone")
    if zone is not None:
        node.set("zone", None)
        local = in_zone(node.this, zone, ctx)
        node.set("this", local)
        cut = date_trunc(node, ctx) if local is not None else None
        return from_zone(cut, zone, ctx) if cut is not None else None
    if isinstance(node, exp.DateTrunc) and ctx.is_a(node.this, "text"):
        node.set("this", build.cast(node.this, "DATE"))
    node.set("this", _dated(node.this, ctx))
    dates = isinstance(node, exp.DateTrunc) and not ctx.is_a(node.this, "timestamp", "timestamptz")
    type_ = "DATE" if dates else "TIMESTAMP"
    if unit in ("WEEK(SUNDAY)", "WEEK(MONDAY)"):
        return build.cast(ctx.macro("bq__sunday" if "SUN" in unit else "bq__monday", node.this), type_)
    if unit == "ISOYEAR":
        return build.cast(ctx.macro("bq__isoyear", node.this), type_)
    if unit not in _BOUNDARIES:
        raise ctx.error(node, f"Truncation to {unit} is not supported here.")
    return build.cast(ctx.call("date_trunc", build.lit(unit.lower()), build.cast(node.this, type_)), type_)


_FIELDS = {"ISOWEEK": "week", "ISOYEAR": "isoyear", "DAYOFYEAR": "doy", "YEAR": "year", "QUARTER": "quarter",
           "MONTH": "month", "DAY": "day", "HOUR": "hour", "MINUTE": "minute", "SECOND": "second"}  # fmt: skip


@R.rule(exp.Extract)
def extract(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """date_functions#extract: DAYOFWEEK is 1 on a Sunday; WEEK is 0 before the first Sunday."""
    this, source = node.this, node.expression
    name = f"WEEK({this.name.upper()})" if isinstance(this, exp.WeekStart) else this.name.upper()
    if isinstance(source, exp.AtTimeZone):
        source = in_zone(source.this, source.args["zone"], ctx)
    if ctx.is_a(source, "interval"):
        ctx.refuse("timezone", node, "EXTRACT from a zone or an interval is not verified", "Convert before")
    if name in ("DATE", "TIME"):
        return build.cast(source, name)
    if name == "DAYOFWEEK":
        return exp.Paren(this=exp.Add(this=ctx.call("dayofweek", source), expression=build.lit(1)))
    if name in ("WEEK", "WEEK(SUNDAY)", "WEEK(MONDAY)"):
        fmt = "%W" if "MON" in name else "%U"
        return build.cast(ctx.call("strftime", source, build.lit(fmt)), "BIGINT")
    if name in ("MILLISECOND", "MICROSECOND"):
        part = ctx.call("date_part", build.lit(f"{name.lower()}s"), source)
        return exp.Paren(this=exp.Mod(this=part, expression=build.lit(1000 if name[2] == "L" else 10**6)))
    if name not in _FIELDS:
        raise ctx.error(node, f"EXTRACT of {name} is not supported here.")
    return ctx.call("date_part", build.lit(_FIELDS[name]), source, type="BIGINT")


@R.rule(exp.UnixToTime)
def timestamp_of(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    scale = node.args.get("scale")
    size = {"0": 10**6, "3": 1000, "6": 1}[scale.name if scale is not None else "0"]
    micros = exp.Mul(this=build.cast(node.this, "BIGINT"), expression=build.lit(size))
    return ctx.call("make_timestamp", micros, type="TIMESTAMP")


@R.rule(exp.UnixSeconds, exp.UnixMillis, exp.UnixMicros)
def unix_of(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    sizes: dict[type[exp.Expr], int] = {exp.UnixSeconds: 10**6, exp.UnixMillis: 1000, exp.UnixMicros: 1}
    size = sizes[type(node)]
    micros = ctx.call("epoch_us", as_stamp(node.this, ctx))
    part = exp.Div(this=micros, expression=build.lit(size), typed=False, safe=False)
    return micros if size == 1 else build.cast(ctx.call("floor", part), "BIGINT")


# Zones: timestamp_functions, by the names of the tz database
def in_zone(moment: exp.Expr, zone: exp.Expr, ctx: Context) -> exp.Expr:
    """A TIMESTAMP, kept in UTC, as the DATETIME of a zone."""
    check_zone(zone, moment, ctx)
    instant = ctx.call("timezone", build.lit("UTC"), as_stamp(moment, ctx))
    return ctx.call("timezone", zone, instant, type="TIMESTAMP")


@R.rule(exp.Datetime)
def datetime_of(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if build.text(node.expression) is None or not ctx.is_a(node.this, "timestamp", "timestamptz"):
        return None
    return in_zone(node.this, node.expression, ctx)


@R.rule(exp.Date)
def date_of(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    zone = node.args.get("zone")
    return build.cast(in_zone(node.this, zone, ctx), "DATE") if zone is not None else None
