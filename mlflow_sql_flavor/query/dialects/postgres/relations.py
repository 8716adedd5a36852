"""Tables and functions that give rows.

https://www.postgresql.org/docs/15/functions-srf.html, sql-values.html
"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all, walk_tree
from .. import DialectRules
from ..shared.build import lit
from .json_paths import sequence
from .regex import regexp_split

R = DialectRules("postgres relations")
_LISTS = {
    "string_to_table": "pg__split", "jsonb_array_elements": "pg__json_items", "json_array_elements": "pg__json_items",
    "jsonb_array_elements_text": "pg__json_texts", "json_array_elements_text": "pg__json_texts",
    "jsonb_object_keys": "json_keys", "json_object_keys": "json_keys",
}  # fmt: skip
_TYPES = {"pg__split": "VARCHAR[]", "pg__json_items": "JSON[]", "pg__json_texts": "VARCHAR[]", "json_keys": "VARCHAR[]"}


def _list(node: exp.Anonymous, ctx: Context) -> exp.Expr | None:
    name = node.name.lower()
    if name == "regexp_split_to_table":
        return regexp_split(node, ctx)
    if name == "jsonb_path_query":
        return sequence(node, ctx)
    macro = _LISTS.get(name)
    if macro is None:
        return None
    make = ctx.call if macro == "json_keys" else ctx.macro
    if macro == "pg__split" and len(node.expressions) == 3:
        made = ctx.macro(macro, *node.expressions[:2], type=_TYPES[macro])
        return ctx.macro("pg__null_items", made, node.expressions[2], type=_TYPES[macro])
    return make(macro, *node.expressions, type=_TYPES[macro])


@R.function(*_LISTS, "regexp_split_to_table", "jsonb_path_query")
def set_returning(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if isinstance(node.parent, (exp.Table, exp.Lateral)) or not isinstance(node, exp.Anonymous):
        return None
    made = _list(node, ctx)
    return exp.Explode(this=made) if made is not None else None


@R.prepare
def where_rows_are_made(tree: exp.Expr, ctx: Context) -> None:
    """Functions that give rows are run after DISTINCT ON, and stand in no CASE or COALESCE."""
    for node in list(walk_tree(tree)):
        name = node.name.lower() if isinstance(node, exp.Anonymous) else ""
        named = name in _LISTS or name.endswith("_to_table") or name == "jsonb_path_query"
        if not named and not isinstance(node, (exp.Explode, exp.ExplodingGenerateSeries)):
            continue
        above = node.parent
        while isinstance(above, exp.Expr) and not isinstance(above, (exp.Select, exp.From, exp.Join, exp.Lateral)):
            if isinstance(above, (exp.Case, exp.Coalesce)):
                raise ctx.error(node, f"{ctx.rules.name} allows no function that gives rows in {above.key.upper()}.")
            above = above.parent
        distinct = above.args.get("distinct") if isinstance(above, exp.Select) else None
        if distinct is not None and distinct.args.get("on") is not None:
            raise ctx.error(node, "Write DISTINCT ON in a subquery and this function around it: it is run afterwards.")


@R.rule(exp.Table, exp.Lateral)
def table_function(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    call = node.this
    if not isinstance(call, exp.Anonymous):
        return None
    name = call.name.lower()
    alias = node.args.get("alias")
    if name in ("jsonb_each", "json_each", "jsonb_each_text", "json_each_text"):
        if not name.endswith("_text"):
            named = list(alias.columns) if alias is not None else []
            _no_json_output(node, named[1].name if len(named) > 1 else "value", ctx)
        return _each(call, name, alias, ctx)
    made = _list(call, ctx)
    if made is None:
        return None
    columns = list(alias.columns) if alias is not None else []
    if not columns:
        column = alias.this.copy() if alias is not None else exp.to_identifier(_default_column(name))
        select = node.find_ancestor(exp.Select)
        if "elements" in name and select is not None and any(c.name == "value" for c in find_all(select, exp.Column)):
            column = exp.to_identifier("value")
        columns = [column]
    if name in ("jsonb_array_elements", "json_array_elements", "jsonb_path_query"):
        _no_json_output(node, columns[0].name, ctx)
    table = exp.TableAlias(this=alias.this if alias is not None else exp.to_identifier(name), columns=columns[:1])
    if node.args.get("ordinality"):
        number = columns[1] if len(columns) > 1 else exp.to_identifier("ordinality")
        return exp.Unnest(expressions=[made], alias=table, offset=number)
    return exp.Unnest(expressions=[made], alias=table)


def _no_json_output(table: exp.Expr, column: str, ctx: Context) -> None:
    """Refuse a JSON value of this table function as an output: by its name, a star, or an alias of its query."""
    select, names = table.find_ancestor(exp.Select), {column}
    if select is None or not any(
        item.is_star or (isinstance(item.unalias(), exp.Column) and item.unalias().name == column)
        for item in select.selects
    ):
        return
    root: exp.Expr = select
    while root.parent is not None:
        root = root.parent
    for item in select.selects:
        if isinstance(item, exp.Alias) and isinstance(item.this, exp.Column) and item.this.name == column:
            names.add(item.alias)
    for item in root.selects if isinstance(root, exp.Query) else []:
        value = item.unalias()
        if item.is_star or (isinstance(value, exp.Column) and value.name in names):
            ctx.refuse("json_text", item, "A JSON value comes out as text, in DuckDB's form", "Cast or take with ->>")


def _default_column(name: str) -> str:
    return "value" if "elements" in name else name


def _text_of(value: exp.Expr, doc: exp.Expr, ctx: Context) -> exp.Expr:
    """A value of JSON as text."""
    whole_ = "pg__jsonb_text" if doc.is_type(exp.DType.JSONB) else "pg__json_part"
    written = ctx.macro(whole_, value.copy(), doc.copy())
    return ctx.macro("pg__json_text", value, doc.copy(), written)


def _each(call: exp.Anonymous, name: str, alias: exp.TableAlias | None, ctx: Context) -> exp.Expr:
    doc = call.expressions[0]
    keys = ctx.call("json_keys", doc)
    path = exp.DPipe(this=exp.DPipe(this=lit('$."'), expression=exp.column("key")), expression=lit('"'), safe=True)
    value: exp.Expr = ctx.call("json_extract", doc.copy(), path)
    if name.endswith("_text"):
        value = _text_of(value, doc, ctx)
    inner = exp.select(exp.alias_(exp.Explode(this=keys), "key"))
    query = exp.select(exp.column("key"), exp.alias_(value, "value")).from_(inner.subquery("k"))
    table = alias or exp.TableAlias(this=exp.to_identifier(name))
    return exp.Lateral(this=exp.Subquery(this=query), alias=table)


@R.rule(exp.Values)
def values(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # queries-values.html: the columns are called column1, column2 ...
    alias = node.args.get("alias")
    if alias is not None and not alias.columns and node.expressions:
        first = node.expressions[0]
        count = len(first.expressions) if isinstance(first, exp.Tuple) else 1
        alias.set("columns", [exp.to_identifier(f"column{i + 1}") for i in range(count)])
    return None
