"""Aggregates: each rule names the page of the SQL Language Reference."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build
from .strings import as_text

R = DialectRules("oracle aggregates")


# Aggregates
@R.rule(exp.Stddev, exp.Variance)
def spread(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """STDDEV, VARIANCE: 0 over one row, unlike STDDEV_SAMP and VAR_SAMP."""
    if isinstance(node.parent, (exp.Window, exp.Filter)) or isinstance(node.this, exp.Distinct):
        ctx.refuse("unfaithful", node, "This is verified as a plain aggregate", "Use STDDEV_SAMP or VAR_SAMP")
    one = exp.EQ(this=ctx.call("count", node.this.copy()), expression=build.lit(1))
    name = "stddev_samp" if isinstance(node, exp.Stddev) else "var_samp"
    made = exp.Case(ifs=[exp.If(this=one, true=build.lit(0))], default=ctx.call(name, node.this))
    made.type = exp.DataType.build("DOUBLE")
    return exp.Paren(this=made)


@R.rule(exp.GroupConcat)
def listagg(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not isinstance(node.this, exp.Order):
        ctx.open("order", node, "LISTAGG without WITHIN GROUP joins in any order.")
    ordered = node.this if isinstance(node.this, exp.Order) else None
    value = ordered.this if ordered is not None else node.this
    inner = value.expressions[0] if isinstance(value, exp.Distinct) else value
    made = as_text(inner, "Join", ctx)
    if isinstance(value, exp.Distinct):
        value.set("expressions", [made])
    elif ordered is not None:
        ordered.set("this", made)
    else:
        node.set("this", made)
    if node.args.get("on_overflow") is not None:
        node.set("on_overflow", None)
    if node.args.get("separator") is None or isinstance(node.args["separator"], exp.Null):
        node.set("separator", build.lit(""))
    return None
