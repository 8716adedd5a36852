"""JSON in texts."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules

R = DialectRules("tsql json")


@R.function("isjson")
def isjson(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if len(node.expressions) != 1:
        ctx.refuse("unfaithful", node, "ISJSON is verified for one argument", "Leave the other out")
    return ctx.macro("ts__isjson", node.expressions[0], type="INTEGER")


@R.rule(exp.JSONExtractScalar)
def json_value(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """NULL for objects and arrays; texts of numbers as they are written."""
    return ctx.macro("ts__json_value", exp.JSONExtract(this=node.this, expression=node.expression), type="VARCHAR")
