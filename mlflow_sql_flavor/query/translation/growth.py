"""A translation that grows without bound is refused by its size, before it is made."""

from __future__ import annotations

from sqlglot import exp

from ...errors import QueryError
from ..reading.positions import span

__all__ = ["bound_of", "check_aliases", "check_size"]

_LEAST = 60_000  # nodes that any query may grow to
_TIMES = 20  # and what a large one may grow by


def check_aliases(tree: exp.Expr, sql: str) -> None:
    """Refuses outputs that are written with other outputs, doubling each time: ``a + a AS b, b + b AS c``.

    Raises:
        QueryError: Written out, they are too long.
    """
    for select in tree.find_all(exp.Select):
        sizes: dict[str, int] = {}
        total = 0
        for item in select.expressions:
            size = 0
            for node in item.walk():
                size += 1
                if isinstance(node, exp.Column) and not node.table:
                    size += sizes.get(node.name.casefold(), 0)
            total += size
            if total > _LEAST and total > _TIMES * sum(1 for _ in select.walk()):
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
    size, waiting = 0, [node]
    while waiting:
        here = waiting.pop()
        known = here.meta.get("size") if here is not node else None
        if known is not None:
            size += known
            continue
        size += 1
        waiting.extend(here.iter_expressions())
    node.meta["size"] = size
    if size > bound:
        raise QueryError(
            f"The translation of this query grows beyond {bound:,} parts, since DuckDB needs some of its functions "
            "written out many times: name the inner ones in a WITH clause."
        )


def bound_of(nodes: int) -> int:
    """The nodes that a query of so many may grow to."""
    return max(_LEAST, _TIMES * nodes)
