"""Tables and groups."""

from __future__ import annotations

from sqlglot import exp

from ..context import Context
from . import D


@D.prepare
def no_dual(tree: exp.Expr, ctx: Context) -> None:
    # https://dev.mysql.com/doc/refman/8.0/en/select.html: DUAL stands for no table
    for select in tree.find_all(exp.Select):
        source = select.args.get("from_")
        table = source.this if source is not None else None
        if isinstance(table, exp.Table) and table.name.lower() == "dual" and not select.args.get("joins"):
            select.set("from_", None)


@D.rule(exp.Group)
def with_rollup(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://dev.mysql.com/doc/refman/8.0/en/group-by-modifiers.html
    rollup = node.args.get("rollup")
    if rollup and not rollup[0].expressions and node.expressions:
        node.set("rollup", [exp.Rollup(expressions=node.expressions)])
        node.set("expressions", [])
    return None
