"""Chains of events: https://clickhouse.com/docs/sql-reference/aggregate-functions/parametric-functions"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all
from .. import DialectRules
from ..shared import build
from .comparisons import condition_of
from .nulls import nullable, of_none, truth

R = DialectRules("clickhouse funnels")
# A DateTime has whole seconds; of a DateTime64 the window counts its own fractions
_SECONDS = (exp.DType.DATETIME, exp.DType.TIMESTAMP_S)


# #windowfunnel: a condition later in the chain counts from the moment of the first one
@R.rule(exp.ParameterizedAgg)
def window_funnel(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if str(node.this).lower() != "windowfunnel":
        return None
    given = list(node.args.get("params") or ())
    window = build.literal_int(node.expressions[0].unnest()) if len(node.expressions) == 1 else None
    if window is None or len(given) < 2:
        raise ctx.error(node, "windowFunnel has a counterpart with a constant window and no mode.")
    moment, *tests = given
    kind = ctx.type_of(moment)
    if kind is not None and kind.this in _SECONDS:
        ticks: exp.Expr = ctx.call("epoch", moment)
    elif ctx.is_a(moment, "date"):
        ticks = exp.Sub(this=moment, expression=build.cast(build.lit("1970-01-01"), "DATE"))
    elif ctx.is_a(moment, "int"):
        ticks = moment
    else:
        raise ctx.error(node, "windowFunnel has a counterpart of whole seconds: write toDateTime(…) around the moment.")
    ctx.open("order", node, "Of events at the same moment windowFunnel takes any first.")
    for test in tests:
        condition_of(test, ctx)
    arguments = [build.cast(ticks, "BIGINT"), exp.Array(expressions=[truth(test, ctx) for test in tests])]
    value = ctx.macro("ch__funnel", *arguments, build.lit(window or 0), build.lit(len(tests)), type="BIGINT")
    rows = ctx.macro("ch__funnel_rows", *(one.copy() for one in arguments), type="BIGINT")
    return of_none(value, rows, node.meta.get("of_all", []), build.lit(0), ctx)


@R.prepare
def marked(tree: exp.Expr, ctx: Context) -> None:
    """Whether an argument is Nullable, asked before the rules: a row where one is NULL is left out."""
    for node in find_all(tree, exp.ParameterizedAgg):
        if str(node.this).lower() == "windowfunnel":
            each = [nullable(one, ctx) for one in node.args.get("params") or ()]
            proofs = [proof for one in each if isinstance(one, list) for proof in one]
            node.meta["of_all"] = True if True in each else False if all(one is False for one in each) else proofs
