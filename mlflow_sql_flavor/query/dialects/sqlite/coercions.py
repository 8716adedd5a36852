"""A value as a number, as a text: https://sqlite.org/datatype3.html and https://sqlite.org/lang_expr.html#castexpr"""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from ..shared import build

_NUMERAL = re.compile(r"[ \t\n\r\f\v]*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)")
_JSON = "sqlite__json_value"


def is_json(node: exp.Expr | None) -> bool:
    """Whether a node is a value taken out of JSON, whose type only the data knows."""
    return isinstance(node, exp.Anonymous) and node.name == _JSON


def numeral(value: str) -> str | None:
    """The number a text is in whole, as SQLite's numeric affinity reads it; None if it is not one."""
    found = _NUMERAL.match(value.strip(" \t\n\r\f\v"))
    return found[1] if found and found.end() == len(value.strip(" \t\n\r\f\v")) else None


def literal(value: str) -> exp.Expr:
    """A number as DuckDB reads a double, or an integer."""
    if re.fullmatch(r"[+-]?\d+", value) and abs(int(value)) < 2**63:
        made: exp.Expr = exp.Literal.number(value)
        made.type = exp.DataType.build("BIGINT")
        return made
    return build.cast(exp.Literal.string(value), "DOUBLE")


def number(node: exp.Expr, ctx: Context) -> exp.Expr:
    """The value in arithmetic: the longest numeral a text begins with, else 0; a condition is 1 or 0."""
    inner = node.unnest()
    if isinstance(inner, exp.Literal) and inner.is_string:
        found = _NUMERAL.match(inner.this)
        return literal(found[1] if found else "0")
    if is_json(inner):
        return ctx.macro("sqlite__json_number", *inner.expressions, type="DOUBLE")
    if ctx.is_a(node, "bool"):
        return build.cast(node, "BIGINT")
    if ctx.is_a(node, "text"):
        if inner.meta.get("digits"):
            return ctx.macro("sqlite__integer", node, type="BIGINT")
        made = ctx.macro("sqlite__number", node, type="DOUBLE")
        made.meta["either"] = True
        return made
    return node


def either(node: exp.Expr) -> bool:
    """Whether each value's text decides if a number is an integer or a real."""
    return bool(node.unnest().meta.get("either"))


def mixed(node: exp.Expr) -> bool:
    """Whether some of its values are integers and others reals."""
    return either(node) or bool(node.unnest().meta.get("zero"))


def integer(node: exp.Expr, ctx: Context) -> exp.Expr:
    """``CAST(... AS INTEGER)``: towards zero; of a text the digits it begins with."""
    if is_json(node.unnest()):
        node = number(node, ctx)
    if ctx.is_a(node, "text"):
        return ctx.macro("sqlite__integer", node, type="BIGINT")
    if ctx.is_a(node, "float", "decimal") or ctx.unknown(node):
        return ctx.macro("sqlite__trunc", build.cast(node, "DOUBLE"), type="BIGINT")
    return build.cast(node, "BIGINT")


def text(node: exp.Expr, ctx: Context) -> exp.Expr:
    """The value where a text is expected: a real with 15 digits and always a point, a condition as 1 or 0."""
    inner = node.unnest()
    if mixed(node):
        ctx.refuse(
            "implicit_cast", node, "Whether this number is an integer or a real depends on each value", "CAST it"
        )
    if is_json(inner):
        return ctx.macro("sqlite__json_text", *inner.expressions, type="VARCHAR")
    if ctx.is_a(node, "bool"):
        return build.cast(build.cast(node, "BIGINT"), "VARCHAR")
    if ctx.is_a(node, "float", "decimal"):
        return ctx.macro("sqlite__text", node, type="VARCHAR")
    if ctx.is_a(node, "text"):
        return node
    return build.cast(node, "VARCHAR")
