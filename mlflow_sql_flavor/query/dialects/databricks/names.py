"""Aliases that later outputs read. https://spark.apache.org/docs/latest/sql-ref-syntax-qry-select.html"""

from __future__ import annotations

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from ...facts.context import Context
from ...facts.typed import scopes_of
from .. import DialectRules
from ..shared import aliases

R = DialectRules("databricks names")
R.prepare(aliases.written_again)


@R.normalise
def called_all(tree: exp.Expr, ctx: Context) -> None:
    """A column called ``all`` is read before GROUP BY ALL and ORDER BY ALL are."""
    names = {column.casefold() for columns in ctx.schema.values() for column in columns}
    if "all" not in names | {alias.alias.casefold() for alias in tree.find_all(exp.Alias)}:
        return
    for node in tree.find_all(exp.Group, exp.Ordered):
        by = node.this if isinstance(node, exp.Ordered) else None
        if node.args.get("all") or (isinstance(by, exp.Var) and by.name.upper() == "ALL"):
            raise ctx.error(node.parent, "A column is called all: write `all` for it, or the columns in place of ALL.")


@R.normalise
def whole_rows(tree: exp.Expr, ctx: Context) -> None:
    """``struct(t.*)`` and ``struct(*)`` with the columns that the star stands for."""
    structs = [node for node in tree.find_all(exp.Struct) if any(e.is_star for e in node.expressions)]
    if not structs:
        return
    for scope in scopes_of(tree):
        for node in structs:
            if node.find_ancestor(exp.Select) is scope.expression:
                node.set("expressions", [c for e in node.expressions for c in _spelled(e, scope, ctx)])


def _spelled(item: exp.Expr, scope: Scope, ctx: Context) -> list[exp.Expr]:
    if not item.is_star:
        return [item]
    joins = scope.expression.args.get("joins") or []
    if any(j.args.get("using") or j.args.get("method") for j in joins) or item.args.get("except_"):
        raise ctx.error(item, "Write the columns in place of this star.")
    table = item.table if isinstance(item, exp.Column) else ""
    found: list[exp.Expr] = []
    for name, source in scope.sources.items():
        if table and name.lower() != table.lower():
            continue
        columns = _columns_of(source, ctx)
        if columns is None:
            raise ctx.error(item, "It is not known here which columns this star stands for. Write them.")
        found.extend(exp.column(exp.to_identifier(c, quoted=True), table=name) for c in columns)
    return found


def _columns_of(source: object, ctx: Context) -> list[str] | None:
    if isinstance(source, exp.Table):
        return next((list(c) for name, c in ctx.schema.items() if name.lower() == source.name.lower()), None)
    query = source.expression if isinstance(source, Scope) else None
    if not isinstance(query, exp.Query) or any(e.is_star for e in query.selects):
        return None
    return list(query.named_selects)
