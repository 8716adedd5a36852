"""List parameters: a value that is compared with one is looked for among the rows that it unnests to."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from ...errors import QueryError

__all__ = ["spread_lists"]


def spread_lists(nodes: Sequence[exp.Expr]) -> None:
    """A list parameter that a value is compared with becomes a subquery; one in a table's place is refused."""
    for node in nodes:
        if not (isinstance(node, exp.Cast) and node.meta.get("parameter")):
            continue
        parent = node.parent
        if isinstance(parent, exp.Table):
            raise QueryError("A parameter cannot stand for a table. Name the table.")
        if parent is None or node.args["to"].this not in exp.DataType.ARRAY_TYPES:
            continue
        group = parent if not isinstance(parent, exp.Paren) else parent.parent
        equal = group.parent if group is not None else None
        if isinstance(parent, exp.In) and len(parent.expressions) < 2 and parent.this is not node:
            parent.replace(_asked(exp.In(this=parent.this, query=_elements(node)), parent))
        elif isinstance(group, exp.Any) and isinstance(equal, exp.EQ) and equal.expression is group:
            equal.replace(_asked(exp.In(this=equal.this, query=_elements(node)), equal))
        elif isinstance(group, (exp.Any, exp.All)):
            group.set("this", _elements(node))


def _asked(new: exp.Expr, old: exp.Expr) -> exp.Expr:
    new.type = old.type
    return new


def _elements(bound: exp.Expr) -> exp.Subquery:
    """The elements of a bound list as the rows of a subquery: compared as any other subquery's."""
    each = exp.Anonymous(this="unnest", expressions=[bound])
    element = exp.Cast(this=each, to=bound.args["to"].expressions[0].copy())
    element.meta["parameter"] = each.meta["parameter"] = bound.meta["parameter"]
    named = exp.alias_(element, "element")
    query = exp.Subquery(this=exp.Select(expressions=[named]))
    each.type = element.type = named.type = query.type = bound.args["to"].expressions[0]
    return query
