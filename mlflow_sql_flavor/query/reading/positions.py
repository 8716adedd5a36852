"""Where a node stands in the text: sqlglot marks names, literals and functions, not operators."""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice

from sqlglot import exp

from .types import Finding

__all__ = ["computed_with", "finding", "span"]


def span(node: exp.Expr) -> tuple[int, int] | None:
    """(start, end) offsets of the text a node comes from, as far as its marked parts tell; None when unknown."""
    if "start" in node.meta:
        return node.meta["start"], node.meta["end"] + 1
    marked = [n.meta for n in islice(node.walk(), 200) if "start" in n.meta]
    if not marked and node.parent is not None:
        return span(node.parent) if "start" in node.parent.meta else None
    if not marked:
        return None
    return min(m["start"] for m in marked), max(m["end"] for m in marked) + 1


def computed_with(tree: exp.Expr, names: Collection[str]) -> tuple[int, int] | None:
    """Where the first of some columns is computed with, not only handed on; of constants alone, where those stand.

    Args:
        tree: A query.
        names: Words, those of columns among them.
    """
    folded = {name.casefold() for name in names}
    columns = [column for column in tree.find_all(exp.Column, bfs=False) if column.name.casefold() in folded]
    within = [column.parent for column in columns if isinstance(column.parent, (exp.Func, exp.Binary, exp.Unary))]
    if not columns:
        within = [node for node in tree.find_all(exp.Func, bfs=False) if node.find(exp.Column) is None]
    return next((where for node in within if (where := span(node)) is not None), None)


def finding(kind: str, message: str, node: exp.Expr | None, sql: str) -> Finding:
    """A finding at a node's place."""
    where = span(node) if node is not None else None
    if where is None:
        return Finding(kind, message)
    start, end = where
    line = sql.count("\n", 0, start) + 1
    return Finding(kind, message, line, start - (sql.rfind("\n", 0, start) + 1) + 1, sql[start:end])
