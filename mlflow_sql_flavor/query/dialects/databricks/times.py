"""Seconds since 1970, time zones and the clock. https://spark.apache.org/docs/latest/api/sql/#date-and-timestamp-functions"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build
from ..shared.calls import argument_count
from ..shared.java_time import parser, printer
from .casts import as_date, as_ts
from .dates import parse_moment
from .formats import format_text
from .types import family

R = DialectRules("databricks times")

R.renames({"make_date": ("make_date", "DATE")})


@R.rule(exp.StrToUnix)
def unix_timestamp(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    this = node.this
    if this is None or isinstance(this, exp.CurrentTimestamp):
        ctx.open("now", node, "The time of the run.")
        return ctx.macro("dbx__unix", build.cast(exp.CurrentTimestamp(), "TIMESTAMP"), type="BIGINT")
    if family(this) in ("date", "timestamp"):
        return ctx.macro("dbx__unix", this, type="BIGINT")
    if argument_count(node, ctx) < 2:
        fmt, pattern = parser("yyyy-MM-dd HH:mm:ss", node, ctx)
        moment: exp.Expr = ctx.macro("dbx__strptime", this, build.lit(fmt), build.lit(pattern))
    else:
        moment = parse_moment(node, this, ctx)
    return ctx.macro("dbx__unix", moment, type="BIGINT")


@R.rule(exp.UnixToStr)
def from_unixtime(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    fmt = format_text(node, ctx) if argument_count(node, ctx) > 1 else "yyyy-MM-dd HH:mm:ss"
    micros = exp.Mul(this=build.cast(node.this, "BIGINT"), expression=build.lit(1_000_000))
    moment = ctx.call("make_timestamp", micros)
    return ctx.call("strftime", moment, build.lit(printer(fmt, node, ctx)), type="VARCHAR")


@R.function("timestamp_seconds", "timestamp_millis", "timestamp_micros")
def timestamp_of(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    size = {"seconds": 10**6, "millis": 1000, "micros": 1}[str(node.name).lower().partition("_")[2]]
    amount = node.expressions[0]
    amount = build.cast(amount, "BIGINT") if family(amount) == "int" else exp.Paren(this=amount)
    micros = exp.Mul(this=amount, expression=build.lit(size))
    return ctx.call("make_timestamp", build.cast(micros, "BIGINT"), type="TIMESTAMP")


@R.rule(exp.UnixSeconds, exp.UnixMillis, exp.UnixMicros)
def unix_of(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    micros = ctx.call("epoch_us", as_ts(node.this, ctx))
    sizes: dict[type[exp.Expr], int] = {exp.UnixSeconds: 10**6, exp.UnixMillis: 1000, exp.UnixMicros: 1}
    size = sizes[type(node)]
    if size == 1:
        return micros
    return ctx.macro("dbx__floor_div", micros, build.lit(size), type="BIGINT")


@R.rule(exp.UnixDate)
def unix_date(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    epoch = build.cast(build.lit("1970-01-01"), "DATE")
    return ctx.call("date_diff", build.lit("day"), epoch, as_date(node.this, ctx), type="BIGINT")


@R.rule(exp.DateFromUnixDate)
def date_from_unix_date(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    epoch = build.cast(build.lit("1970-01-01"), "DATE")
    return exp.Paren(this=exp.Add(this=epoch, expression=build.cast(node.this, "INTEGER")))


_ZONES = {"UTC", "GMT", "Z"}


def _zone(node: exp.Expr, zone: exp.Expr, ctx: Context) -> exp.Expr:
    name = build.text(zone)
    if name is not None and "/" not in name and name.upper() not in _ZONES:
        ctx.refuse("timezone", node, f"The zone {name!r} is not a region", "Write a region such as 'America/New_York'")
    return build.lit("UTC") if name == "Z" else zone


@R.rule(exp.AtTimeZone)
def from_utc_timestamp(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    zone = _zone(node, node.args["zone"], ctx)
    return ctx.macro("dbx__from_utc", as_ts(node.this, ctx), zone, type="TIMESTAMP")


@R.rule(exp.FromTimeZone)
def to_utc_timestamp(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    zone = _zone(node, node.args["zone"], ctx)
    return ctx.macro("dbx__to_utc", as_ts(node.this, ctx), zone, type="TIMESTAMP")


@R.rule(exp.ConvertTimezone)
def convert_timezone(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    source = node.args.get("source_tz") or build.lit("UTC")
    moment = as_ts(node.args["timestamp"], ctx)
    utc = ctx.macro("dbx__to_utc", moment, _zone(node, source, ctx))
    return ctx.macro("dbx__from_utc", utc, _zone(node, node.args["target_tz"], ctx), type="TIMESTAMP")


@R.rule(exp.CurrentTimestamp, exp.Localtimestamp)
def current_timestamp(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return None if node.meta.get("translated") else _current(node)


def _current(node: exp.Expr) -> exp.Expr:
    node.meta["translated"] = True
    return build.cast(node, "TIMESTAMP")
