"""Numbers: literals, arithmetic and mathematical_functions."""

from __future__ import annotations

import math

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build, casts, rounding

R = DialectRules("bigquery numbers")
R.rule(exp.Round)(rounding.scaled)

R.macros({exp.RangeBucket: ("bq__range_bucket", "BIGINT"), "ieee_divide": ("bq__ieee_divide", "DOUBLE")})


@R.rule(exp.SafeNegate)
def safe_negate(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value = build.cast(node.this, "BIGINT") if ctx.is_a(node.this, "int") else node.this
    return ctx.call("try", exp.Neg(this=exp.Paren(this=value)))


@R.rule(exp.Literal)
def float_literal(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """A literal with a point is a FLOAT64 (lexical#floating_point_literals); DuckDB's is a decimal."""
    if node.args.get("is_string") or node.is_int or "e" in node.this.lower():
        return None
    made = exp.Literal.number(f"{node.this}e0")
    made.type = exp.DataType.build("DOUBLE")
    return made


@R.rule(exp.Add, exp.Sub, exp.Mul)
def wide(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """INT64 is the only integer; a DATE minus a DATE is an interval (operators#date_arithmetics_operators)."""
    left, right = node.this, node.expression
    if ctx.is_a(left, "int") and ctx.is_a(right, "int"):
        node.set("this", build.cast(left, "BIGINT"))
    elif ctx.is_a(left, "date") and ctx.is_a(right, "date") and isinstance(node, exp.Sub):
        days = exp.Paren(this=exp.Sub(this=left, expression=right))
        made = ctx.call("to_days", build.cast(days, "INTEGER"))
        made.type = exp.DataType.build("INTERVAL")
        return made
    elif ctx.is_a(left, "date") and ctx.is_a(right, "int"):
        node.set("expression", build.cast(right, "INTEGER"))
    return None


@R.prepare
def overflows(tree: exp.Expr, ctx: Context) -> None:
    """A FLOAT64 that is too large is an error (operators#arithmetic_operators); of constants it is known before."""
    for node in list(tree.find_all(*_ARITHMETIC)):
        if isinstance(node.parent, (*_ARITHMETIC, exp.Paren, exp.SafeFunc)):
            continue
        value = _value(node)
        if value is not None and math.isinf(value):
            raise ctx.error(node, "This FLOAT64 overflows, an error in BigQuery: write numbers that it holds.")


_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div)


def _value(node: exp.Expr) -> float | None:
    """What constants come to, infinite where an operation overflows."""
    node = node.unnest()
    if isinstance(node, exp.Neg):
        inner = _value(node.this)
        return None if inner is None else -inner
    if isinstance(node, exp.Literal):
        return float(node.this) if not node.is_string else None
    if not isinstance(node, _ARITHMETIC):
        return None
    left, right = _value(node.this), _value(node.expression)
    if left is None or right is None or (isinstance(node, exp.Div) and not right):
        return None
    if isinstance(node, exp.Div):
        return left / right
    return left * right if isinstance(node, exp.Mul) else left + right if isinstance(node, exp.Add) else left - right


# debugging_functions#error: of no type, so that any may stand beside it
R.renames({"error": "error"}, of=lambda value, ctx: build.cast(value, "VARCHAR"))


@R.rule(exp.Div)
def division(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """A quotient of NUMERICs is a NUMERIC with 9 digits (operators#arithmetic_operators)."""
    left, right = node.this, node.expression
    exact = ctx.is_a(left, "decimal", "int") and ctx.is_a(right, "decimal", "int")
    made = exp.Div(this=left, expression=right, typed=False, safe=False)
    if exact and (ctx.is_a(left, "decimal") or ctx.is_a(right, "decimal")):
        return build.cast(build.cast(exp.Paren(this=made), "VARCHAR"), "DECIMAL(38, 9)")
    made.type = exp.DataType.build("DOUBLE")
    made.meta["raises"] = True
    return casts.plain_division(node, ctx)


_SAFE: dict[type[exp.Expr], type[exp.Expr]] = {
    exp.SafeAdd: exp.Add,
    exp.SafeSubtract: exp.Sub,
    exp.SafeMultiply: exp.Mul,
}


@R.rule(*_SAFE)
def safe_arithmetic(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    left = node.this if not ctx.is_a(node.this, "int") else build.cast(node.this, "BIGINT")
    return ctx.call("try", _SAFE[type(node)](this=exp.Paren(this=left), expression=exp.Paren(this=node.expression)))


@R.rule(exp.SafeDivide)
def safe_divide(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    divisor = exp.Nullif(this=node.expression, expression=build.lit(0))
    return exp.Paren(this=exp.Div(this=exp.Paren(this=node.this), expression=divisor, typed=False, safe=False))


@R.rule(exp.SafeFunc)
def safe(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """functions-reference#safe_prefix: for functions that raise here exactly where BigQuery does."""
    inner = node.this
    kinds = (exp.Ln, exp.Log, exp.Sqrt, exp.StrToDate, exp.StrToTime, exp.ParseDatetime, exp.Cast, exp.Div, exp.IntDiv)
    if not isinstance(inner, kinds) and not inner.meta.get("raises"):
        ctx.refuse("unfaithful", inner, "SAFE. of this function is not verified", "Test its arguments with CASE")
    parsed = inner
    while isinstance(parsed, (exp.Cast, exp.Paren)):
        parsed = parsed.this
    if isinstance(parsed, exp.Anonymous) and parsed.name == "strptime":  # errors of its arguments are not its own
        parsed.set("this", "try_strptime")
        return inner
    return ctx.call("try", inner)
