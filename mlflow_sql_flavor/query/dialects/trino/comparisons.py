"""Comparisons of doubles: language/types#floating-point of the manual. NaN is neither less, more nor equal."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build, nan, row_comparisons

R = DialectRules("trino comparisons")
R.normalise(row_comparisons.by_field())
R.rule(exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.In)(nan.compared)


@R.rule(exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
def chars(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """language/types#char: blanks at the end do not count where a CHAR is compared."""
    sides = (node.this, node.expression)
    if any(side.is_type(exp.DType.CHAR) for side in sides) and all(ctx.is_a(side, "text") for side in sides):
        for key, side in zip(("this", "expression"), sides, strict=True):
            node.set(key, ctx.call("rtrim", side, build.lit(" "), type="VARCHAR"))
    return None
