"""Parts of DuckDB's parse tree: of a call, of an expression, of everything below."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

__all__ = ["arguments_of", "below", "parts", "type_name"]

_Tree = dict[str, Any]


def type_name(type_expr: _Tree) -> str:
    """The last part of a type's name."""
    path = (type_expr.get("qualified_name") or {}).get("path") or [""]
    return str(path[-1])


def arguments_of(call: _Tree) -> list[_Tree]:
    found = [a.get("expression") for a in call.get("arguments") or [] if isinstance(a, dict)]
    return [a for a in found if isinstance(a, dict)]


def below(node: _Tree) -> Iterator[_Tree]:
    """The expressions right below one."""
    stack: list[Any] = [value for value in node.values() if isinstance(value, dict | list)]
    while stack:
        part = stack.pop()
        if isinstance(part, list):
            stack.extend(part)
        elif isinstance(part, dict):
            if "class" in part:
                if part["class"] != "TYPE":
                    yield part
            else:
                stack.extend(part.values())


def parts(tree: Any, inside: bool = True) -> Iterator[_Tree]:
    """Every mapping in a tree; without those of queries inside of it where asked."""
    stack = [tree]
    first = True
    while stack:
        part = stack.pop()
        if isinstance(part, list):
            stack.extend(part)
        elif isinstance(part, dict):
            if not inside and not first and str(part.get("type", "")).endswith("_NODE"):
                continue
            first = False
            yield part
            stack.extend(part.values())
