"""Numbers: each rule's page is sql-reference/functions/<name> of the manual."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build, casts, exact_numbers, rounding
from ..shared.calls import argument_count

R = DialectRules("snowflake numbers")


# functions/boolor and its like: a number that is not 0 is true
R.macros(
    {
        exp.Boolor: ("sf__boolor", "BOOLEAN", "this", "expression"),
        exp.Booland: ("sf__booland", "BOOLEAN", "this", "expression"),
        exp.Xor: ("sf__boolxor", "BOOLEAN", "this", "expression"),
        exp.Boolnot: ("sf__boolnot", "BOOLEAN", "this"),
        exp.Unicode: ("sf__unicode", "BIGINT", "this"),
    }
)


R.renames({exp.Acosh: ("acosh", "DOUBLE", "this"), exp.Atanh: ("atanh", "DOUBLE", "this")}, of=build.as_double)


# functions/random: a whole number of 64 bits
@R.rule(exp.Rand)
def random(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.this is not None:
        ctx.refuse("unfaithful", node, "RANDOM of a seed gives Snowflake's own numbers", "Leave the seed out")
    wide = exp.Mul(this=exp.Paren(this=exp.Sub(this=ctx.call("random"), expression=exp.Literal.number("0.5e0"))),
                   expression=exp.Literal.number("18446744073709550000e0"))  # fmt: skip
    return build.cast(ctx.call("trunc", wide), "BIGINT")


# Numbers, texts and dates
R.macros(
    {exp.WidthBucket: ("sf__width_bucket", "BIGINT", "this", "min_value", "max_value", "num_buckets")},
    of=build.as_double,
)


R.renames({exp.Factorial: "factorial"}, of=lambda value, ctx: build.cast(value, "INTEGER"))


# operators-arithmetic: a quotient has six more digits than the dividend, up to 12
@R.rule(exp.Div)
def division(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    left, right = node.this, node.expression
    if node.meta.get("translated"):
        return None
    scale = exact_numbers.scale(left, ctx)
    if scale is None or exact_numbers.scale(right, ctx) is None:
        return casts.plain_division(node, ctx)
    node.meta["translated"] = True
    made = casts.plain_division(node, ctx)
    assert made is not None
    return build.cast(exp.Paren(this=made), f"DECIMAL(38, {max(scale, min(scale + 6, 12))})")


@R.rule(exp.Round)
def round_(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if argument_count(node, ctx) > 2:
        ctx.refuse("unfaithful", node, "ROUND with a mode is not verified", "Leave the mode out")
    return rounding.scaled(node, ctx)
