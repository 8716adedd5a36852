"""Time zones of moments: https://clickhouse.com/docs/sql-reference/data-types/datetime

A moment of another zone than UTC stands here as that zone's clocks show it; compared it is the moment again.
"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all
from .. import DialectRules
from ..shared import build

R = DialectRules("clickhouse times")
R.known("ch__moment_in")
R.macros(
    {"tounixtimestamp64milli": ("ch__milliseconds", "BIGINT"), "tounixtimestamp64micro": ("ch__microseconds", "BIGINT")}
)
# Counted from 1970, or the year 0: https://clickhouse.com/docs/sql-reference/functions/date-time-functions
R.macros({"torelativeweeknum": ("ch__week_number", "BIGINT"), "torelativehournum": ("ch__hour_number", "BIGINT"),
          "torelativeminutenum": ("ch__minute_number", "BIGINT"),
          "torelativesecondnum": ("ch__second_number", "BIGINT"),
          "torelativequarternum": ("ch__quarter_number", "BIGINT"), "yyyymmddtodate": ("ch__day_of_number", "DATE"),
          "todayssinceyearzero": ("ch__from_year_zero", "BIGINT")}, arity=1)  # fmt: skip
R.renames({"torelativeyearnum": ("year", "BIGINT")}, arity=1)


@R.function("addmilliseconds", "addmicroseconds", "subtractmilliseconds", "subtractmicroseconds")
def finely_moved(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value, count = node.expressions
    unit = "milliseconds" if "milli" in node.name.lower() else "microseconds"
    kind = value.type.this if isinstance(value.type, exp.DataType) else None
    if kind not in (exp.DType.TIMESTAMP_S, exp.DType.TIMESTAMP_MS, exp.DType.TIMESTAMP):
        raise ctx.error(
            node, f"{node.name} has a counterpart for a DateTime or a DateTime64: convert with toDateTime64."
        )
    if node.name.lower().startswith("sub"):
        count = exp.Neg(this=exp.Paren(this=count))
    moment = build.cast(value, "TIMESTAMP")
    made = exp.Paren(this=exp.Add(this=moment, expression=ctx.call(f"to_{unit}", build.cast(count, "BIGINT"))))
    milli = unit == "milliseconds" and kind != exp.DType.TIMESTAMP
    made.type = exp.DataType.build("TIMESTAMP_MS" if milli else "TIMESTAMP", dialect="duckdb")
    return made


#: ``{function: how many arguments stand before its zone, at least}``.
_PARTS = {
    **dict.fromkeys(
        ("toyear", "tomonth", "todayofmonth", "tohour", "tominute", "tosecond", "toquarter", "todayofyear", "toisoweek",
         "toisoyear", "toyyyymm", "toyyyymmdd", "toyyyymmddhhmmss", "tostartofisoweek", "tostartoffiveminutes",
         "tostartoffiveminute", "tostartoftenminutes", "tostartoffifteenminutes", "timeslot", "todate", "todate32",
         "tostring", "tolastdayofmonth"), 1),
    **dict.fromkeys(("tostartofinterval", "tostartofweek", "todayofweek"), 2),
}  # fmt: skip
_MOMENTS = {
    "todatetime",
    "todatetime64",
    "makedatetime",
    "totimezone",
    "tostartofhour",
    "tostartofday",
    "tostartofminute",
}
#: What gives a moment of its first argument's zone.
_OF_ITS_ZONE = ("add", "subtract", "tostartof", "timeslot")
_COMPARED = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ)


@R.normalise
def in_a_zone(tree: exp.Expr, ctx: Context) -> None:
    """``toHour(at, zone)`` is ``toHour(toTimeZone(at, zone))``; the zone is the last argument."""
    for node in reversed(list(find_all(tree, exp.Anonymous, exp.TimeToStr, exp.TimestampTrunc, exp.DateDiff))):
        if isinstance(node, exp.Anonymous) and node.name.lower() == "datename" and len(node.expressions) == 3:
            part, value, zone = node.expressions
            if isinstance(zone, exp.Literal) and zone.is_string:
                node.set("expressions", [part, _shown(value, zone)])
        elif isinstance(node, exp.Anonymous):
            *others, zone = node.expressions or [None]
            least = _PARTS.get(node.name.lower())
            if least is None or len(others) < least or not (isinstance(zone, exp.Literal) and zone.is_string):
                continue
            node.set("expressions", [_shown(others[0], zone), *others[1:]])
            continue
        zone = node.args.get("zone")
        if zone is not None:
            node.set("zone", None)
            for key in ("this", "expression") if isinstance(node, exp.DateDiff) else ("this",):
                node.set(key, _shown(node.args[key], zone))


def _shown(value: exp.Expr, zone: exp.Expr) -> exp.Expr:
    made = exp.Anonymous(this="toTimeZone", expressions=[value.copy(), zone.copy()])
    made.meta.update(zone.meta)
    return made


#: Microseconds of what these count.
_FROM = {"fromunixtimestamp64second": 1_000_000, "fromunixtimestamp64milli": 1_000, "fromunixtimestamp64micro": 1}


@R.normalise
def counted_in_a_zone(tree: exp.Expr, ctx: Context) -> None:
    """``fromUnixTimestamp64Milli(n, zone)`` is that moment in the zone."""
    for node in list(find_all(tree, exp.Anonymous)):
        if node.name.lower() in _FROM and len(node.expressions) == 2:
            zone = node.expressions.pop()
            node.replace(_shown(node, zone))


# https://clickhouse.com/docs/sql-reference/functions/type-conversion-functions#fromUnixTimestamp64Milli
@R.function(*_FROM)
def counted(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    number = build.cast(exp.Paren(this=node.expressions[0]), "BIGINT")
    size = _FROM[node.name.lower()]
    kind = {1: "TIMESTAMP", 1_000: "TIMESTAMP_MS"}.get(size, "TIMESTAMP_S")
    return ctx.call("make_timestamp", exp.Mul(this=number, expression=build.lit(size)), type=kind)


@R.prepare
def as_moments(tree: exp.Expr, ctx: Context) -> None:
    """Moments of two zones are compared, and counted from 1970, as what they are."""

    def _zone(node: exp.Expr) -> str | None:
        return zone_of(node, ctx)

    for node in list(find_all(tree, *_COMPARED, exp.Between, exp.Sub, exp.DateDiff)):
        if isinstance(node, exp.Between):
            sides = [node.this, node.args["low"], node.args["high"]]
        else:
            sides = [node.this, node.expression]
        if isinstance(node, exp.DateDiff) or not any(_zone(side) for side in sides):
            continue
        if len({_zone(side) for side in sides}) == 1 or any(ctx.is_a(side, "text", "date") for side in sides):
            continue  # a text, and a day, is one of the other side's zone
        for side in sides:
            _make_moment(side, _zone(side), ctx)
    for start in find_all(tree, exp.TimestampTrunc, exp.Anonymous):
        if isinstance(start, exp.TimestampTrunc):
            start.meta["zoned"] = bool(_zone(start.this))
        elif start.expressions and start.name.lower().startswith(("tostartof", "timeslot")):
            start.meta["zoned"] = bool(_zone(start.expressions[0]))
    for call in list(find_all(tree, exp.Anonymous)):
        shown = call.name.lower() == "totimezone" and len(call.expressions) == 2
        if shown or (call.name.lower() in _COUNTED and len(call.expressions) == 1):
            _make_moment(call.expressions[0], _zone(call.expressions[0]), ctx)


#: Functions that count from 1970.
_COUNTED = {f"tounixtimestamp{digits}" for digits in ("", "64milli", "64micro")}


def zone_of(node: exp.Expr, ctx: Context) -> str | None:
    """The zone of a moment, as far as its expression says; None for UTC."""
    node = node.unnest()
    if isinstance(node, exp.Column):
        origin = ctx.origin(node)
        return zone_of(origin, ctx) if origin is not None else None
    if isinstance(node, (exp.Add, exp.Sub, exp.Min, exp.Max, exp.AnyValue)):
        return zone_of(node.this, ctx)
    if isinstance(node, (exp.TimestampTrunc, exp.DateTrunc)):
        return zone_of(node.this, ctx) if ctx.is_a(node, "timestamp") else None
    if isinstance(node, exp.Anonymous) and node.expressions and node.name.lower().startswith(_OF_ITS_ZONE):
        return zone_of(node.expressions[0], ctx) if ctx.is_a(node, "timestamp") else None
    if not isinstance(node, exp.Anonymous) or node.name.lower() not in _MOMENTS or not node.expressions:
        return None
    places = {"todatetime64": 2, "makedatetime": 6}
    place = places.get(node.name.lower(), 1)
    if len(node.expressions) == place + 1:
        zone = build.text(node.expressions[place])
        return None if zone == "UTC" else zone
    return zone_of(node.expressions[0], ctx) if place == 1 else None


def _make_moment(side: exp.Expr, zone: str | None, ctx: Context) -> None:
    if zone is None:
        return
    made = ctx.macro("ch__moment_in", side.copy(), build.lit(zone))
    made.type = side.type
    side.replace(made)
