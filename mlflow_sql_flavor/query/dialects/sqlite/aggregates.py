"""Bare columns under GROUP BY: https://sqlite.org/quirks.html#aggregate_queries_can_contain_non_aggregate_result_columns"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all
from .. import DialectRules
from ..shared import build
from .coercions import number, text

R = DialectRules("sqlite aggregates")


@R.prepare
def bare_columns(tree: exp.Expr, ctx: Context) -> None:
    for node in list(find_all(tree, exp.Select)):
        _bare_columns(node, ctx)


def _bare_columns(node: exp.Select, ctx: Context) -> None:
    aggregates = [
        found
        for item in node.expressions
        for found in find_all(item, exp.AggFunc, exp.Anonymous)
        if _here(found, node) and _aggregates(found) and found.find_ancestor(exp.Window, exp.Select) is node
    ]
    group = node.args.get("group")
    if not aggregates and group is None:
        return
    keys = _keys(node, group)
    bare = [
        column
        for item in node.expressions
        for column in find_all(item, exp.Column)
        if _here(column, node)
        and not _inside_aggregate(column, node)
        and column.name.casefold() not in keys
        and item.unalias().sql() not in keys
    ]
    if not bare:
        return
    extremes = [found for found in aggregates if isinstance(found, (exp.Max, exp.Min))]
    if len(extremes) != 1 or extremes[0].expressions:
        ctx.refuse(
            "bare_column",
            bare[0],
            f"Column {bare[0].name!r} is neither grouped nor aggregated, and SQLite takes it from any row",
            "Add it to GROUP BY or aggregate it",
        )
        return
    # With one MIN or MAX, the other columns come from the row that has it.
    extreme = extremes[0]
    name = "sqlite__at_max" if isinstance(extreme, exp.Max) else "sqlite__at_min"
    for column in bare:
        ctx.open("bare_column", column, "Of rows with an equal extreme SQLite takes the columns of any.")
        made = ctx.macro(name, column.copy(), extreme.this.copy())
        made.type = column.type
        parent, key, index = column.parent, column.arg_key, column.index
        if parent is node:
            made = exp.alias_(made, column.output_name or column.name)  # type: ignore[assignment]
        if parent is not None and key:
            parent.set(key, made, index)


def _aggregates(node: exp.Expr) -> bool:
    return isinstance(node, exp.AggFunc) or str(node.name).lower() in ("total", "percentile")


def _inside_aggregate(column: exp.Expr, select: exp.Select) -> bool:
    here = column.parent
    while here is not None and here is not select:
        if isinstance(here, (exp.AggFunc, exp.Window, exp.Filter)) or (
            isinstance(here, exp.Anonymous) and _aggregates(here)
        ):
            return True
        here = here.parent
    return False


def _here(node: exp.Expr, select: exp.Select) -> bool:
    return node.find_ancestor(exp.Select) is select


def _keys(node: exp.Select, group: exp.Expr | None) -> set[str]:
    """Names and texts that are grouped by; an ordinal and an alias stand for the item they name."""
    keys: set[str] = set()
    for key in group.expressions if group is not None else ():
        number = key.this if isinstance(key, exp.Literal) and not key.is_string else None
        if number is not None and str(number).isdigit() and 0 < int(number) <= len(node.expressions):
            key = node.expressions[int(number) - 1].unalias()
        for item in node.expressions:
            if isinstance(key, exp.Column) and item.alias and item.alias.casefold() == key.name.casefold():
                keys.add(item.unalias().sql())
                keys.update(column.name.casefold() for column in find_all(item, exp.Column))
        keys.add(key.sql())
        if isinstance(key, exp.Column):
            keys.add(key.name.casefold())
    return keys


@R.rule(exp.GroupConcat)
def group_concat(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    holder, value = node, node.this
    if isinstance(value, exp.Order):
        holder, value = value, value.this
    if isinstance(value, exp.Distinct):
        value.set("expressions", [text(each, ctx) for each in value.expressions])
    elif isinstance(value, exp.Expr):
        holder.set("this", text(value, ctx))
    return None


@R.function("percentile")
def percentile(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://sqlite.org/percentile.html: interpolated, the share in percent
    value, share = node.expressions
    if not isinstance(share.unnest(), (exp.Literal, exp.Cast)) or not ctx.is_a(value, "number"):
        raise ctx.error(node, "PERCENTILE has a counterpart for a number and a constant share from 0 to 100.")
    part = exp.Div(this=build.cast(share, "DOUBLE"), expression=build.cast(build.lit("100"), "DOUBLE"))
    return ctx.call("quantile_cont", build.cast(value, "DOUBLE"), part, type="DOUBLE")


@R.rule(exp.Median)
def median(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://sqlite.org/percentile.html: a text is an error, a number of it too
    if not ctx.is_a(node.this, "number", "bool"):
        raise ctx.error(node, "MEDIAN takes numbers in SQLite: CAST the text.")
    return None


# https://sqlite.org/lang_aggfunc.html#total: a real, 0.0 of nothing
R.macros({"total": ("sqlite__total", "DOUBLE")}, of=lambda value, ctx: build.cast(number(value, ctx), "DOUBLE"))
