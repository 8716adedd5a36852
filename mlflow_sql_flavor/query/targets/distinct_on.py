"""DISTINCT ON as a filter over numbered rows, for engines without it.

sqlglot's own rewriting loses the ORDER BY of the result, and cuts by LIMIT before it picks.
"""

from __future__ import annotations

from sqlglot import exp

from ...errors import QueryError
from ..reading.traversal import find_all
from .qualify import named, output_of, own

__all__ = ["without_distinct_on"]

_NUMBER, _KEY = "_row", "_order_{}"


def without_distinct_on(tree: exp.Query) -> exp.Query:
    """The tree without the clause; changed in place but for its root."""
    for select in list(find_all(tree, exp.Select)):
        distinct = select.args.get("distinct")
        if distinct is None or distinct.args.get("on") is None:
            continue
        parent, key, index = select.parent, select.arg_key, select.index
        new = _picked(select)
        if parent is None or key is None:
            tree = new
        else:
            parent.set(key, new, index)
    return tree


def _picked(select: exp.Select) -> exp.Select:
    if any(column.is_star for column in select.expressions):
        raise QueryError("DISTINCT ON beside * cannot be written here: name the columns.")
    names = [column.output_name for column in select.expressions]
    meant = {column.output_name: column.unalias() for column in select.expressions}
    on = select.args["distinct"].args["on"]
    wanted = [
        _spelled(e, select, names, meant) for e in (on.expressions if isinstance(on, exp.Tuple) else [on.unnest()])
    ]
    inner = select.copy()
    for name in ("distinct", "with_", "order", "limit", "offset"):
        inner.set(name, None)
    order = select.args["order"].copy() if select.args.get("order") else None
    keys = []
    for place, ordered in enumerate(order.expressions if order is not None else ()):
        column = output_of(ordered.this, select, names)
        expression = meant[column] if column is not None else ordered.this
        key = ordered.copy()
        key.set("this", expression.copy())
        keys.append(key)
        if column is None:
            column = _KEY.format(place)
            inner.append("expressions", exp.alias_(expression.copy(), column, quoted=True))
            ordered.set("this", exp.column(own(column)))
        else:
            ordered.set("this", exp.column(named(select.expressions[names.index(column)])))
    numbered = exp.Window(
        this=exp.RowNumber(),
        partition_by=[e.copy() for e in wanted],
        order=exp.Order(expressions=keys or [exp.Ordered(this=e.copy()) for e in wanted]),
    )
    inner.append("expressions", exp.alias_(numbered, _NUMBER, quoted=True))
    outer = exp.Select(expressions=[exp.column(named(column)) for column in select.expressions]).from_(
        exp.Subquery(this=inner, alias=exp.TableAlias(this=own("_numbered")))
    )
    outer.set("where", exp.Where(this=exp.EQ(this=exp.column(own(_NUMBER)), expression=exp.Literal.number(1))))
    outer.set("with_", select.args.get("with_"))
    outer.set("order", order)
    for name in ("limit", "offset"):
        outer.set(name, select.args.get(name))
    return outer


def _spelled(key: exp.Expr, select: exp.Select, names: list[str], meant: dict[str, exp.Expr]) -> exp.Expr:
    column = output_of(key, select, names)
    return meant[column] if column is not None else key
