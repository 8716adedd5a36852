"""Tables and groups."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all
from .. import DialectRules
from ..shared import grouping

R = DialectRules("mysql relations")
R.prepare(grouping.no_total_of_nothing)


@R.prepare
def no_dual(tree: exp.Expr, ctx: Context) -> None:
    # https://dev.mysql.com/doc/refman/8.0/en/select.html: DUAL stands for no table
    for select in find_all(tree, exp.Select):
        source = select.args.get("from_")
        table = source.this if source is not None else None
        if isinstance(table, exp.Table) and table.name.lower() == "dual" and not select.args.get("joins"):
            select.set("from_", None)


@R.rule(exp.Group)
def with_rollup(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://dev.mysql.com/doc/refman/8.0/en/group-by-modifiers.html
    rollup = node.args.get("rollup")
    if rollup and not rollup[0].expressions and node.expressions:
        node.set("rollup", [exp.Rollup(expressions=node.expressions)])
        node.set("expressions", [])
    return None


@R.rule(exp.Join)
def straight_join(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # An inner join whose order of reading is fixed: https://dev.mysql.com/doc/refman/8.0/en/join.html
    if str(node.args.get("kind") or "").upper() == "STRAIGHT_JOIN":
        node.set("kind", None)
    return None


@R.rule(exp.Union)
def first_of_equals(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Of texts that are equal but not the same, the first row stays
    if not node.args.get("distinct") or isinstance(node.parent, exp.CTE) or node.args.get("with_"):
        return None
    if not any(ctx.is_a(item.unalias(), "text") for item in node.left.selects):  # type: ignore[attr-defined]
        return None
    node.set("distinct", False)
    rest = {key: node.args.get(key) for key in ("order", "limit", "offset")}
    for key in rest:
        node.set(key, None)
    alias = exp.TableAlias(this=exp.to_identifier("united"))
    made = exp.Select(expressions=[exp.Star()], distinct=exp.Distinct())
    made = made.from_(exp.Subquery(this=node, alias=alias), copy=False)
    for key, value in rest.items():
        if value is not None:
            made.set(key, value)
    return made
