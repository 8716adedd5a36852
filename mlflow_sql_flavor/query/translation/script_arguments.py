"""What folding a script left open until types are known: names that stand for two things, and implied conversions."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from ...errors import QueryError
from ..facts.context import FAMILIES
from ..facts.typed_query import TypedQuery
from ..reading.scripts.inlining import COERCED, HIDES, OUTER
from ..reading.scripts.inlining import where as place_of
from ..reading.traversal import find_all, walk_tree

__all__ = ["resolve_names", "settle_conversions"]

Schema = Mapping[str, Mapping[str, str]]

_NUMBERS = {"int": ("int", "decimal", "float"), "decimal": ("decimal", "float"), "float": ("float",)}
#: What each engine converts by itself to the type of an argument, as ``{family: families}``; any where it is not named.
#: https://cloud.google.com/bigquery/docs/reference/standard-sql/conversion_rules#coercion
#: https://www.postgresql.org/docs/current/typeconv-func.html, https://trino.io/docs/current/language/types.html
_COERCES: dict[str, dict[str, tuple[str, ...]]] = {
    "bigquery": {**_NUMBERS, "date": ("date", "timestamp"), "text": ("text",)},
    "postgres": {**_NUMBERS, "date": ("date", "timestamp", "timestamptz"), "timestamp": ("timestamp", "timestamptz")},
    "trino": {**_NUMBERS, "date": ("date", "timestamp", "timestamptz"), "timestamp": ("timestamp", "timestamptz")},
}
_COERCES["redshift"] = _COERCES["postgres"]


def resolve_names(tree: exp.Expr, schema: Schema, sql: str) -> None:
    """A column goes before an argument or variable of its name; a caller's column in a subquery is said with its table.

    Args:
        tree: The query, of tables by their one-part names; changed in place.
        schema: ``{table: {column: type}}``, as far as known.
        sql: Its text.

    Raises:
        QueryError: A caller's column may belong to several tables.
    """
    for node in list(walk_tree(tree, bfs=False)):
        column = node.meta.get(HIDES)
        if column is not None:
            select = node.find_ancestor(exp.Select)
            while select is not None:
                if any(column.name.casefold() in (_columns(s, schema, tree) or ()) for s in _sources(select)):
                    node.replace(column.copy())
                    break
                select = select.find_ancestor(exp.Select)
    for node in list(find_all(tree, exp.Column)):
        levels = node.meta.get(OUTER)
        if not levels or node.table:
            continue
        select = node.find_ancestor(exp.Select)
        for _ in range(levels):
            select = select.find_ancestor(exp.Select) if select is not None else None
        owner = _owner(node, select, schema, tree) if select is not None else None
        if owner is None and select is not None and len(_sources(select)) > 1:
            raise QueryError(
                f"{node.name} may be a column of several tables here, where a function is written out: write its table "
                "before it.",
                sql,
                *place_of(node),
            )
        if owner:
            node.set("table", exp.to_identifier(owner, quoted=True))


def _owner(column: exp.Column, select: exp.Select, schema: Schema, tree: exp.Expr) -> str | None:
    """The table of a SELECT that a column is of; empty if it is of none of them."""
    known = {source.alias_or_name: _columns(source, schema, tree) for source in _sources(select)}
    having = [name for name, columns in known.items() if columns is not None and column.name.casefold() in columns]
    if len(having) == 1:
        return having[0]
    unknown = [name for name, columns in known.items() if columns is None]
    if not having and not unknown:
        return ""
    return unknown[0] if not having and len(known) == 1 else None


def _sources(select: exp.Select) -> list[exp.Expr]:
    from_ = select.args.get("from_")
    return [*([from_.this] if from_ is not None else []), *(join.this for join in select.args.get("joins") or ())]


def _columns(source: exp.Expr, schema: Schema, tree: exp.Expr) -> set[str] | None:
    """The folded columns of what stands in FROM; None where they are not known."""
    alias = source.args.get("alias")
    if isinstance(alias, exp.TableAlias) and alias.columns:
        return {column.name.casefold() for column in alias.columns}
    query = source.this if isinstance(source, exp.Subquery) else None
    if isinstance(source, exp.Table):
        cte = next((c for c in find_all(tree, exp.CTE) if c.alias.casefold() == source.name.casefold()), None)
        if cte is None:
            table = next((known for known in schema if known.casefold() == source.name.casefold()), None)
            return {name.casefold() for name in schema[table]} if table is not None else None
        if cte.args["alias"].columns:
            return {column.name.casefold() for column in cte.args["alias"].columns}
        query = cte.this
    if not isinstance(query, exp.Query):
        return None
    if any(item.is_star for item in query.selects):
        inner = query
        while isinstance(inner, (exp.SetOperation, exp.Subquery)):
            inner = inner.this
        parts = [_columns(each, schema, tree) for each in _sources(inner)] if isinstance(inner, exp.Select) else [None]
        named = {name.casefold() for name in query.named_selects if name != "*"}
        return None if any(part is None for part in parts) else named.union(*(part or set() for part in parts))
    return {name.casefold() for name in query.named_selects}


def settle_conversions(typed: TypedQuery) -> None:
    """Drops the implied conversions that change nothing, and refuses those that the engine does not make.

    Raises:
        QueryError: A value is of another type than its argument or variable, at its place.
    """
    dialect = typed.query.dialect
    for cast in list(find_all(typed.tree, exp.Cast)):
        what = cast.meta.get(COERCED)
        if what is None:
            continue
        value, kind = cast.this, cast.to
        given = value.type
        if given is None or given.this in (exp.DType.UNKNOWN, exp.DType.NULL) or isinstance(value.unnest(), exp.Null):
            continue
        plain = given.this == kind.this and not kind.expressions
        if plain or given.sql("duckdb") == kind.sql("duckdb"):
            cast.replace(value)
            continue
        if _named_by_place(value.unnest(), kind):
            continue
        allowed = _COERCES.get(dialect)
        literal = isinstance(value.unnest(), exp.Literal)
        if allowed is None or literal or (what.startswith("the value") and dialect in ("postgres", "redshift")):
            continue
        source, target = _family(given), _family(kind)
        if source is None or target is None or target in allowed.get(source, (source,)):
            continue
        raise QueryError(
            f"{dialect} does not convert {what} by itself, from {given.sql(dialect)} to {kind.sql(dialect)}: write "
            f"CAST(… AS {kind.sql(dialect)}).",
            typed.query.sql,
            *place_of(value),
        )


def _named_by_place(value: exp.Expr, kind: exp.DataType) -> bool:
    """Names the fields of structs that are written out as the type does: they are taken by their places.

    https://cloud.google.com/bigquery/docs/reference/standard-sql/conversion_rules#coercion
    """
    element = kind.expressions[0] if kind.is_type(exp.DType.ARRAY) and kind.expressions else kind
    if not isinstance(element, exp.DataType) or not element.is_type(exp.DType.STRUCT):
        return False
    names = [field.name for field in element.expressions if isinstance(field, exp.ColumnDef)]
    structs = [item.unnest() for item in value.expressions] if isinstance(value, exp.Array) else [value]
    if not all(isinstance(s, (exp.Struct, exp.Tuple)) and len(s.expressions) == len(names) for s in structs):
        return False
    for struct in structs:
        values = [v.expression if isinstance(v, exp.PropertyEQ) else v.unalias() for v in struct.expressions]
        pairs = zip(names, values, strict=True)
        fields = [exp.PropertyEQ(this=exp.to_identifier(n, quoted=True), expression=v.copy()) for n, v in pairs]
        made = exp.Struct(expressions=fields)
        made.type = element.copy()
        struct.replace(made)
    return True


def _family(kind: exp.DataType) -> str | None:
    return next((name for name, types in FAMILIES.items() if kind.this in types and name != "number"), None)
