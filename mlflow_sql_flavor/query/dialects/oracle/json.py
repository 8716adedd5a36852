"""JSON in texts."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules

R = DialectRules("oracle json")


@R.rule(exp.JSONValue)
def json_value(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """JSON_VALUE: NULL for objects and arrays."""
    if node.args.get("returning") or node.args.get("on_condition") or not isinstance(node.args["path"], exp.JSONPath):
        ctx.refuse("unfaithful", node, "JSON_VALUE is verified without RETURNING and ON", "Cast its result")
    found = exp.JSONExtract(this=node.this, expression=node.args["path"])
    return ctx.macro("ora__json_value", found, type="VARCHAR")
