"""Walks over a tree of sqlglot's, in its order and as lazily, at half the cost.

A query is walked some fifty times while it is compiled. sqlglot's own ``walk`` makes a generator for each node; these
make one for the walk, and do not look for parts where a node has none.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import TypeVar, cast

from sqlglot import exp

__all__ = ["LEAVES", "find_all", "find_first", "nodes_of", "put", "walk_tree"]

_E = TypeVar("_E", bound=exp.Expr)

#: Nodes whose arguments are texts and flags.
LEAVES = frozenset({exp.Identifier, exp.Literal, exp.Null, exp.Boolean})


def walk_tree(
    tree: exp.Expr, *, bfs: bool = True, prune: Callable[[exp.Expr], bool] | None = None
) -> Iterator[exp.Expr]:
    """Yields a node and all below it; what a caller changes below a node that it was just given is walked as changed.

    Args:
        tree: The node to start with.
        bfs: Level by level; otherwise depth first, a node before its parts.
        prune: Says of a node that its parts are left out.
    """
    if bfs:
        nodes = [tree]
        for node in nodes:
            yield node
            if node.__class__ in LEAVES or (prune is not None and prune(node)):
                continue
            for value in node.args.values():
                if isinstance(value, list):
                    nodes += [each for each in value if isinstance(each, exp.Expr)]
                elif isinstance(value, exp.Expr):
                    nodes.append(value)
        return
    stack = [tree]
    while stack:
        node = stack.pop()
        yield node
        if node.__class__ in LEAVES or (prune is not None and prune(node)):
            continue
        for value in reversed(node.args.values()):
            if isinstance(value, list):
                stack += [each for each in reversed(value) if isinstance(each, exp.Expr)]
            elif isinstance(value, exp.Expr):
                stack.append(value)


def nodes_of(tree: exp.Expr) -> list[exp.Expr]:
    """A node and all below it, depth first and each before its parts, as they are now."""
    found: list[exp.Expr] = []
    stack = [tree]
    while stack:
        node = stack.pop()
        found.append(node)
        if node.__class__ in LEAVES:
            continue
        for value in reversed(node.args.values()):
            if isinstance(value, exp.Expr):
                stack.append(value)
            elif isinstance(value, list):
                stack += [each for each in reversed(value) if isinstance(each, exp.Expr)]
    return found


def find_all(tree: exp.Expr, *types: type[_E], bfs: bool = True) -> Iterator[_E]:
    """Yields the nodes of some types, the node itself among them; lazily, as :func:`walk_tree`.

    Args:
        tree: The node to start with.
        types: Any of them.
        bfs: As for :func:`walk_tree`.
    """
    wanted, passed = _kinds(types)
    if bfs:
        nodes = [tree]
        for node in nodes:
            kind = node.__class__
            if kind in wanted or (kind not in passed and _sorted_in(kind, types, wanted, passed)):
                yield cast("_E", node)
            if kind in LEAVES:
                continue
            for value in node.args.values():
                if isinstance(value, exp.Expr):
                    if value.__class__ not in LEAVES or value.__class__ not in passed:
                        nodes.append(value)
                elif isinstance(value, list):
                    nodes += [each for each in value if isinstance(each, exp.Expr)]
        return
    stack = [tree]
    while stack:
        node = stack.pop()
        kind = node.__class__
        if kind in wanted or (kind not in passed and _sorted_in(kind, types, wanted, passed)):
            yield cast("_E", node)
        if kind in LEAVES:
            continue
        for value in reversed(node.args.values()):
            if isinstance(value, exp.Expr):
                if value.__class__ not in LEAVES or value.__class__ not in passed:
                    stack.append(value)
            elif isinstance(value, list):
                stack += [each for each in reversed(value) if isinstance(each, exp.Expr)]


@functools.lru_cache(2_000)
def _kinds(types: tuple[type[exp.Expr], ...]) -> tuple[set[type[exp.Expr]], set[type[exp.Expr]]]:
    """The classes known so far that are of some types, and those known not to be."""
    return set(), set()


def _sorted_in(
    kind: type[exp.Expr],
    types: tuple[type[exp.Expr], ...],
    wanted: set[type[exp.Expr]],
    passed: set[type[exp.Expr]],
) -> bool:
    """Puts a class where it belongs; whether it is wanted."""
    found = issubclass(kind, types)
    (wanted if found else passed).add(kind)
    return found


def find_first(tree: exp.Expr, *types: type[_E], bfs: bool = True) -> _E | None:
    """The first that :func:`find_all` yields, or None."""
    return next(find_all(tree, *types, bfs=bfs), None)


def put(new: exp.Expr, node: exp.Expr, tree: exp.Expr) -> exp.Expr:
    """Puts a node in the place of another.

    Args:
        new: The node to put there.
        node: What stands there, in the tree or its root.
        tree: The root.

    Returns:
        The root: the new node where it took the root's place.
    """
    if node is tree:
        return new
    node.replace(new)
    return tree
