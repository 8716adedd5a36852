"""Comparisons of doubles: language/types#floating-point of the manual. NaN is neither less, more nor equal."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build, rows

R = DialectRules("trino comparisons")
R.normalise(rows.by_field())


@R.rule(exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
def nan(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """DuckDB takes NaN for equal to itself and more than any other number."""
    sides = [s for s in (node.this, node.expression) if ctx.is_a(s, "float") and not isinstance(s, exp.Literal)]
    if not sides or node.meta.get("translated"):
        return None
    node.meta["translated"] = True
    tests = [ctx.call("isnan", side.copy(), type="BOOLEAN") for side in sides]
    if isinstance(node, exp.NEQ):
        return exp.Paren(this=exp.or_(node.copy(), *tests, copy=False))
    return exp.Paren(this=exp.and_(node.copy(), *(exp.Not(this=t) for t in tests), copy=False))


@R.rule(exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
def chars(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """language/types#char: blanks at the end do not count where a CHAR is compared."""
    sides = (node.this, node.expression)
    if any(side.is_type(exp.DType.CHAR) for side in sides) and all(ctx.is_a(side, "text") for side in sides):
        for key, side in zip(("this", "expression"), sides, strict=True):
            node.set(key, ctx.call("rtrim", side, build.lit(" "), type="VARCHAR"))
    return None
