"""Functions that ask whether a value is NULL."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules

R = DialectRules("redshift nulls")


@R.function("isnull")
def isnull(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """r_NVL_function.html: a synonym of NVL."""
    first, *rest = node.expressions
    return exp.Coalesce(this=first, expressions=rest)
