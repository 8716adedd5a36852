"""JSON: https://dev.mysql.com/doc/refman/8.0/en/json-functions.html"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build
from ..shared.calls import argument, constant_path
from .coercions import is_json, text

R = DialectRules("mysql json")

R.refuses(
    "json_text",
    {exp.JSONSet, exp.JSONRemove},
    "The text of a JSON that is changed differs",
    "Build it with JSON_OBJECT",
)


def _extracted(node: exp.Expr, ctx: Context) -> exp.Expr:
    return ctx.call("json_extract", node.this, constant_path(node.expression, ctx))


R.macros(
    {
        exp.JSONType: ("my__json_type", "VARCHAR", "this"),
        exp.JSONKeys: ("my__json_keys", "VARCHAR", "this", argument(1, build.lit("$"))),
        exp.JSONExtractScalar: ("my__json_text", "VARCHAR", _extracted),
    }
)
R.macros({"json_length": ("my__json_length", "BIGINT", argument(0, build.lit("")), argument(1, build.lit("$")))})


@R.rule(exp.Alias)
def shown(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # A JSON value in a result is its text
    if is_json(node.this) and isinstance(node.parent, exp.Select):
        node.set("this", text(node.this, ctx))
    return None


@R.rule(exp.JSONExtract)
def one_path(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.expressions:
        raise ctx.error(node, "JSON_EXTRACT with several paths has no counterpart: call it once a path.")
    constant_path(node.expression, ctx)
    return None


@R.function("json_contains_path")
def json_contains_path(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value, mode, *paths = node.expressions
    found = [build.cast(ctx.call("json_exists", value.copy(), constant_path(path, ctx)), "BIGINT") for path in paths]
    name = "greatest" if (build.text(mode) or "").lower() == "one" else "least"
    return found[0] if len(found) == 1 else ctx.call(name, *found, type="BIGINT")


@R.function("json_contains")
def json_contains(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value, wanted, *path = node.expressions
    if path:
        value = ctx.call("json_extract", value, constant_path(path[0], ctx))
    return build.cast(ctx.call("json_contains", value, wanted), "BIGINT")


@R.function("json_unquote")
def json_unquote(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value = node.expressions[0]
    if isinstance(value, exp.JSONExtract):
        made = ctx.call("json_extract", value.this, constant_path(value.expression, ctx))
        return ctx.macro("my__json_text", made, type="VARCHAR")
    return ctx.macro("my__json_text", value, type="VARCHAR")


@R.function("json_quote")
def json_quote(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value = node.expressions[0]
    if not ctx.is_a(value, "text"):
        raise ctx.error(node, "JSON_QUOTE is of a text: CAST it to CHAR.")
    return build.cast(ctx.call("to_json", value), "VARCHAR")


@R.function("json_valid")
def json_valid(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value = node.expressions[0]
    if not ctx.is_a(value, "text"):
        raise ctx.error(node, "JSON_VALID is of a text: another value is none in MySQL.")
    return ctx.macro("my__json_valid", value, type="BIGINT")


R.refuses(
    "json_text",
    {"json_insert", "json_replace", "json_merge", "json_merge_patch", "json_merge_preserve", "json_pretty",
     "json_normalize", "json_array_append", "json_array_insert", "json_compact", "json_detailed", "json_loose"},
    "The text of a JSON that is changed differs, and MySQL sorts its keys where MariaDB does not",
    "Build it with JSON_OBJECT or JSON_ARRAY",
)  # fmt: skip


@R.function("json_exists")
def json_exists(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # MariaDB's; MySQL has JSON_CONTAINS_PATH
    return build.cast(ctx.call("json_exists", *node.expressions), "BIGINT")


@R.rule(exp.JSONValue)
def json_value(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.args.get("returning") or node.args.get("on_condition"):
        raise ctx.error(node, "JSON_VALUE with RETURNING or ON has no counterpart: CAST its value.")
    return ctx.macro("my__json_scalar", ctx.call("json_extract", node.this, node.args["path"]), type="VARCHAR")


@R.rule(exp.JSONObject)
def json_object(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    pairs = [pair for pair in node.expressions if isinstance(pair, exp.JSONKeyValue)]
    names = [build.text(pair.this) for pair in pairs]
    if len(pairs) != len(node.expressions) or sorted(names, key=lambda n: (len(n or ""), n or "")) != names:
        ctx.refuse("json_text", node, "MySQL sorts the keys of an object by length, MariaDB does not", "Sort them so")
    parts: list[exp.Expr] = [
        exp.DPipe(this=build.lit(f'"{n}": '), expression=_item(p.expression, ctx))
        for n, p in zip(names, pairs, strict=True)
    ]
    return _listed("{", parts, "}", ctx)


@R.function("json_array")
def json_array(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return _listed("[", [_item(value, ctx) for value in node.expressions], "]", ctx)


def _item(value: exp.Expr, ctx: Context) -> exp.Expr:
    if ctx.is_a(value, "float", "date", "timestamp", "interval", "decimal") or is_json(value):
        ctx.refuse("json_text", value, "The text of this value inside a JSON differs", "CAST it to CHAR or SIGNED")
    if ctx.is_a(value, "bool") and not isinstance(value.unnest(), exp.Boolean):
        value = build.cast(value, "BIGINT")
    shown_ = build.cast(ctx.call("to_json", value), "VARCHAR")
    return exp.Coalesce(this=shown_, expressions=[build.lit("null")])


def _listed(start: str, parts: list[exp.Expr], end: str, ctx: Context) -> exp.Expr:
    inside = ctx.call("concat_ws", build.lit(", "), *parts) if parts else build.lit("")
    joined = exp.DPipe(this=exp.DPipe(this=build.lit(start), expression=inside), expression=build.lit(end))
    made = exp.Paren(this=joined)
    made.type = exp.DataType.build("VARCHAR", dialect="duckdb")
    return made


R.accepts("json_length", "json_contains_path", "json_unquote", "json_value", "json_array", "json_object")
