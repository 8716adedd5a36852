"""ANY and ALL, JSON and set-returning functions.

https://www.postgresql.org/docs/15/functions-array.html, functions-json.html, functions-srf.html
"""

from __future__ import annotations

import json
from typing import Any

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared.common import cast, lit, text

__all__ = ["R"]

R = DialectRules("postgres relations")


_OPPOSITE: dict[type[exp.Expr], type[exp.Expr]] = {
    exp.EQ: exp.NEQ, exp.NEQ: exp.EQ, exp.GT: exp.LTE, exp.GTE: exp.LT, exp.LT: exp.GTE, exp.LTE: exp.GT,
}  # fmt: skip


@R.rule(exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
def any_all(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # functions-comparisons.html: with a NULL array the result is NULL, in DuckDB false.
    right = node.expression
    if isinstance(right, exp.Anonymous) and right.name.upper() == "ALL" and len(right.expressions) == 1:
        array = right.expressions[0]
        inner = _OPPOSITE[type(node)](this=node.this, expression=exp.Any(this=exp.Paren(this=array)))
        return _null_array(exp.Not(this=exp.Paren(this=inner)), array)
    if isinstance(right, exp.Any):
        array = right.this
        while isinstance(array, exp.Paren):
            array = array.this
        if isinstance(array, (exp.Query, exp.Array)) or (
            isinstance(array, exp.Cast) and isinstance(array.this, (exp.Placeholder, exp.Parameter))
        ):
            return None
        if text(array) is not None:
            raise ctx.error(node, "Write the array as ARRAY[...].")
        return _null_array(node.copy(), array)
    return None


def _null_array(test: exp.Expr, array: exp.Expr) -> exp.Expr:
    is_null = exp.Is(this=array.copy(), expression=exp.Null())
    made = exp.Case(ifs=[exp.If(this=is_null, true=exp.Null())], default=test)
    made.type = exp.DataType.build("BOOLEAN")
    return made


R.functions.setdefault("all", []).append(lambda node, ctx: None)


@R.rule(exp.WithinGroup)
def percentile(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # functions-aggregate.html: percentile_cont gives double precision; over DECIMAL DuckDB rounds to its scale.
    order = node.expression
    if isinstance(node.this, exp.PercentileCont) and isinstance(order, exp.Order):
        first = order.expressions[0]
        if ctx.is_a(first.this, "number"):
            first.set("this", cast(first.this, "DOUBLE"))
    if isinstance(node.this, exp.Mode):
        ctx.open("ties", node, "mode() takes any of the values that are equally frequent.")
    return None


@R.rule(exp.ArrayAgg, exp.GroupConcat)
def sorted_distinct(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # DISTINCT sorts in an aggregate, NULL last.
    distinct = node.this
    if isinstance(distinct, exp.Distinct) and len(distinct.expressions) == 1:
        by = exp.Ordered(this=distinct.expressions[0].copy(), nulls_first=False)
        node.set("this", exp.Order(this=distinct, expressions=[by]))
    return None


def _json_root(node: exp.Expr) -> exp.Expr:
    while isinstance(node, (exp.JSONExtract, exp.JSONBExtract, exp.Paren)) or (
        isinstance(node, exp.Anonymous) and node.meta.get("json")
    ):
        node = node.expressions[0] if isinstance(node, exp.Anonymous) else node.this
    return node


@R.rule(exp.JSONExtractScalar)
def json_text(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # ->> of a number keeps its text (2.50), of an object has blanks: DuckDB's differ, so those raise.
    value = exp.JSONExtract(this=node.this, expression=node.expression)
    return _scalar(node, value, ctx)


def _scalar(node: exp.Expr, value: exp.Expr, ctx: Context) -> exp.Expr:
    above = node.parent
    while isinstance(above, exp.Paren):
        above = above.parent
    to_number = isinstance(above, exp.Cast) and above.to.this in exp.DataType.NUMERIC_TYPES
    if to_number:
        return ctx.macro("pg__json_scalar", value, type="VARCHAR")
    return ctx.macro("pg__json_text", value, _json_root(node.this).copy(), type="VARCHAR")


def _path(node: exp.Expr, ctx: Context) -> exp.Expr:
    path = text(node.expression)
    if path is None or not (path.startswith("{") and path.endswith("}")) or '"' in path:
        raise ctx.error(node, "#> and #>> need a literal path such as '{a,b,0}' here.")
    made = node.this
    for step in path[1:-1].split(",") if path != "{}" else []:
        step = step.strip()
        if step.lstrip("-").isdigit():
            made = ctx.macro("pg__json_step", made, lit(step), lit(int(step)), type="JSON")
        else:
            made = ctx.call("json_extract", made, lit(f'$."{step}"'), type="JSON")
        made.meta["json"] = True
    return made


@R.rule(exp.JSONBExtractScalar)
def json_path_text(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return _scalar(node, _path(node, ctx), ctx)


@R.rule(exp.JSONBExtract)
def json_path(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return _path(node, ctx)


@R.rule(exp.ArrayContainsAll, exp.ArrayContainedBy)
def contains(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    inside = isinstance(node, exp.ArrayContainedBy)
    whole_, part = (node.expression, node.this) if inside else (node.this, node.expression)
    if not ctx.is_a(whole_, "json"):
        return None
    found = text(part.this if isinstance(part, exp.Cast) else part)
    try:
        needle = json.loads(found) if found is not None else None
    except ValueError:
        needle = None
    if not isinstance(needle, dict):
        raise ctx.error(node, "@> on jsonb needs a literal object here, e.g. '{\"a\": 1}'.")
    tests = list(_contains(whole_, "$", needle, node, ctx))
    test = exp.and_(*tests, copy=False) if tests else exp.Boolean(this=True)
    return _null_array(exp.Coalesce(this=exp.Paren(this=test), expressions=[exp.Boolean(this=False)]), whole_)


def _contains(doc: exp.Expr, path: str, needle: dict[str, Any], node: exp.Expr, ctx: Context) -> Any:
    for key, value in needle.items():
        at = f'{path}."{key}"'
        kind = ctx.call("json_type", doc.copy(), lit(at))
        raw = ctx.call("json_extract_string", doc.copy(), lit(at))
        if isinstance(value, dict):
            yield exp.EQ(this=kind, expression=lit("OBJECT"))
            yield from _contains(doc, at, value, node, ctx)
        elif isinstance(value, bool) or value is None:
            yield exp.EQ(this=kind, expression=lit("NULL" if value is None else "BOOLEAN"))
            if value is not None:
                yield exp.EQ(this=raw, expression=lit(str(value).lower()))
        elif isinstance(value, (int, float)):
            yield exp.In(this=kind, expressions=[lit("BIGINT"), lit("UBIGINT"), lit("DOUBLE")])
            number = ctx.call("json_extract_string", doc.copy(), lit(at))
            yield exp.EQ(this=cast(number, "DOUBLE"), expression=cast(lit(repr(value)), "DOUBLE"))
        elif isinstance(value, str):
            yield exp.EQ(this=kind, expression=lit("VARCHAR"))
            yield exp.EQ(this=raw, expression=lit(value))
        else:
            raise ctx.error(node, "@> with an array inside has no counterpart.")


@R.rule(exp.JSONBContainsTopKey)
def top_key(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.call("list_contains", ctx.call("json_keys", node.this), node.expression, type="BOOLEAN")


@R.rule(exp.JSONBContainsAnyTopKeys, exp.JSONBContainsAllTopKeys)
def top_keys(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    name = "list_has_any" if isinstance(node, exp.JSONBContainsAnyTopKeys) else "list_has_all"
    return ctx.call(name, ctx.call("json_keys", node.this), node.expression, type="BOOLEAN")


@R.function("jsonb_array_length", "json_array_length")
def json_array_length(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.macro("pg__json_array_length", node.expressions[0], type="INTEGER")


@R.function("jsonb_typeof", "json_typeof")
def json_typeof(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.macro("pg__json_typeof", node.expressions[0], type="VARCHAR")


_LISTS = {
    "string_to_table": "pg__split", "jsonb_array_elements": "pg__json_items", "json_array_elements": "pg__json_items",
    "jsonb_array_elements_text": "pg__json_texts", "json_array_elements_text": "pg__json_texts",
    "jsonb_object_keys": "json_keys", "json_object_keys": "json_keys",
}  # fmt: skip
_TYPES = {"pg__split": "VARCHAR[]", "pg__json_items": "JSON[]", "pg__json_texts": "VARCHAR[]", "json_keys": "VARCHAR[]"}


def _list(node: exp.Anonymous, ctx: Context) -> exp.Expr | None:
    name = node.name.lower()
    if name == "regexp_split_to_table":
        from .strings import regexp_split

        return regexp_split(node, ctx)
    macro = _LISTS.get(name)
    if macro is None:
        return None
    make = ctx.call if macro == "json_keys" else ctx.macro
    return make(macro, *node.expressions, type=_TYPES[macro])


@R.function(*_LISTS, "regexp_split_to_table")
def set_returning(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if isinstance(node.parent, (exp.Table, exp.Lateral)) or not isinstance(node, exp.Anonymous):
        return None
    made = _list(node, ctx)
    return exp.Explode(this=made) if made is not None else None


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
        if "elements" in name and select is not None and any(c.name == "value" for c in select.find_all(exp.Column)):
            column = exp.to_identifier("value")
        columns = [column]
    if name in ("jsonb_array_elements", "json_array_elements"):
        _no_json_output(node, columns[0].name, ctx)
    table = exp.TableAlias(this=alias.this if alias is not None else exp.to_identifier(name), columns=columns[:1])
    if node.args.get("ordinality"):
        number = columns[1] if len(columns) > 1 else exp.to_identifier("ordinality")
        return exp.Unnest(expressions=[made], alias=table, offset=number)
    return exp.Unnest(expressions=[made], alias=table)


def _no_json_output(table: exp.Expr, column: str, ctx: Context) -> None:
    """Refuse a JSON value of this table function as an output: by its name, a star, or an alias of its query."""
    select, names = table.find_ancestor(exp.Select), {column}
    if select is None:
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


@R.rule(exp.JSONStripNulls, exp.JSONObjectAgg, exp.JSONBObjectAgg)
def json_made(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    ctx.refuse("json_text", node, "The text of a JSON value differs", "Return the columns themselves")
    return None


def _default_column(name: str) -> str:
    return "value" if "elements" in name else name


def _each(call: exp.Anonymous, name: str, alias: exp.TableAlias | None, ctx: Context) -> exp.Expr:
    doc = call.expressions[0]
    keys = ctx.call("json_keys", doc)
    path = exp.DPipe(this=exp.DPipe(this=lit('$."'), expression=exp.column("key")), expression=lit('"'), safe=True)
    value: exp.Expr = ctx.call("json_extract", doc.copy(), path)
    if name.endswith("_text"):
        value = ctx.macro("pg__json_text", value, doc.copy())
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


@R.prepare
def json_output(tree: exp.Expr, ctx: Context) -> None:
    """A JSON value as an output is text in DuckDB, and other text than postgres'."""
    for item in tree.selects if isinstance(tree, exp.Query) else []:
        if ctx.is_a(item.unalias(), "json"):
            ctx.refuse("json_text", item, "A JSON value comes out as text, in DuckDB's form", "Take it out with ->>")


R.refuse_functions(
    "json_text",
    {"row_to_json", "to_json", "to_jsonb", "array_to_json", "json_object", "jsonb_pretty", "json_build_object",
     "jsonb_build_object", "json_build_array", "jsonb_build_array"},
    "The text of a JSON value differs",
    "Return the columns themselves",
)  # fmt: skip
