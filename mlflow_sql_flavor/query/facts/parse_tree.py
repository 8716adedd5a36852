"""How one walks the tree that DuckDB's ``json_serialize_sql`` makes of a query."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..gate.identifiers import fold

__all__ = ["children", "is_node", "is_plain_star", "is_same", "items", "output_names", "statement_of", "walk"]

_Tree = dict[str, Any]
#: Of a part: where it stands in the text.
_PLACES = {"query_location", "query_location_length"}


def statement_of(tree: _Tree) -> _Tree:
    """The one statement of DuckDB's parse of a query."""
    found: _Tree = tree["statements"][0]
    return found


def items(node: _Tree, key: str) -> list[Any]:
    """A list of the tree, which leaves out what is empty."""
    return node.get(key) or []


def walk(tree: Any) -> Iterator[_Tree]:
    """Every dict of a tree."""
    stack = [tree]
    while stack:
        part = stack.pop()
        if isinstance(part, dict):
            yield part
            stack.extend(part.values())
        elif isinstance(part, list):
            stack.extend(part)


def children(node: _Tree) -> Iterator[_Tree]:
    """The dicts of a query node that are its own: those of the queries nested in it are left out, their roots not."""
    stack: list[Any] = list(node.values())
    while stack:
        part = stack.pop()
        if isinstance(part, dict):
            yield part
            if not is_node(part):
                stack.extend(part.values())
        elif isinstance(part, list):
            stack.extend(part)


def is_node(part: _Tree) -> bool:
    """Whether this is a query: a SELECT, a set operation, a recursive part."""
    return str(part.get("type", "")).endswith("_NODE")


def output_names(node: _Tree) -> list[str]:
    """The outputs' names; empty where one is not known or two are the same."""
    names = []
    for item in items(node, "select_list"):
        name = item.get("alias", "") or (items(item, "column_names")[-1] if item["class"] == "COLUMN_REF" else "")
        if not name or fold(name) in names:
            return []
        names.append(fold(name))
    return names


def is_plain_star(item: _Tree) -> bool:
    """Whether this is ``*`` or ``t.*``, not ``COLUMNS(…)``."""
    return item["class"] == "STAR" and not item.get("columns") and not item.get("expr")


def is_same(one: Any, other: Any) -> bool:
    """Whether two of DuckDB's trees are the same but for the places in their texts."""
    waiting = [(one, other)]
    while waiting:
        left, right = waiting.pop()
        if left is right:
            continue
        if isinstance(left, dict) and isinstance(right, dict):
            keys = left.keys() - _PLACES
            if keys != right.keys() - _PLACES:
                return False
            waiting += [(left[key], right[key]) for key in keys]
        elif isinstance(left, list) and isinstance(right, list):
            if len(left) != len(right):
                return False
            waiting += zip(left, right, strict=True)
        elif left != right:
            return False
    return True
