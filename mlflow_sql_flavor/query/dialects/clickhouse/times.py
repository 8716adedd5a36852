"""Time zones of moments: https://clickhouse.com/docs/sql-reference/data-types/datetime

A moment of another zone than UTC stands here as that zone's clocks show it; compared it is the moment again.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from ...facts.context import Context
from ...facts.typed import scopes_of
from .. import DialectRules
from ..shared import build

R = DialectRules("clickhouse times")
R.known("ch__moment_in")
R.macros(
    {"tounixtimestamp64milli": ("ch__milliseconds", "BIGINT"), "tounixtimestamp64micro": ("ch__microseconds", "BIGINT")}
)

#: ``{function: how many arguments stand before its zone, at least}``.
_PARTS = {
    **dict.fromkeys(
        ("toyear", "tomonth", "todayofmonth", "tohour", "tominute", "tosecond", "toquarter", "todayofyear", "toisoweek",
         "toisoyear", "toyyyymm", "toyyyymmdd", "toyyyymmddhhmmss", "tostartofisoweek", "tostartoffiveminutes",
         "tostartoffiveminute", "tostartoftenminutes", "tostartoffifteenminutes", "timeslot", "todate", "todate32",
         "tostring", "tolastdayofmonth"), 1),
    **dict.fromkeys(("tostartofinterval", "tostartofweek", "todayofweek"), 2),
}  # fmt: skip
_MOMENTS = {"todatetime", "totimezone", "tostartofhour", "tostartofday", "tostartofminute"}
_COMPARED = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ)


@R.normalise
def in_a_zone(tree: exp.Expr, ctx: Context) -> None:
    """``toHour(at, zone)`` is ``toHour(toTimeZone(at, zone))``; the zone is the last argument."""
    for node in list(tree.find_all(exp.Anonymous, exp.TimeToStr, exp.TimestampTrunc, exp.DateDiff)):
        if isinstance(node, exp.Anonymous):
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
    for node in list(tree.find_all(exp.Anonymous)):
        if node.name.lower() in _FROM and len(node.expressions) == 2:
            zone = node.expressions.pop()
            node.replace(_shown(node, zone))


# https://clickhouse.com/docs/sql-reference/functions/type-conversion-functions#fromUnixTimestamp64Milli
@R.function(*_FROM)
def counted(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    number = build.cast(exp.Paren(this=node.expressions[0]), "BIGINT")
    size = build.lit(_FROM[node.name.lower()])
    return ctx.call("make_timestamp", exp.Mul(this=number, expression=size), type="TIMESTAMP")


@R.prepare
def as_moments(tree: exp.Expr, ctx: Context) -> None:
    """Moments of two zones are compared, and counted from 1970, as what they are."""
    origins = _origins(tree)

    def _zone(node: exp.Expr) -> str | None:
        return zone_of(node, origins)

    for node in list(tree.find_all(*_COMPARED, exp.Between, exp.Sub, exp.DateDiff)):
        if isinstance(node, exp.Between):
            sides = [node.this, node.args["low"], node.args["high"]]
        else:
            sides = [node.this, node.expression]
        if isinstance(node, exp.DateDiff) or not any(_zone(side) for side in sides):
            continue
        if len({_zone(side) for side in sides}) == 1 or any(ctx.is_a(side, "text") for side in sides):
            continue  # a text is read in the other side's zone
        for side in sides:
            _make_moment(side, _zone(side), ctx)
    for call in list(tree.find_all(exp.Anonymous)):
        if call.name.lower() in _COUNTED and len(call.expressions) == 1:
            _make_moment(call.expressions[0], _zone(call.expressions[0]), ctx)


#: Functions that count from 1970.
_COUNTED = {f"tounixtimestamp{digits}" for digits in ("", "64milli", "64micro")}


def _origins(tree: exp.Expr) -> dict[int, exp.Expr]:
    """``{id of a column: what a step has for it}``."""
    found: dict[int, exp.Expr] = {}
    for scope in scopes_of(tree):
        for column in scope.columns:
            sources = [scope.sources.get(column.table)] if column.table else list(scope.sources.values())
            for source in sources:
                query = source.expression if isinstance(source, Scope) else None
                for item in query.selects if isinstance(query, exp.Query) else []:
                    if item.output_name == column.name:
                        found.setdefault(id(column), item.unalias())
    return found


def zone_of(node: exp.Expr, origins: Mapping[int, exp.Expr]) -> str | None:
    """The zone of a moment, as far as its expression says; None for UTC."""
    node = node.unnest()
    if isinstance(node, exp.Column):
        origin = origins.get(id(node))
        return zone_of(origin, origins) if origin is not None else None
    if isinstance(node, (exp.Add, exp.Sub, exp.Min, exp.Max, exp.AnyValue)):
        return zone_of(node.this, origins)
    if not isinstance(node, exp.Anonymous) or node.name.lower() not in _MOMENTS or not node.expressions:
        return None
    if isinstance(node, exp.Anonymous) and len(node.expressions) == 2:
        zone = build.text(node.expressions[1])
        return None if zone == "UTC" else zone
    return zone_of(node.expressions[0], origins)


def _make_moment(side: exp.Expr, zone: str | None, ctx: Context) -> None:
    if zone is None:
        return
    made = ctx.macro("ch__moment_in", side.copy(), build.lit(zone))
    made.type = side.type
    side.replace(made)
