"""Aggregates and arrays."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import common

R = DialectRules("bigquery aggregates")


_T = exp.DType


# aggregate_functions
@R.rule(exp.CountIf)
def count_if(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    case = exp.Case(ifs=[exp.If(this=node.this, true=common.lit(1))])
    if isinstance(node.this, exp.Distinct):
        ctx.refuse("unfaithful", node, "COUNTIF(DISTINCT ...) is not verified", "Use COUNT(DISTINCT IF(...))")
    return ctx.call("count", case, type="BIGINT")


@R.rule(exp.Sum)
def total(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.meta.get("translated") or not ctx.is_a(node.this, "int") or isinstance(node.parent, exp.Window):
        return None
    node.meta["translated"] = True
    return common.cast(node, "BIGINT")


@R.rule(exp.ApproxDistinct)
def approx_distinct(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    ctx.open("approximate", node, "An approximation; here it is computed exactly.")
    return ctx.call("count", exp.Distinct(expressions=[node.this]), type="BIGINT")


@R.rule(exp.ApproxQuantiles)
def approx_quantiles(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    number = node.expression
    if not (isinstance(number, exp.Literal) and number.is_int) or isinstance(node.this, exp.Distinct):
        ctx.refuse("approximate", node, "APPROX_QUANTILES is verified for a constant number", "Write the number")
        return None
    ctx.open("approximate", node, "An approximation; here it is computed exactly.")
    n = int(number.this)
    parts = exp.Array(expressions=[exp.Literal.number(repr(i / n)) for i in range(n + 1)])
    made = ctx.call("quantile_disc", node.this, parts)
    found = ctx.type_of(node.this)
    if found is not None:
        made.type = exp.DataType(this=_T.ARRAY, expressions=[found.copy()], nested=True)
    return made


# array_functions, and subscripts: operators#array_subscript_operator
@R.rule(exp.Bracket)
def subscript(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if len(node.expressions) != 1 or ctx.is_a(node.this, "json", "struct", "map"):
        return None
    index, offset = node.expressions[0], node.args.get("offset") or 0
    if ctx.is_a(index, "text"):
        return None
    if offset:
        index = exp.Paren(this=exp.Sub(this=index, expression=common.lit(offset)))
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
