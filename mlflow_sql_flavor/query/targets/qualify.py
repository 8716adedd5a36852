"""QUALIFY as a filter over a subquery, for engines that have no such clause or not over groups (Spark).

sqlglot's own rewriting leaves ORDER BY and LIMIT inside, where LIMIT would cut before the filter.
"""

from __future__ import annotations

from sqlglot import exp

from ...errors import QueryError
from ..reading.traversal import find_all

__all__ = ["has_qualify", "named", "output_of", "own", "without_qualify"]

_OUTER = ("order", "limit", "offset", "distinct")


def has_qualify(tree: exp.Expr) -> bool:
    """Whether any SELECT of the tree has the clause."""
    return any(select.args.get("qualify") for select in find_all(tree, exp.Select))


def without_qualify(tree: exp.Query) -> exp.Query:
    """The tree without the clause; changed in place but for its root."""
    for select in list(find_all(tree, exp.Select)):
        if select.args.get("qualify"):
            parent, key, index = select.parent, select.arg_key, select.index
            new = _filtered(select)
            if parent is None or key is None:
                tree = new
            else:
                parent.set(key, new, index)
    return tree


def _filtered(select: exp.Select) -> exp.Select:
    names = [column.output_name for column in select.expressions]
    star = any(column.is_star for column in select.expressions)
    kept = {name: select.args[name] for name in _OUTER if select.args.get(name)}
    if star and kept.keys() & {"order", "distinct"}:
        raise QueryError("QUALIFY beside * and ORDER BY or DISTINCT cannot be written here: name the columns.")
    inner = select.copy()
    for name in ("qualify", "with_", *_OUTER):
        inner.set(name, None)
    hidden = "_qualified"
    inner.expressions.append(exp.alias_(exp.Paren(this=select.args["qualify"].this.copy()), hidden, quoted=True))
    order = kept["order"].copy() if "order" in kept else None
    for place, ordered in enumerate(order.expressions if order is not None else ()):
        key = ordered.this
        column = output_of(key, select, names)
        if column is None:
            if "distinct" in kept:
                raise QueryError("QUALIFY beside DISTINCT and an ORDER BY of other columns cannot be written here.")
            column = f"_order_{place}"
            inner.expressions.append(exp.alias_(key.copy(), column))
            ordered.set("this", exp.column(own(column)))
        else:
            ordered.set("this", exp.column(named(select.expressions[names.index(column)])))
    outputs: list[exp.Expr] = (
        [exp.Star(except_=[own(hidden)])] if star else [exp.column(named(column)) for column in select.expressions]
    )
    inner.set("expressions", inner.expressions)
    outer = exp.Select(expressions=outputs).from_(exp.Subquery(this=inner, alias=exp.TableAlias(this=own("_kept"))))
    outer.set("where", exp.Where(this=exp.column(own(hidden))))
    outer.set("with_", select.args.get("with_"))
    for name, clause in kept.items():
        outer.set(name, order if name == "order" else clause)
    return outer


def own(name: str) -> exp.Identifier:
    """A name that is made here; Oracle takes none without quotes that begins with an underscore."""
    return exp.to_identifier(name, quoted=True)


def named(item: exp.Expr) -> exp.Identifier:
    """An output's name as it is written: in quotes, or folded as the engine folds it."""
    found = (
        item.args.get("alias") if isinstance(item, exp.Alias) else item.this if isinstance(item, exp.Column) else None
    )
    return found.copy() if isinstance(found, exp.Identifier) else exp.to_identifier(item.output_name, quoted=True)


def output_of(key: exp.Expr, select: exp.Select, names: list[str]) -> str | None:
    """The output column an ORDER BY key stands for; None if it is none of them."""
    if isinstance(key, exp.Literal) and not key.is_string:
        return names[int(key.this) - 1]
    folded = {name.casefold(): name for name in names}
    if isinstance(key, exp.Column) and not key.table and key.name.casefold() in folded:
        return folded[key.name.casefold()]
    return next((c.output_name for c in select.expressions if c.unalias() == key), None)
