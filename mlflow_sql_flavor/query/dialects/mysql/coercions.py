"""A value as a number, a text or a condition: https://dev.mysql.com/doc/refman/8.0/en/type-conversion.html"""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all
from ..shared import build

_NUMERAL = re.compile(r"\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)")


def by_bytes(value: exp.Expr) -> exp.Expr:
    """A text that is compared and searched by its bytes, whatever the collation of the session."""
    made = exp.Collate(this=value, expression=exp.to_identifier("binary", quoted=True))
    made.type = exp.DataType.build("VARCHAR", dialect="duckdb")
    return made


def is_json(node: exp.Expr) -> bool:
    """Whether a node is a JSON value, not its text."""
    return type(node.unnest()) is exp.JSONExtract


def json_text(node: exp.Expr) -> bool:
    """Whether a node is a text out of JSON, which compares by its bytes."""
    inner = node.unnest()
    return type(inner) is exp.JSONExtractScalar or inner.name in ("my__json_text", "my__json_scalar")


def number(node: exp.Expr, ctx: Context) -> exp.Expr:
    """The value in arithmetic: of a text the number it begins with as a double, of a condition 1 or 0."""
    inner = node.unnest()
    if isinstance(inner, exp.Literal) and inner.is_string:
        found = _NUMERAL.match(inner.this)
        return build.cast(build.lit(found[1] if found else "0"), "DOUBLE")
    if is_json(node):
        return ctx.macro("my__json_number", node, type="DOUBLE")
    if ctx.is_a(node, "bool"):
        return build.cast(node, "BIGINT")
    if ctx.is_a(node, "text"):
        return ctx.macro("my__number", node, type="DOUBLE")
    if ctx.is_a(node, "date", "timestamp", "time", "interval"):
        ctx.refuse(
            "implicit_cast",
            node,
            "A date in arithmetic is a number of its digits in MySQL",
            "Use DATEDIFF or UNIX_TIMESTAMP",
        )
    return node


def whole(node: exp.Expr, ctx: Context) -> exp.Expr:
    """The value as an integer of 64 bits: a decimal is rounded half up, a double half to even, a text cut."""
    if is_json(node):
        node = number(node, ctx)
    if ctx.is_a(node, "text"):
        return ctx.macro("my__integer", node, type="BIGINT")
    return build.cast(exact(node, ctx), "BIGINT")


def text(node: exp.Expr, ctx: Context) -> exp.Expr:
    """The value where a text is expected."""
    inner = node.unnest()
    if ctx.is_a(node, "text") or isinstance(inner, exp.Null):
        return node
    if ctx.is_a(node, "bool"):
        return build.cast(build.cast(node, "BIGINT"), "VARCHAR")
    if ctx.is_a(node, "decimal") and not isinstance(inner, exp.Literal):
        return build.cast(exact(node, ctx, decimals(node, ctx)), "VARCHAR")
    if is_json(inner):
        return ctx.macro("my__json_show", inner, build.cast(inner.this.copy(), "VARCHAR"), type="VARCHAR")
    if ctx.is_a(node, "float"):
        digits = inner.meta.get("decimals")  # ROUND and TRUNCATE of a double show that many
        if digits is not None:
            return ctx.call("printf", build.lit(f"%.{digits}f"), node, type="VARCHAR")
        return ctx.macro("my__text", node, type="VARCHAR")
    if ctx.is_a(node, "interval"):
        long = any(ctx.is_a(column, "timestamp") for column in find_all(node, exp.Column))
        return ctx.macro("my__time_text", node, exp.Boolean(this=long), type="VARCHAR")
    if ctx.is_a(node, "timestamp"):
        fmt = (
            "%Y-%m-%d %H:%M:%S.%f"
            if any(ctx.is_a(c, "timestamp") for c in find_all(node, exp.Column))
            else "%Y-%m-%d %H:%M:%S"
        )
        return ctx.call("strftime", node, build.lit(fmt), type="VARCHAR")
    return build.cast(node, "VARCHAR")


def exact(node: exp.Expr, ctx: Context, scale: int = 12) -> exp.Expr:
    """An exact value as a DECIMAL: a quotient or a mean of exact values, which DuckDB has as a double, is one too."""
    if not ctx.is_a(node, "decimal") or isinstance(node.unnest(), exp.Literal):
        return node
    inner, type_ = node.unnest(), ctx.type_of(node)
    if isinstance(inner, exp.Column) and type_ is not None and type_.expressions and type_.expressions[0].name != "38":
        return node  # a column of a table: a quotient has 38 digits
    if isinstance(inner, (exp.Div, exp.Avg, exp.Window)):
        node = ctx.macro("my__exact", node)
    return build.cast(node, f"DECIMAL(38,{max(scale, 0)})")


def decimals(node: exp.Expr, ctx: Context) -> int:
    """Digits behind the point of an exact value, of a quotient or a mean four more than of its operand.

    https://dev.mysql.com/doc/refman/8.0/en/arithmetic-functions.html#operator_divide
    """
    inner = node.unnest()
    if isinstance(inner, exp.Literal):
        return 0 if inner.is_string else len(str(inner.this).partition(".")[2])
    if isinstance(inner, (exp.Div, exp.Avg)):
        return decimals(inner.this, ctx) + 4
    if isinstance(inner, exp.Mul):
        return decimals(inner.this, ctx) + decimals(inner.expression, ctx)
    if isinstance(inner, (exp.Add, exp.Sub, exp.Mod)):
        return max(decimals(inner.this, ctx), decimals(inner.expression, ctx))
    if isinstance(inner, (exp.Neg, exp.Abs, exp.Sum, exp.Min, exp.Max, exp.Window, exp.Distinct)):
        values = [inner.this] if isinstance(inner.this, exp.Expr) else inner.expressions
        return max(decimals(value, ctx) for value in values)
    if isinstance(inner, (exp.Ceil, exp.Floor)):
        return 0
    if isinstance(inner, (exp.Coalesce, exp.Greatest, exp.Least)):
        return max(decimals(value, ctx) for value in (inner.this, *inner.expressions))
    if isinstance(inner, (exp.Case, exp.If)):
        return max(decimals(value, ctx) for value in results(inner))
    if isinstance(inner, exp.Nullif):
        return decimals(inner.this, ctx)
    type_ = ctx.type_of(inner)
    if type_ is not None and ctx.is_a(inner, "decimal") and len(type_.expressions) == 2:
        return int(type_.expressions[1].name)
    return 0


def results(node: exp.Expr) -> list[exp.Expr]:
    """The values that CASE or IF may give."""
    values = [branch.args["true"] for branch in (node.args.get("ifs") or [node])]
    other = node.args.get("default") or node.args.get("false")
    return [*values, other] if isinstance(other, exp.Expr) else values


def condition(node: exp.Expr, ctx: Context) -> exp.Expr:
    """The value as a condition: true where its number is not 0."""
    if ctx.is_a(node, "bool") or ctx.unknown(node):
        return node
    made = exp.NEQ(this=number(node, ctx), expression=build.lit(0))
    made.type = exp.DataType.build("BOOLEAN")
    return exp.Paren(this=made)
