"""Functions of OVER: each rule names its page below https://docs.aws.amazon.com/redshift/latest/dg/."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build, ratios

R = DialectRules("redshift windows")
R.function("ratio_to_report")(ratios.ratio_alone)


@R.rule(exp.Window)
def over(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """r_WF_RATIO_TO_REPORT.html gives a FLOAT8; r_WF_AVG.html: a mean of integers is an integer."""
    call = node.this
    if isinstance(call, exp.Avg) and ctx.is_a(call.this, "int"):
        total, count = node.copy(), node.copy()
        total.set("this", ctx.call("sum", call.this.copy()))
        count.set("this", ctx.call("count", call.this.copy()))
        return build.cast(ctx.call("divide", total, ctx.call("nullif", count, build.lit(0))), "BIGINT")
    return ratios.ratio_to_report(node, ctx)
