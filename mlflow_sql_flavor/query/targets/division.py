"""Divisions whose meaning changes on the way to an engine: of whole numbers here, of fractions there."""

from __future__ import annotations

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect

from ...errors import QueryError
from ..facts.typed_query import TypedQuery
from ..reading.positions import span
from ..reading.traversal import find_all, walk_tree

__all__ = ["check_divisions"]


def check_divisions(typed: TypedQuery, target: str) -> None:
    """Refuses ``a / b`` where the source divides whole numbers as such, the target does not, and a type is not known.

    sqlglot writes the division by the types of both sides; where it knows none it writes a plain one.

    Args:
        typed: The query.
        target: The engine's dialect.

    Raises:
        QueryError: Points at the operand.
    """
    if not Dialect.get_or_raise(typed.query.dialect).TYPED_DIVISION or Dialect.get_or_raise(target).TYPED_DIVISION:
        return
    for division in find_all(typed.tree, exp.Div):
        sides = [side.unnest() for side in (division.left, division.right)]
        if any(side.is_type(*exp.DataType.REAL_TYPES) for side in sides):
            continue
        for side in sides:
            untyped = side.type is None or side.type.this == exp.DType.UNKNOWN
            if untyped and not any(node.meta.get("parameter") for node in walk_tree(side)):
                where = span(next(iter(find_all(side, exp.Identifier)), side))
                start, end = where or (None, 0)
                raise QueryError(
                    f"Whether this divides whole numbers cannot be told, and {target} divides them otherwise than "
                    f"{typed.query.dialect}: name the column's table, or CAST it.",
                    typed.query.sql,
                    start,
                    end - start if start is not None else 1,
                )
