"""ROUND of a double to some digits, which releases of DuckDB do differently."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context


def scaled(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """By a power of ten and back: 2.675 becomes 2.68 at two digits; DuckDB 2.0.1 goes by its bits and has 2.67."""
    digits = node.args.get("decimals")
    if digits is None or not ctx.is_a(node.this, "float"):
        return None
    return ctx.macro("common__round", node.this, digits, type="DOUBLE")
