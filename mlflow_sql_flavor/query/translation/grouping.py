"""GROUP BY as DuckDB takes it: an alias that is also a table's name, columns that a table's key decides."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from sqlglot import exp

from ..reading.traversal import find_all, find_first

__all__ = ["KEYED", "spell_out_groups", "take_what_keys_decide"]

#: Dialects in which a group by a table's primary key decides its other columns:
#: https://www.postgresql.org/docs/current/sql-select.html#SQL-GROUPBY
KEYED = frozenset(["postgres"])


def spell_out_groups(selects: Sequence[exp.Select], columns: Collection[str]) -> None:
    """Writes the expression an alias stands for into GROUP BY, in place, where the alias is also a table's name.

    Args:
        selects: All of the query's.
        columns: Names of the columns of the tables read; a column of that name goes before an alias.
    """
    known = {column.casefold() for column in columns}
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
            if len(meant) == 1 and not find_first(meant[0], exp.Subquery):
                item.replace(meant[0].copy())


def _sources(select: exp.Select) -> list[exp.Expr]:
    first = select.args.get("from_")
    return [*([first.this] if first is not None else []), *(join.this for join in select.args.get("joins") or ())]


def take_what_keys_decide(tree: exp.Expr, keys: Mapping[str, Sequence[Sequence[str]]]) -> None:
    """Writes a column of a table that is grouped by its key as ``any_value``, in place: DuckDB knows of no keys.

    Args:
        tree: The query.
        keys: ``{table: [columns of a key, …]}``: no two rows share the values, and none is NULL.
    """
    known = {name.casefold(): [set(map(str.casefold, key)) for key in own] for name, own in keys.items()}
    if not known:
        return
    steps = {cte.alias.casefold() for cte in find_all(tree, exp.CTE)}
    for select in list(find_all(tree, exp.Select)):
        group = select.args.get("group")
        if group is None or any(group.args.get(kind) for kind in ("cube", "rollup", "grouping_sets", "totals")):
            continue
        sources = {source.alias_or_name.casefold(): source for source in _sources(select)}
        by = [_column(item, select) for item in group.expressions]
        decided = {
            name
            for name, source in sources.items()
            if isinstance(source, exp.Table)
            and source.name.casefold() not in steps
            and any(
                key <= {c.name.casefold() for c in by if c is not None and _of(c, sources) == name}
                for key in known.get(source.name.casefold(), ())
            )
        }
        grouped = {(_of(c, sources), c.name.casefold()) for c in by if c is not None}
        for column in list(_outside_aggregates(select)):
            name = _of(column, sources)
            if name in decided and (name, column.name.casefold()) not in grouped:
                value = exp.AnyValue(this=column.copy())
                value.type = column.type
                at_top = column.parent is select and column.arg_key == "expressions"
                column.replace(exp.alias_(value, column.name, quoted=column.this.quoted) if at_top else value)


def _column(item: exp.Expr, select: exp.Select) -> exp.Column | None:
    """The column that an item of GROUP BY is, or stands for by its place."""
    if isinstance(item, exp.Literal) and item.is_int and 0 < int(item.name) <= len(select.expressions):
        item = select.expressions[int(item.name) - 1]
    found = item.unalias()
    return found if isinstance(found, exp.Column) else None


def _of(column: exp.Column, sources: Mapping[str, exp.Expr]) -> str | None:
    """The source that a column is of; without a name before it only where there is one source."""
    if column.table:
        return column.table.casefold()
    return next(iter(sources)) if len(sources) == 1 else None


def _outside_aggregates(select: exp.Select) -> Iterator[exp.Column]:
    """The columns of a SELECT's outputs, HAVING and ORDER BY that no aggregate holds and no subquery."""
    waiting: list[exp.Expr] = [*select.expressions]
    waiting += [clause for key in ("having", "order") if (clause := select.args.get(key)) is not None]
    aliases = {item.alias.casefold() for item in select.expressions if isinstance(item, exp.Alias)}
    while waiting:
        node = waiting.pop()
        if isinstance(node, exp.Column):
            if node.table or node.name.casefold() not in aliases or node.find_ancestor(exp.Order) is None:
                yield node
        elif not isinstance(node, (exp.AggFunc, exp.Query, exp.Window)):
            waiting += list(node.iter_expressions())
