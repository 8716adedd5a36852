"""Numbers: each rule names the page of the SQL Language Reference."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build

R = DialectRules("oracle numbers")

R.macros(
    {
        # REMAINDER: the nearest multiple is taken away.
        "remainder": "ora__remainder",
    }
)


@R.rule(exp.Round)
def rounded(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """ROUND-number: a NUMBER has the digits it is written with, also a quotient, which DuckDB has as a double."""
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
