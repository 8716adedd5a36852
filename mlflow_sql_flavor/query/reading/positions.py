"""Where a node stands in the text: sqlglot marks names, literals and functions, not operators."""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice

from sqlglot import exp

from .parsed_query import Finding
from .traversal import find_all, find_first, walk_tree

__all__ = ["computed_with", "finding", "literal", "span"]

_TEXTS = (exp.Literal, exp.RawString, exp.National)


def span(node: exp.Expr) -> tuple[int, int] | None:
    """(start, end) offsets of the text a node comes from, as far as its marked parts tell; None when unknown."""
    if "start" in node.meta:
        return node.meta["start"], node.meta["end"] + 1
    marked = [n.meta for n in islice(walk_tree(node), 200) if "start" in n.meta]
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
    columns = [column for column in find_all(tree, exp.Column, bfs=False) if column.name.casefold() in folded]
    within = [column.parent for column in columns if isinstance(column.parent, (exp.Func, exp.Binary, exp.Unary))]
    if not columns:
        within = [node for node in find_all(tree, exp.Func, bfs=False) if find_first(node, exp.Column) is None]
    return next((where for node in within if (where := span(node)) is not None), None)


def literal(tree: exp.Expr | None, text: str) -> tuple[int, int] | None:
    """Where a query has a text as a literal, or within one, if it has it once."""
    texts = [node for node in find_all(tree, *_TEXTS) if node.name] if tree is not None else []
    found = [node for node in texts if node.name == text] or [node for node in texts if node.name in text]
    return span(found[0]) if len(found) == 1 else None


def finding(kind: str, message: str, node: exp.Expr | None, sql: str) -> Finding:
    """A finding at a node's place."""
    where = span(node) if node is not None else None
    if where is None:
        return Finding(kind, message)
    start, end = where
    line = sql.count("\n", 0, start) + 1
    return Finding(kind, message, line, start - (sql.rfind("\n", 0, start) + 1) + 1, sql[start:end])
