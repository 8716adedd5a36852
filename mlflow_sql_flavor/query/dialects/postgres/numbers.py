"""Numbers: https://www.postgresql.org/docs/15/functions-math.html and datatype-numeric.html."""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from ...reading.placeholders import data_type
from ...reading.traversal import find_all
from .. import DialectRules
from ..shared.build import cast, lit, text
from ..shared.smallest_integer import as_integer, smallest
from .types import category, is_exact, parameter

R = DialectRules("postgres numbers")

R.macros({exp.Acosh: ("pg__acosh", "DOUBLE")})
_FLOATS = "float"


def as_exact_text(node: exp.Expr, ctx: Context) -> exp.Expr:
    """A numeric as text of 15 digits: what DuckDB has as DOUBLE is rounded as the decimal it stands for."""
    return ctx.macro("pg__digits", node, type="VARCHAR")


def _snap(node: exp.Expr, ctx: Context) -> exp.Expr:
    return ctx.macro("pg__snap", node, type="DOUBLE")


def whole(node: exp.Expr | None) -> int | None:
    """The value of a whole number in the text, None for anything else."""
    sign = 1
    while isinstance(node, (exp.Neg, exp.Paren)):
        sign *= -1 if isinstance(node, exp.Neg) else 1
        node = node.this
    return sign * int(node.this) if isinstance(node, exp.Literal) and node.is_int else None


def _no_float(node: exp.Expr, ctx: Context, what: str) -> None:
    if any(ctx.is_a(n, _FLOATS) for n in (node.this, node.args.get("expression"))):
        raise ctx.error(
            node,
            f"{ctx.rules.name} has no {what} for double precision. Write CAST(x AS numeric).",
        )


@R.rule(exp.Round)
def round_(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # numeric rounds ties away from zero, double precision to even; only numeric takes a number of digits.
    value, digits = node.this, node.args.get("decimals")
    if digits is not None and ctx.is_a(value, _FLOATS):
        raise ctx.error(
            node, f"{ctx.rules.name} has no round(double precision, n). Write round(CAST(x AS numeric), n)."
        )
    if ctx.is_a(value, _FLOATS) or text(value) is not None:
        if text(value) is not None:
            value = cast(value, "DOUBLE")
        return ctx.call("round_even", value, lit(0), type="DOUBLE")
    places = whole(digits) if digits is not None else 0
    if ctx.is_a(value, "decimal"):
        if places is None and digits is not None:
            return ctx.call("round", cast(as_exact_text(value, ctx), "DECIMAL(38,10)"), digits, type="DECIMAL")
        places = places or 0
        if places < 0:
            exact = value if is_exact(value) else cast(as_exact_text(value, ctx), "DECIMAL(38,10)")
            return ctx.call("round", exact, lit(places), type="DECIMAL")
        exact = value if is_exact(value) else ctx.macro("pg__digits_to", value, lit(places), type="VARCHAR")
        made = cast(exact, f"DECIMAL(38,{min(places, 30)})")
        made.type = data_type(f"DECIMAL(38,{min(places, 30)})")  # with postgres' own scale
        return made
    if ctx.is_a(value, "int"):
        if digits is None:
            return None
        return ctx.call("round", cast(value, "DECIMAL(38,0)"), digits, type="DECIMAL")
    if ctx.unknown(value) and digits is None:
        return ctx.macro("pg__round", value)
    return None


@R.rule(exp.Floor, exp.Ceil, exp.Trunc)
def floor(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value, digits = node.this, node.args.get("decimals")
    if digits is not None and ctx.is_a(value, _FLOATS):
        raise ctx.error(
            node, f"{ctx.rules.name} has no trunc(double precision, n). Write trunc(CAST(x AS numeric), n)."
        )
    if ctx.is_a(value, "decimal") and not is_exact(value):
        if digits is not None:
            node.set("this", cast(as_exact_text(value, ctx), "DECIMAL(38,15)"))
        else:
            node.set("this", _snap(value, ctx))
    elif digits is not None and ctx.is_a(value, "int"):
        node.set("this", cast(value, "DECIMAL(38,0)"))
    return None


@R.rule(exp.Div)
def divide(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Only integer / integer truncates (setting integer_division). A numeric may be an integer in DuckDB: sum(bigint).
    node.set("typed", False)
    node.set("safe", False)
    _literal_operands(node, ctx)
    if is_real(node.this) and is_real(node.expression):
        return None
    if ctx.is_a(node, "decimal", "float") and not ctx.is_a(node.this, "interval"):
        node.set("this", cast(node.this, "DOUBLE"))
    return None


def _literal_operands(node: exp.Expr, ctx: Context) -> None:
    # An unknown literal takes the type of the other operand: typeconv-oper.html
    sides = [node.this.unnest(), node.expression.unnest()]
    bare = [isinstance(s, exp.Null) or text(s) is not None for s in sides]
    dates = any(ctx.is_a(s, "date") for s in sides) and isinstance(node, exp.Add)
    if any(isinstance(s, exp.Null) for s in sides) and (all(bare) or dates):
        raise ctx.error(node, f"{ctx.rules.name} does not know the type of NULL here. Cast it.")
    for key, other in (("this", node.expression), ("expression", node.this)):
        side = node.args[key]
        if text(side) is not None and category(other) == "time":
            raise ctx.error(node, "Write this literal as INTERVAL '...' or TIME '...'.")
        if text(side) is not None and category(other) == "number":
            node.set(key, literal_as(side, other, ctx))


def widen(node: exp.Expr, *keys: str) -> None:
    """A real beside another kind of number becomes double precision: typeconv-oper.html; in DuckDB the other a real."""
    sides = [node.args[key] for key in keys]
    if any(is_real(s) for s in sides) and any(category(s) == "number" and not is_real(s) for s in sides):
        for key in keys:
            if category(node.args[key]) == "number":
                node.set(key, cast(node.args[key], "DOUBLE"))


def is_real(node: exp.Expr) -> bool:
    """Whether this is a real: four bytes."""
    return node.type is not None and node.type.this == exp.DType.FLOAT


def literal_as(side: exp.Expr, other: exp.Expr, ctx: Context) -> exp.Expr:
    """A quoted literal as a value of another operand's number type."""
    value = text(side) or ""
    if ctx.is_a(other, "int"):
        if not re.fullmatch(r"\s*[+-]?\d+\s*", value):
            raise ctx.error(side, f"{ctx.rules.name} reads {value!r} as an integer here, which it is not.")
        return cast(lit(value.strip()), "BIGINT")
    if ctx.is_a(other, "decimal") and re.fullmatch(r"\s*[+-]?\d+(\.\d+)?\s*", value):
        whole_, _, fraction = value.strip().lstrip("+-").partition(".")
        return cast(lit(value.strip()), f"DECIMAL({max(len(whole_) + len(fraction), 1)},{len(fraction)})")
    return cast(lit(value.strip()), "FLOAT" if is_real(other) else "DOUBLE")


@R.rule(exp.Add, exp.Sub, exp.Mul)
def arithmetic(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    _literal_operands(node, ctx)
    widen(node, "this", "expression")
    for side, other in ((node.this, node.expression), (node.expression, node.this)):
        if category(side) in ("text", "boolean") and (category(other) is not None or text(other) is not None):
            raise ctx.error(node, f"{ctx.rules.name} has no arithmetic on {category(side)}. Cast it to a number.")
    return None


@R.rule(exp.Mod)
def modulo(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    _no_float(node, ctx, "% and mod()")
    _literal_operands(node, ctx)
    for key in ("this", "expression"):
        side = node.args[key]
        if ctx.is_a(side, "decimal") and not is_exact(side):
            node.set(key, cast(as_exact_text(side, ctx), "DECIMAL(38,15)"))
    return None


@R.rule(exp.Pow, exp.Exp)
def power(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # What double precision cannot hold is an error, too small a number as well: datatype-numeric.html#DATATYPE-FLOAT
    args = [node.this, *([node.expression] if isinstance(node, exp.Pow) else [])]
    if any(text(a) is not None for a in args):
        return None
    tiny = exp.Boolean(this=not ctx.is_a(node, "decimal"))  # numeric has no smallest number
    made = ctx.macro("pg__power" if isinstance(node, exp.Pow) else "pg__exp", *args, tiny)
    made.type = node.type
    return made


@R.rule(exp.BitwiseLeftShift, exp.BitwiseRightShift)
def shift(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # The count wraps around at the width of the type; bits that leave on the left are lost.
    value, count = node.this, node.expression
    kind = value.type.this if value.type is not None else None
    if kind == exp.DType.SMALLINT:
        macro = "pg__shl2" if isinstance(node, exp.BitwiseLeftShift) else "pg__shr2"
        return ctx.macro(macro, exp.Paren(this=value), exp.Paren(this=count), type="SMALLINT")
    if kind not in (exp.DType.INT, exp.DType.BIGINT):
        raise ctx.error(node, "Only integers can be shifted. Cast the value to one of their types.")
    wide = kind == exp.DType.BIGINT
    if isinstance(node, exp.BitwiseLeftShift):
        made = ctx.macro("pg__shl8" if wide else "pg__shl4", value, count)
        made.type = value.type
        return made
    within = exp.BitwiseAnd(this=exp.Paren(this=count), expression=lit(63 if wide else 31))
    node.set("this", exp.Paren(this=value))
    node.set("expression", exp.Paren(this=within))
    return None


@R.normalise
def signs(tree: exp.Expr, ctx: Context) -> None:
    """The sign of a number is read with it, brackets or not: -(-2147483648) is a bigint, -2147483648 an integer."""
    for node in list(find_all(tree, exp.Neg)):
        inner = node.this.unnest()
        if isinstance(inner, exp.Literal):
            node.set("this", inner)
        elif isinstance(inner, exp.Neg) and isinstance(inner.this.unnest(), exp.Literal) and node.parent is not None:
            node.replace(inner.this.unnest())


@R.rule(exp.Neg)
def negated(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if smallest(node):
        return as_integer(node, ctx)
    # The result has the type of what is negated; DuckDB folds a constant to a wider one.
    value = node.this
    while isinstance(value, exp.Paren):
        value = value.this
    if not isinstance(value, exp.Cast) or not ctx.is_a(value, "int") or parameter(value):
        return None
    return cast(node, value.to.sql("duckdb"))


@R.rule(exp.Log)
def log(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.args.get("expression") is not None:
        _no_float(node, ctx, "log(b, x)")
    return None


@R.rule(exp.IntDiv)
def int_div(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # div(numeric, numeric) truncates toward zero; sqlglot wraps it in CAST(... AS DECIMAL), see casts.py.
    _no_float(node, ctx, "div()")
    if ctx.is_a(node.this, "int") and ctx.is_a(node.expression, "int"):
        return None
    made = ctx.macro("pg__div", node.this, node.expression)
    made.type = exp.DataType.build("DECIMAL")
    return made


@R.rule(exp.Hex)
def to_hex(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Lower case; a negative integer in 4 bytes, a bigint in 8.
    if ctx.is_a(node.this, "int") and node.this.type is not None:
        wide = node.this.type.this == exp.DType.BIGINT
        return ctx.macro("pg__hex8" if wide else "pg__hex4", node.this, type="VARCHAR")
    raise ctx.error(node, "to_hex() takes an integer. Cast its argument to integer or bigint.")


@R.rule(exp.WidthBucket)
def width_bucket(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.args.get("threshold") is not None:
        return ctx.macro("pg__bucket_of", node.this, node.args["threshold"], type="INTEGER")
    if node.args.get("num_buckets") is None:
        raise ctx.error(node, "width_bucket() takes a value, two bounds and a count, or a value and an array.")
    args = [node.this, node.args["min_value"], node.args["max_value"], node.args["num_buckets"]]
    return ctx.macro("pg__width_bucket", *args, type="INTEGER")


@R.rule(exp.Greatest, exp.Least)
def extreme(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    kinds = {category(e) for e in [node.this, *node.expressions]} - {None}
    if len(kinds) > 1:
        raise ctx.error(node, f"{ctx.rules.name} cannot compare {' with '.join(sorted(map(str, kinds)))}. Cast one.")
    return None


R.lacks({exp.BitString}, "Bit strings have no counterpart. Write an integer.")


@R.function("bit_count")
def bit_count(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # functions-binarystring.html
    if not node.expressions[0].is_type(exp.DType.VARBINARY, exp.DType.BINARY, exp.DType.BLOB):
        raise ctx.error(node, "bit_count() of a bit string has no counterpart. Use bytea.")
    return ctx.macro("pg__bit_count", node.expressions[0], type="BIGINT")


@R.function("gcd", "lcm")
def of_integers(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Of integers it is an integer, which may be out of range; DuckDB computes with 64 bits.
    args = node.expressions
    small = all(ctx.is_a(a, "int") and a.type is not None and a.type.this != exp.DType.BIGINT for a in args)
    made = ctx.call(node.name.lower(), *args, type="BIGINT")
    return cast(made, "INTEGER") if small else made


R.known("isfinite", "date_part", "every")
