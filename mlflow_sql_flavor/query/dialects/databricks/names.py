"""Aliases that later outputs read. https://spark.apache.org/docs/latest/sql-ref-syntax-qry-select.html"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all
from .. import DialectRules
from ..shared import aliases, source_types

R = DialectRules("databricks names")
R.prepare(aliases.written_again)


@R.normalise
def called_all(tree: exp.Expr, ctx: Context) -> None:
    """A column called ``all`` is read before GROUP BY ALL and ORDER BY ALL are."""
    names = {column.casefold() for columns in ctx.schema.values() for column in columns}
    if "all" not in names | {alias.alias.casefold() for alias in find_all(tree, exp.Alias)}:
        return
    for node in find_all(tree, exp.Group, exp.Ordered):
        by = node.this if isinstance(node, exp.Ordered) else None
        if node.args.get("all") or (isinstance(by, exp.Var) and by.name.upper() == "ALL"):
            raise ctx.error(node.parent, "A column is called all: write `all` for it, or the columns in place of ALL.")


@R.normalise
def whole_rows(tree: exp.Expr, ctx: Context) -> None:
    """``struct(t.*)`` and ``struct(*)`` with the columns that the star stands for."""
    for node in list(find_all(tree, exp.Coalesce, exp.Greatest, exp.Least, exp.Array, exp.Struct)):
        select = node.find_ancestor(exp.Select)
        first = node.args.get("this")
        if isinstance(first, exp.Expr) and first.is_star and select is not None:
            given = [column for item in (first, *node.expressions) for column in _spelled(item, select, ctx)]
            node.set("this", given[0])
            node.set("expressions", given[1:])
            continue
        if select is not None and any(item.is_star for item in node.expressions):
            node.set("expressions", [column for item in node.expressions for column in _spelled(item, select, ctx)])


def _spelled(item: exp.Expr, select: exp.Select, ctx: Context) -> list[exp.Expr]:
    if not item.is_star:
        return [item]
    joins = select.args.get("joins") or []
    if any(j.args.get("using") or j.args.get("method") for j in joins) or item.args.get("except_"):
        raise ctx.error(item, "Write the columns in place of this star.")
    table = item.table if isinstance(item, exp.Column) else ""
    found: list[exp.Expr] = []
    for source in [*source_types.sources_of(select), *(select.args.get("laterals") or ())]:
        if table and source.alias_or_name.casefold() != table.casefold():
            continue
        columns = source_types.columns_of(source, ctx.schema)
        if columns is None:
            raise ctx.error(item, "It is not known here which columns this star stands for. Write them.")
        name = source.alias_or_name
        found.extend(exp.column(exp.to_identifier(column, quoted=True), table=name or None) for column, _ in columns)
    return found
