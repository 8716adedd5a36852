"""Numbers: literals, arithmetic and mathematical_functions."""

from __future__ import annotations

import math

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all, find_first, walk_tree
from .. import DialectRules
from ..shared import build, casts, rounding

R = DialectRules("bigquery numbers")
R.rule(exp.Round)(rounding.scaled)

R.macros(
    {
        exp.RangeBucket: ("bq__range_bucket", "BIGINT"),
        "ieee_divide": ("bq__ieee_divide", "DOUBLE"),
        exp.ParseNumeric: ("bq__parse_numeric", "DECIMAL(38, 9)"),
    }
)
# mathematical_functions: what leaves the range of FLOAT64 is an error
R.macros({
    exp.Cosh: ("bq__cosh", "DOUBLE", "this"), exp.Sinh: ("bq__sinh", "DOUBLE", "this"),
    exp.Cot: ("bq__cot", "DOUBLE", "this"), exp.Coth: ("bq__coth", "DOUBLE", "this"),
    exp.Csc: ("bq__csc", "DOUBLE", "this"), exp.Csch: ("bq__csch", "DOUBLE", "this"),
    exp.Sec: ("bq__sec", "DOUBLE", "this"), exp.Sech: ("bq__sech", "DOUBLE", "this"),
    exp.Acosh: ("bq__acosh", "DOUBLE", "this"), exp.Atanh: ("bq__atanh", "DOUBLE", "this"),
})  # fmt: skip


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
    elif ctx.is_a(left, "timestamp", "timestamptz") and ctx.is_a(right, "timestamp", "timestamptz"):
        if isinstance(node, exp.Sub):  # hours, minutes and seconds, however many
            made = ctx.call("to_microseconds", ctx.macro("bq__micros", right, left))
            made.type = exp.DataType.build("INTERVAL")
            return made
    elif ctx.is_a(left, "date") and ctx.is_a(right, "int"):
        node.set("expression", build.cast(right, "INTEGER"))
    return None


@R.prepare
def overflows(tree: exp.Expr, ctx: Context) -> None:
    """A FLOAT64 that is too large is an error (operators#arithmetic_operators); of constants it is known before."""
    for node in list(find_all(tree, *_ARITHMETIC)):
        if isinstance(node.parent, (*_ARITHMETIC, exp.Paren, exp.SafeFunc)):
            continue
        value = _value(node)
        if value is not None and math.isinf(value):
            raise ctx.error(node, "This FLOAT64 overflows, an error in BigQuery: write numbers that it holds.")


_LONGEST = 60  # nodes
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
    if exact and (ctx.is_a(left, "decimal") or ctx.is_a(right, "decimal")):
        made = exp.Div(this=left, expression=right, typed=False, safe=False)
        return build.cast(build.cast(exp.Paren(this=made), "VARCHAR"), "DECIMAL(38, 9)")
    if _may_overflow(left, right, ctx):
        return ctx.macro("bq__divide", left, right, type="DOUBLE")
    return casts.plain_division(node, ctx)


def _may_overflow(left: exp.Expr, right: exp.Expr, ctx: Context) -> bool:
    """Whether a quotient can be too large for a FLOAT64: only of a divisor below 1."""
    if ctx.is_a(right, "int") or not (ctx.is_a(left, "float") or ctx.is_a(right, "float")):
        return False
    constant = _value(right)
    if constant is not None and abs(constant) >= 1:
        return False
    # it is written twice
    return sum(1 for side in (left, right) for _ in walk_tree(side)) <= _LONGEST and not find_first(
        left, exp.AggFunc, exp.Window
    )


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


_RAISE = (
    exp.Ln, exp.Log, exp.Sqrt, exp.StrToDate, exp.StrToTime, exp.ParseDatetime, exp.Cast, exp.Div, exp.IntDiv, exp.Mod,
    exp.DateFromUnixDate, exp.TimestampFromParts, exp.DateFromParts, exp.Unhex, exp.Date,
)  # fmt: skip
_RAISING = {"bq__cot", "bq__coth", "bq__csc", "bq__csch"}  # by a division


def _raises(node: exp.Expr, ctx: Context) -> bool:
    """Whether it raises here exactly where BigQuery does."""
    return isinstance(node, exp.Anonymous) and str(node.name) in _RAISING


@R.rule(exp.SafeFunc)
def safe(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """functions-reference#safe_prefix: for functions that raise here exactly where BigQuery does."""
    inner = node.this
    if find_first(inner, exp.AggFunc) is not None:
        raise ctx.error(node, "SAFE. has no counterpart around an aggregate: compute that in a step of WITH before.")
    if not isinstance(inner, _RAISE) and not inner.meta.get("raises") and not _raises(inner, ctx):
        ctx.refuse("unfaithful", inner, "SAFE. of this function is not verified", "Test its arguments with CASE")
    parsed = inner
    while isinstance(parsed, (exp.Cast, exp.Paren)):
        parsed = parsed.this
    if isinstance(parsed, exp.Anonymous) and parsed.name == "strptime":  # errors of its arguments are not its own
        parsed.set("this", "try_strptime")
        return inner
    return ctx.call("try", inner)
