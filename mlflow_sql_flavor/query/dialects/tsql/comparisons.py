"""Choosing among values."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build

R = DialectRules("tsql comparisons")
_BINARY = (exp.DType.BINARY, exp.DType.VARBINARY, exp.DType.BLOB)


# data-types/binary-and-varbinary-transact-sql: the shorter one is filled with zeros
@R.rule(exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
def binaries(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    sides = (node.this, node.expression)
    binary = [isinstance(side, exp.HexString) or side.is_type(*_BINARY) for side in sides]
    if not any(binary):
        return None
    if not all(binary):
        ctx.refuse("implicit_cast", node, "Binary data is compared with another type", "Write the conversion with CAST")
    for key, side in zip(("this", "expression"), sides, strict=True):
        node.set(key, ctx.macro("ts__bytes", side, type="VARCHAR"))
    return None


@R.rule(exp.In)
def binary_list(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    for value in (node.this, *node.expressions):
        if isinstance(value, exp.HexString) or value.is_type(*_BINARY):
            ctx.refuse("unfaithful", node, "IN of binary data is not verified", "Compare with =")
    return None


@R.function("choose")
def choose(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    index, *values = node.expressions
    if not ctx.is_a(index, "int"):
        ctx.refuse("implicit_cast", node, "CHOOSE is verified for a whole number", "Cast it to INT")
    ifs = [exp.If(this=exp.EQ(this=exp.Paren(this=index.copy()), expression=build.lit(i)), true=v)
           for i, v in enumerate(values, 1)]  # fmt: skip
    return exp.Case(ifs=ifs)
