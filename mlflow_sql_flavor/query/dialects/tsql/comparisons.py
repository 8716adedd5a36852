"""Choosing among values."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build

R = DialectRules("tsql comparisons")


@R.function("choose")
def choose(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    index, *values = node.expressions
    if not ctx.is_a(index, "int"):
        ctx.refuse("implicit_cast", node, "CHOOSE is verified for a whole number", "Cast it to INT")
    ifs = [exp.If(this=exp.EQ(this=exp.Paren(this=index.copy()), expression=build.lit(i)), true=v)
           for i, v in enumerate(values, 1)]  # fmt: skip
    return exp.Case(ifs=ifs)
