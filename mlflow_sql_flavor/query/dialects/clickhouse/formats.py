"""Moments as text by a pattern, and read from texts: https://clickhouse.com/docs/sql-reference/functions/date-time-functions"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build, date_formats

R = DialectRules("clickhouse formats")
#: In place of %Q, which strftime does not have.
_QUARTER = "\0"
FORMATS = {
    "%a": "%a",
    "%b": "%b",
    "%d": "%d",
    "%e": "%-d",
    "%F": "%Y-%m-%d",
    "%H": "%H",
    "%i": "%M",
    "%j": "%j",
    "%m": "%m",
    "%M": "%B",
    "%p": "%p",
    "%R": "%H:%M",
    "%s": "%S",
    "%S": "%S",
    "%T": "%H:%M:%S",
    "%u": "%u",
    "%W": "%A",
    "%y": "%y",
    "%Y": "%Y",
    "%%": "%%",
    "%I": "%I",
    "%h": "%I",
    "%c": "%m",
    "%D": "%m/%d/%y",
    "%f": "%f",
    "%G": "%G",
    "%k": "%H",
    "%l": "%I",
    "%n": "\n",
    "%r": "%I:%M %p",
    "%t": "\t",
    "%V": "%V",
    "%w": "%w",
    "%z": "+0000",
}
_WRITTEN = {**FORMATS, "%Q": _QUARTER}  # fmt: skip


@R.rule(exp.TimeToStr)
def format_date(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    fmt = build.text(node.args["format"])
    if fmt in (None, "None"):  # an empty one is read as None
        raise ctx.error(node, "The format is not a constant: write it as a text.")
    if not ctx.is_a(node.this, "date", "timestamp", "timestamptz"):
        raise ctx.error(node, "formatDateTime takes a date or a moment: convert it with toDateTime.")
    try:
        written = date_formats.timefmt(fmt or "", _WRITTEN, letters=False)
    except date_formats.UnknownToken as unknown:
        raise ctx.error(node, f"The format's {unknown.token!r} has no counterpart in DuckDB: leave it out.") from None
    made: exp.Expr | None = None
    for number, part in enumerate(written.split(_QUARTER)):
        found: list[exp.Expr] = [build.cast(ctx.call("quarter", node.this.copy()), "VARCHAR")] if number else []
        if part:
            found.append(ctx.call("strftime", node.this.copy(), build.lit(part), type="VARCHAR"))
        for each in found:
            made = each if made is None else exp.DPipe(this=made, expression=each)
    return made if isinstance(made, exp.Anonymous) else build.cast(exp.Paren(this=made or build.lit("")), "VARCHAR")


@R.function("todateornull", "todateorzero", "todatetimeornull", "todatetimeorzero", "parsedatetimebesteffort",
            "parsedatetimebesteffortornull", "parsedatetimebesteffortorzero")  # fmt: skip
def parsed(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value, name = node.expressions[0], node.name.lower()
    if [build.text(zone) for zone in node.expressions[1:]] not in ([], ["UTC"]):
        raise ctx.error(node, f"{node.name} with a time zone has no counterpart: use toTimeZone.")
    kind = "DATE" if name.startswith("todateor") else "TIMESTAMP_S"
    macro = "ch__date_null" if kind == "DATE" else "ch__moment_null"
    made = ctx.macro("ch__moment_best" if "best" in name else macro, value, type=kind)
    if name == "parsedatetimebesteffortorzero":
        made = ctx.macro("ch__parsed_null", value.copy(), made, type=kind)
    if name.endswith("orzero"):
        epoch = build.cast(build.lit("1970-01-01"), "DATE" if kind == "DATE" else "TIMESTAMP")
        return ctx.macro("ch__or_zero", value.copy(), made, epoch, type=kind)
    if name == "parsedatetimebesteffort":
        return ctx.macro("ch__parsed", value.copy(), made, type=kind)
    if "best" in name:
        return ctx.macro("ch__parsed_null", value.copy(), made, type=kind)
    return made


@R.rule(exp.ParseDatetime)
def parse_format(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.args.get("format") is None:
        raise ctx.error(node, "parseDateTime has a counterpart with a format.")
    zone = [node.args["zone"]] if node.args.get("zone") is not None else []
    call = exp.Anonymous(this="parseDateTime", expressions=[node.this, node.args["format"], *zone])
    return parse(call, ctx)


@R.function("parsedatetime", "parsedatetimeornull", "parsedatetimeorzero")
def parse(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if [build.text(zone) for zone in node.expressions[2:]] not in ([], ["UTC"]):
        raise ctx.error(node, "This form has no counterpart: use parseDateTimeOrNull with a format, in UTC.")
    fmt = build.text(node.expressions[1])
    if not any(year in (fmt or "") for year in ("%Y", "%y", "%F", "%D")):
        raise ctx.error(node, "A format without a year has no counterpart: ClickHouse's own year is read then.")
    try:
        written = date_formats.timefmt(fmt or "%%", {**FORMATS, "%e": "%d"}, letters=False)
    except date_formats.UnknownToken as unknown:
        raise ctx.error(node, f"The format's {unknown.token!r} has no counterpart in DuckDB: leave it out.") from None
    name = "strptime" if node.name.lower() == "parsedatetime" else "try_strptime"
    made: exp.Expr = build.cast(ctx.call(name, node.expressions[0], build.lit(written)), "TIMESTAMP")
    if node.name.lower().endswith("zero"):
        made = ctx.macro(
            "ch__or_zero", node.expressions[0].copy(), made, build.cast(build.lit("1970-01-01"), "TIMESTAMP")
        )
    made.type = exp.DataType.build("TIMESTAMP_S", dialect="duckdb")
    return made
