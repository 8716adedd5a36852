"""A translation that grows without bound is refused by its size, before it is made."""

from __future__ import annotations

from sqlglot import exp

from ...errors import QueryError
from ..reading.positions import span
from ..reading.traversal import LEAVES, find_all, nodes_of

__all__ = ["bound_of", "check_aliases", "check_size"]

_LEAST = 60_000  # nodes that any query may grow to
_TIMES = 20  # and what a large one may grow by


def check_aliases(tree: exp.Expr, sql: str) -> None:
    """Refuses outputs that are written with other outputs, doubling each time: ``a + a AS b, b + b AS c``.

    Raises:
        QueryError: Written out, they are too long.
    """
    for select in find_all(tree, exp.Select):
        sizes: dict[str, int] = {}
        total = 0
        for item in select.expressions:
            nodes = nodes_of(item)
            size = len(nodes)
            if sizes:
                plain = (node for node in nodes if isinstance(node, exp.Column) and not node.table)
                size += sum(sizes.get(node.name.casefold(), 0) for node in plain)
            total += size
            if total > _LEAST and total > _TIMES * len(nodes_of(select)):
                where = span(item)
                raise QueryError(
                    "The outputs of this SELECT are written with one another, and would grow without bound: name the "
                    "first of them in a WITH clause.",
                    sql,
                    *((where[0], where[1] - where[0]) if where else (None, 1)),
                )
            if isinstance(item, exp.Alias):
                sizes[item.alias.casefold()] = size


def check_size(node: exp.Expr, bound: int) -> None:
    """Measures what has become of a node, its parts measured before, and refuses what has outgrown the bound.

    Raises:
        QueryError: The translation is larger than ``bound`` nodes.
    """
    if node.__class__ in LEAVES:
        return
    size, waiting = 1, [node]
    while waiting:
        here = waiting.pop()
        for value in here.args.values():
            for part in value if isinstance(value, list) else (value,):
                if not isinstance(part, exp.Expr):
                    continue
                known = 1 if part.__class__ in LEAVES else part.meta_get("size")
                size += known or 1
                if known is None:
                    waiting.append(part)
    node.meta["size"] = size
    if size > bound:
        raise QueryError(
            f"The translation of this query grows beyond {bound:,} parts, since DuckDB needs some of its functions "
            "written out many times: name the inner ones in a WITH clause."
        )


def bound_of(nodes: int) -> int:
    """The nodes that a query of so many may grow to."""
    return max(_LEAST, _TIMES * nodes)
