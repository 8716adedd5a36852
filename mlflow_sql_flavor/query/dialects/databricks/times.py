"""Seconds since 1970, time zones and the clock. https://spark.apache.org/docs/latest/api/sql/#date-and-timestamp-functions"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build
from ..shared.calls import argument_count
from .casts import as_date, as_ts, as_whole
from .dates import parse_moment, printed, read_moment
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
        moment = read_moment(this, "yyyy-MM-dd HH:mm:ss", node, ctx)
    else:
        moment = parse_moment(node, this, ctx)
    return ctx.macro("dbx__unix", moment, type="BIGINT")


@R.rule(exp.UnixToStr)
def from_unixtime(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    fmt = format_text(node, ctx) if argument_count(node, ctx) > 1 else "yyyy-MM-dd HH:mm:ss"
    micros = exp.Mul(this=build.cast(as_whole(node.this, ctx), "BIGINT"), expression=build.lit(1_000_000))
    moment = ctx.call("make_timestamp", micros)
    moment.type = exp.DataType.build("TIMESTAMP")
    return printed(moment, fmt, node, ctx)


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


_EPOCH = build.cast(build.lit("1970-01-01"), "DATE")
R.renames({exp.UnixDate: ("date_diff", "BIGINT", build.lit("day"), _EPOCH, "this")}, of=as_date)


@R.rule(exp.DateFromUnixDate)
def date_from_unix_date(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return exp.Paren(this=exp.Add(this=_EPOCH.copy(), expression=build.cast(node.this, "INTEGER")))


_ZONES = {"UTC", "GMT", "Z"}


def _zone(node: exp.Expr, zone: exp.Expr, ctx: Context) -> exp.Expr:
    name = build.text(zone)
    if name is not None and "/" not in name and name.upper() not in _ZONES:
        ctx.refuse("timezone", node, f"The zone {name!r} is not a region", "Write a region such as 'America/New_York'")
    return build.lit("UTC") if name == "Z" else zone


def _own_zone(node: exp.Expr, ctx: Context) -> exp.Expr:
    return _zone(node, node.args["zone"], ctx)


R.macros(
    {
        exp.AtTimeZone: ("dbx__from_utc", "TIMESTAMP", "this", _own_zone),
        exp.FromTimeZone: ("dbx__to_utc", "TIMESTAMP", "this", _own_zone),
    },
    of=as_ts,
)


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


@R.function("make_dt_interval")
def make_dt_interval(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Of days, hours, minutes and seconds; what is not given is 0."""
    sizes = (86_400_000_000, 3_600_000_000, 60_000_000, 1_000_000)
    if any(family(part) not in ("int", "decimal") for part in node.expressions):
        ctx.refuse("unfaithful", node, "make_dt_interval is verified for whole numbers and decimals", "Cast the parts")
        return None
    parts = [build.lit(0)]
    for part, size in zip(node.expressions, sizes, strict=False):
        whole = build.cast(part, "BIGINT") if family(part) == "int" else build.cast(part, "DECIMAL(18, 6)")
        parts.append(build.cast(exp.Paren(this=exp.Mul(this=whole, expression=build.lit(size))), "BIGINT"))
    total: exp.Expr = parts[0]
    for other in parts[1:]:
        total = exp.Add(this=total, expression=other)
    made = ctx.call("to_microseconds", exp.Paren(this=total))
    made.type = exp.DataType.build("INTERVAL")
    return made


@R.function("make_ym_interval")
def make_ym_interval(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Of years and months; what is not given is 0."""
    years, months = [*node.expressions, build.lit(0), build.lit(0)][:2]
    total = exp.Add(
        this=exp.Mul(this=exp.Paren(this=years), expression=build.lit(12)), expression=exp.Paren(this=months)
    )
    made = ctx.call("to_months", build.cast(exp.Paren(this=total), "INTEGER"))
    made.type = exp.DataType.build("INTERVAL")
    return made


@R.function("make_timestamp_ltz", "try_make_timestamp", "try_make_timestamp_ltz", "try_make_timestamp_ntz")
def make_timestamp(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Of six parts, in UTC; the second 60 is the next minute's 0."""
    parts = node.expressions
    if len(parts) != 6:
        ctx.refuse("timezone", node, f"{node.name} is verified for six parts, without a zone", "Leave the zone out")
        return None
    made = ctx.macro("dbx__make_ts", *parts[:5], build.cast(parts[5], "DOUBLE"), type="TIMESTAMP")
    return ctx.call("try", made, type="TIMESTAMP") if str(node.name).lower().startswith("try") else made


R.macros({exp.Getbit: ("dbx__getbit", "TINYINT", "this", "expression"), "bit_get": ("dbx__getbit", "TINYINT")})
