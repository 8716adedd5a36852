"""Parts of DuckDB's parse tree: of a call, of an expression, of everything below."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

__all__ = ["arguments_of", "below", "is_number_list", "parts", "parts_by_query", "type_name"]

_Tree = dict[str, Any]

#: What holds parts: the tree is as JSON is read, of no other classes.
_NESTED = frozenset({dict, list})


def type_name(type_expr: _Tree) -> str:
    """The last part of a type's name."""
    path = (type_expr.get("qualified_name") or {}).get("path") or [""]
    return str(path[-1])


def arguments_of(call: _Tree) -> list[_Tree]:
    found = [a.get("expression") for a in call.get("arguments") or [] if isinstance(a, dict)]
    return [a for a in found if isinstance(a, dict)]


def is_number_list(node: _Tree) -> bool:
    """Whether it is a list of at most 1,024 numbers that are written out."""
    numbers = arguments_of(node) if node.get("function_name") == "list_value" else []
    kinds = {(each.get("literal") or {}).get("kind") for each in numbers}
    return 0 < len(numbers) <= 1024 and kinds <= {"NUMERIC", "INTEGER"}


def below(node: _Tree) -> Iterator[_Tree]:
    """The expressions right below one."""
    stack: list[Any] = [value for value in node.values() if value.__class__ in _NESTED]
    while stack:
        part = stack.pop()
        if part.__class__ is list:
            stack += [value for value in part if value.__class__ in _NESTED]
        elif "class" in part:
            if part["class"] != "TYPE":
                yield part
        else:
            stack += [value for value in part.values() if value.__class__ in _NESTED]


def parts(tree: Any, inside: bool = True) -> Iterator[_Tree]:
    """Every mapping in a tree; without those of queries inside of it where asked."""
    stack: list[Any] = [tree] if tree.__class__ in _NESTED else []
    first = True
    while stack:
        part = stack.pop()
        if part.__class__ is list:
            stack += [value for value in part if value.__class__ in _NESTED]
            continue
        if not inside and not first and str(part.get("type", "")).endswith("_NODE"):
            continue
        first = False
        yield part
        stack += [value for value in part.values() if value.__class__ in _NESTED]


def parts_by_query(tree: _Tree) -> tuple[list[_Tree], dict[int, int]]:
    """Every mapping in a query's tree, and ``{id of a query in it, or itself: how many are its own}``, in one walk.

    What is a query's own is what :func:`parts` gives of it without those inside.
    """
    found: list[_Tree] = []
    own: dict[int, int] = {}
    queries: list[_Tree] = [tree]
    for query in queries:
        before = len(found)
        stack: list[Any] = [query]
        while stack:
            part = stack.pop()
            if part.__class__ is list:
                stack += [value for value in part if value.__class__ in _NESTED]
                continue
            if part is not query and str(part.get("type", "")).endswith("_NODE"):
                queries.append(part)
                continue
            found.append(part)
            stack += [value for value in part.values() if value.__class__ in _NESTED]
        own[id(query)] = len(found) - before
    return found, own
