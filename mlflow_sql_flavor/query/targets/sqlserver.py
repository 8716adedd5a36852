"""Forms that SQL Server takes no query in: USING, an order without TOP below the top, a text beyond its code page."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from ...errors import QueryError
from ..translation.transpile import put

__all__ = ["as_body", "in_its_forms"]

Schema = Mapping[str, Mapping[str, str]]


def in_its_forms(tree: exp.Query, schema: Schema) -> None:
    """Rewrites a tree in place.

    Args:
        tree: The query.
        schema: ``{table as the query names it: {column: DuckDB type}}``.

    Raises:
        QueryError: What USING joins cannot be told.
    """
    for select in list(tree.find_all(exp.Select)):
        if any(join.args.get("method") == "NATURAL" for join in select.args.get("joins") or ()):
            raise QueryError("SQL Server has no NATURAL JOIN: join by ON.")
        if any(join.args.get("using") for join in select.args.get("joins") or ()):
            _without_using(select, schema)
    # https://learn.microsoft.com/en-us/sql/t-sql/queries/select-order-by-clause-transact-sql: not in views, subqueries
    for query in list(tree.find_all(exp.Query)):
        if query.parent is not None:
            _without_order(query)
    for text in list(tree.find_all(exp.Literal)):
        if text.is_string and not text.this.isascii():
            put(text, exp.National(this=text.this))


def as_body(sql: str) -> str:
    """A query as what a view or a table is made of: its steps first, since FROM takes no WITH; no order without TOP.

    https://learn.microsoft.com/en-us/sql/t-sql/queries/with-common-table-expression-transact-sql

    Args:
        sql: A statement that was put together around the query as written for SQL Server: it has no tree yet.
    """
    import sqlglot

    tree = sqlglot.parse_one(sql, dialect="tsql")
    for query in list(tree.find_all(exp.Query)):
        _without_order(query)
    return tree.sql("tsql", comments=False)


def _without_order(query: exp.Expr) -> None:
    if query.args.get("order") and not (query.args.get("limit") or query.args.get("offset") or query.args.get("for_")):
        query.set("order", None)


def _without_using(select: exp.Select, schema: Schema) -> None:
    """ON instead; a shared column that is named alone is that of the left side."""
    folded = {table.casefold(): {name.casefold() for name in columns} for table, columns in schema.items()}
    first = select.args["from_"].this
    before: list[exp.Expr] = [first]
    shared: dict[str, exp.Expr] = {}
    for join in select.args["joins"]:
        conditions: list[exp.Expr] = []
        for column in join.args.get("using") or ():
            name = column.name.casefold()
            own = _of(join.this, column)
            left = shared.get(name)
            if left is None:
                left = _of(_owner(before, name, folded), column)
            conditions.append(exp.EQ(this=left.copy(), expression=own))
            side = str(join.args.get("side") or "")
            both = exp.Coalesce(this=left.copy(), expressions=[own.copy()])
            shared[name] = both if side == "FULL" else own.copy() if side == "RIGHT" else left
        if conditions:
            join.set("using", None)
            join.set("on", exp.and_(*conditions))
        before.append(join.this)
    if any(item.is_star and not isinstance(item, exp.Count) for item in select.expressions):
        raise QueryError("* over USING cannot be written for SQL Server: name the columns.")
    for column in list(select.find_all(exp.Column)):
        found = shared.get(column.name.casefold())
        if found is None or column.table or column.find_ancestor(exp.Select) is not select:
            continue
        new: exp.Expr = found.copy()
        if isinstance(column.parent, exp.Select) and column.arg_key == "expressions":
            new = exp.alias_(new, column.this.copy())
        put(column, new)


def _owner(sources: list[exp.Expr], name: str, schema: Mapping[str, set[str]]) -> exp.Expr:
    if len(sources) == 1:
        return sources[0]
    found = []
    for source in sources:
        known = schema.get(source.name.casefold()) if isinstance(source, exp.Table) else None
        if known is None:
            names = source.this.named_selects if isinstance(source, exp.Subquery) else ["*"]
            if "*" in names:
                raise QueryError("Which table a column of USING is of cannot be told: join by ON for SQL Server.")
            known = {each.casefold() for each in names}
        if name in known:
            found.append(source)
    if len(found) != 1:
        raise QueryError("Which table a column of USING is of cannot be told: join by ON for SQL Server.")
    return found[0]


def _of(source: exp.Expr, column: exp.Expr) -> exp.Column:
    alias = source.args.get("alias")
    table = alias.this if alias is not None and alias.this is not None else source.this
    return exp.Column(this=column.this.copy() if isinstance(column, exp.Column) else column.copy(), table=table.copy())
