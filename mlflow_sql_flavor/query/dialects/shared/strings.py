"""LIKE, and texts put together."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from ...facts.context import Context
from ...facts.rules import Rule
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


def joined(text_of: Callable[[exp.Expr, Context], exp.Expr]) -> Rule:
    """The rule of ``a || b``, CONCAT and CONCAT_WS in an engine that takes any value there, as the text it has of it.

    Args:
        text_of: A value as that text.
    """

    def rule(node: exp.Expr, ctx: Context) -> exp.Expr | None:
        if isinstance(node, exp.DPipe):
            node.set("this", text_of(node.this, ctx))
            node.set("expression", text_of(node.expression, ctx))
        else:
            node.set("expressions", [text_of(part, ctx) for part in node.expressions])
        return None

    return rule
