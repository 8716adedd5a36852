"""Numbers: https://sqlite.org/lang_mathfunc.html"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build, casts
from .coercions import either, integer, is_json, literal, mixed, number, numeral

R = DialectRules("sqlite numbers")


# Integer by integer truncates: the setting integer_division does it exactly, sqlglot's TRUNC(a / b) not above 2^53.
R.rule(exp.Div)(casts.plain_division)


@R.rule(exp.Literal)
def real_literal(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # A literal with a point or an exponent is a real: https://sqlite.org/lang_expr.html#literal_values_constants_
    if node.is_string or str(node.this).isdigit():
        return None
    if isinstance(node.parent, (exp.DataTypeParam, exp.Interval, exp.Cast)) and isinstance(
        node.parent.parent, exp.DataType
    ):
        return None
    made = build.cast(exp.Literal.string(str(node.this)), "DOUBLE")
    made.meta["literal"] = True
    return made


@R.rule(exp.Add, exp.Sub, exp.Mul, exp.Neg, exp.Abs, exp.Sum, exp.Avg)
def operands(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    texts = any(ctx.is_a(node.args.get(key), "text") for key in ("this", "expression"))
    for key in ("this", "expression"):
        value = node.args.get(key)
        if isinstance(value, exp.Distinct):
            if any(ctx.is_a(each, "text") for each in value.expressions):
                hint = "Write CAST(... AS REAL) inside of DISTINCT"
                ctx.refuse("unfaithful", node, "SQLite's DISTINCT tells texts apart, not the numbers in them", hint)
            value.set("expressions", [number(each, ctx) for each in value.expressions])
        elif isinstance(value, exp.Expr):
            node.set(key, number(value, ctx))
    sides = [node.args[key] for key in ("this", "expression") if isinstance(node.args.get(key), exp.Expr)]
    if isinstance(node, (exp.Add, exp.Sub, exp.Mul, exp.Neg, exp.Abs, exp.Sum)) and texts:
        kind = "BIGINT" if all(ctx.is_a(side, "int") for side in sides) else "DOUBLE"
        node.type = exp.DataType.build(kind, dialect="duckdb")
    real = any(ctx.is_a(side, "float") and not mixed(side) for side in sides)
    if not isinstance(node, exp.Avg) and not real:
        for mark in ("either", "zero"):
            if any(side.unnest().meta.get(mark) for side in sides):
                node.meta[mark] = True
    return None


@R.rule(exp.Paren)
def in_brackets(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    node.type = node.this.type
    return None


R.macros(
    {
        exp.BitwiseLeftShift: ("sqlite__shift_left", "BIGINT", "this", "expression"),
        exp.BitwiseRightShift: ("sqlite__shift_right", "BIGINT", "this", "expression"),
    },
    of=integer,
)


@R.rule(exp.BitwiseAnd, exp.BitwiseOr, exp.BitwiseNot)
def bits(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    for key in ("this", "expression"):
        value = node.args.get(key)
        if isinstance(value, exp.Expr) and not ctx.is_a(value, "int"):
            node.set(key, integer(number(value, ctx), ctx))
    node.type = exp.DataType.build("BIGINT", dialect="duckdb")
    return None


@R.rule(exp.Div, exp.Mod)
def division(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if (
        isinstance(node, exp.Mod) and "start" in node.meta
    ):  # mod() is of reals: https://sqlite.org/lang_mathfunc.html#mod
        sides = [build.cast(math_argument(node.args[key], ctx), "DOUBLE") for key in ("this", "expression")]
        made = exp.Paren(this=exp.Mod(this=sides[0], expression=sides[1]))
        made.type = exp.DataType.build("DOUBLE")
        return made
    for key in ("this", "expression"):
        value = node.args[key]
        inner = value.unnest()
        open_ = ctx.is_a(value, "text") and not isinstance(inner, exp.Literal) and not inner.meta.get("digits")
        other = node.args["expression" if key == "this" else "this"]
        sure = ctx.is_a(other, "float") and not mixed(other)  # by a real it is a real
        if isinstance(node, exp.Div) and (is_json(inner) or open_ or either(value)) and not sure:
            ctx.refuse(
                "implicit_cast",
                node,
                "Whether this divides as an integer or as a real depends on each value",
                "Write CAST(... AS INTEGER) or CAST(... AS REAL)",
            )
        value = number(value, ctx)
        # The operator % casts both sides to integers: https://sqlite.org/lang_expr.html#operators
        node.set(key, integer(value, ctx) if isinstance(node, exp.Mod) else value)
    return None


@R.rule(exp.Round)
def rounding(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://sqlite.org/lang_corefunc.html#round: a real always; negative digits count as 0
    value, digits = number(node.this, ctx), node.args.get("decimals")
    if digits is None:
        return ctx.macro("sqlite__round", value, build.lit(0), type="DOUBLE")
    if isinstance(digits, exp.Neg):
        digits = build.lit(0)
    if not isinstance(digits, exp.Literal):
        ctx.refuse("unfaithful", node, "The number of digits to round to is not a constant", "Write it as a number")
    return ctx.macro("sqlite__round", value, digits, type="DOUBLE")


def math_argument(value: exp.Expr, ctx: Context) -> exp.Expr:
    """A value of a mathematical function: NULL for a text that is not a number as a whole.

    https://sqlite.org/lang_mathfunc.html
    """
    inner = value.unnest()
    if isinstance(inner, exp.Literal) and inner.is_string:
        found = numeral(inner.this)
        return exp.Null() if found is None else literal(found)
    if ctx.is_a(value, "text") and not is_json(inner):
        return ctx.macro("sqlite__numeral", value, type="DOUBLE")
    return number(value, ctx)


# A value a function is not defined for gives NULL
R.macros(
    {
        exp.Sqrt: ("sqlite__sqrt", "DOUBLE"),
        exp.Ln: ("sqlite__ln", "DOUBLE"),
        exp.Acos: ("sqlite__acos", "DOUBLE"),
        exp.Asin: ("sqlite__asin", "DOUBLE"),
        exp.Acosh: ("sqlite__acosh", "DOUBLE"),
        exp.Atanh: ("sqlite__atanh", "DOUBLE"),
        exp.Pow: ("sqlite__pow", "DOUBLE", "this", "expression"),
    },
    of=math_argument,
)


R.macros({exp.Log: ("sqlite__log", "DOUBLE")}, of=math_argument, arity=1)
R.macros({exp.Log: ("sqlite__log2", "DOUBLE")}, of=math_argument, arity=2)


@R.rule(exp.Sign, exp.Ceil, exp.Floor, exp.Trunc, exp.Exp, exp.Sin, exp.Cos, exp.Tan, exp.Sinh, exp.Cosh,
        exp.Tanh, exp.Asinh, exp.Atan, exp.Atan2, exp.Degrees, exp.Radians)  # fmt: skip
def of_numbers(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    for key in ("this", "expression"):
        value = node.args.get(key)
        if isinstance(value, exp.Expr):
            node.set(key, math_argument(value, ctx))
    return None


R.macros({"log2": ("sqlite__log2", "DOUBLE", build.lit(2), "expressions")}, of=math_argument)


# https://sqlite.org/lang_corefunc.html#random: an integer of 64 bits
R.macros({exp.Rand: ("sqlite__random", "BIGINT")}, of=())


R.converts(dict.fromkeys(("likely", "unlikely", "likelihood"), build.as_it_is))


R.macros({"log10": ("sqlite__log", "DOUBLE")}, of=math_argument)
