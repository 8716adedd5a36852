"""Rounding and powers."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build, exact_numbers, rounding

R = DialectRules("tsql numbers")


# language-elements/bitwise-not-transact-sql: of a BIT, the other one
@R.rule(exp.BitwiseNot)
def bitwise_not(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    inner = node.this
    while isinstance(inner, exp.Paren) and "bit" not in inner.meta:
        inner = inner.this
    if ctx.is_a(inner, "bool"):
        return exp.Not(this=exp.Paren(this=inner))
    if "bit" not in inner.meta:
        return None
    made = exp.Paren(this=exp.Sub(this=build.lit(1), expression=inner))
    made.meta["bit"] = True
    return made


# Functions of numbers
@R.rule(exp.Pow)
def power(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """The result has the type of the base."""
    base = node.this
    if ctx.is_a(base, "int"):
        return build.cast(ctx.call("trunc", ctx.call("power", base, node.expression)), "BIGINT")
    if ctx.is_a(base, "decimal"):
        digits = exact_numbers.scale(base, ctx)
        if digits is None:
            ctx.refuse("unfaithful", node, "The digits of this power are not known here", "CAST its base to FLOAT")
        return build.cast(ctx.call("power", base, node.expression), f"DECIMAL(38, {digits or 0})")
    return None


@R.rule(exp.Round)
def round_(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """A third argument other than 0 cuts."""
    cut, digits = node.args.get("truncate"), node.args.get("decimals")
    if digits is None:
        raise ctx.error(node, "ROUND needs the number of digits.")
    if cut is None:
        return rounding.scaled(node, ctx)
    if build.literal_int(cut) is None or build.literal_int(digits) is None:
        ctx.refuse("unfaithful", node, "ROUND with a function is verified for constants", "Write the numbers")
    if build.literal_int(cut) == 0:
        node.set("truncate", None)
        return rounding.scaled(node, ctx)
    return ctx.call("trunc", node.this, digits)
