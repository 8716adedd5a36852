"""The forms of a query's clauses: what of SELECT, FROM, GROUP BY and the rest has to have been compared."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from ..reading.traversal import find_all
from .classes import class_of

__all__ = ["CLAUSES", "clauses"]

#: The nodes that have such features.
CLAUSES = (
    exp.Query, exp.Join, exp.Group, exp.Ordered, exp.WindowSpec, exp.With, exp.CTE, exp.Values, exp.Lateral, exp.Unnest,
    exp.Pivot, exp.TableSample, exp.MatchRecognize, exp.Connect, exp.Table, exp.Filter, exp.WithinGroup,
)  # fmt: skip


def clauses(node: exp.Expr) -> Iterator[str]:
    """The features of one node, if it is a part of a clause."""
    if isinstance(node, exp.Select):
        yield from _select(node)
        yield from _settings(node)
    elif isinstance(node, exp.SetOperation):
        yield from _set_operation(node)
        yield from _limits(node)
        yield from _settings(node)
    elif isinstance(node, exp.Join):
        yield from _join(node)
    elif isinstance(node, exp.Group):
        yield from _group(node)
    elif isinstance(node, exp.Ordered):
        yield from _ordered(node)
    elif isinstance(node, exp.WindowSpec):
        yield _frame(node)
    if isinstance(node, exp.Query):
        yield from _nested(node)
    if isinstance(node, exp.With):
        yield "with recursive" if node.args.get("recursive") else "with"
    elif isinstance(node, exp.CTE) and node.args["alias"].args.get("columns"):
        yield "with named columns"
    elif isinstance(node, exp.Values):
        yield "values"
    elif isinstance(node, (exp.Lateral, exp.Unnest, exp.Pivot, exp.TableSample, exp.MatchRecognize, exp.Connect)):
        yield _source(node)
    elif isinstance(node, exp.Table):
        if isinstance(node.this, exp.Func):
            name = node.this.name if isinstance(node.this, exp.Anonymous) else node.this.key
            yield f"table function {name.lower()}"
        elif node.name != node.name.lower():
            yield "table in capitals"
    elif isinstance(node, exp.Filter):
        yield "filter"
    elif isinstance(node, exp.WithinGroup):
        order = node.expression
        keys = order.expressions if isinstance(order, exp.Order) else []
        yield f"within group of {' '.join(class_of(key.this) for key in keys)}"


def _select(node: exp.Select) -> Iterator[str]:
    distinct = node.args.get("distinct")
    if distinct is not None:
        kinds = sorted({class_of(item) for item in node.expressions})
        yield "distinct on" if distinct.args.get("on") is not None else f"distinct of {' '.join(kinds)}"
    for clause in (
        "qualify",
        "prewhere",
        "connect",
        "match",
        "distribute",
        "sort",
        "cluster",
        "sample",
        "options",
        "for_",
    ):
        if node.args.get(clause):
            yield f"clause {clause.rstrip('_')}"
    if node.args.get("having") is not None and node.args.get("group") is None:
        yield "having without group"
    if node.args.get("from_") is None:
        yield "no from"
    if any(isinstance(item, exp.AggFunc) for item in map(_bare, node.expressions)) and node.args.get("group") is None:
        yield "one group of all rows"
    for item in node.expressions:
        star = item.this if isinstance(item, exp.Column) else item
        if isinstance(star, exp.Star):
            changed = [word for word in ("except_", "replace", "rename") if star.args.get(word)]
            yield " ".join(("star" if item is star else "star of a table", *changed))
    yield from _limits(node)
    yield from _siblings(node)


def _bare(item: exp.Expr) -> exp.Expr:
    return item.this if isinstance(item, exp.Alias) else item


def _limits(node: exp.Expr) -> Iterator[str]:
    limit = node.args.get("limit")
    if limit is not None:
        options = limit.args.get("limit_options")
        words = [word for word in ("percent", "with_ties") if options is not None and options.args.get(word)]
        if limit.args.get("expressions"):
            words.append("by")
        count = limit.args.get("count") or limit.args.get("expression")
        if count is not None and not isinstance(count, exp.Literal):
            words.append("computed")
        yield " ".join(("limit", *words))  # one without ORDER BY has a finding of its own: any rows are right
    if node.args.get("offset") is not None:
        yield "offset"


def _settings(node: exp.Expr) -> Iterator[str]:
    for setting in node.args.get("settings") or ():
        yield f"setting {setting.this.name.lower() if isinstance(setting, exp.EQ) else setting.name.lower()}"


def _siblings(node: exp.Select) -> Iterator[str]:
    """A table made within FROM that reads columns of those beside it: LATERAL in some engines, an error in others."""
    source = node.args.get("from_")
    members = [source.this] if source is not None else []
    members += [join.this for join in node.args.get("joins") or ()]
    names = {member.alias_or_name.casefold() for member in members if member.alias_or_name}
    for member in members:
        if not isinstance(member, exp.Subquery):
            continue
        own = {table.alias_or_name.casefold() for table in find_all(member, exp.Table)}
        read = {column.table.casefold() for column in find_all(member, exp.Column) if column.table}
        if (read - own) & names:
            yield "derived table that reads its sibling"


def _set_operation(node: exp.SetOperation) -> Iterator[str]:
    name = f"{node.key} {'distinct' if node.args.get('distinct') else 'all'}"
    words = [word for word in ("by_name", "side", "kind", "on") if node.args.get(word)]
    yield " ".join((name, *words))
    left, right = (_columns(part) for part in (node.this, node.expression))
    star = any(isinstance(item, exp.Star) or item.is_star for item in (*left, *right))
    if star:
        yield f"{node.key} of a star"
    elif len(left) == len(right):
        pairs = {" and ".join(sorted({class_of(a), class_of(b)})) for a, b in zip(left, right, strict=True)}
        yield from (f"{node.key} of {pair}" for pair in sorted(pairs))


def _columns(query: exp.Expr) -> list[exp.Expr]:
    while isinstance(query, (exp.Subquery, exp.SetOperation, exp.Paren)):
        query = query.this
    return list(query.expressions) if isinstance(query, exp.Select) else []


def _join(node: exp.Join) -> Iterator[str]:
    words = [str(node.args.get(key) or "").lower() for key in ("method", "side", "kind")]
    how = " ".join(word for word in words if word and word not in ("inner", "outer"))
    using, condition = node.args.get("using"), node.args.get("on")
    scope = node.find_ancestor(exp.Select)
    star = scope is not None and any(item.is_star for item in scope.expressions)
    if using or "natural" in how:
        yield f"join {how} using{' under a star' if star else ''}"
    elif condition is None:
        yield f"join {how or 'comma'}"
    else:
        equal = (
            all(isinstance(part, exp.EQ) for part in condition.flatten())
            if isinstance(condition, exp.And)
            else (isinstance(condition, exp.EQ))
        )
        yield f"join {how} on {'equal columns' if equal else 'a condition'}"


def _group(node: exp.Group) -> Iterator[str]:
    keys = list(node.expressions)
    for key in ("rollup", "cube", "grouping_sets", "totals", "all"):
        if node.args.get(key):
            yield f"group by {key}"
    for key in keys:
        if isinstance(key, (exp.Rollup, exp.Cube, exp.GroupingSets)):
            kinds = sorted({class_of(part) for part in find_all(key, exp.Column)})
            yield f"group by {type(key).__name__.lower()} of {' '.join(kinds)}"
        elif isinstance(key, exp.Column):
            yield f"group by {class_of(key)}"
        elif isinstance(key, exp.Literal):
            yield "group by place"
        else:
            yield f"group by expression of {class_of(key)}"


def _ordered(node: exp.Ordered) -> Iterator[str]:
    key = node.this
    way = "desc" if node.args.get("desc") else "asc"
    nulls = " nulls first" if node.args.get("nulls_first") else " nulls last"
    place = " by place" if isinstance(key, exp.Literal) else ""
    yield f"order {way}{nulls}{place} of {class_of(key)}"
    if node.args.get("with_fill"):
        yield "order with fill"


def _frame(node: exp.WindowSpec) -> str:
    def bound(at: str) -> str:
        value, side = node.args.get(at), node.args.get(f"{at}_side")
        if isinstance(value, exp.Expr):
            value = "n" if isinstance(value, exp.Literal) else class_of(value)
        return f"{value or ''} {side or ''}".strip().lower()

    exclude = f" exclude {str(node.args['exclude']).lower()}" if node.args.get("exclude") else ""
    return f"frame {str(node.args.get('kind')).lower()} {bound('start')} to {bound('end') or 'current row'}{exclude}"


def _nested(node: exp.Query) -> Iterator[str]:
    """What a query inside another one is."""
    parent = node.parent
    if isinstance(node, exp.Subquery) or parent is None:
        return
    if isinstance(parent, exp.Subquery):
        outer = parent.parent
        if isinstance(outer, (exp.From, exp.Join, exp.Lateral, exp.SetOperation, exp.CTE)):
            return
        where = outer
        while isinstance(where, exp.Paren):
            where = where.parent
        kind = "in" if isinstance(where, exp.In) else "array" if isinstance(where, exp.Array) else "scalar"
    elif isinstance(parent, (exp.Exists, exp.Any, exp.All, exp.In, exp.Array, exp.ArrayAgg)):
        kind = parent.key
    else:
        return
    own = {table.alias_or_name.casefold() for table in find_all(node, exp.Table, exp.Subquery)}
    tied = any(column.table and column.table.casefold() not in own for column in find_all(node, exp.Column))
    negated = "not " if isinstance(parent.parent, exp.Not) else ""
    yield f"subquery {negated}{kind}{' correlated' if tied else ''}"


def _source(node: exp.Expr) -> str:
    if isinstance(node, exp.Lateral):
        inner = node.this
        name = inner.name.lower() if isinstance(inner, exp.Anonymous) else inner.key
        words = [word for word in ("view", "outer", "cross_apply", "ordinality") if node.args.get(word)]
        return " ".join(("lateral", *words, name))
    if isinstance(node, exp.Unnest):
        kinds = " ".join(class_of(part) for part in node.expressions)
        return f"unnest of {kinds}{' with offset' if node.args.get('offset') else ''}"
    if isinstance(node, exp.Pivot):
        return "unpivot" if node.args.get("unpivot") else "pivot"
    return f"clause {node.key}"
