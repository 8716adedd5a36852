"""What ``*`` gives over USING and NATURAL: the shared columns first, then the others. DuckDB leaves them in place.

https://www.postgresql.org/docs/current/queries-table-expressions.html
https://docs.databricks.com/en/sql/language-manual/sql-ref-syntax-qry-select-join.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sqlglot import exp

from ...errors import QueryError
from ..reading.positions import span

__all__ = ["mark_stars", "order_stars"]

#: Engines that leave the shared columns where they stand in the first table.
_IN_PLACE = {"duckdb", "sqlite"}
_SHARED = "shared_columns"
Schema = Mapping[str, Mapping[str, str]]


def mark_stars(selects: Iterable[exp.Select], dialect: str, schema: Schema, sql: str) -> None:
    """Notes at each ``*`` which columns come first, while the query has its written shape.

    Raises:
        QueryError: The columns that a NATURAL join shares are not known; or a source beside has one of their names.
    """
    if dialect in _IN_PLACE:
        return
    for select in selects:
        stars = [item for item in select.expressions if isinstance(item, exp.Star)]
        joins = select.args.get("joins") or ()
        if not stars or not any(join.args.get("using") or join.args.get("method") == "NATURAL" for join in joins):
            continue
        shared: list[str] = []
        for number, join in enumerate(joins):
            own = [column.name for column in join.args.get("using") or ()]
            if join.args.get("method") == "NATURAL":
                own = _common(select, number, schema, sql)
            folded = {name.casefold() for name in own}
            shared = own + [name for name in shared if name.casefold() not in folded]
        _check_beside(select, shared, schema, sql)
        for star in stars:
            star.meta[_SHARED] = shared


def _check_beside(select: exp.Select, shared: list[str], schema: Schema, sql: str) -> None:
    """Refuses a source joined by ON that has a column of a shared name: in the same ``*`` it is one more."""
    folded = {name.casefold() for name in shared}
    for join in select.args["joins"]:
        if join.args.get("using") or join.args.get("method") == "NATURAL":
            continue
        names = _columns(join.this, schema)
        found = [name for name in names or () if name.casefold() in folded]
        if names is None or found:
            where = span(join.this)
            why = f"has a column {found[0]!r} too" if found else "has columns that are not known here"
            raise QueryError(
                f"* puts the columns of USING or NATURAL first, and this source {why}: name the columns.",
                sql,
                where[0] if where else None,
            )


def order_stars(nodes: Iterable[exp.Expr]) -> None:
    """Writes the columns noted at a ``*`` in front of it, in place."""
    for star in nodes:
        shared = star.meta_get(_SHARED) if isinstance(star, exp.Star) else None
        select = star.parent
        if not shared or not isinstance(select, exp.Select):
            continue
        taken = {name.casefold() for key in ("except_", "except") for name in _names(star.args.get(key))}
        changed = {name.casefold() for key in ("replace_", "replace", "rename") for name in _names(star.args.get(key))}
        first = [name for name in shared if name.casefold() not in taken | changed]
        key = "except_" if "except_" in exp.Star.arg_types else "except"
        left = list(star.args.get(key) or ())
        star.set(key, [*left, *(exp.to_identifier(name, quoted=True) for name in first)])
        place = star.index or 0
        columns = [exp.column(exp.to_identifier(name, quoted=True)) for name in first]
        select.set("expressions", [*select.expressions[:place], *columns, *select.expressions[place:]])


def _names(nodes: object) -> Iterator[str]:
    for node in nodes if isinstance(nodes, list) else ():
        yield node.alias_or_name


def _common(select: exp.Select, number: int, schema: Schema, sql: str) -> list[str]:
    joins = select.args["joins"]
    sources = [select.args["from_"].this, *(join.this for join in joins[:number])]
    right = _columns(joins[number].this, schema)
    left = [_columns(source, schema) for source in sources]
    if right is None or None in left:
        where = span(joins[number])
        raise QueryError(
            "The columns that this NATURAL JOIN shares are not known, so neither is the order of *: name the columns.",
            sql,
            where[0] if where else None,
        )
    other = {name.casefold() for name in right}
    found = {name.casefold(): name for names in left for name in names or () if name.casefold() in other}
    return list(found.values())


def _columns(source: exp.Expr, schema: Schema) -> list[str] | None:
    """The names of a source's columns; None where a star hides them."""
    alias = source.args.get("alias")
    if isinstance(alias, exp.TableAlias) and alias.columns and not isinstance(source, exp.Table):
        return [column.name for column in alias.columns]
    if isinstance(source, exp.Subquery) and isinstance(source.this, exp.Query):
        return _outputs(source.this, schema)
    if not isinstance(source, exp.Table):
        return None
    scope: exp.Expr | None = source.parent
    while scope is not None:
        with_ = scope.args.get("with_") if isinstance(scope, exp.Query) else None
        for cte in with_.expressions if with_ is not None else ():
            if cte.alias.casefold() == source.name.casefold():
                return [c.name for c in cte.args["alias"].columns] or _outputs(cte.this, schema)
        scope = scope.parent
    return next((list(names) for table, names in schema.items() if table.casefold() == source.name.casefold()), None)


def _outputs(query: exp.Query, schema: Schema) -> list[str] | None:
    if any(item.is_star for item in query.selects):
        select = query if isinstance(query, exp.Select) else None
        if (
            select is None
            or len(select.expressions) != 1
            or select.args.get("joins")
            or select.args.get("from_") is None
        ):
            return None
        return _columns(select.args["from_"].this, schema)
    return list(query.named_selects)
