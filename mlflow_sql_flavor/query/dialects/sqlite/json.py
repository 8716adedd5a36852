"""JSON that is made: https://sqlite.org/json1.html"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import common
from .texts import json_path
from .values import integer, text

R = DialectRules("sqlite json")


_MADE = "json"  # in a node's meta: its text is JSON, and goes into another JSON as it is


def _made(node: exp.Expr) -> exp.Expr:
    node.type = exp.DataType.build("VARCHAR")
    node.meta[_MADE] = True
    return node


def element(value: exp.Expr, ctx: Context) -> exp.Expr:
    """The JSON text of one value: https://sqlite.org/json1.html#value_arguments"""
    inner = value.unnest()
    if inner.meta.get(_MADE) or isinstance(inner, exp.JSONExtract):
        shown: exp.Expr = common.cast(value, "VARCHAR")
    elif isinstance(inner, exp.Null):
        return common.lit("null")
    elif ctx.is_a(value, "int", "bool"):
        shown = common.cast(integer(value, ctx), "VARCHAR")
    elif ctx.is_a(value, "number"):
        shown = text(value, ctx)
    elif ctx.is_a(value, "text") and not (isinstance(inner, exp.Anonymous) and "json" in inner.name):
        shown = common.cast(ctx.call("to_json", value), "VARCHAR")
    else:
        ctx.refuse("json_text", value, "The JSON of this value is known to SQLite only", "CAST it to TEXT or INTEGER")
        return value
    return exp.Coalesce(this=shown, expressions=[common.lit("null")])


def _joined(start: str, parts: list[exp.Expr], end: str, ctx: Context) -> exp.Expr:
    pieces: list[exp.Expr] = []
    for part in parts:
        pieces += [common.lit("," if pieces else start), part]
    return _made(ctx.call("concat", *(pieces or [common.lit(start)]), common.lit(end)))


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
        name = common.cast(ctx.call("to_json", ctx.macro("sqlite__label", key)), "VARCHAR")
        parts.append(ctx.call("concat", name, common.lit(":"), element(pair.expression, ctx)))
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
    name = common.cast(ctx.call("to_json", ctx.macro("sqlite__label", key)), "VARCHAR")
    return _collected("{", ctx.call("concat", name, common.lit(":"), element(value, ctx)), "}", ctx)


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
    rows = ctx.call("array_to_string", ctx.call("list", each), common.lit(","))
    return _made(ctx.call("concat", common.lit(start), rows, common.lit(end)))


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


R.refuse_functions(
    "json_text",
    {"json_insert", "json_replace", "json_array_insert", "json_patch", "json_pretty", "json_error_position"},
    "The text of a JSON that is changed may differ",
    "Build it with json_object or json_array",
)


@R.rule(exp.JSONSet, exp.JSONRemove)
def changed(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    ctx.refuse("json_text", node, "The text of a JSON that is changed may differ", "Build it with json_object")
    return None
