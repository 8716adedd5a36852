"""Series, arrays of JSON, limits of aggregates, zones, and further text functions (the page is named at each rule)."""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..databricks.dates import argument_count
from ..shared import common, documented
from .casts import as_stamp

R = DialectRules("bigquery more")


_T = exp.DType
_STEPS = {"DAY": 86400, "WEEK": 604800, "HOUR": 3600, "MINUTE": 60, "SECOND": 1}
_MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}


def _size(step: exp.Expr | None, ctx: Context, node: exp.Expr) -> tuple[int, str]:
    if step is None:
        return 1, "DAY"
    unit = step.args["unit"].name.upper() if isinstance(step, exp.Interval) and step.args.get("unit") else ""
    written = (common.text(step.this) if isinstance(step, exp.Interval) else None) or ""
    number = int(written) if re.fullmatch(r"\d+", written) else documented.literal_int(step.this)
    if not number or number < 1 or unit not in {**_STEPS, **_MONTHS}:
        ctx.refuse("unfaithful", node, "This series is verified for a constant step forward", "Write INTERVAL 1 DAY")
    return number or 1, unit


# array_functions#generate_date_array, #generate_timestamp_array: each element is counted from the start
@R.rule(exp.GenerateDateArray, exp.GenerateTimestampArray)
def date_series(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    number, unit = _size(node.args.get("step"), ctx, node)
    both = [common.cast(node.args[key], "TIMESTAMP") for key in ("start", "end")]
    name = "bq__months_from" if unit in _MONTHS else "bq__seconds_from"
    made = ctx.macro(name, *both, common.lit(number * (_MONTHS.get(unit) or _STEPS.get(unit) or 1)))
    return common.cast(made, "DATE[]" if isinstance(node, exp.GenerateDateArray) else "TIMESTAMP[]")


# array_functions#generate_array
@R.rule(exp.GenerateSeries)
def series(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    parts = [node.args["start"], node.args["end"], node.args.get("step") or common.lit(1)]
    if all(ctx.is_a(p, "int") for p in parts):
        return ctx.call("generate_series", *parts, type="BIGINT[]")
    if not all(ctx.is_a(p, "int", "float") for p in parts):
        ctx.refuse("unfaithful", node, "GENERATE_ARRAY is verified for INT64 and FLOAT64", "Cast its arguments")
    return ctx.macro("bq__series", *(common.cast(p, "DOUBLE") for p in parts), type="DOUBLE[]")


# aggregate_functions#array_agg, #string_agg: LIMIT
@R.rule(exp.ArrayAgg, exp.GroupConcat)
def limited(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    inner = node.this
    if not isinstance(inner, exp.Limit):
        return None
    number = inner.expression
    node.set("this", inner.this)
    if isinstance(node, exp.ArrayAgg):
        if isinstance(node.parent, exp.IgnoreNulls):
            node.parent.meta["limit"] = number
            return None
        return ctx.call("list_slice", node.copy(), common.lit(1), number)
    separator = node.args.get("separator") or common.lit(",")
    ordered = inner.this
    value = ordered.this if isinstance(ordered, exp.Order) else ordered
    kept = exp.Where(this=exp.Not(this=exp.Is(this=value.copy(), expression=exp.Null())))
    found = exp.Filter(this=exp.ArrayAgg(this=ordered), expression=kept)
    return ctx.call("array_to_string", ctx.call("list_slice", found, common.lit(1), number), separator, type="VARCHAR")


@R.rule(exp.IgnoreNulls)
def limited_nulls(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    number = node.meta.get("limit")
    if number is None:
        return None
    ordered = node.this.this
    value = ordered.this if isinstance(ordered, exp.Order) else ordered
    kept = exp.Where(this=exp.Not(this=exp.Is(this=value.copy(), expression=exp.Null())))
    return ctx.call("list_slice", exp.Filter(this=node.this, expression=kept), common.lit(1), number)


@R.prepare
def null_elements(tree: exp.Expr, ctx: Context) -> None:
    """data-types#array_nulls: an array of the result may hold no NULL."""
    for select in tree.selects if isinstance(tree, exp.Query) else []:
        inner = select.this if isinstance(select, exp.Alias) else select
        if isinstance(inner, exp.ArrayAgg) and inner.parent is not None:
            holder, key, index = inner.parent, inner.arg_key, inner.index
            checked = ctx.macro("bq__no_nulls", inner.copy())
            if key and isinstance(holder, exp.Alias):
                holder.set(key, checked, index)


# aggregate_functions#any_value
@R.rule(exp.AnyValue)
def any_value(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    having = node.this
    if not isinstance(having, exp.HavingMax):
        return None
    return ctx.call("arg_max_null" if having.args.get("max") else "arg_min_null", having.this, having.expression)


# json_functions: arrays
@R.rule(exp.JSONExtractArray)
def json_array(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    found = exp.JSONExtract(this=node.this, expression=node.expression)
    return ctx.macro("bq__json_array", found, type="VARCHAR[]")


@R.rule(exp.JSONValueArray)
def json_values(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    found = exp.JSONExtract(this=node.this, expression=node.expression)
    return ctx.macro("bq__json_values", found, type="VARCHAR[]")


# mathematical_functions
@R.rule(exp.RangeBucket)
def range_bucket(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.macro("bq__range_bucket", node.this, node.expression, type="BIGINT")


@R.rule(exp.SafeNegate)
def safe_negate(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value = common.cast(node.this, "BIGINT") if ctx.is_a(node.this, "int") else node.this
    return ctx.call("try", exp.Neg(this=exp.Paren(this=value)))


# string_functions#instr: occurrences may overlap
@R.rule(exp.StrPosition)
def instr(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    start = documented.literal_int(node.args.get("position") or common.lit(1))
    nth = documented.literal_int(node.args.get("occurrence") or common.lit(1))
    if start is None or nth is None or nth < 1 or start == 0:
        ctx.refuse("unfaithful", node, "INSTR is verified for a constant position and occurrence", "Write the numbers")
    if start == 1 and nth == 1:
        return ctx.call("strpos", node.this, node.args["substr"], type="BIGINT")
    return ctx.macro("bq__instr", node.this, node.args["substr"], common.lit(start or 1), common.lit(nth or 1),
                     type="BIGINT")  # fmt: skip


@R.rule(exp.RegexpInstr)
def regexp_instr(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    pattern = common.text(node.expression)
    if pattern is None or "(" in pattern or argument_count(node, ctx) != 2:
        ctx.refuse("unfaithful", node, "REGEXP_INSTR is verified for a constant pattern without groups", "Use STRPOS")
    return ctx.macro("bq__regexp_instr", node.this, common.lit(pattern or ""), type="BIGINT")


@R.rule(exp.SafeConvertBytesToString)
def bytes_text(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.call("try", ctx.call("decode", node.this), type="VARCHAR")


# Zones: timestamp_functions, by the names of the tz database
def in_zone(moment: exp.Expr, zone: exp.Expr, ctx: Context) -> exp.Expr:
    """A TIMESTAMP, kept in UTC, as the DATETIME of a zone."""
    if not re.fullmatch(r"UTC|[A-Z][A-Za-z]+(/[A-Za-z_]+)+", common.text(zone) or ""):
        ctx.refuse(
            "timezone", moment, "A zone is verified as a constant name like 'America/New_York'", "Write its name"
        )
    instant = ctx.call("timezone", common.lit("UTC"), as_stamp(moment, ctx))
    return ctx.call("timezone", zone, instant, type="TIMESTAMP")


@R.rule(exp.Datetime)
def datetime_of(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if common.text(node.expression) is None or not ctx.is_a(node.this, "timestamp", "timestamptz"):
        return None
    return in_zone(node.this, node.expression, ctx)


@R.rule(exp.Date)
def date_of(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    zone = node.args.get("zone")
    return common.cast(in_zone(node.this, zone, ctx), "DATE") if zone is not None else None
