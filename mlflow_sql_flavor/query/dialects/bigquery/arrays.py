"""Arrays and series of them: array_functions of the manual."""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build

R = DialectRules("bigquery arrays")


# array_functions, and subscripts: operators#array_subscript_operator
@R.rule(exp.Bracket)
def subscript(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if len(node.expressions) != 1 or ctx.is_a(node.this, "json", "struct", "map"):
        return None
    index, offset = node.expressions[0], node.args.get("offset") or 0
    if ctx.is_a(index, "text"):
        return None
    if offset:
        index = exp.Paren(this=exp.Sub(this=index, expression=build.lit(offset)))
    return ctx.macro("bq__safe_offset" if node.args.get("safe") else "bq__offset", node.this, index)


@R.rule(exp.Unnest)
def with_offset(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """query-syntax#unnest_operator: WITH OFFSET counts from 0."""
    offset, alias = node.args.get("offset"), node.args.get("alias")
    if not offset:
        return None
    if len(node.expressions) != 1:
        ctx.refuse("unfaithful", node, "UNNEST of several arrays WITH OFFSET is not verified", "Use one array")
    array = node.expressions[0]
    columns = alias.args.get("columns") if alias is not None else None
    value = columns[0].copy() if columns else exp.to_identifier(alias.name if alias is not None else "value")
    name = offset if isinstance(offset, exp.Identifier) else exp.to_identifier("offset")
    places = ctx.call("unnest", ctx.call("range", ctx.call("len", array.copy())))
    select = exp.Select(expressions=[exp.alias_(ctx.call("unnest", array), value), exp.alias_(places, name.copy())])
    return exp.Subquery(this=select, alias=exp.TableAlias(this=exp.to_identifier("_unnested")))


_STEPS = {"DAY": 86400, "WEEK": 604800, "HOUR": 3600, "MINUTE": 60, "SECOND": 1}
_MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}


def _size(step: exp.Expr | None, ctx: Context, node: exp.Expr) -> tuple[int, str]:
    if step is None:
        return 1, "DAY"
    unit = step.args["unit"].name.upper() if isinstance(step, exp.Interval) and step.args.get("unit") else ""
    written = (build.text(step.this) if isinstance(step, exp.Interval) else None) or ""
    number = int(written) if re.fullmatch(r"\d+", written) else build.literal_int(step.this)
    if not number or number < 1 or unit not in {**_STEPS, **_MONTHS}:
        ctx.refuse("unfaithful", node, "This series is verified for a constant step forward", "Write INTERVAL 1 DAY")
    return number or 1, unit


# array_functions#generate_date_array, #generate_timestamp_array: each element is counted from the start
@R.rule(exp.GenerateDateArray, exp.GenerateTimestampArray)
def date_series(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    number, unit = _size(node.args.get("step"), ctx, node)
    both = [build.cast(node.args[key], "TIMESTAMP") for key in ("start", "end")]
    name = "bq__months_from" if unit in _MONTHS else "bq__seconds_from"
    made = ctx.macro(name, *both, build.lit(number * (_MONTHS.get(unit) or _STEPS.get(unit) or 1)))
    return build.cast(made, "DATE[]" if isinstance(node, exp.GenerateDateArray) else "TIMESTAMP[]")


# array_functions#generate_array
@R.rule(exp.GenerateSeries)
def series(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    parts = [node.args["start"], node.args["end"], node.args.get("step") or build.lit(1)]
    if all(ctx.is_a(p, "int") for p in parts):
        return ctx.call("generate_series", *parts, type="BIGINT[]")
    if not all(ctx.is_a(p, "int", "float") for p in parts):
        ctx.refuse("unfaithful", node, "GENERATE_ARRAY is verified for INT64 and FLOAT64", "Cast its arguments")
    return ctx.macro("bq__series", *(build.cast(p, "DOUBLE") for p in parts), type="DOUBLE[]")


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
