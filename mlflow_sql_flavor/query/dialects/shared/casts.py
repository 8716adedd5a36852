"""Division and casts that differ from engine to engine in one way."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context


def plain_division(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Leave ``a / b`` to DuckDB's settings (integer_division), without sqlglot's casts."""
    node.set("typed", False)
    node.set("safe", False)
    return node


def varchar_n(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """``CAST(x AS VARCHAR(n))`` keeps n characters; DuckDB ignores the length."""
    if not isinstance(node, exp.Cast) or node.to.this not in exp.DataType.TEXT_TYPES or not node.to.expressions:
        return None
    size = node.to.expressions[0].this
    if not isinstance(size, exp.Literal):
        return None
    return ctx.macro("common__varchar", node.this, size.copy(), type="VARCHAR")
