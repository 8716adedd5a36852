"""Where a node stands in its query."""

from __future__ import annotations

from sqlglot import exp


def selects_of(query: exp.Expr | None) -> list[exp.Select]:
    """The SELECTs that a set operation puts together, through brackets."""
    if isinstance(query, (exp.Subquery, exp.Paren)):
        return selects_of(query.this)
    if isinstance(query, exp.SetOperation):
        return [*selects_of(query.this), *selects_of(query.expression)]
    return [query] if isinstance(query, exp.Select) else []


def window_key(node: exp.Expr) -> bool:
    """Whether this is in PARTITION BY or ORDER BY of a window, where DuckDB refuses what may call error()."""
    child, above = node, node.parent
    while above is not None and not isinstance(above, exp.Query):
        if isinstance(above, exp.Window):
            return child.arg_key in ("partition_by", "order")
        child, above = above, above.parent
    return False
