"""LIKE."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .build import lit, text


def like_escape(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """LIKE escapes with a backslash unless ESCAPE says otherwise; DuckDB has no default escape."""
    if isinstance(node.parent, exp.Escape):
        return None
    pattern = text(node.expression)
    if pattern is not None and "\\" not in pattern:
        return None
    made = exp.Escape(this=node, expression=lit("\\"))
    return made
