"""A query of any dialect as DuckDB SQL that gives the source engine's rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlglot import exp
from sqlglot.errors import ErrorLevel, SqlglotError, UnsupportedError

from ...errors import QueryError
from ..dialects import DialectRules, Rule, rules_of
from ..dialects.shared.catalog import check_function
from ..dialects.shared.smallest_integer import name_type
from ..facts import nondeterminism
from ..facts.context import Context
from ..facts.typed_query import TypedQuery
from ..gate import packs
from ..reading import placeholders
from ..reading.parsed_query import ParsedQuery, Translation
from ..reading.recursion import followed
from ..reading.table_names import bare, restore_names
from ..reading.tables import base_tables
from ..reading.traversal import find_all, nodes_of
from ..reading.tree_copy import paired_copy
from .brackets import keep_arrows_apart, keep_together
from .grouping import KEYED, spell_out_groups, take_what_keys_decide
from .growth import bound_of, check_size
from .list_parameters import spread_lists
from .script_arguments import resolve_names
from .stars import mark_stars, order_stars
from .typing import type_query
from .windows import spell_out_windows

__all__ = ["apply_rules", "duckdb_tree", "plain_duckdb", "script_for_duckdb", "temporary", "to_duckdb", "translate"]

Schema = Mapping[str, Mapping[str, str]]


def to_duckdb(
    query: ParsedQuery,
    schema: Schema,
    params: Mapping[str, str],
    allow: Collection[str] = (),
    functions: Collection[str] = (),
    *,
    named: bool = False,
) -> Translation:
    """Translate a query so that DuckDB gives the rows of the engine it was written for.

    Args:
        query: From :func:`~.parse.parse`.
        schema: Table name as the user wrote it -> column -> DuckDB type.
        params: Placeholder name -> DuckDB type.
        allow: Names of refusals the writer accepts.
        functions: Names of the model's own Python functions.
        named: Whether tables keep the names that the query has for them, for a DuckDB of somebody's own.

    Raises:
        QueryError: no faithful translation, at its position.
    """
    return translate(query, schema, params, allow, functions, named=named)[0]


def translate(
    query: ParsedQuery,
    schema: Schema,
    params: Mapping[str, str],
    allow: Collection[str] = (),
    functions: Collection[str] = (),
    *,
    named: bool = False,
    required: Mapping[str, Collection[str]] | None = None,
    keys: Mapping[str, Sequence[Sequence[str]]] | None = None,
) -> tuple[Translation, TypedQuery | None]:
    """As :func:`to_duckdb`, and the typed query that it was made from; None where DuckDB runs the text as it is.

    Args:
        query, schema, params, allow, functions, named: As for :func:`to_duckdb`.
        required: ``{table: its columns whose type has no NULL}``.
        keys: ``{table: [columns of a key, …]}``.
    """
    ctx = Context(query.sql, rules_of(query.dialect), allow, functions)
    ctx.schema, ctx.required, ctx.keys = schema, required or {}, keys or {}
    types = placeholders.check_types(query.placeholders, params, query.sql)
    if query.dialect == "duckdb":
        tree = query.tree
        if tree is not None:
            followed(lambda: nondeterminism.find(nodes_of(tree), ctx))
        if query.folded:
            return _translation(followed(lambda: _folded_text(query, schema, types)), ctx), None
        return _translation(placeholders.rewrite_text(query.sql, query.placeholders, types, query.edits), ctx), None
    rewritten, typed = _rewritten(query, types, ctx)
    if named:
        restore_names(rewritten)
    return _translation(followed(lambda: _text(rewritten)), ctx), typed


def duckdb_tree(
    query: ParsedQuery, schema: Schema, params: Mapping[str, str], allow: Collection[str] = ()
) -> tuple[exp.Query, packs.Compat]:
    """What :func:`to_duckdb` makes of a query of another dialect, before it is written as text.

    Args:
        query, schema, params, allow: As for :func:`to_duckdb`.

    Returns:
        The tree, to be changed, each parameter in it a cast with the name as ``meta["parameter"]``; and the macros and
        settings that it needs.
    """
    ctx = Context(query.sql, rules_of(query.dialect), allow)
    ctx.schema = schema
    tree, _ = _rewritten(query, placeholders.check_types(query.placeholders, params, query.sql), ctx)
    return tree, packs.Compat(ctx.rules.pack, ctx.rules.version, list(ctx.macros), dict(ctx.settings))


def _rewritten(query: ParsedQuery, types: Mapping[str, str], ctx: Context) -> tuple[exp.Query, TypedQuery]:
    """The query by DuckDB's words, and what it was made from."""
    ctx.columns = frozenset(column for columns in ctx.schema.values() for column in columns)
    typed = type_query(query, ctx.schema, types, ctx)
    ctx.scopes, ctx.read_from, ctx.origin = (lambda: typed.written_scopes), typed.read_from, typed.origin
    followed(lambda: nondeterminism.find(nodes_of(typed.tree), ctx))
    return followed(lambda: _rewrite(typed, ctx)), typed


def _folded_text(query: ParsedQuery, schema: Schema, types: Mapping[str, str] | None) -> str:
    """The one query of a script of DuckDB's own.

    Args:
        query, schema: As for :func:`to_duckdb`.
        types: ``{placeholder: DuckDB type}``; None leaves the placeholders without.
    """
    assert query.tree is not None
    tree = paired_copy(query.tree)[0]
    resolve_names(tree, schema, query.sql)
    if types is not None:
        for old, new in placeholders.bind_tree(nodes_of(tree), types):
            put(old, new)
    return tree.sql("duckdb")


def plain_duckdb(query: ParsedQuery) -> str:
    """A query of DuckDB's own as DuckDB parses it: ``$name`` for ``:name``, tables by one-part names, no types."""
    if query.folded:
        return _folded_text(query, {}, None)
    marks = [(use.start, use.start + 1, "$") for use in query.placeholders if query.sql[use.start] == ":"]
    return placeholders.edited(query.sql, [*marks, *query.edits])


def _translation(text: str, ctx: Context) -> Translation:
    return Translation(
        duckdb_sql=text,
        pack=ctx.rules.pack,
        pack_version=ctx.rules.version,
        macros=tuple(ctx.macros),
        settings=ctx.settings,
        warnings=tuple(ctx.warnings),
        nondeterminism=tuple(ctx.nondeterminism),
        allowed=tuple(ctx.accepted),
    )


def _rewrite(typed: TypedQuery, ctx: Context) -> exp.Query:
    schema, seen, rules = ctx.schema, typed.schema, rules_of(typed.query.dialect)
    tree = typed.copy()
    nodes = nodes_of(tree)
    _check_growth(nodes, ctx)
    for node in nodes:
        if isinstance(node, exp.Func):
            check_function(node, ctx)
    spread_lists(nodes)
    keep_together(nodes)
    selects = list(find_all(tree, exp.Select))
    spell_out_windows(selects)
    spell_out_groups(selects, ctx.columns)
    if typed.query.dialect in KEYED:
        take_what_keys_decide(tree, ctx.keys)
    nodes = nodes_of(tree)
    mark_stars((node for node in nodes if isinstance(node, exp.Select)), typed.query.dialect, schema, ctx.sql)
    for step in rules.before:
        step(tree, ctx)
    sources = base_tables(tree) if seen is not schema else []
    named = _names(nodes) if sources else None
    outputs = _outputs(nodes)
    rewritten = apply_rules(tree, rules, ctx)
    _keep_names(outputs)
    late = list(find_all(rewritten, exp.Null, exp.Extract, exp.JSONExtract, exp.Neg, exp.Star))
    for null in (node for node in late if isinstance(node, exp.Null)):
        if isinstance(null.parent, exp.DPipe):
            other = null.parent.expression if null.arg_key == "this" else null.parent.this
            put(null, _typed(null.copy(), other.type))
        elif isinstance(null.parent, exp.Concat):
            put(null, _typed(null.copy(), null.parent.type))
    _read_parts_in_utc(late)
    keep_arrows_apart(late)
    for table in sources:
        _read_as(table, schema, seen, named)
    _name_as_written(rewritten, ctx)
    name_type(late)
    order_stars(late)
    assert isinstance(rewritten, exp.Query)
    return rewritten


def _text(tree: exp.Expr) -> str:
    try:
        return tree.sql("duckdb", unsupported_level=ErrorLevel.RAISE, copy=False)
    except UnsupportedError as e:
        raise QueryError(f"DuckDB has no counterpart for a part of this query: {first_line(e)}.") from None
    except (SqlglotError, ValueError, KeyError, AttributeError, TypeError, IndexError) as e:
        raise QueryError(f"This query cannot be written for DuckDB: {first_line(e)}.") from None


def _read_parts_in_utc(nodes: Iterable[exp.Expr]) -> None:
    """EXTRACT of a moment reads its clock in UTC, the zone of every session here; sqlglot writes none of a moment."""
    for node in nodes:
        if not isinstance(node, exp.Extract):
            continue
        value = node.expression
        if value.is_type(exp.DType.TIMESTAMPTZ, exp.DType.TIMESTAMPLTZ):
            utc = exp.Anonymous(this="timezone", expressions=[exp.Literal.string("UTC"), value])
            utc.type = exp.DataType.build("TIMESTAMP")
            node.set("expression", utc)


def _outputs(nodes: Sequence[exp.Expr]) -> list[tuple[exp.Select, list[exp.Expr | None]]]:
    """The columns that each SELECT hands on by their own name, at their places."""
    selects = [node for node in nodes if isinstance(node, exp.Select)]
    return [(s, [item.this if isinstance(item, exp.Column) else None for item in s.expressions]) for s in selects]


def _keep_names(outputs: list[tuple[exp.Select, list[exp.Expr | None]]]) -> None:
    """A column that a rule has made something else of keeps its name."""
    for select, names in outputs:
        if len(select.expressions) != len(names):
            continue
        for item, name in zip(list(select.expressions), names, strict=True):
            # not by its output_name: sqlglot names a cast as what it casts, DuckDB does not
            if isinstance(name, exp.Identifier) and not isinstance(item, (exp.Column, exp.Alias)):
                put(item, exp.alias_(item.copy(), name.name, quoted=name.quoted))


def _name_as_written(tree: exp.Expr, ctx: Context) -> None:
    """An output has the name the query writes: of ``SELECT ID`` DuckDB would take the column's own, ``id``."""
    select = tree
    while isinstance(select, (exp.SetOperation, exp.Subquery, exp.Paren)):
        select = select.this
    if not isinstance(select, exp.Select):
        return
    for item in select.expressions:
        if isinstance(item, exp.Column) and isinstance(item.this, exp.Identifier) and item.name not in ctx.columns:
            put(item, exp.alias_(item.copy(), item.name, quoted=True))


def _typed(null: exp.Expr, kind: exp.DataType | None) -> exp.Expr:
    """NULL where the engine knows a type: DuckDB gives a column of it none."""
    if kind is None or not kind.is_type(*exp.DataType.TEXT_TYPES, *exp.DataType.NUMERIC_TYPES, exp.DType.BOOLEAN):
        return null
    cast = exp.Cast(this=null, to=kind.copy())
    cast.type, cast.meta["parameter"] = kind.copy(), ""
    return cast


def _names(nodes: Sequence[exp.Expr]) -> set[str] | None:
    """Every name the query says; None if a star reads columns it does not name."""
    if any(isinstance(node, exp.Star) and not isinstance(node.parent, exp.Count) for node in nodes):
        return None
    if any(isinstance(node, exp.Join) and node.args.get("method") == "NATURAL" for node in nodes):
        return None
    return {node.name.casefold() for node in nodes if isinstance(node, exp.Identifier)}


def _read_as(table: exp.Table, schema: Schema, seen: Schema, named: set[str] | None) -> None:
    """Reads a table through casts to the types its columns have in the source engine."""
    name = next((known for known in schema if known.casefold() == table.name.casefold()), None)
    if name is None or dict(schema[name]) == dict(seen[name]):
        return
    columns: list[exp.Expr] = []
    used = [c for c in schema[name] if named is None or c.casefold() in named] or list(schema[name])[:1]
    if all(schema[name][column] == seen[name][column] for column in used):
        return
    for column in used:
        kind = schema[name][column]
        this: exp.Expr = exp.column(exp.to_identifier(column, quoted=True))
        if seen[name][column] != kind:
            this = exp.alias_(
                exp.Cast(this=this, to=placeholders.data_type(seen[name][column]).copy()), column, quoted=True
            )
        columns.append(this)
    alias = table.args.get("alias")
    source = exp.Subquery(
        this=exp.Select(expressions=columns).from_(bare(table)),
        alias=alias.copy() if alias else exp.TableAlias(this=exp.to_identifier(table.name, quoted=table.this.quoted)),
    )
    for key in ("joins", "laterals", "pivots", "sample"):
        if table.args.get(key):
            source.set(key, table.args[key])
    put(table, source)


#: How often sqlglot writes the list of ``x IN UNNEST(list)`` for DuckDB, and how deep one may stand in another.
_TIMES_WRITTEN = 5
_MOST_WRITTEN = 200


def _check_growth(nodes: Sequence[exp.Expr], ctx: Context) -> None:
    """Refuses lists that stand in one another where each is written several times: the text grows by a power."""
    lists = {id(node): node for node in nodes if isinstance(node, exp.In) and node.args.get("unnest") is not None}
    for node in lists.values():
        times, here = 1, node.parent
        while here is not None and times <= _MOST_WRITTEN:
            times *= _TIMES_WRITTEN if id(here) in lists else 1
            here = here.parent
        if times > _MOST_WRITTEN:
            raise ctx.error(node, "IN UNNEST(...) stands in others too deep: name the inner lists in a WITH clause.")


def apply_rules(tree: exp.Expr, rules: DialectRules, ctx: Context) -> exp.Expr:
    """One pass from the leaves to the root; each node is looked up by its type."""
    by_type: dict[type, list[Rule]] = {}
    nodes = nodes_of(tree)
    bound = bound_of(len(nodes))
    for node in reversed(nodes):
        kind = node.__class__
        if node.meta_get("parameter") is not None:
            continue  # it gives a bound value its type in DuckDB; the query's own engine sees no cast there
        found = by_type.get(kind)
        if found is None:
            found = by_type[kind] = [rule for base in kind.__mro__ for rule in rules.rules.get(base, ())]
        if isinstance(node, exp.Anonymous):
            found = [*rules.functions.get(str(node.name).lower(), ()), *found]
        current = node
        for rule in found:
            parent, key, index = current.parent, current.arg_key, current.index
            new = rule(current, ctx)
            if new is None or new is current:
                continue
            if new.type is None:
                new.type = current.type
            if isinstance(new, exp.Null):
                new = _typed(new, current.type)
            if parent is None or key is None:
                new.parent, new.arg_key, new.index = None, None, None
                tree = new
            else:
                parent.set(key, new, index)
            current = new
            if type(new) is not kind:
                break
        check_size(current, bound)
    return tree


def script_for_duckdb(
    query: ParsedQuery, schema: Schema, params: Mapping[str, str], allow: Collection[str] = ()
) -> str:
    """The translated query after the statements that it needs in a DuckDB of its own: settings and macros."""
    found = to_duckdb(query, schema, params, allow, named=True)
    needed = packs.setting_statements(found.settings)
    if found.macros and found.pack:
        needed += [temporary(macro) for macro in packs.statements(found.pack, found.pack_version, found.macros)]
    return "".join(f"{statement};\n" for statement in needed) + found.duckdb_sql


def temporary(macro: str) -> str:
    """A CREATE MACRO statement for a DuckDB that is somebody's own."""
    return macro.replace("CREATE MACRO", "CREATE OR REPLACE TEMPORARY MACRO", 1)


def put(old: exp.Expr, new: exp.Expr) -> None:
    """Puts a node where another one stands."""
    parent, key, index = old.parent, old.arg_key, old.index
    if parent is not None and key:
        parent.set(key, new, index)


def first_line(e: BaseException) -> str:
    """Of an error, without its full stop."""
    return str(e).split("\n")[0].rstrip(". ")
