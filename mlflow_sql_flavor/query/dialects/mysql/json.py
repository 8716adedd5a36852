"""JSON: https://dev.mysql.com/doc/refman/8.0/en/json-functions.html"""

from __future__ import annotations

from sqlglot import exp

from .. import common
from ..context import Context
from . import D


@D.function("json_length")
def json_length(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value, *path = node.expressions
    return ctx.macro("my__json_length", value, path[0] if path else common.lit("$"), type="BIGINT")


@D.function("json_contains_path")
def json_contains_path(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value, mode, *paths = node.expressions
    found = [common.cast(ctx.call("json_exists", value.copy(), path), "BIGINT") for path in paths]
    name = "greatest" if (common.text(mode) or "").lower() == "one" else "least"
    return found[0] if len(found) == 1 else ctx.call(name, *found, type="BIGINT")


@D.function("json_unquote")
def json_unquote(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value = node.expressions[0]
    if isinstance(value, exp.JSONExtract):
        return exp.JSONExtractScalar(
            this=value.this, expression=value.expression, only_json_types=False, scalar_only=False
        )
    return ctx.macro("my__json_text", value, type="VARCHAR")


D.accepts("json_length", "json_contains_path", "json_unquote")
