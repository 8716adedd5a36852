"""A copy of a tree and, for each of its nodes, the one it was made from."""

from __future__ import annotations

from typing import TypeVar

from sqlglot import exp

__all__ = ["paired_copy"]

E = TypeVar("E", bound=exp.Expr)


def paired_copy(tree: E) -> tuple[E, list[tuple[exp.Expr, exp.Expr]]]:
    """Copies a tree; nodes share their types, which nobody writes into.

    ``tree.copy()`` copies the type of every node too, a tree of its own, and tells nothing of which node is which.

    Returns:
        The copy, and ``(node, its copy)`` for all nodes.
    """
    root = tree.__class__()
    pairs: list[tuple[exp.Expr, exp.Expr]] = [(tree, root)]
    waiting: list[tuple[exp.Expr, exp.Expr]] = [(tree, root)]
    while waiting:
        node, copy = waiting.pop()
        if node.comments is not None:
            copy.comments = list(node.comments)
        copy._type = node._type
        if node._meta:
            copy._meta = dict(node._meta)
        for key, value in node.args.items():
            if isinstance(value, exp.Expr):
                child = value.__class__()
                child.parent, child.arg_key = copy, key
                copy.args[key] = child
                pair = (value, child)
                waiting.append(pair)
                pairs.append(pair)
            elif type(value) is list:
                items: list[object] = []
                for index, item in enumerate(value):
                    if isinstance(item, exp.Expr):
                        child = item.__class__()
                        child.parent, child.arg_key, child.index = copy, key, index
                        pair = (item, child)
                        waiting.append(pair)
                        pairs.append(pair)
                        items.append(child)
                    else:
                        items.append(item)
                copy.args[key] = items
            else:
                copy.args[key] = value
    return root, pairs
