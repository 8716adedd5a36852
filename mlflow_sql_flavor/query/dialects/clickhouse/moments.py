"""Dates and moments out of texts and numbers: functions/type-conversion-functions of ClickHouse's reference."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import common
from .conversions import to_date, to_moment
from .dates import FORMATS
from .nulls import of_argument

R = DialectRules("clickhouse moments")


@R.function("todate", "todate32")
def convert_date(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if len(node.expressions) > 1:
        raise ctx.error(node, "toDate with a time zone has no counterpart: use toTimeZone.")
    return to_date(node.expressions[0], of_argument(node), node, ctx)


@R.function("todateornull", "todateorzero", "todatetimeornull", "todatetimeorzero", "parsedatetimebesteffort",
            "parsedatetimebesteffortornull")  # fmt: skip
def parsed(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value, name = node.expressions[0], node.name.lower()
    if len(node.expressions) > 1:
        raise ctx.error(node, f"{node.name} with a time zone has no counterpart: use toTimeZone.")
    kind = "DATE" if name.startswith("todateor") else "TIMESTAMP_S"
    macro = "ch__date_null" if kind == "DATE" else "ch__moment_null"
    made = ctx.macro("ch__moment_best" if "best" in name else macro, value, type=kind)
    if name.endswith("orzero"):
        epoch = common.cast(common.lit("1970-01-01"), "DATE" if kind == "DATE" else "TIMESTAMP")
        return ctx.macro("ch__or_zero", value.copy(), made, epoch, type=kind)
    if name == "parsedatetimebesteffort":
        return ctx.macro("ch__parsed", value.copy(), made, type=kind)
    if "best" in name:
        return ctx.macro("ch__parsed_null", value.copy(), made, type=kind)
    return made


@R.function("fromunixtimestamp")
def from_unix(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if len(node.expressions) != 1:
        raise ctx.error(node, "fromUnixTimestamp with a format has no counterpart: use formatDateTime.")
    return ctx.macro("ch__moment_of_int", node.expressions[0], type="TIMESTAMP_S")


@R.function("todatetime64")
def to_datetime64(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value, *scale = node.expressions
    unit = {"0": "second", "3": "millisecond", "6": "microsecond"}.get(scale[0].name if len(scale) == 1 else "")
    if unit is None or not ctx.is_a(value, "date", "timestamp", "text"):
        raise ctx.error(node, "toDateTime64 has a counterpart for a text or a moment and 0, 3 or 6 digits.")
    return ctx.call("date_trunc", common.lit(unit), common.cast(value, "TIMESTAMP"), type="TIMESTAMP_MS")


@R.function("makedate")
def make_date(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if len(node.expressions) == 2:
        return ctx.macro("ch__make_day", *node.expressions, type="DATE")
    return ctx.macro("ch__make_date", *node.expressions, type="DATE") if len(node.expressions) == 3 else None


@R.function("makedatetime")
def make_datetime(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.call("make_timestamp", *node.expressions, type="TIMESTAMP") if len(node.expressions) == 6 else None


@R.function("todatetime")
def convert_moment(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    zone = [common.text(arg) for arg in node.expressions[1:]]
    if zone not in ([], ["UTC"]):
        raise ctx.error(node, "toDateTime has a counterpart in UTC: use toTimeZone.")
    return to_moment(node.expressions[0], of_argument(node), node, ctx)


@R.rule(exp.ParseDatetime)
def parse_format(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.args.get("format") is None:
        raise ctx.error(node, "parseDateTime has a counterpart with a format.")
    call = exp.Anonymous(this="parseDateTime", expressions=[node.this, node.args["format"]])
    return parse(call, ctx)


@R.function("parsedatetime", "parsedatetimeornull", "parsedatetimeorzero")
def parse(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if len(node.expressions) != 2:
        raise ctx.error(node, "This form has no counterpart: use parseDateTimeOrNull with a format.")
    fmt = common.text(node.expressions[1])
    try:
        written = common.timefmt(fmt or "%%", {**FORMATS, "%e": "%d"}, letters=False)
    except common.UnknownToken as unknown:
        raise ctx.error(node, f"The format's {unknown.token!r} has no counterpart in DuckDB: leave it out.") from None
    name = "strptime" if node.name.lower() == "parsedatetime" else "try_strptime"
    made: exp.Expr = common.cast(ctx.call(name, node.expressions[0], common.lit(written)), "TIMESTAMP")
    if node.name.lower().endswith("zero"):
        made = ctx.macro(
            "ch__or_zero", node.expressions[0].copy(), made, common.cast(common.lit("1970-01-01"), "TIMESTAMP")
        )
    made.type = exp.DataType.build("TIMESTAMP_S", dialect="duckdb")
    return made
