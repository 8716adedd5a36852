"""Aggregates: https://dev.mysql.com/doc/refman/8.0/en/aggregate-functions.html"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build
from .coercions import decimals, number, whole

R = DialectRules("mysql aggregates")


@R.rule(exp.BitwiseAndAgg, exp.BitwiseOrAgg, exp.BitwiseXorAgg)
def bits_of_rows(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://dev.mysql.com/doc/refman/8.0/en/aggregate-functions.html#function_bit-and: of 64 bits, neutral of no rows
    if isinstance(node.parent, exp.Window):
        raise ctx.error(node, "Bits of a window have no counterpart: aggregate them in a subquery.")
    kinds: dict[type[exp.Expr], str] = {exp.BitwiseAndAgg: "bit_and", exp.BitwiseOrAgg: "bit_or"}
    name = kinds.get(type(node), "bit_xor")
    found = ctx.call(name, ctx.macro("my__unsigned", whole(number(node.this, ctx), ctx)))
    neutral = exp.Literal.number("18446744073709551615" if name == "bit_and" else "0")
    made = exp.Coalesce(this=found, expressions=[build.cast(neutral, "UBIGINT")])
    made.type = exp.DataType.build("UBIGINT", dialect="duckdb")
    return made


@R.rule(exp.StddevPop, exp.Stddev, exp.StddevSamp, exp.Variance, exp.VariancePop)
def spread(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value = number(node.this, ctx)
    node.set("this", value)
    if not ctx.is_a(value, "int", "decimal"):
        return None
    # shown with four digits more than its values, as AVG
    return ctx.call("round", node.copy(), build.lit(decimals(value, ctx) + 4), type="DOUBLE")


@R.rule(exp.GroupConcat)
def distinct_in_order(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # DISTINCT numbers in the order of the numbers: DuckDB sorts no texts by another expression
    order = node.this
    if not isinstance(order, exp.Order) or not isinstance(order.this, exp.Distinct):
        return None
    values, keys = order.this.expressions, order.expressions
    if len(values) != 1 or len(keys) != 1 or keys[0].this != values[0] or not ctx.is_a(values[0], "int"):
        return None
    listed = exp.Order(this=exp.Distinct(expressions=values), expressions=keys)
    separator = node.args.get("separator") or build.lit(",")
    joined_ = ctx.call("array_to_string", ctx.call("list", listed), separator)
    made = exp.Nullif(this=joined_, expression=build.lit(""))
    made.type = exp.DataType.build("VARCHAR", dialect="duckdb")
    return made
