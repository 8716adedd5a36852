"""ISNULL and COALESCE: the type of the first value, or of the highest precedence."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build, exact_numbers

R = DialectRules("tsql nulls")


# functions/isnull-transact-sql: the type of the first argument
@R.rule(exp.Coalesce)
def isnull(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not node.args.get("is_null") or node.meta.get("translated"):
        return None
    first, (other, *_) = node.this, node.expressions
    if isinstance(first, exp.Null) or isinstance(other, exp.Null):
        return None
    node.meta["translated"] = True
    if ctx.is_a(first, "int") and ctx.is_a(other, "decimal", "float"):
        node.set("expressions", [build.cast(ctx.call("trunc", other), "BIGINT")])
    elif ctx.is_a(first, "decimal") and ctx.is_a(other, "decimal", "float"):
        digits = exact_numbers.scale(first, ctx)
        if digits is None:
            ctx.refuse("unfaithful", node, "The digits of this ISNULL are not known", "Use COALESCE")
        node.set("expressions", [build.cast(other, f"DECIMAL(38, {digits or 0})")])
    elif ctx.is_a(first, "text") and ctx.is_a(other, "text"):
        kind = first.meta.get("length")
        if kind is not None:
            node.set("expressions", [ctx.macro("common__varchar", other, build.lit(kind), type="VARCHAR")])
    elif ctx.is_a(first, "text") and ctx.is_a(other, "int", "decimal"):
        node.set("expressions", [build.cast(other, "VARCHAR")])
    elif ctx.is_a(first, "date", "timestamp") and build.text(other) is not None:
        kind = "DATE" if ctx.is_a(first, "date") else "TIMESTAMP"
        node.set("expressions", [build.cast(other, kind)])
    elif ctx.is_a(first, "number") != ctx.is_a(other, "number"):
        ctx.refuse("implicit_cast", node, "ISNULL converts its second argument to the type of the first",
                   "Write the conversion with CAST")  # fmt: skip
    return None
