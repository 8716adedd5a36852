"""Aggregates that several engines approximate."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context


def distinct_count(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """The rule of an approximate count of distinct values: the exact one."""
    ctx.open("approximate", node, "An approximation; here it is computed exactly.")
    values = node.this.expressions if isinstance(node.this, exp.Distinct) else [node.this]
    return ctx.call("count", exp.Distinct(expressions=values), type="BIGINT")
