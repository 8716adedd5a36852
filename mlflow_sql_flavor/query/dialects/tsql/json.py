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


def _extracted(node: exp.Expr, ctx: Context) -> exp.Expr:
    return exp.JSONExtract(this=node.this, expression=node.expression)


# NULL for objects and arrays; texts of numbers as they are written.
R.macros({exp.JSONExtractScalar: ("ts__json_value", "VARCHAR", _extracted)})
