"""A subquery in FROM sees what stands before it there in DuckDB, and in other engines only where LATERAL says so."""

from __future__ import annotations

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.scope import Scope

from ...errors import QueryError
from ..facts.typed_query import TypedQuery
from ..reading.positions import span
from ..reading.traversal import find_all

__all__ = ["outer_tables", "stand_beside"]


def stand_beside(tree: exp.Expr) -> bool:
    """Whether a subquery stands beside something else in FROM."""
    return any(isinstance(node.parent, exp.Join) for node in find_all(tree, exp.Subquery))


def outer_tables(typed: TypedQuery, dialect: str) -> dict[int, exp.Identifier]:
    """What a column in a subquery of FROM means where DuckDB would take a sibling's: a table of the query around.

    Returns:
        ``{id of a column of typed.tree: the table to write before it}``.

    Raises:
        QueryError: The engine finds no such column there.
    """
    found: dict[int, exp.Identifier] = {}
    try:
        scopes = typed.scopes
    except (SqlglotError, ValueError, KeyError, AttributeError, TypeError, IndexError):
        return found
    written = {id(theirs): ours for ours, theirs in typed.columns()}
    for scope in scopes:
        around = scope.parent
        if not scope.is_derived_table or around is None or around.is_udtf:
            continue
        for column in scope.external_columns:
            ours = written.get(id(column))
            if ours is None or column.table in scope.sources or not _beside(column, around, typed):
                continue
            if not ours.table and _may_be_own(ours.name, scope, typed):
                continue
            outer = None if ours.table else _outer(ours.name, around, typed)
            if outer is None:
                where = span(ours)
                raise QueryError(
                    f"{ours.sql(dialect)} is not known in this subquery: in {dialect} it does not see what stands "
                    "beside it in FROM. Write LATERAL before it, or join on the column.",
                    typed.query.sql,
                    *((where[0], where[1] - where[0]) if where else (None, 1)),
                )
            found[id(ours)] = outer
    return found


def _beside(column: exp.Column, around: Scope, typed: TypedQuery) -> bool:
    """Whether DuckDB would find a column in what stands beside its subquery."""
    if column.table:
        return column.table in around.sources
    return any(column.name.casefold() in (_names(source, typed) or ()) for source in around.sources.values())


def _may_be_own(name: str, scope: Scope, typed: TypedQuery) -> bool:
    """Whether a name may be a column or an output of the SELECT that it stands in."""
    named = [_names(source, typed) for source in scope.sources.values()]
    query = scope.expression
    outputs = {item.casefold() for item in query.named_selects} if isinstance(query, exp.Query) else set()
    return name.casefold() in outputs or any(names is None or name.casefold() in names for names in named)


def _outer(name: str, around: Scope, typed: TypedQuery) -> exp.Identifier | None:
    """The nearest table around a SELECT that has a column of this name, unless another table hides it."""
    scope = around.parent
    hidden = set(around.sources)
    while scope is not None:
        for alias, source in scope.sources.items():
            if name.casefold() in (_names(source, typed) or ()):
                return exp.to_identifier(alias) if alias not in hidden else None
        hidden |= set(scope.sources)
        scope = scope.parent
    return None


def _names(source: exp.Expr | Scope, typed: TypedQuery) -> set[str] | None:
    """The columns of a table or a step; None where they are not known."""
    if isinstance(source, Scope):
        query = source.expression
        if not isinstance(query, exp.Query) or any(item.is_star for item in query.selects):
            return None
        return {name.casefold() for name in query.named_selects}
    if not isinstance(source, exp.Table):
        return None
    table = next((known for known in typed.schema if known.casefold() == source.name.casefold()), None)
    return {name.casefold() for name in typed.schema[table]} if table is not None else None
