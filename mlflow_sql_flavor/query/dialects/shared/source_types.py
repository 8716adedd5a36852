"""The type of a column by the tables and steps that a SELECT reads, where typing did not follow it."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from ...reading.placeholders import data_type
from ...reading.traversal import find_first

__all__ = ["columns_of", "columns_of_star", "element_of", "sources_of", "type_of_column", "type_of_path"]

Schema = Mapping[str, Mapping[str, str]]
Columns = list[tuple[str, exp.DataType | None]]
_DEEPEST = 40


def sources_of(select: exp.Select) -> list[exp.Expr]:
    """What stands in FROM and in the joins of a SELECT."""
    from_ = select.args.get("from_")
    return [*([from_.this] if from_ is not None else []), *(join.this for join in select.args.get("joins") or ())]


def type_of_column(
    name: str, table: str | None, select: exp.Select, schema: Schema, depth: int = 0
) -> exp.DataType | None:
    """The type of a column of what a SELECT reads; None where it is not known.

    Args:
        name: The column.
        table: What qualifies it; None if nothing does.
        select: Where it is read.
        schema: ``{table: {column: DuckDB type}}``.
        depth: How many steps were followed.
    """
    for source in sources_of(select) if depth < 50 else ():
        if table is not None and source.alias_or_name.casefold() != table.casefold():
            continue
        query = source.this if isinstance(source, exp.Subquery) else None
        if isinstance(source, exp.Unnest) and table is None and _named(source, name):
            element = element_of(source)
            if element is not None:
                return element
        if isinstance(source, exp.Table):
            cte = _step(source)
            query = cte.this if cte is not None else None
            known = next((schema[t] for t in schema if t.casefold() == source.name.casefold()), None)
            if cte is None and known is not None:
                column = next((c for c in known if c.casefold() == name.casefold()), None)
                if column is not None:
                    return data_type(known[column])
        while isinstance(query, (exp.SetOperation, exp.Subquery)):
            query = query.this
        if isinstance(query, exp.Select):
            found = _output(name, query, schema, depth)
            if found is not None:
                return found
    return None


def type_of_path(node: exp.Expr, schema: Schema) -> exp.DataType | None:
    """The type of a path into a column: its fields and elements; None where it is not known.

    Args:
        node: A column, a field or an element of one, where it is read.
        schema: ``{table: {column: DuckDB type}}``.
    """
    node = node.unnest()
    if isinstance(node, exp.Bracket):
        whole = type_of_path(node.this, schema)
        found = (
            whole.expressions[0] if whole is not None and whole.is_type(exp.DType.ARRAY) and whole.expressions else None
        )
        return found if isinstance(found, exp.DataType) else None
    if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Identifier):
        return _field(type_of_path(node.this, schema), node.expression.name)
    if not isinstance(node, exp.Column) or not isinstance(node.this, exp.Identifier):
        kind = node.type
        return kind if isinstance(kind, exp.DataType) and kind.this != exp.DType.UNKNOWN else None
    names = [part.name for part in node.parts]
    select = node.find_ancestor(exp.Select)
    while select is not None:
        for table, rest in ((names[0], names[1:]), (None, names)):
            kind = type_of_column(rest[0], table, select, schema) if rest else None
            for name in rest[1:]:
                kind = _field(kind, name)
            if kind is not None:
                return kind
        select = select.find_ancestor(exp.Select)
    return None


def _field(kind: exp.DataType | None, name: str) -> exp.DataType | None:
    fields = kind.expressions if kind is not None and kind.is_type(exp.DType.STRUCT) else []
    found = next((f.args.get("kind") for f in fields if f.name.casefold() == name.casefold()), None)
    return found if isinstance(found, exp.DataType) else None


def _output(name: str, query: exp.Select, schema: Schema, depth: int) -> exp.DataType | None:
    for item in query.expressions:
        if item.alias_or_name.casefold() == name.casefold() and not item.is_star:
            kind = item.type if item.type is not None else item.unalias().type
            known = isinstance(kind, exp.DataType) and kind.this != exp.DType.UNKNOWN
            inner = item.unalias()
            if not known and isinstance(inner, exp.Column):
                return type_of_column(inner.name, inner.table or None, query, schema, depth + 1)
            return kind if known else None
    if any(item.is_star for item in query.expressions):
        return type_of_column(name, None, query, schema, depth + 1)
    return None


def _named(source: exp.Unnest, name: str) -> bool:
    alias = source.args.get("alias")
    names = [source.alias_or_name, *(column.name for column in (alias.args.get("columns") or () if alias else ()))]
    return name.casefold() in {each.casefold() for each in names[-1:]}


def element_of(source: exp.Unnest) -> exp.DataType | None:
    """The type of what an UNNEST of one array gives; None where it is not known."""
    array = source.expressions[0].type if len(source.expressions) == 1 else None
    if not isinstance(array, exp.DataType) or not array.is_type(exp.DType.ARRAY) or not array.expressions:
        return None
    element = array.expressions[0]
    return element if isinstance(element, exp.DataType) else None


def columns_of(source: exp.Expr, schema: Schema, depth: int = 0) -> Columns | None:
    """Names and types of what a table or a step of FROM has; None where they are not known."""
    cte = _step(source) if isinstance(source, exp.Table) else None
    query = source.this if isinstance(source, exp.Subquery) else cte.this if cte is not None else None
    found: Columns | None = None
    if query is not None:
        found = _outputs(query, schema, depth + 1)
        aliases = source.args["alias"].columns if source.args.get("alias") is not None else []
        aliases = aliases or (cte.args["alias"].columns if cte is not None else [])
        if aliases and found is not None:
            found = [(alias.name, kind) for alias, (_, kind) in zip(aliases, found, strict=False)]
    elif isinstance(source, exp.Table):
        known = next((schema[table] for table in schema if table.casefold() == source.name.casefold()), None)
        found = [(name, data_type(kind)) for name, kind in known.items()] if known is not None else None
    elif isinstance(source, exp.Values):
        alias = source.args.get("alias")
        found = [(column.name, None) for column in alias.columns] if alias is not None and alias.columns else None
    elif isinstance(source, exp.Unnest):
        alias = source.args.get("alias")
        named = [column.name for column in alias.columns] if alias is not None else []
        element = element_of(source)
        if not named and element is not None and element.is_type(exp.DType.STRUCT):
            found = [(field.name, field.args.get("kind")) for field in element.expressions]
        if len(named) == 1:
            found = [(named[0], element)]
            if isinstance(source.args.get("offset"), exp.Identifier):
                found.append((source.args["offset"].name, exp.DataType.build("BIGINT")))
    return None if source.args.get("pivots") else found


def columns_of_star(item: exp.Expr, select: exp.Select, schema: Schema, depth: int = 0) -> Columns | None:
    """Names and types of what ``*`` or ``t.*`` stands for, but for its EXCEPT and REPLACE; None if not known."""
    sources = sources_of(select)
    if isinstance(item, exp.Column):
        sources = [s for s in sources if s.alias_or_name.casefold() == item.table.casefold()]
        return columns_of(sources[0], schema, depth) if len(sources) == 1 else None
    found: dict[str, tuple[str, exp.DataType | None]] = {}
    for source in sources if depth < _DEEPEST else ():
        known = columns_of(source, schema, depth)
        if known is None:
            return None
        for name, kind in known:
            found.setdefault(name.casefold(), (name, kind))
    return list(found.values()) or None


def _outputs(query: exp.Expr, schema: Schema, depth: int) -> Columns | None:
    while isinstance(query, (exp.SetOperation, exp.Subquery)):
        query = query.this
    if not isinstance(query, exp.Select) or depth > _DEEPEST:
        return None
    if query.is_star and query.meta.get("outputs") and all(_known(item.type) for item in query.meta["outputs"]):
        return [(item.alias_or_name, item.type) for item in query.meta["outputs"]]
    found: Columns = []
    for item in query.expressions:
        if not item.is_star:
            value = item.unalias()
            kind = item.type if _known(item.type) else value.type
            if not _known(kind) and isinstance(value, exp.Column):
                kind = type_of_column(value.name, value.table or None, query, schema, depth)
            found.append((item.alias_or_name, kind))
            continue
        star = item if isinstance(item, exp.Star) else find_first(item, exp.Star)
        known = columns_of_star(item, query, schema, depth + 1)
        if known is None or star is None:
            return None
        left_out = {part.name.casefold() for part in star.args.get("except_") or ()}
        new = {part.alias.casefold(): part.this.type for part in star.args.get("replace") or ()}
        found += [(name, new.get(name.casefold(), kind)) for name, kind in known if name.casefold() not in left_out]
    return found


def _known(kind: object) -> bool:
    return isinstance(kind, exp.DataType) and kind.this != exp.DType.UNKNOWN


def _step(table: exp.Table) -> exp.CTE | None:
    here: exp.Expr | None = table
    while here is not None:
        with_ = here.args.get("with_")
        for cte in with_.expressions if with_ is not None else ():
            if cte.alias.casefold() == table.name.casefold():
                found: exp.CTE = cte
                return found
        here = here.parent
    return None
