"""Who sees an alias, and names in quotes: https://www.postgresql.org/docs/15/sql-select.html"""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from ...facts.context import Context
from ...reading.traversal import walk_tree
from .. import DialectRules

R = DialectRules("postgres names")


@R.prepare
def names(tree: exp.Expr, ctx: Context) -> None:
    """Aliases are seen by ORDER BY and GROUP BY only; names in quotes keep their case."""
    for scope in ctx.scopes():
        select = scope.expression
        if not isinstance(select, exp.Select):
            continue
        _same_but_for_case(select, ctx)
        aliases = {e.alias.lower(): e for e in select.selects if isinstance(e, exp.Alias)}
        if aliases:
            _early_aliases(scope, select, aliases, ctx)


def _same_but_for_case(select: exp.Select, ctx: Context) -> None:
    seen: dict[str, str] = {}
    for item in select.selects:
        if isinstance(item, exp.Star) or not item.alias_or_name:
            continue
        name, folded = item.alias_or_name, item.alias_or_name.lower()
        if seen.setdefault(folded, name) != name and not item.is_star:
            raise ctx.error(
                item, f"The columns {seen[folded]!r} and {name!r} differ only in case, which DuckDB ignores."
            )


def _early_aliases(scope: Scope, select: exp.Select, aliases: Mapping[str, exp.Expr], ctx: Context) -> None:
    known: set[str] | None = None
    # Redshift reads an alias in the outputs behind it: r_SELECT_list.html
    outputs = [] if ctx.rules.name == "redshift" else select.selects
    parts = [select.args.get("where"), select.args.get("having"), *outputs]
    nodes = (n for p in parts if p is not None for n in walk_tree(p, prune=lambda n: isinstance(n, exp.Query)))
    for column in nodes:
        if not isinstance(column, exp.Column) or column.table or column.name.lower() not in aliases:
            continue
        if known is None:
            known = _columns(scope, ctx)
            if known is None:
                return
        if column.name.lower() not in known:
            raise ctx.error(
                column,
                f"{ctx.rules.name} sees the alias {column.name!r} in ORDER BY and GROUP BY only. Repeat its text.",
            )


def _columns(scope: Scope | None, ctx: Context) -> set[str] | None:
    """Names of the columns that a scope and those around it can see; None when one source's are not known."""
    found: set[str] = set()
    tables = {name.lower(): columns for name, columns in ctx.schema.items()}
    while scope is not None:
        for source in scope.sources.values():
            if isinstance(source, exp.Table):
                columns = tables.get(source.name.lower())
                if columns is None or (source.args.get("alias") and source.args["alias"].columns):
                    return None
                found.update(c.lower() for c in columns)
            elif isinstance(source, Scope) and isinstance(source.expression, exp.Query):
                if any(e.is_star for e in source.expression.selects) or source.outer_columns:
                    return None
                found.update(n.lower() for n in source.expression.named_selects)
            else:
                return None
        if scope.expression.args.get("laterals"):
            return None
        scope = scope.parent
    return found
