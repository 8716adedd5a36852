"""The parts of a query that mean something alone: constants, and subqueries that nothing outside of them goes into."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from sqlglot import exp

from .parsed_query import ParsedQuery
from .positions import span
from .traversal import find_all, find_first

__all__ = ["closed_queries", "constant_parts", "without_calls"]

_LITERALS = (exp.Literal, exp.Boolean, exp.Null)
_OTHERS = (
    exp.Column, exp.Placeholder, exp.Parameter, exp.SessionParameter, exp.Query, exp.AggFunc, exp.Window, exp.Star,
    exp.Lambda, exp.Unnest,
)  # fmt: skip
_CALLS = (exp.Func, exp.Binary, exp.Unary, exp.Cast, exp.Between, exp.In)
_DIVISIONS = (exp.Div, exp.IntDiv, exp.Mod)
_SELDOM = (exp.Case, exp.If, exp.Coalesce, exp.Try, exp.TryCast, exp.Exists)


def constant_parts(query: ParsedQuery, *, always: bool = False) -> Iterator[tuple[ParsedQuery, int, int]]:
    """Each largest constant expression that is more than a literal: a query of it alone, its offset and length.

    A division by a constant is among them, of 1: zero makes it fail whatever is divided.

    Args:
        query: All of it.
        always: Only those that are computed wherever a row gets to them: no branch of a CASE, nothing under TRY.
    """
    waiting = [query.tree] if query.tree is not None else []
    while waiting:
        node = waiting.pop()
        plain = not isinstance(node, exp.Condition) or isinstance(node, _LITERALS)
        open_ = plain or find_first(node, *_OTHERS) is not None
        if open_ and not (always and isinstance(node, _SELDOM)):
            waiting += list(node.iter_expressions(reverse=True))
        divides = isinstance(node, _DIVISIONS) and find_first(node.expression, *_OTHERS) is None
        where = span(node) if divides or not open_ else None
        if where is not None:
            value = node.copy()
            if open_:
                value.this.replace(exp.Literal.number(1))
            alone = exp.Select(expressions=[exp.alias_(value, "value")])
            yield ParsedQuery(query.sql, query.dialect, alone, folded=True), where[0], where[1] - where[0]


def closed_queries(query: ParsedQuery) -> Iterator[tuple[ParsedQuery, int, int]]:
    """Each subquery and step without a parameter, the innermost first: a query of it alone, its offset and length.

    Those that read the input, or columns of the query around them, are among them: they have no meaning alone.
    """
    found = list(find_all(query.tree, exp.Query)) if query.tree is not None else []
    for node in reversed(found):
        if node is query.tree or isinstance(node, exp.Subquery) or find_first(node, exp.Placeholder, exp.Parameter):
            continue
        where = span(node)
        if where is not None:
            alone = _with_steps(node)
            yield ParsedQuery(query.sql, query.dialect, alone, folded=True), where[0], where[1] - where[0]


def without_calls(query: ParsedQuery, *, outermost: bool = False) -> Iterator[tuple[ParsedQuery, int, int]]:
    """The query with NULL in place of one call or operator, the innermost first: its offset and length.

    Args:
        query: All of it.
        outermost: First those around others; one whose place is not known has no length.
    """
    if query.tree is None:
        return
    calls = list(enumerate(find_all(query.tree, *_CALLS, bfs=False)))
    for at, node in calls if outermost else reversed(calls):
        where = span(node) if not isinstance(node, (exp.Paren, exp.Connector)) else None
        if where is None and outermost and not isinstance(node, (exp.Paren, exp.Connector)):
            where = (0, 0)
        if where is None:
            continue
        tree = query.tree.copy()
        next(islice(find_all(tree, *_CALLS, bfs=False), at, None)).replace(exp.Null())
        yield replace(query, tree=tree, folded=True), where[0], where[1] - where[0]


def _with_steps(node: exp.Query) -> exp.Query:
    """A copy of a subquery with the steps (CTEs) around it that it reads."""
    steps: dict[str, exp.CTE] = {}
    above: exp.Expr | None = node
    while above is not None:
        with_ = above.args.get("with_")
        for cte in with_.expressions if with_ is not None and above is not node else ():
            if cte.find_ancestor(exp.With) is with_ and not _holds(cte, node):
                steps.setdefault(cte.alias.casefold(), cte)
        above = above.parent
    read: list[str] = []
    waiting: list[exp.Expr] = [node]
    while waiting:
        for table in find_all(waiting.pop(), exp.Table):
            name = table.name.casefold()
            if not table.db and name in steps and name not in read:
                read.append(name)
                waiting.append(steps[name])
    alone = node.copy()
    own = alone.args.get("with_")
    ordered = [steps[name].copy() for name in steps if name in read]
    if ordered:
        alone.set("with_", exp.With(expressions=[*ordered, *(own.expressions if own is not None else ())]))
    return alone


def _holds(cte: exp.CTE, node: exp.Expr) -> bool:
    above: exp.Expr | None = node
    while above is not None and above is not cte:
        above = above.parent
    return above is cte
