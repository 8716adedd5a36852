"""Aggregates: https://www.postgresql.org/docs/15/functions-aggregate.html"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared.build import cast, lit
from .types import category, parameter

R = DialectRules("postgres aggregates")


@R.rule(exp.LogicalAnd, exp.LogicalOr)
@R.function("every")
def of_booleans(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value = node.expressions[0] if isinstance(node, exp.Anonymous) else node.this
    inner = value.expressions[0] if isinstance(value, exp.Distinct) and value.expressions else value
    if category(inner) not in ("boolean", None):
        raise ctx.error(node, f"{ctx.rules.name} has no such function of {category(inner)}. Compare it with 0 first.")
    return ctx.call("bool_and", value, type="BOOLEAN") if isinstance(node, exp.Anonymous) else None


R.accepts("any_value")  # since 16


@R.rule(exp.AnyValue)
def any_value(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    ctx.open("any_value", node, "any_value() takes any of the values that are not NULL.")
    return None


@R.rule(exp.WithinGroup)
def percentile(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # functions-aggregate.html: percentile_cont gives double precision; over DECIMAL DuckDB rounds to its scale.
    order = node.expression
    if isinstance(node.this, exp.PercentileCont) and isinstance(order, exp.Order):
        first = order.expressions[0]
        if ctx.is_a(first.this, "number"):
            first.set("this", cast(first.this, "DOUBLE"))
    if isinstance(node.this, exp.Mode):
        ctx.open("ties", node, "mode() takes any of the values that are equally frequent.")
    return None


@R.rule(exp.ArrayAgg, exp.GroupConcat)
def sorted_distinct(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # DISTINCT sorts in an aggregate, NULL last.
    distinct = node.this
    if isinstance(distinct, exp.Distinct) and len(distinct.expressions) == 1:
        by = exp.Ordered(this=distinct.expressions[0].copy(), nulls_first=False)
        node.set("this", exp.Order(this=distinct, expressions=[by]))
    return None


@R.rule(exp.Sum, exp.Avg)
def sum_(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if ctx.is_a(node.this, "interval"):
        if isinstance(node.parent, (exp.Filter, exp.Window)) or isinstance(node.this, exp.Distinct):
            raise ctx.error(node, f"{node.key}() of intervals has no counterpart with FILTER, OVER or DISTINCT.")
        name = "pg__interval_sum" if isinstance(node, exp.Sum) else "pg__interval_avg"
        return ctx.macro(name, node.this, type="INTERVAL")
    if category(node.this) in ("boolean", "text", "date or timestamp") and not parameter(node.this):
        raise ctx.error(
            node, f"{ctx.rules.name} has no {node.key}({category(node.this)}). Cast the argument, or count with FILTER."
        )
    return None


@R.rule(exp.Min, exp.Max)
def min_max(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if category(node.this) == "boolean":
        raise ctx.error(node, f"{ctx.rules.name} has no {node.key}(boolean). Use bool_and() or bool_or().")
    return None


_REGRESSIONS = (exp.Corr, exp.RegrSlope)
_AROUND = (exp.Filter, exp.Window)


@R.rule(*_REGRESSIONS, *_AROUND)
def regression(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # functions-aggregate.html: NULL where x or y does not vary, in DuckDB NaN, which a NaN among the values gives too.
    if isinstance(node.parent, _AROUND) and node.arg_key == "this":
        return None
    inner = node
    while isinstance(inner, _AROUND):
        inner = inner.this
    if not isinstance(inner, _REGRESSIONS):
        return None
    other = node.copy()
    found = other.find(*_REGRESSIONS)
    covariance = exp.CovarPop(this=inner.this.copy(), expression=inner.expression.copy())
    if found is other:
        other = covariance
    elif found is not None:
        found.replace(covariance)
    return ctx.macro("pg__no_variance", node.copy(), other, type="DOUBLE")


@R.rule(exp.GroupConcat)
def string_agg(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value = node.this
    while isinstance(value, (exp.Order, exp.Distinct)):
        value = value.expressions[0] if isinstance(value, exp.Distinct) else value.this
    if category(value) not in (None, "text"):
        raise ctx.error(node, f"{ctx.rules.name} has no string_agg({category(value)}). Cast to text first.")
    if isinstance(node.args.get("separator"), exp.Null):
        node.set("separator", lit(""))
    return None
