"""Numbers: functions/math and functions/bitwise of the manual."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import walk_tree
from .. import DialectRules
from ..shared import build, casts, exact_numbers, rounding, smallest_integer

R = DialectRules("trino numbers")
R.rule(exp.Round)(rounding.scaled)
# language/types: a number has its sign with it, so that -2147483648 is an INTEGER
R.rule(exp.Neg)(smallest_integer.as_integer)
R.typing[exp.Neg] = smallest_integer.typed(smallest_integer.same_type)
# name -> (how many arguments, DuckDB's function or the pack's macro, type)
R.renames({"is_infinite": ("isinf", "BOOLEAN"), "is_finite": ("isfinite", "BOOLEAN")})
R.macros(
    {
        "to_base": ("tr__to_base", "VARCHAR"),
        "nan": ("tr__nan", "DOUBLE"),
        "infinity": ("tr__infinity", "DOUBLE"),
        "e": ("tr__e", "DOUBLE"),
        "human_readable_seconds": ("tr__human_seconds", "VARCHAR"),
        "format_number": ("tr__format_number", "VARCHAR"),
        "parse_data_size": ("tr__data_size", "DECIMAL(38, 0)"),
        "luhn_check": ("tr__luhn", "BOOLEAN"),
    }
)


# functions/conditional#try: the errors it names are those that raise here too
@R.rule(exp.Try)
def try_(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    allowed = (exp.Div, exp.IntDiv, exp.Mod, exp.Cast, exp.Paren, exp.Column, exp.Literal, exp.Identifier, exp.Neg,
               exp.DataType, exp.DataTypeParam, exp.Anonymous, exp.Add, exp.Sub, exp.Mul, exp.Array, exp.Nullif,
               exp.Trim, exp.Upper, exp.Lower)  # fmt: skip
    if not isinstance(node.this, exp.Expr) or not all(isinstance(n, allowed) for n in walk_tree(node.this)):
        ctx.refuse("unfaithful", node, "TRY is verified for divisions and casts", "Use TRY_CAST or NULLIF")
    return ctx.call("try", node.this)


# functions/math
@R.rule(exp.FromBase)
def from_base(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if build.literal_int(node.expression) not in (2, 16):
        ctx.refuse("unfaithful", node, "from_base is verified for the bases 2 and 16", "Compute it")
    name = "tr__from_hex" if build.literal_int(node.expression) == 16 else "tr__from_binary"
    return ctx.macro(name, node.this, type="BIGINT")


R.macros(
    {exp.WidthBucket: ("tr__width_bucket", "BIGINT", "this", "min_value", "max_value", "num_buckets")},
    of=build.as_double,
)


_BITS = {exp.DType.TINYINT: 8, exp.DType.SMALLINT: 16, exp.DType.INT: 32, exp.DType.BIGINT: 64}


# functions/bitwise: of as many bits as the type has
@R.function("bitwise_left_shift", "bitwise_right_shift", "bitwise_right_shift_arithmetic", "bit_count")
def bits(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    this, number = node.expressions
    kind, name = ctx.type_of(this), node.name.lower()
    if name == "bit_count":
        return ctx.macro("tr__bit_count", this, number, type="BIGINT")
    if kind is None or kind.this not in _BITS:
        ctx.refuse("unfaithful", node, "How many bits this number has is not known here", "CAST it to BIGINT")
        return None
    if name == "bitwise_right_shift_arithmetic":
        made = ctx.macro("tr__shift_signed", this, number)
    else:
        shift = "tr__shift_left" if name == "bitwise_left_shift" else "tr__shift_right"
        made = ctx.macro(shift, this, number, build.lit(_BITS[kind.this]))
    made.type = kind.copy()
    return made


# functions/decimal: a quotient has the digits of the operand that has more; of doubles it may be Infinity or NaN
@R.rule(exp.Div)
def division(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    left, right = node.this, node.expression
    if node.meta.get("translated"):
        return None
    if ctx.is_a(left, "float") or ctx.is_a(right, "float"):
        return ctx.macro("tr__divide", *(build.cast(a, "DOUBLE") for a in (left, right)), type="DOUBLE")
    node.meta["translated"] = True
    made = casts.plain_division(node, ctx)
    assert made is not None
    if ctx.is_a(left, "int") and ctx.is_a(right, "int"):
        return made
    scales = [exact_numbers.scale(a, ctx) for a in (left, right)]
    known = [s for s in scales if s is not None]
    if len(known) < 2:
        ctx.refuse("unfaithful", node, "The digits of this quotient are not known here", "CAST both to DOUBLE")
        return made
    return build.cast(exp.Paren(this=made), f"DECIMAL(38, {max(known)})")
