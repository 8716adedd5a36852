"""What SQLite does otherwise: its numbers are 64 bits wide, NaN is NULL, and text that is no number casts to 0."""

from __future__ import annotations

from sqlglot import exp

from ..dialects import DialectRules
from ..dialects.shared.build import cast
from ..facts.context import Context
from .context import Writing

__all__ = ["R"]

R = DialectRules("SQLite")

_INFINITE = {"infinity": "9e999", "inf": "9e999", "+infinity": "9e999", "-infinity": "-9e999", "-inf": "-9e999"}


@R.rule(exp.Cast)
def cast_to_double(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """https://www.sqlite.org/lang_expr.html#castexpr: ``CAST('Infinity' AS REAL)`` is 0 there."""
    assert isinstance(node, exp.Cast) and isinstance(ctx, Writing)
    if node.to.this == exp.DType.FLOAT:
        raise ctx.no(node, "A 32-bit float", "use a DOUBLE")
    if node.to.this != exp.DType.DOUBLE or not node.this.is_string:
        return None
    text = node.this.name.strip().lower()
    if text == "nan":
        return cast(exp.Null(), "DOUBLE")
    return exp.Literal.number(_INFINITE[text]) if text in _INFINITE else None
