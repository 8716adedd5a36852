"""Numbers: each rule's page is sql-reference/functions/<name> of the manual."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build, casts, exact, rounding
from ..shared.calls import argument_count

R = DialectRules("snowflake numbers")


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
    scale = exact.scale(left, ctx)
    if scale is None or exact.scale(right, ctx) is None:
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
