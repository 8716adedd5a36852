"""RATIO_TO_REPORT: a value's part of the sum."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from . import build


def ratio_alone(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """RATIO_TO_REPORT is a window function only."""
    if not isinstance(node.parent, exp.Window) or len(node.expressions) != 1:
        raise ctx.error(node, "RATIO_TO_REPORT needs OVER.")
    return None


def part_of_sum(value: exp.Expr, window: exp.Expr, ctx: Context) -> exp.Paren:
    """A value divided by its sum over the window's partition; NULL where that is 0."""
    partition = window.args.get("partition_by") or []
    total = exp.Window(this=ctx.call("sum", value.unnest().copy()), partition_by=[p.copy() for p in partition])
    below = ctx.call("nullif", total, build.lit(0))
    return exp.Paren(this=exp.Div(this=value, expression=below, typed=False, safe=False))


def ratio_to_report(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """RATIO_TO_REPORT: the part of the partition's sum, as a double."""
    call = node.this
    if not isinstance(call, exp.Anonymous) or call.name.lower() != "ratio_to_report":
        return None
    made = part_of_sum(call.expressions[0], node, ctx)
    made.this.set("this", build.cast(made.this.this, "DOUBLE"))
    made.type = exp.DataType.build("DOUBLE")
    return made
