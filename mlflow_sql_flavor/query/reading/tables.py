"""The tables a query reads, by the names it reads them by, and where."""

from __future__ import annotations

from sqlglot import exp

from ...errors import QueryError
from .parsed_query import ParsedQuery
from .positions import span
from .recursion import followed
from .traversal import find_all

__all__ = ["base_tables", "mark_recursive", "table_uses", "written_name"]

#: The one-row table that engines without a bare SELECT have, and others accept.
_DUAL = {"oracle", "mysql", "databricks", "snowflake", "redshift"}


def table_uses(query: ParsedQuery) -> list[tuple[str, int | None, int]]:
    """``(name, offset, length)`` of each table that is no CTE and no table function, in no particular order.

    A qualified name that none of the model's names serves is given as it is written.

    Raises:
        QueryError: A name of more than three parts.
    """
    if query.tree is None:
        return []
    return followed(lambda: _uses(query))


def _uses(query: ParsedQuery) -> list[tuple[str, int | None, int]]:
    assert query.tree is not None
    found: list[tuple[str, int | None, int]] = []
    for table in base_tables(query.tree):
        where = span(table.parts[-1])
        start, length = (where[0], where[1] - where[0]) if where else (None, 1)
        if not isinstance(table.this, exp.Identifier):
            raise QueryError(
                f"{written_name(table, query.dialect)} is not the name of a table: one has one to three parts.",
                query.sql,
                start,
                length,
            )
        if table.db:
            found.append((written_name(table, query.dialect), start, length))
            continue
        if table.name.casefold() != "dual" or query.dialect not in _DUAL:
            found.append((table.name, start, length))
    return found


def base_tables(tree: exp.Query) -> list[exp.Table]:
    """The tables of a tree that are neither CTEs nor table functions; a hint names tables, but reads none."""
    read = list(find_all(tree, exp.CTE, exp.Table))
    folded = {cte.alias.casefold() for cte in read if isinstance(cte, exp.CTE)}
    found = []
    for table in read:
        if not isinstance(table, exp.Table):
            continue
        if not isinstance(table.this, (exp.Identifier, exp.Dot)) or table.find_ancestor(exp.Hint) is not None:
            continue
        if table.db:
            if not _is_column(table):
                found.append(table)
        elif table.name.casefold() not in folded or _outside_of_its_cte(table):
            found.append(table)
    return found


def _is_column(table: exp.Table) -> bool:
    """Whether what looks like ``schema.table`` is a column, unnested, of what the same FROM reads before it."""
    join = table.parent
    select = join.parent if isinstance(join, exp.Join) else None
    if not isinstance(select, exp.Select):
        return False
    before = [select.args.get("from_"), *(select.args.get("joins") or ())]
    first = table.parts[0].name.casefold()
    for item in before:
        if item is join:
            return False
        if item is not None and item.this.alias_or_name.casefold() == first:
            return True
    return False


def written_name(table: exp.Table, dialect: str) -> str:
    """A table's name of all its parts, as text for people."""
    return ".".join(part.name for part in table.parts if part.name)[:200] or table.sql(dialect)[:80]


def mark_recursive(tree: exp.Query, dialect: str) -> None:
    """Marks a WITH whose part reads itself, in engines where the word RECURSIVE is not written or may be left out."""
    if dialect not in ("tsql", "oracle", "snowflake"):
        return
    for with_ in find_all(tree, exp.With):
        for cte in with_.expressions:
            if any(table.name.casefold() == cte.alias.casefold() for table in find_all(cte.this, exp.Table)):
                with_.set("recursive", True)


def _outside_of_its_cte(table: exp.Table) -> bool:
    """Whether a table named as a CTE is read where that CTE is not visible: in its own definition."""
    cte = table.find_ancestor(exp.CTE)
    while cte is not None:
        if cte.alias.casefold() == table.name.casefold():
            with_ = cte.find_ancestor(exp.With)
            return not (with_ is not None and with_.args.get("recursive"))
        cte = cte.find_ancestor(exp.CTE)
    return False
