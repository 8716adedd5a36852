"""Aggregates: functions/aggregate of the manual."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import aggregates, build, exact_numbers
from .arrays import array_type, typed

R = DialectRules("trino aggregates")

R.renames({"every": ("bool_and", "BOOLEAN")})


# functions/aggregate
@R.rule(exp.Max, exp.Min)
def several(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not node.expressions:
        return None
    return typed(ctx.call("max" if isinstance(node, exp.Max) else "min", node.this, *node.expressions),
                  array_type(ctx.type_of(node.this)))  # fmt: skip


@R.function("geometric_mean")
def geometric_mean(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    logs = ctx.call("avg", ctx.call("ln", build.cast(node.expressions[0], "DOUBLE")))
    return ctx.call("exp", logs, type="DOUBLE")


@R.rule(exp.ApproxQuantile)
def approx_percentile(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    ctx.refuse("approximate", node, "approx_percentile gives a value that depends on its sketch",
               "Count ranks with ROW_NUMBER, or accept the exact one")  # fmt: skip
    return ctx.call("quantile_disc", node.this, node.args["quantile"])


@R.rule(exp.Avg)
def mean(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """functions/aggregate: a mean of decimals has their digits."""
    if not ctx.is_a(node.this, "decimal") or node.meta.get("translated"):
        return None
    node.meta["translated"] = True
    digits = exact_numbers.scale(node.this, ctx)
    if digits is None or isinstance(node.parent, (exp.Window, exp.Filter)):
        ctx.refuse("unfaithful", node, "The digits of this mean are not known here", "CAST its argument to DOUBLE")
        return None
    return build.cast(node, f"DECIMAL(38, {digits})")


R.rule(exp.ApproxDistinct)(aggregates.distinct_count)
