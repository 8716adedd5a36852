"""Divisions whose meaning changes on the way to an engine: of whole numbers here, of fractions there."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect

from ...errors import QueryError
from ..reading.deep import with_deep_stack
from ..reading.positions import span
from ..reading.types import ParsedQuery
from ..translation.annotate import annotate

__all__ = ["check_divisions"]


def check_divisions(query: ParsedQuery, target: str, schema: Mapping[str, Mapping[str, str]]) -> None:
    """Refuses ``a / b`` where the source divides whole numbers as such, the target does not, and a type is not known.

    sqlglot writes the division by the types of both sides; where it knows none it writes a plain one.

    Args:
        query: From :func:`~.parse.parse`.
        target: The engine's dialect.
        schema: ``{table: {column: DuckDB type}}``.

    Raises:
        QueryError: Points at the operand.
    """
    if query.tree is None or not Dialect.get_or_raise(query.dialect).TYPED_DIVISION:
        return
    if Dialect.get_or_raise(target).TYPED_DIVISION:
        return
    tree = query.tree.copy()
    with_deep_stack(lambda: annotate(tree, schema, query.dialect))
    for division in tree.find_all(exp.Div):
        sides = [side.unnest() for side in (division.left, division.right)]
        if any(side.is_type(*exp.DataType.REAL_TYPES) for side in sides):
            continue
        for side in sides:
            if side.find(exp.Placeholder, exp.Parameter) is None and (
                side.type is None or side.type.this == exp.DType.UNKNOWN
            ):
                where = span(next(iter(side.find_all(exp.Identifier)), side))
                start, end = where or (None, 0)
                raise QueryError(
                    f"Whether this divides whole numbers cannot be told, and {target} divides them otherwise than "
                    f"{query.dialect}: name the column's table, or CAST it.",
                    query.sql,
                    start,
                    end - start if start is not None else 1,
                )
