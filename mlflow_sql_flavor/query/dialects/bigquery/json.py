"""Arrays in JSON: json_functions of the manual."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules

R = DialectRules("bigquery json")


# json_functions: arrays
@R.rule(exp.JSONExtractArray)
def json_array(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    found = exp.JSONExtract(this=node.this, expression=node.expression)
    return ctx.macro("bq__json_array", found, type="VARCHAR[]")


@R.rule(exp.JSONValueArray)
def json_values(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    found = exp.JSONExtract(this=node.this, expression=node.expression)
    return ctx.macro("bq__json_values", found, type="VARCHAR[]")
