"""RATIO_TO_REPORT."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import ratios

R = DialectRules("oracle windows")
R.function("ratio_to_report")(ratios.ratio_alone)


@R.rule(exp.Window)
def ratio(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """RATIO_TO_REPORT: the part of the partition's sum."""
    if str(node.args.get("over")).upper() == "KEEP":
        ctx.refuse("unfaithful", node, "KEEP is not verified", "Use ROW_NUMBER in a subquery")
    return ratios.ratio_to_report(node, ctx)
