"""Joins, names and subqueries."""

from __future__ import annotations

from sqlglot import exp

from .. import common
from ..context import Context
from . import D


@D.prepare
def outer_joins(tree: exp.Expr, ctx: Context) -> None:
    # https://clickhouse.com/docs/sql-reference/statements/select/join: join_use_nulls is off
    for join in tree.find_all(exp.Join):
        if (join.side or "").upper() in ("LEFT", "RIGHT", "FULL") and (join.kind or "").upper() not in ("SEMI", "ANTI"):
            ctx.refuse(
                "outer_join_default",
                join,
                "Where nothing matches, a column that is not Nullable is 0 or an empty text here, not NULL",
                "Use an inner join, or accept NULL as with join_use_nulls = 1",
            )


@D.prepare
def shadowing(tree: exp.Expr, ctx: Context) -> None:
    # An alias is read before a column of its name: https://clickhouse.com/docs/sql-reference/syntax#notes-on-usage
    for select in tree.find_all(exp.Select):
        aliases: dict[str, exp.Alias] = {}
        for item in select.expressions:
            if not isinstance(item, exp.Alias):
                continue
            twin = next(
                (known for known in aliases if known != item.alias and known.casefold() == item.alias.casefold()), None
            )
            if twin is not None:
                raise ctx.error(
                    item, f"{twin!r} and {item.alias!r} are two names in ClickHouse and one in DuckDB: rename one."
                )
            aliases[item.alias] = item
        for column in select.find_all(exp.Column):
            alias = aliases.get(column.name)
            if alias is None or column.table or column.name not in ctx.columns:
                continue
            if (
                column.find_ancestor(exp.Select) is not select
                or column.find_ancestor(exp.Order, exp.Select) is not select
            ):
                continue  # ORDER BY reads the output in both engines
            inside = column is alias.this or column.find_ancestor(exp.Alias) is alias
            if isinstance(alias.this, exp.Column) and alias.this.name == column.name:
                continue
            if inside and sum(1 for other in select.find_all(exp.Column) if other.name == column.name) == 1:
                continue
            ctx.refuse(
                "alias_shadow",
                column,
                f"{column.name!r} is read as the output of that name, not as the column",
                "Give the output another name",
            )


@D.rule(exp.Group)
def with_rollup(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    for key, kind in (("rollup", exp.Rollup), ("cube", exp.Cube)):
        found = node.args.get(key)
        if found and not found[0].expressions and node.expressions:
            node.set(key, [kind(expressions=node.expressions)])
            node.set("expressions", [])
    return None


@D.rule(exp.Table)
def numbers(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://clickhouse.com/docs/sql-reference/table-functions/numbers
    call = node.this
    if not isinstance(call, exp.Anonymous) or call.name.lower() != "numbers" or not 1 <= len(call.expressions) <= 2:
        return None
    start = call.expressions[0] if len(call.expressions) == 2 else common.lit(0)
    stop = exp.Add(this=start.copy(), expression=exp.Paren(this=call.expressions[-1]))
    source = exp.Table(
        this=ctx.call("range", start, stop),
        alias=exp.TableAlias(this=exp.to_identifier("__n"), columns=[exp.to_identifier("number")]),
    )
    alias = node.args.get("alias") or exp.TableAlias(this=exp.to_identifier("numbers"))
    return exp.Subquery(this=exp.Select(expressions=[exp.Star()]).from_(source), alias=alias)
