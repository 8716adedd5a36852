"""Numbers: each rule names the page of the SQL Language Reference."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all
from .. import DialectRules
from ..shared import build
from .formats import as_number

R = DialectRules("oracle numbers")

_SUMS = (exp.Add, exp.Sub, exp.Mul, exp.Div)


# Data-Type-Comparison-Rules, Implicit Data Conversion: a text beside a number, or another one, is a NUMBER
@R.prepare
def numbers_of_texts(tree: exp.Expr, ctx: Context) -> None:
    for node in reversed(list(find_all(tree, *_SUMS))):  # the inner ones before
        sides = [node.this, node.expression]
        if not all(ctx.is_a(side, "text", "number") or isinstance(side, exp.Null) for side in sides):
            continue
        for key in ("this", "expression"):
            if ctx.is_a(node.args[key], "text"):
                number = exp.ToNumber(this=node.args[key].copy())
                number.type = exp.DataType.build("DECIMAL(28, 10)")
                node.set(key, number)
                node.type = number.type.copy()


# NANVL
@R.rule(exp.Nanvl)
def nanvl(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    this, other = node.this, node.expression
    if ctx.is_a(this, "int", "decimal"):
        return this
    if not ctx.is_a(this, "float"):
        ctx.refuse("implicit_cast", node, "NANVL is verified for numbers", "Write it with CAST")
    return exp.Case(ifs=[exp.If(this=ctx.call("isnan", this.copy()), true=other)], default=this)


R.macros(
    {
        # REMAINDER: the nearest multiple is taken away.
        "remainder": "ora__remainder",
    }
)


@R.rule(exp.Round)
def rounded(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """ROUND-number: a NUMBER has the digits it is written with, also a quotient, which DuckDB has as a double."""
    node.set("this", as_number(node.this, ctx))
    digits = node.args.get("decimals")
    if digits is None or not (ctx.is_a(node.this, "float") or isinstance(node.this.unnest(), exp.Div)):
        return None
    return ctx.macro("ora__round", node.this, digits, type="DOUBLE")


# MOD: of zero it is the number itself
R.macros({exp.Mod: ("ora__mod", None, "this", "expression")}, of=lambda value, ctx: value.unnest())


# Functions of numbers
@R.function("bitand")
def bitand(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    left, right = (exp.Paren(this=build.cast(a, "BIGINT")) for a in node.expressions)
    made = exp.Paren(this=exp.BitwiseAnd(this=left, expression=right))
    made.type = exp.DataType.build("BIGINT")
    return made


R.macros(
    {exp.WidthBucket: ("ora__width_bucket", "BIGINT", "this", "min_value", "max_value", "num_buckets")},
    of=build.as_double,
)


@R.rule(exp.Trunc)
def cut(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    digits = node.args.get("decimals")
    if build.literal_int(digits) is None and digits is not None:
        ctx.refuse("unfaithful", node, "TRUNC is verified for a constant number of digits", "Write it")
    value = node.this if not isinstance(node.this, exp.Literal) else exp.Literal.number(node.this.name)
    return ctx.call("trunc", value, *([digits] if digits is not None else []))
