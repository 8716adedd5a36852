"""The parts of a query that no input, parameter or table takes part in."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from .positions import span
from .types import ParsedQuery

__all__ = ["constant_parts"]

_LITERALS = (exp.Literal, exp.Boolean, exp.Null)
_OTHERS = (
    exp.Column, exp.Placeholder, exp.Parameter, exp.SessionParameter, exp.Query, exp.AggFunc, exp.Window, exp.Star,
    exp.Lambda, exp.Unnest,
)  # fmt: skip


def constant_parts(query: ParsedQuery) -> Iterator[tuple[ParsedQuery, int, int]]:
    """Each largest constant expression that is more than a literal: a query of it alone, its offset and length."""
    waiting = [query.tree] if query.tree is not None else []
    while waiting:
        node = waiting.pop()
        plain = not isinstance(node, exp.Condition) or isinstance(node, _LITERALS)
        if plain or node.find(*_OTHERS) is not None:
            waiting += list(node.iter_expressions(reverse=True))
            continue
        where = span(node)
        if where is not None:
            alone = exp.Select(expressions=[exp.alias_(node.copy(), "value")])
            yield ParsedQuery(query.sql, query.dialect, alone, folded=True), where[0], where[1] - where[0]
