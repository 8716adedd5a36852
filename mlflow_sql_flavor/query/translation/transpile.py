"""A query of any dialect as DuckDB SQL that gives the source engine's rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlglot import exp
from sqlglot.errors import ErrorLevel, SqlglotError, UnsupportedError

from ...errors import QueryError
from ..dialects import DialectRules, Rule, rules_of
from ..dialects.shared.catalog import check_function
from ..dialects.shared.edges import name_type
from ..facts import nondeterminism
from ..facts.context import Context
from ..facts.typed import TypedQuery
from ..gate import packs
from ..reading import placeholders
from ..reading.names import bare, restore_names
from ..reading.recursion import followed
from ..reading.tables import base_tables
from ..reading.tree_copy import paired_copy
from ..reading.types import ParsedQuery, Translation
from .arguments import resolve_names
from .grouping import KEYED, spell_out_groups, take_what_keys_decide
from .growth import bound_of, check_size
from .stars import mark_stars, order_stars
from .typing import type_query
from .windows import spell_out_windows

__all__ = ["apply_rules", "plain_duckdb", "script_for_duckdb", "temporary", "to_duckdb", "translate"]

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
            followed(lambda: nondeterminism.find(list(tree.walk(bfs=False)), ctx))
        if query.folded:
            return _translation(followed(lambda: _folded_text(query, schema, types)), ctx), None
        return _translation(placeholders.rewrite_text(query.sql, query.placeholders, types, query.edits), ctx), None
    ctx.columns = frozenset(column for columns in schema.values() for column in columns)
    typed = type_query(query, schema, types, ctx)
    ctx.scopes = lambda: typed.written_scopes
    followed(lambda: nondeterminism.find(list(typed.tree.walk(bfs=False)), ctx))
    text = followed(lambda: _write(typed, schema, ctx, named))
    return _translation(text, ctx), typed


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
        for old, new in placeholders.bind_tree(list(tree.walk(bfs=False)), types):
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


def _write(typed: TypedQuery, schema: Schema, ctx: Context, named_tables: bool) -> str:
    seen, rules = typed.schema, rules_of(typed.query.dialect)
    tree = typed.copy()
    nodes = list(tree.walk(bfs=False))
    _check_growth(nodes, ctx)
    for node in nodes:
        if isinstance(node, exp.Func):
            check_function(node, ctx)
    _spread_lists(nodes)
    _keep_together(nodes)
    spell_out_groups(tree, ctx.columns)
    spell_out_windows(tree)
    if typed.query.dialect in KEYED:
        take_what_keys_decide(tree, ctx.keys)
    nodes = list(tree.walk(bfs=False))
    mark_stars(tree, typed.query.dialect, schema, ctx.sql)
    for step in rules.before:
        step(tree, ctx)
    sources = base_tables(tree) if seen is not schema else []
    named = _names(nodes) if sources else None
    outputs = _outputs(nodes)
    rewritten = apply_rules(tree, rules, ctx)
    _keep_names(outputs)
    for null in rewritten.find_all(exp.Null):
        if isinstance(null.parent, exp.DPipe):
            other = null.parent.expression if null.arg_key == "this" else null.parent.this
            put(null, _typed(null.copy(), other.type))
        elif isinstance(null.parent, exp.Concat):
            put(null, _typed(null.copy(), null.parent.type))
    _read_parts_in_utc(rewritten)
    _keep_arrows_apart(rewritten)
    for table in sources:
        _read_as(table, schema, seen, named)
    _name_as_written(rewritten, ctx)
    name_type(rewritten)
    order_stars(rewritten)
    if named_tables:
        restore_names(rewritten)
    try:
        return rewritten.sql("duckdb", unsupported_level=ErrorLevel.RAISE, copy=False)
    except UnsupportedError as e:
        raise QueryError(f"DuckDB has no counterpart for a part of this query: {first_line(e)}.") from None
    except (SqlglotError, ValueError, KeyError, AttributeError, TypeError, IndexError) as e:
        raise QueryError(f"This query cannot be written for DuckDB: {first_line(e)}.") from None


def _read_parts_in_utc(tree: exp.Expr) -> None:
    """EXTRACT of a moment reads its clock in UTC, the zone of every session here; sqlglot writes none of a moment."""
    for node in list(tree.find_all(exp.Extract)):
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


_OPERATORS_OF_CALLS = (
    exp.IntDiv, exp.BitwiseAnd, exp.BitwiseOr, exp.BitwiseXor, exp.BitwiseLeftShift, exp.BitwiseRightShift,
)  # fmt: skip


def _keep_together(nodes: Sequence[exp.Expr]) -> None:
    """What calls like DIV and BITAND make is written as an operator: what it holds and what holds it stay apart."""
    for node in nodes:
        if not isinstance(node, _OPERATORS_OF_CALLS):
            continue
        for side in (node.this, node.expression):
            if isinstance(side, (exp.Binary, exp.Unary)) and not isinstance(side, (exp.Paren, exp.Dot)):
                _put_in_brackets(side)
        if isinstance(node.parent, (exp.Binary, exp.Unary)) and not isinstance(node.parent, exp.Paren):
            _put_in_brackets(node)


def _keep_arrows_apart(tree: exp.Expr) -> None:
    """``f(j -> 'a')`` is a lambda to DuckDB: as an argument, a part of JSON stands in brackets."""
    for node in list(tree.find_all(exp.JSONExtract)):
        if isinstance(node.parent, exp.Func) and not isinstance(node.parent, (exp.Cast, exp.JSONExtract)):
            _put_in_brackets(node)


def _put_in_brackets(node: exp.Expr) -> None:
    made = exp.Paren()
    made.type = node.type
    node.replace(made)
    made.set("this", node)


def _spread_lists(nodes: Sequence[exp.Expr]) -> None:
    """A list parameter that a value is compared with becomes a subquery; one in a table's place is refused."""
    for node in nodes:
        if not (isinstance(node, exp.Cast) and node.meta.get("parameter")):
            continue
        parent = node.parent
        if isinstance(parent, exp.Table):
            raise QueryError("A parameter cannot stand for a table. Name the table.")
        if parent is None or node.args["to"].this not in exp.DataType.ARRAY_TYPES:
            continue
        group = parent if not isinstance(parent, exp.Paren) else parent.parent
        equal = group.parent if group is not None else None
        if isinstance(parent, exp.In) and len(parent.expressions) < 2 and parent.this is not node:
            put(parent, _asked(exp.In(this=parent.this, query=_elements(node)), parent))
        elif isinstance(group, exp.Any) and isinstance(equal, exp.EQ) and equal.expression is group:
            put(equal, _asked(exp.In(this=equal.this, query=_elements(node)), equal))
        elif isinstance(group, (exp.Any, exp.All)):
            group.set("this", _elements(node))


def _asked(new: exp.Expr, old: exp.Expr) -> exp.Expr:
    new.type = old.type
    return new


def _elements(bound: exp.Expr) -> exp.Subquery:
    """The elements of a bound list as the rows of a subquery: compared as any other subquery's."""
    each = exp.Anonymous(this="unnest", expressions=[bound])
    element = exp.Cast(this=each, to=bound.args["to"].expressions[0].copy())
    element.meta["parameter"] = each.meta["parameter"] = bound.meta["parameter"]
    named = exp.alias_(element, "element")
    query = exp.Subquery(this=exp.Select(expressions=[named]))
    each.type = element.type = named.type = query.type = bound.args["to"].expressions[0]
    return query


def apply_rules(tree: exp.Expr, rules: DialectRules, ctx: Context) -> exp.Expr:
    """One pass from the leaves to the root; each node is looked up by its type."""
    by_type: dict[type, list[Rule]] = {}
    nodes = list(tree.walk(bfs=False))
    bound = bound_of(len(nodes))
    for node in reversed(nodes):
        kind = type(node)
        if "parameter" in node.meta:
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
