"""Aggregates: each rule names its page below https://docs.aws.amazon.com/redshift/latest/dg/."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build
from ..shared.build import cast
from ..shared.calls import written_name

R = DialectRules("redshift aggregates")

R.refuses(
    "approximate", {exp.ApproxDistinct}, "APPROXIMATE COUNT counts otherwise in DuckDB", "Use COUNT(DISTINCT ...)"
)


@R.rule(exp.GroupConcat)
def listagg(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """r_LISTAGG.html: nothing between the texts unless said."""
    inner = node.this
    if isinstance(inner, exp.Distinct) and len(inner.expressions) == 2 and node.args.get("separator") is None:
        node.set("separator", inner.expressions[1])
        inner.set("expressions", inner.expressions[:1])
    if node.args.get("separator") is None and (written_name(node, ctx.sql) or "").lower() == "listagg":  # type: ignore[arg-type]
        node.set("separator", build.lit(""))
    return None


@R.rule(exp.WithinGroup)
def ordered(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """LISTAGG(DISTINCT x, separator) WITHIN GROUP (ORDER BY ...)."""
    call = node.this
    if not isinstance(call, exp.GroupConcat) or not isinstance(call.this, exp.Distinct):
        return None
    call.set("this", exp.Order(this=call.this, expressions=node.expression.expressions))
    return call


@R.rule(exp.Avg)
def avg(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # r_AVG.html: BIGINT for integers; for DECIMAL the argument's scale, its rounding is not said.
    inner = node.this.expressions[0] if isinstance(node.this, exp.Distinct) else node.this
    if ctx.is_a(inner, "decimal"):
        ctx.refuse(
            "unfaithful", node, "AVG of a DECIMAL keeps its scale in a way the manual does not say",
            "Write AVG(CAST(x AS double precision))",
        )  # fmt: skip
    if ctx.is_a(inner, "int"):
        if isinstance(node.parent, exp.Window):
            return None  # redshift_functions.over
        if isinstance(node.parent, exp.Filter):
            raise ctx.error(node, "AVG of an integer is cut to an integer in Redshift. Cast the argument to float.")
        made = cast(ctx.call("trunc", node), "BIGINT")
        return made
    return None
