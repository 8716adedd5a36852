"""array_agg as Spark gives it: collect_list leaves out NULLs and keeps no order."""

from __future__ import annotations

from sqlglot import exp

from ..dialects.shared.build import lit
from ..facts.context import Context
from .common import call, case
from .context import Writing

__all__ = ["collected"]

_VALUE = "v"


def collected(node: exp.Expr, condition: exp.Expr | None, ctx: Context) -> exp.Expr:
    """``array_agg(value ORDER BY keys) FILTER (WHERE …)``: structs are collected, sorted and opened.

    Args:
        node: The call.
        condition: The FILTER clause.
        ctx: Of the query.
    """
    assert isinstance(ctx, Writing)
    inner = node.this
    around = node.parent.parent if condition is not None and node.parent is not None else node.parent
    if isinstance(around, exp.Window) or isinstance(inner, exp.Distinct):
        raise ctx.no(node, "array_agg over a window or of DISTINCT values", "write collect_list in Spark's dialect")
    order = inner.expressions if isinstance(inner, exp.Order) else []
    if isinstance(inner, exp.Order):
        inner = inner.this
    if isinstance(inner, exp.Distinct):
        raise ctx.no(node, "array_agg of DISTINCT values", "write collect_set in Spark's dialect")
    fields = [lit(_VALUE), inner, *(x for i, o in enumerate(order) for x in (lit(f"k{i}"), o.this))]
    gathered: exp.Expr = call("COLLECT_LIST", call("NAMED_STRUCT", *fields))
    if condition is not None:
        gathered = exp.Filter(this=gathered, expression=condition.copy())
    some = exp.GT(this=call("SIZE", gathered), expression=lit(0))
    if order:
        gathered = call("ARRAY_SORT", gathered, _lambda(_comparison(order), "l", "r"))
    opened = call("TRANSFORM", gathered, _lambda(_field("e", _VALUE), "e"))
    made = case((some, opened), default=exp.null())  # of no rows
    made.type = node.type
    return made


def _comparison(order: list[exp.Expr]) -> exp.Expr:
    pairs = []
    for at, ordered in enumerate(order):
        left, right = _field("l", f"k{at}"), _field("r", f"k{at}")
        first, last = (lit(1), lit(-1)) if ordered.args.get("desc") else (lit(-1), lit(1))
        null_left, null_right = (lit(-1), lit(1)) if ordered.args.get("nulls_first") else (lit(1), lit(-1))
        is_null = [exp.Is(this=side.copy(), expression=exp.null()) for side in (left, right)]
        filled = [exp.Not(this=test.copy()) for test in is_null]
        pairs += [
            (exp.and_(is_null[0], filled[1], copy=True), null_left),
            (exp.and_(filled[0], is_null[1], copy=True), null_right),
            (exp.LT(this=left.copy(), expression=right.copy()), first),
            (exp.GT(this=left.copy(), expression=right.copy()), last),
        ]
    return case(*pairs, default=lit(0))


def _field(variable: str, name: str) -> exp.Expr:
    return exp.Dot(this=exp.to_identifier(variable), expression=exp.to_identifier(name))


def _lambda(body: exp.Expr, *names: str) -> exp.Lambda:
    return exp.Lambda(this=body, expressions=[exp.to_identifier(name) for name in names])
