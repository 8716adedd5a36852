"""Joining texts."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules

R = DialectRules("redshift strings")

R.renames({"replicate": ("repeat", "VARCHAR")})


@R.rule(exp.Concat)
def concat(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # r_CONCAT.html: NULL if one of the two is, unlike PostgreSQL's.
    first, *rest = node.expressions
    for other in rest:
        first = exp.DPipe(this=first, expression=other)
        first.type = node.type
    return exp.Paren(this=first)
