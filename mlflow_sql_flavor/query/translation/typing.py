"""The one way to a typed query: from a text's parse, the types of its tables and of its parameters."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from ..dialects import DialectRules, rules_of
from ..facts.context import Context
from ..facts.typed_query import Schema, TypedQuery, typed
from ..reading.parsed_query import ParsedQuery
from ..reading.placeholders import bind_tree
from ..reading.recursion import followed
from ..reading.traversal import nodes_of
from ..reading.tree_copy import paired_copy
from .growth import check_aliases
from .lateral import outer_tables, stand_beside
from .script_arguments import resolve_names, settle_conversions

__all__ = ["type_query"]


def type_query(query: ParsedQuery, schema: Schema, params: Mapping[str, str], ctx: Context | None = None) -> TypedQuery:
    """Types a query; made once for a text, a schema and a dialect, and handed to all that asks about types or columns.

    Args:
        query: From :func:`~..reading.parse.parse`; one that sqlglot reads.
        schema: ``{table as the query names it: {column: DuckDB type}}``, as far as known.
        params: ``{placeholder: DuckDB type}``, as far as known.
        ctx: A translation into DuckDB under way: the dialect's steps over what was read go first. None keeps the shape
            as written, for other targets.

    Raises:
        QueryError: A step over what was read refuses it.
    """
    return followed(lambda: _type_query(query, schema, params, ctx))


def _type_query(query: ParsedQuery, schema: Schema, params: Mapping[str, str], ctx: Context | None) -> TypedQuery:
    assert query.tree is not None
    rules = rules_of(query.dialect)
    tree = paired_copy(query.tree)[0]
    if query.folded:
        resolve_names(tree, schema, query.sql)
    found = _found(query, tree, schema, params, ctx, rules)
    if query.folded:
        settle_conversions(found)
    return found


def _found(
    query: ParsedQuery,
    tree: exp.Query,
    schema: Schema,
    params: Mapping[str, str],
    ctx: Context | None,
    rules: DialectRules,
) -> TypedQuery:
    if ctx is not None:
        check_aliases(tree, query.sql)
        for step in rules.first:
            step(tree, ctx)
    known = {name.casefold(): kind for name, kind in params.items()}
    types = {u.name: known.get(u.name.casefold()) or u.type_hint or "UNKNOWN" for u in query.placeholders}
    for old, new in bind_tree(nodes_of(tree), types):
        if old.parent is not None and old.arg_key:
            old.parent.set(old.arg_key, new, old.index)
    if ctx is None or not stand_beside(tree):
        return typed(query, tree, schema if ctx is None else rules.seen(schema), rules)
    bare, pairs = paired_copy(tree)
    found = typed(query, tree, rules.seen(schema), rules)
    outer = outer_tables(found, query.dialect)
    if not outer:
        return found
    for ours, copy in pairs:
        if id(ours) in outer:
            copy.set("table", outer[id(ours)])
    return typed(query, bare, rules.seen(schema), rules)
