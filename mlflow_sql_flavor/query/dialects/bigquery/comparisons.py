"""Comparisons of structs: operators#comparison_operators of the manual."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import rows

R = DialectRules("bigquery comparisons")
R.normalise(rows.by_field())


@R.rule(exp.EQ, exp.NEQ)
def structs(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """By their fields, whatever those are called; a NULL in one makes the answer NULL."""
    if ctx.is_a(node.this, "struct") or ctx.is_a(node.expression, "struct"):
        ctx.refuse("unfaithful", node, "A comparison of structs is not verified", "Compare their fields")
    return None
