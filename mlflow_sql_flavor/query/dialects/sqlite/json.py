"""JSON that is made: https://sqlite.org/json1.html"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all
from .. import DialectRules
from ..shared import build
from .coercions import integer, is_json, text

R = DialectRules("sqlite json")

R.refuses(
    "json_text",
    {exp.JSONSet, exp.JSONRemove},
    "The text of a JSON that is changed may differ",
    "Build it with json_object",
)


def json_path(node: exp.Expr, ctx: Context) -> exp.Expr:
    path = node.args.get("expression")
    if path is None:
        return build.lit("$")
    written = path.sql("duckdb").strip("'") if isinstance(path, exp.JSONPath) else build.text(path)
    if written is None:
        raise ctx.error(node, "The path into the JSON is not a constant: write it as a text.")
    return build.lit(written if written.startswith("$") else f'$."{written}"')


R.macros(
    {
        # json_extract and ->> give a value of its own type: https://sqlite.org/json1.html#jptr
        exp.JSONExtractScalar: ("sqlite__json_value", "VARCHAR", "this", json_path),
        # https://sqlite.org/json1.html#the_json_type_function
        exp.JSONType: ("sqlite__json_type", "VARCHAR", "this", json_path),
    }
)


@R.rule(exp.Is)
def json_is_null(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    inner = node.this.unnest()
    if is_json(inner) and isinstance(node.expression, exp.Null):
        return ctx.macro("sqlite__json_missing", *inner.expressions, type="BOOLEAN")
    return None


@R.prepare
def json_each(tree: exp.Expr, ctx: Context) -> None:
    # https://sqlite.org/json1.html#jeach: a value has the type it has in the JSON, an array's key is a number
    aliases = set()
    for table in find_all(tree, exp.Table):
        if str(getattr(table.this, "name", "")).lower() in ("json_each", "json_tree"):
            aliases.add(table.alias_or_name.casefold())
    if not aliases:
        return
    for column in list(find_all(tree, exp.Column)):
        name, parent, key, index = column.name.casefold(), column.parent, column.arg_key, column.index
        mine = column.table.casefold() in aliases or (not column.table and name not in map(str.casefold, ctx.columns))
        if not mine or name not in ("value", "atom", "key", "type") or parent is None or key is None:
            continue
        if name == "type":
            value = exp.column("value", table=column.args.get("table"))
            made = ctx.macro("sqlite__json_type", value, build.lit("$"), type="VARCHAR")
        elif name == "key":
            full = exp.column("fullkey", table=column.args.get("table"))
            made = ctx.macro("sqlite__json_key", column.copy(), full, type="VARCHAR")
        else:
            made = ctx.macro("sqlite__json_value", column.copy(), build.lit("$"), type="VARCHAR")
        inside = isinstance(parent, exp.Select) and key == "expressions"
        parent.set(key, exp.alias_(made, column.name) if inside else made, index)


_MADE = "json"  # in a node's meta: its text is JSON, and goes into another JSON as it is


def _made(node: exp.Expr) -> exp.Expr:
    node.type = exp.DataType.build("VARCHAR")
    node.meta[_MADE] = True
    return node


def element(value: exp.Expr, ctx: Context) -> exp.Expr:
    """The JSON text of one value: https://sqlite.org/json1.html#value_arguments"""
    inner = value.unnest()
    if inner.meta.get(_MADE) or isinstance(inner, exp.JSONExtract):
        shown: exp.Expr = build.cast(value, "VARCHAR")
    elif isinstance(inner, exp.Null):
        return build.lit("null")
    elif ctx.is_a(value, "int", "bool"):
        shown = build.cast(integer(value, ctx), "VARCHAR")
    elif ctx.is_a(value, "number"):
        shown = text(value, ctx)
    elif ctx.is_a(value, "text") and not (isinstance(inner, exp.Anonymous) and "json" in inner.name):
        shown = build.cast(ctx.call("to_json", value), "VARCHAR")
    else:
        ctx.refuse("json_text", value, "The JSON of this value is known to SQLite only", "CAST it to TEXT or INTEGER")
        return value
    return exp.Coalesce(this=shown, expressions=[build.lit("null")])


def _joined(start: str, parts: list[exp.Expr], end: str, ctx: Context) -> exp.Expr:
    pieces: list[exp.Expr] = []
    for part in parts:
        pieces += [build.lit("," if pieces else start), part]
    return _made(ctx.call("concat", *(pieces or [build.lit(start)]), build.lit(end)))


@R.function("json_array")
def json_array(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return _joined("[", [element(value, ctx) for value in node.expressions], "]", ctx)


@R.rule(exp.JSONObject)
def json_object(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    parts: list[exp.Expr] = []
    for pair in node.expressions:
        key = pair.this
        if not ctx.is_a(key, "text"):
            raise ctx.error(node, "A key of a JSON object is a text: CAST it.")
        name = build.cast(ctx.call("to_json", ctx.macro("sqlite__label", key)), "VARCHAR")
        parts.append(ctx.call("concat", name, build.lit(":"), element(pair.expression, ctx)))
    return _joined("{", parts, "}", ctx)


@R.rule(exp.JSONArrayAgg)
def json_group_array(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://sqlite.org/json1.html#jgrouparray: NULLs are elements, [] of no rows
    return _collected("[", _each(node.this, ctx), "]", ctx)


@R.rule(exp.JSONObjectAgg)
def json_group_object(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    key, value = node.expressions
    if not ctx.is_a(key, "text"):
        raise ctx.error(node, "A key of a JSON object is a text: CAST it.")
    name = build.cast(ctx.call("to_json", ctx.macro("sqlite__label", key)), "VARCHAR")
    return _collected("{", ctx.call("concat", name, build.lit(":"), element(value, ctx)), "}", ctx)


def _each(value: exp.Expr, ctx: Context) -> exp.Expr:
    """The elements of an aggregate: the value inside of DISTINCT and ORDER BY."""
    if isinstance(value, exp.Order):
        value.set("this", _each(value.this, ctx))
    elif isinstance(value, exp.Distinct):
        value.set("expressions", [element(each, ctx) for each in value.expressions])
    else:
        return element(value, ctx)
    return value


def _collected(start: str, each: exp.Expr, end: str, ctx: Context) -> exp.Expr:
    rows = ctx.call("array_to_string", ctx.call("list", each), build.lit(","))
    return _made(ctx.call("concat", build.lit(start), rows, build.lit(end)))


@R.function("json_quote")
def json_quote(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return _made(element(node.expressions[0], ctx))


@R.function("json")
def json(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Without white space, everything else as written; a text that is no JSON is an error
    return _made(ctx.macro("sqlite__json", text(node.expressions[0], ctx)))


@R.function("json_valid")
def json_valid(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if len(node.expressions) > 1:
        raise ctx.error(node, "JSON_VALID with flags has no counterpart: leave them out.")
    return ctx.macro("sqlite__json_valid", text(node.expressions[0], ctx), type="BIGINT")


@R.function("json_array_length")
def json_array_length(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value, *path = node.expressions
    where = exp.JSONExtractScalar(this=value, expression=path[0]) if path else exp.JSONExtractScalar(this=value)
    return ctx.call("json_array_length", text(value, ctx), json_path(where, ctx), type="BIGINT")


R.refuses(
    "json_text",
    {"json_insert", "json_replace", "json_array_insert", "json_patch", "json_pretty", "json_error_position"},
    "The text of a JSON that is changed may differ",
    "Build it with json_object or json_array",
)
