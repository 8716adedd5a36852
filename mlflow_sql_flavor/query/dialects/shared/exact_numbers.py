"""Exact numbers: the type that arithmetic over them has, the digits behind the point."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from ...facts.context import Context

T = exp.DType


def scale(node: exp.Expr, ctx: Context) -> int | None:
    """Digits behind the point of an exact number, None if it is no exact number or they are not known."""
    if isinstance(node, (exp.Paren, exp.Neg, exp.Sum, exp.Min, exp.Max, exp.Abs, exp.Nullif, exp.Window)):
        return scale(node.this, ctx)
    if isinstance(node, exp.Count):
        return 0
    if isinstance(node, (exp.Coalesce, exp.Add, exp.Sub, exp.Mul)):
        sides = [node.this, *(node.expressions or [node.expression])]
        found = [scale(s, ctx) for s in sides]
        known = [f for f in found if f is not None]
        if len(known) < len(found):
            return None
        return sum(known) if isinstance(node, exp.Mul) else max(known)
    if ctx.is_a(node, "int"):
        return 0
    if isinstance(node, exp.Literal) and not node.is_string and "e" not in node.this.lower():
        return len(node.this.partition(".")[2])
    kind = node.args["to"] if isinstance(node, exp.Cast) else ctx.type_of(node)
    if kind is None or kind.this != exp.DType.DECIMAL:
        return None
    return int(kind.expressions[1].name) if len(kind.expressions) > 1 else None


FLOATS = exp.DataType.FLOAT_TYPES
TIMES = {T.TIMESTAMP, T.TIMESTAMPNTZ, T.TIMESTAMPTZ, T.DATETIME, T.TIMESTAMPLTZ}


def kind_of(node: Any) -> exp.DType:
    """A node's type, UNKNOWN where it has none."""
    return node.type.this if isinstance(node, exp.Expr) and node.type is not None else T.UNKNOWN


def _number(*kinds: exp.DType) -> exp.DType:
    """The type that arithmetic over these has."""
    if any(k in FLOATS for k in kinds):
        return T.DOUBLE
    if T.UNKNOWN in kinds:
        return T.UNKNOWN
    if T.DECIMAL in kinds:
        return T.DECIMAL
    return T.BIGINT if T.BIGINT in kinds else T.INT


def arithmetic_type(self: Any, e: exp.Binary) -> Any:
    """sqlglot's annotator of a sum, difference or product."""
    a, b = kind_of(e.this), kind_of(e.expression)
    if isinstance(e.this, exp.Literal) and e.this.is_string:
        a = b  # an unknown literal takes the other's type
    if isinstance(e.expression, exp.Literal) and e.expression.is_string:
        b = a
    if T.INTERVAL in (a, b):
        other = b if a == T.INTERVAL else a
        if other == T.DATE:
            other = T.TIMESTAMP
        return self._set_type(e, other if other in TIMES or other == T.TIME else T.INTERVAL)
    if T.DATE in (a, b):
        if a == b:
            return self._set_type(e, T.INT)
        return self._set_type(e, T.INTERVAL if a in TIMES or b in TIMES else T.DATE)
    if a in TIMES or b in TIMES:
        return self._set_type(e, T.INTERVAL if a in TIMES and b in TIMES else T.UNKNOWN)
    numeric = exp.DataType.NUMERIC_TYPES
    if (a in numeric or a == T.UNKNOWN) and (b in numeric or b == T.UNKNOWN):
        return self._set_type(e, _number(a, b))
    return self._set_type(e, T.UNKNOWN)
