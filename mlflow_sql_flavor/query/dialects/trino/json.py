"""JSON: functions/json of the manual."""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build

R = DialectRules("trino json")

R.macros({"json_array_length": ("tr__json_length", "BIGINT"), "is_json_scalar": ("tr__json_is_scalar", "BOOLEAN")})

R.macros({exp.JSONFormat: ("tr__json_format", "VARCHAR", "this")})
# functions/json
_PATH = re.compile(r"(?:lax\s+)?(\$(?:\.[A-Za-z_]\w*|\.\"[^\"]+\"|\[\d+\])*)")


def json_path(node: exp.Expr, path: exp.Expr | None, ctx: Context) -> exp.Expr:
    found = _PATH.fullmatch((build.text(path) or "").strip())
    if found is None:
        ctx.refuse("unfaithful", node, "This is verified for a constant path of names and places", "Write such a path")
        return path or build.lit("$")
    return build.lit(found[1])


@R.rule(exp.JSONValue)
def json_value(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.args.get("returning") or node.args.get("on_condition"):
        ctx.refuse("unfaithful", node, "json_value is verified without RETURNING and ON", "Cast its result")
    path = json_path(node, node.args.get("path"), ctx)
    return ctx.macro("tr__json_scalar", ctx.macro("tr__json_at", node.this, path), type="VARCHAR")


@R.function("json_exists")
def json_exists(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    this, path = node.expressions
    return ctx.macro("tr__json_exists", this, json_path(node, path, ctx), type="BOOLEAN")


@R.function("json_size")
def json_size(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    this, path = node.expressions
    return ctx.macro("tr__json_size", ctx.macro("tr__json_at", this, json_path(node, path, ctx)), type="BIGINT")


@R.rule(exp.JSONArrayContains)
def json_array_contains(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    this, value = node.this, node.expression
    if not ctx.is_a(value, "text", "int"):
        ctx.refuse("unfaithful", node, "json_array_contains is verified for texts and whole numbers", "Cast it")
    name = "tr__json_has_text" if ctx.is_a(value, "text") else "tr__json_has_int"
    return ctx.macro(name, this, value, type="BOOLEAN")


R.converts({exp.ParseJSON: lambda value, ctx: build.cast(value, "JSON")})


@R.rule(exp.JSONExtract)
def json_extract(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.args.get("json_query") or node.args.get("only_json_types"):
        ctx.refuse("json_text", node, "json_query is not verified", "Use json_extract")
    if not isinstance(node.expression, exp.JSONPath):
        ctx.refuse("unfaithful", node, "json_extract is verified for a constant path", "Write it")
    made = exp.JSONExtract(this=node.this, expression=node.expression)
    made.type = exp.DataType.build("JSON")
    return made


@R.rule(exp.JSONExtractScalar)
def json_scalar(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    path = node.expression
    return ctx.macro("tr__json_scalar", exp.JSONExtract(this=node.this, expression=path), type="VARCHAR")


# functions/json: two values are the same whatever the order of their keys
@R.rule(exp.EQ, exp.NEQ)
def same(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if ctx.is_a(node.this, "json") and ctx.is_a(node.expression, "json"):
        for key in ("this", "expression"):
            node.set(key, ctx.macro("tr__json_key", node.args[key], type="VARCHAR"))
    return None


# functions/json#simplified-accessor: what a path finds, as an array where it wraps
@R.prepare
def accessed(tree: exp.Expr, ctx: Context) -> None:
    """A field of a column, in a query that makes JSON values: it may be one of them."""
    jsons = any(isinstance(n, exp.ParseJSON) or n.is_type(exp.DType.JSON) for n in tree.walk())
    if not jsons:
        return
    named = {n.alias_or_name.lower() for n in tree.find_all(exp.Table, exp.Subquery, exp.Values, exp.Unnest, exp.CTE,
                                                            exp.Lateral)}  # fmt: skip
    for node in tree.find_all(exp.Column, exp.Dot):
        if isinstance(node, exp.Column):
            field = bool(node.table) and node.table.lower() not in named
        else:
            field = ctx.unknown(node.this) or ctx.is_a(node.this, "json")
        if field:
            ctx.refuse("json_text", node, "A field of a JSON value is not verified", "Use json_extract or json_value")
