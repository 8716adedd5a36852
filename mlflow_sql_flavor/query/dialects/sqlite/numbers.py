"""Numbers, casts and comparisons."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import common
from .values import either, integer, is_json, literal, mixed, number, numeral, text

R = DialectRules("sqlite numbers")


def _number(self: Any, e: exp.Expr) -> Any:
    # Integers give an integer, conditions are integers, a text is a number, anything else a real
    kinds = [side.type.this for side in (e.this, e.args.get("expression")) if isinstance(side, exp.Expr) and side.type]
    if kinds and all(kind in exp.DataType.INTEGER_TYPES | {exp.DType.BOOLEAN} for kind in kinds):
        return self._set_type(e, exp.DType.BIGINT)
    if exp.DType.UNKNOWN in kinds or exp.DType.NULL in kinds or not kinds:
        if isinstance(e, exp.Binary):
            self._annotate_binary(e)
        if e.type is None or e.type.this not in exp.DataType.TEXT_TYPES | {exp.DType.BOOLEAN}:
            return e if e.type is not None else self._set_type(e, exp.DType.UNKNOWN)
    return self._set_type(e, exp.DType.DOUBLE)


R.typing.update({kind: {"annotator": _number} for kind in (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Sum, exp.Neg)})
R.typing[exp.Mod] = {"returns": exp.DType.BIGINT}

# Integer by integer truncates: the setting integer_division does it exactly, sqlglot's TRUNC(a / b) not above 2^53.
R.rule(exp.Div)(common.plain_division)


@R.rule(exp.Literal)
def real_literal(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # A literal with a point or an exponent is a real: https://sqlite.org/lang_expr.html#literal_values_constants_
    if node.is_string or str(node.this).isdigit():
        return None
    if isinstance(node.parent, (exp.DataTypeParam, exp.Interval, exp.Cast)) and isinstance(
        node.parent.parent, exp.DataType
    ):
        return None
    made = common.cast(exp.Literal.string(str(node.this)), "DOUBLE")
    made.meta["literal"] = True
    return made


@R.rule(exp.Add, exp.Sub, exp.Mul, exp.Neg, exp.Abs, exp.Sum, exp.Avg)
def operands(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    texts = any(ctx.is_a(node.args.get(key), "text") for key in ("this", "expression"))
    for key in ("this", "expression"):
        value = node.args.get(key)
        if isinstance(value, exp.Distinct):
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


@R.rule(exp.BitwiseLeftShift, exp.BitwiseRightShift)
def shift(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    name = "sqlite__shift_left" if isinstance(node, exp.BitwiseLeftShift) else "sqlite__shift_right"
    return ctx.macro(name, integer(node.this, ctx), integer(node.expression, ctx), type="BIGINT")


@R.rule(exp.BitwiseAnd, exp.BitwiseOr, exp.BitwiseNot)
def bits(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    for key in ("this", "expression"):
        value = node.args.get(key)
        if isinstance(value, exp.Expr) and not ctx.is_a(value, "int"):
            node.set(key, integer(number(value, ctx), ctx))
    node.type = exp.DataType.build("BIGINT", dialect="duckdb")
    return None


@R.rule(exp.Limit)
def no_limit(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://sqlite.org/lang_select.html#limitoffset: a negative LIMIT is none
    if isinstance(node.expression, exp.Neg) and isinstance(node.expression.this, exp.Literal):
        node.set("expression", common.lit(9223372036854775807))
    return None


@R.rule(exp.Div, exp.Mod)
def division(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if (
        isinstance(node, exp.Mod) and "start" in node.meta
    ):  # mod() is of reals: https://sqlite.org/lang_mathfunc.html#mod
        sides = [common.cast(math_argument(node.args[key], ctx), "DOUBLE") for key in ("this", "expression")]
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


@R.rule(exp.Cast, exp.TryCast)
def casts(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Affinity by the declared type's name: https://sqlite.org/datatype3.html#determination_of_column_affinity
    to, value = node.args["to"].this, node.this
    if to in exp.DataType.INTEGER_TYPES:
        return integer(value, ctx)
    if to in exp.DataType.TEXT_TYPES:
        return text(value, ctx)
    if to in (exp.DType.BLOB, exp.DType.BINARY, exp.DType.VARBINARY):
        ctx.refuse("unfaithful", node, "A cast to BLOB keeps the bytes of the value's text", "Leave the cast out")
        return None
    found = number(value, ctx)
    if to in exp.DataType.FLOAT_TYPES:
        return common.cast(found, "DOUBLE")
    return found if ctx.is_a(found, "int") else common.cast(found, "DOUBLE")


@R.rule(exp.Round)
def rounding(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://sqlite.org/lang_corefunc.html#round: a real always; negative digits count as 0
    value, digits = number(node.this, ctx), node.args.get("decimals")
    if digits is None:
        return ctx.macro("sqlite__round", value, common.lit(0), type="DOUBLE")
    if isinstance(digits, exp.Neg):
        digits = common.lit(0)
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


def _null_outside(name: str, *types: type[exp.Expr]) -> None:
    # A value a function is not defined for gives NULL
    @R.rule(*types)
    def guarded(node: exp.Expr, ctx: Context) -> exp.Expr | None:
        given = (node.this, node.args.get("expression"))
        args = [math_argument(arg, ctx) for arg in given if isinstance(arg, exp.Expr)]
        return ctx.macro(f"{name}2" if name == "sqlite__log" and len(args) == 2 else name, *args, type="DOUBLE")


_null_outside("sqlite__sqrt", exp.Sqrt)
_null_outside("sqlite__ln", exp.Ln)
_null_outside("sqlite__log", exp.Log)
_null_outside("sqlite__acos", exp.Acos)
_null_outside("sqlite__asin", exp.Asin)
_null_outside("sqlite__acosh", exp.Acosh)
_null_outside("sqlite__atanh", exp.Atanh)
_null_outside("sqlite__pow", exp.Pow)


@R.rule(exp.Sign, exp.Ceil, exp.Floor, exp.Trunc, exp.Exp, exp.Sin, exp.Cos, exp.Tan, exp.Sinh, exp.Cosh,
        exp.Tanh, exp.Asinh, exp.Atan, exp.Atan2, exp.Degrees, exp.Radians)  # fmt: skip
def of_numbers(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    for key in ("this", "expression"):
        value = node.args.get(key)
        if isinstance(value, exp.Expr):
            node.set(key, math_argument(value, ctx))
    return None


@R.function("log10")
def log10(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.macro("sqlite__log", math_argument(node.expressions[0], ctx), type="DOUBLE")


@R.function("log2")
def log2(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.macro("sqlite__log2", common.lit(2), math_argument(node.expressions[0], ctx), type="DOUBLE")


@R.rule(exp.Rand)
def random(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://sqlite.org/lang_corefunc.html#random: an integer of 64 bits
    return ctx.macro("sqlite__random", type="BIGINT")


@R.function("likely", "unlikely", "likelihood")
def hint(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return node.expressions[0]


@R.function("percentile")
def percentile(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://sqlite.org/percentile.html: interpolated, the share in percent
    value, share = node.expressions
    if not isinstance(share.unnest(), (exp.Literal, exp.Cast)) or not ctx.is_a(value, "number"):
        raise ctx.error(node, "PERCENTILE has a counterpart for a number and a constant share from 0 to 100.")
    part = exp.Div(this=common.cast(share, "DOUBLE"), expression=common.cast(common.lit("100"), "DOUBLE"))
    return ctx.call("quantile_cont", common.cast(value, "DOUBLE"), part, type="DOUBLE")


@R.rule(exp.Median)
def median(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://sqlite.org/percentile.html: a text is an error, a number of it too
    if not ctx.is_a(node.this, "number", "bool"):
        raise ctx.error(node, "MEDIAN takes numbers in SQLite: CAST the text.")
    return None


@R.function("total")
def total(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://sqlite.org/lang_aggfunc.html#total: a real, 0.0 of nothing
    return ctx.macro("sqlite__total", common.cast(number(node.expressions[0], ctx), "DOUBLE"), type="DOUBLE")


@R.rule(exp.RegexpLike)
def regexp(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://sqlite.org/lang_expr.html#the_like_glob_regexp_match_and_extract_operators
    raise ctx.error(node, "SQLite has no function behind REGEXP: write LIKE or GLOB.")
