"""GREATEST and LEAST."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules

R = DialectRules("oracle comparisons")


@R.rule(exp.Greatest, exp.Least)
def extreme(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """GREATEST, LEAST: NULL if any is."""
    values = [node.this, *node.expressions]
    missing: exp.Expr = exp.Is(this=values[0].copy(), expression=exp.Null())
    for value in values[1:]:
        missing = exp.Or(this=missing, expression=exp.Is(this=value.copy(), expression=exp.Null()))
    made = exp.Case(ifs=[exp.If(this=missing, true=exp.Null())], default=node.copy())
    made.type = node.type
    return exp.Paren(this=made)


# LNNVL: true unless the condition is, in WHERE and in the conditions of CASE alone
@R.function("lnnvl")
def lnnvl(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not isinstance(node.find_ancestor(exp.Where, exp.If, exp.Select), (exp.Where, exp.If)):
        raise ctx.error(node, "LNNVL stands in WHERE or in a condition of CASE only: write it there.")
    return ctx.macro("ora__lnnvl", *node.expressions, type="BOOLEAN")
