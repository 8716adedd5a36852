"""GROUP BY an output's alias that is also a table's name: DuckDB would take it for that table's rows."""

from __future__ import annotations

from collections.abc import Collection

from sqlglot import exp

__all__ = ["spell_out_groups"]


def spell_out_groups(tree: exp.Expr, columns: Collection[str]) -> None:
    """Writes the expression an alias stands for into GROUP BY, in place, where the alias is also a table's name.

    Args:
        tree: The query.
        columns: Names of the columns of the tables read; a column of that name goes before an alias.
    """
    known = {column.casefold() for column in columns}
    selects = list(tree.find_all(exp.Select))
    for select in selects:
        group = select.args.get("group")
        if group is None:
            continue
        named = {name.casefold() for other in selects if other is not select for name in other.named_selects}
        tables = {source.alias_or_name.casefold() for source in _sources(select)}
        for item in list(group.expressions):
            name = item.name.casefold()
            if not isinstance(item, exp.Column) or item.table or name not in tables or name in known | named:
                continue
            meant = [s.this for s in select.expressions if isinstance(s, exp.Alias) and s.alias.casefold() == name]
            if len(meant) == 1 and not meant[0].find(exp.Subquery):
                item.replace(meant[0].copy())


def _sources(select: exp.Select) -> list[exp.Expr]:
    first = select.args.get("from_")
    return [*([first.this] if first is not None else []), *(join.this for join in select.args.get("joins") or ())]
