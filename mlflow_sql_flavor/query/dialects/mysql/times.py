"""TIME values, lengths of time from -838 to 838 hours: https://dev.mysql.com/doc/refman/8.0/en/time.html"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build
from .coercions import number
from .dates import moment

R = DialectRules("mysql times")

R.macros(
    {
        "sec_to_time": ("my__seconds_time", "INTERVAL"),
        exp.TimeFromParts: ("my__maketime", "INTERVAL", "hour", "min", "sec"),
    },
    of=number,
)


def time(node: exp.Expr, ctx: Context) -> exp.Expr:
    """The value as a TIME, which is an INTERVAL of DuckDB."""
    if isinstance(node, (exp.TsOrDsToTime, exp.TsOrDsToDate, exp.TsOrDsToTimestamp)):
        node = node.this
    if ctx.is_a(node, "interval"):
        return node
    if ctx.is_a(node, "text"):
        return ctx.macro("my__time", node, type="INTERVAL")
    if ctx.is_a(node, "number"):  # its digits: 101112 is 10:11:12
        return ctx.macro("my__number_time", number(node, ctx), type="INTERVAL")
    if ctx.is_a(node, "time"):
        return ctx.macro("my__time", build.cast(node, "VARCHAR"), type="INTERVAL")
    return ctx.macro("my__clock", moment(node, ctx), type="INTERVAL")


R.converts({exp.Time: time})


def _now(node: exp.Expr, ctx: Context) -> exp.Expr:
    return ctx.macro("my__now", type="TIMESTAMP")


R.opens("now", {exp.CurrentTime}, "The time of the run is part of the result.")
R.macros({exp.CurrentTime: ("my__clock", "INTERVAL", _now)})


@R.function("time_to_sec")
def seconds(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    micros = ctx.macro("my__us", time(node.expressions[0], ctx))
    return build.cast(ctx.call("trunc", exp.Div(this=micros, expression=build.lit(10**6))), "BIGINT")


@R.function("timediff")
def difference(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    one, two = node.expressions
    if ctx.is_a(one, "interval") or ctx.is_a(two, "interval") or (ctx.is_a(one, "text") and ctx.is_a(two, "text")):
        written = [build.text(side.unnest()) for side in (one, two)]
        if len({":" in w for w in written if w is not None}) == 2:
            raise ctx.error(node, "TIMEDIFF of a date and a time gives NULL: write both in one form.")
        if not any(w and "-" in w[1:] for w in written):
            made = exp.Sub(this=time(one, ctx), expression=time(two, ctx))
            made.type = exp.DataType.build("INTERVAL", dialect="duckdb")
            return exp.Paren(this=made)
    return ctx.macro("my__between_times", moment(one, ctx), moment(two, ctx), type="INTERVAL")


@R.function("addtime", "subtime")
def shifted(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value, amount = node.expressions
    if not ctx.is_a(value, "interval", "date", "timestamp"):
        raise ctx.error(node, f"{node.name.upper()} of a text: CAST it AS DATETIME or AS TIME first.")
    kind = exp.Add if node.name.lower() == "addtime" else exp.Sub
    made = kind(this=value, expression=time(amount, ctx))
    made.type = exp.DataType.build("INTERVAL" if ctx.is_a(value, "interval") else "TIMESTAMP", dialect="duckdb")
    paren = exp.Paren(this=made)
    paren.type = made.type
    return paren


_SIZES: dict[type[exp.Expr], tuple[int, int]] = {
    exp.Hour: (3_600_000_000, 1000),
    exp.Minute: (60_000_000, 60),
    exp.Second: (1_000_000, 60),
}


@R.rule(*_SIZES)
def part(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value = node.this
    if isinstance(value, (exp.TsOrDsToTime, exp.TsOrDsToTimestamp, exp.TsOrDsToDate)):
        value = value.this
    if ctx.is_a(value, "date", "timestamp") or ctx.unknown(value):
        node.set("this", value)
        return None
    size, most = _SIZES[type(node)]
    return ctx.macro("my__time_part", time(value, ctx), build.lit(size), build.lit(most), type="BIGINT")


R.accepts("time", "curtime", "current_time", "timediff", "sec_to_time", "time_to_sec", "maketime")
