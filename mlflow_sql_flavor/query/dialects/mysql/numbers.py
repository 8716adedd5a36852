"""Numbers: https://dev.mysql.com/doc/refman/8.0/en/numeric-functions.html"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build, casts
from .coercions import exact, number, whole

R = DialectRules("mysql numbers")
_NUMBERS = (exp.Add, exp.Sub, exp.Mul, exp.Neg, exp.Abs, exp.Sum, exp.Avg, exp.Sign, exp.Mod, exp.Ceil, exp.Floor)


@R.rule(exp.Pow, exp.Exp)
def finite(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://dev.mysql.com/doc/refman/8.0/en/out-of-range-and-overflow.html: an error, not an infinity
    args = [number(node.args[key], ctx) for key in ("this", "expression") if node.args.get(key)]
    name = "pow" if isinstance(node, exp.Pow) else "exp"
    return ctx.macro("my__finite", ctx.call(name, *(build.cast(arg, "DOUBLE") for arg in args)), type="DOUBLE")


@R.rule(exp.Pi)
def pi(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Shown with six digits, all of them are used: https://dev.mysql.com/doc/refman/8.0/en/mathematical-functions.html#function_pi
    if (
        isinstance(node.parent, exp.Alias)
        and isinstance(node.parent.parent, exp.Select)
        and node.parent.parent.parent is None
    ):
        return build.cast(build.lit("3.141593"), "DOUBLE")
    return None


@R.rule(*_NUMBERS, exp.Div, exp.Trunc)
def operands(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if isinstance(node, (exp.Add, exp.Sub)) and isinstance(node.expression, exp.Interval):
        return None
    for key in ("this", "expression"):
        value = node.args.get(key)
        if isinstance(value, exp.Distinct):
            value.set("expressions", [number(each, ctx) for each in value.expressions])
        elif isinstance(value, exp.Expr) and not isinstance(value, exp.Interval):
            node.set(key, number(value, ctx))
    return casts.plain_division(node, ctx) if isinstance(node, exp.Div) else None


@R.rule(exp.IntDiv)
def integer_division(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://dev.mysql.com/doc/refman/8.0/en/arithmetic-functions.html#operator_div: towards zero, NULL for 0
    left, right = number(node.this, ctx), number(node.expression, ctx)
    name = "my__div" if ctx.is_a(left, "int") and ctx.is_a(right, "int") else "my__div_real"
    return ctx.macro(name, left, right, type="BIGINT")


@R.rule(exp.Round)
def rounding(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://dev.mysql.com/doc/refman/8.0/en/precision-math-rounding.html: exact half away, doubles as C's rint
    value, digits = number(node.this, ctx), node.args.get("decimals")
    if ctx.is_a(value, "float"):
        made = ctx.macro("my__round", value, digits or build.lit(0), type="DOUBLE")
        if digits is None or (isinstance(digits, exp.Literal) and digits.is_int):
            made.meta["decimals"] = 0 if digits is None else int(digits.this)
        return made
    if ctx.is_a(value, "int") and isinstance(digits, exp.Literal):
        value.type = exp.DataType.build("BIGINT", dialect="duckdb")
        return value
    node.set("this", exact(value, ctx))
    scale = 0 if digits is None else int(digits.this) if isinstance(digits, exp.Literal) else None
    if scale is not None and ctx.is_a(value, "decimal"):
        rounded = ctx.call("round", exact(value, ctx), build.lit(scale))
        return build.cast(rounded, f"DECIMAL(38,{min(scale, 12)})")
    return None


@R.rule(exp.Ceil, exp.Floor, exp.Trunc)
def exact_digits(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    digits = node.args.get("decimals")
    if ctx.is_a(node.this, "int"):
        return build.cast(node, "BIGINT") if isinstance(digits, exp.Neg) else node.this
    node.set("this", exact(node.this, ctx))
    if isinstance(node, exp.Trunc) and ctx.is_a(node.this, "float") and isinstance(digits, exp.Literal):
        node.meta["decimals"] = int(digits.this)
    return None


R.renames(
    {exp.BitwiseCount: ("bit_count", "BIGINT", "this")},
    of=lambda value, ctx: ctx.macro("my__unsigned", whole(number(value, ctx), ctx)),
)


# https://dev.mysql.com/doc/refman/8.0/en/mathematical-functions.html: NULL outside of the domain
R.macros(
    {
        exp.Sqrt: ("my__sqrt", "DOUBLE"),
        exp.Ln: ("my__ln", "DOUBLE"),
        exp.Acos: ("my__acos", "DOUBLE"),
        exp.Asin: ("my__asin", "DOUBLE"),
    },
    of=number,
)


R.macros({exp.Log: ("my__log", "DOUBLE")}, of=number, arity=1)
R.macros({exp.Log: ("my__log2", "DOUBLE")}, of=number, arity=2)
R.macros(
    {
        "log10": ("my__log2", "DOUBLE", build.lit(10), "expressions"),
        "log2": ("my__log2", "DOUBLE", build.lit(2), "expressions"),
    },
    of=number,
)


@R.rule(exp.BitwiseNot, exp.BitwiseAnd, exp.BitwiseOr, exp.BitwiseXor, exp.BitwiseLeftShift, exp.BitwiseRightShift)
def bits(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Bits are those of unsigned 64-bit integers: https://dev.mysql.com/doc/refman/8.0/en/bit-functions.html
    name = f"my__{type(node).__name__.removeprefix('Bitwise').lower()}"
    if any(ctx.is_a(arg, "float") for arg in (node.this, node.args.get("expression"))):
        raise ctx.error(node, "MySQL and MariaDB round a DOUBLE in bit operations differently: CAST it AS SIGNED.")
    args = [
        whole(number(arg, ctx), ctx) for arg in (node.this, node.args.get("expression")) if isinstance(arg, exp.Expr)
    ]
    return ctx.macro(name, *args, type="UBIGINT")


# https://dev.mysql.com/doc/refman/8.0/en/mathematical-functions.html#function_atan2: ATAN(y, x) is ATAN2
R.renames({exp.Atan: ("atan", "DOUBLE")}, of=number, arity=1)
R.renames({exp.Atan: ("atan2", "DOUBLE")}, of=number, arity=2)


@R.rule(exp.Interval)
def interval_index(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://dev.mysql.com/doc/refman/8.0/en/comparison-operators.html#function_interval
    if not isinstance(node.this, exp.Tuple) or node.args.get("unit"):
        return None
    first, *others = (number(value, ctx) for value in node.this.expressions)
    counted = [build.cast(exp.LTE(this=other, expression=first.copy()), "BIGINT") for other in others]
    made: exp.Expr = counted[0]
    for each in counted[1:]:
        made = exp.Add(this=made, expression=each)
    null = exp.If(this=exp.Is(this=first, expression=exp.Null()), true=build.lit(-1))
    answer = exp.Case(ifs=[null], default=made)
    answer.type = exp.DataType.build("BIGINT")
    return answer
