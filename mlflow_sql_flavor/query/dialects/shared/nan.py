"""NaN where it is equal to nothing, neither less nor more, and comes first; in DuckDB it is the greatest value."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from . import build

__all__ = ["compared", "first_in_order"]


def compared(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """A rule of comparisons, BETWEEN and IN: one test, of the side whose NaN DuckDB would take for more or equal."""
    if node.meta.get("translated"):
        return None
    if isinstance(node, exp.In):
        sides = [node.this] if any(_may_be(item, ctx) for item in node.expressions) else []
    elif isinstance(node, exp.Between):
        sides = [node.args["high"]]
    elif isinstance(node, (exp.LT, exp.LTE)):
        sides = [node.expression]
    elif isinstance(node, (exp.GT, exp.GTE)):
        sides = [node.this]
    else:  # both are NaN
        sides = [node.this] if _may_be(node.expression, ctx) else []
    if not sides or not _may_be(sides[0], ctx):
        return None
    node.meta["translated"] = True
    test = ctx.call("isnan", sides[0].copy(), type="BOOLEAN")
    if isinstance(node, exp.NEQ):
        return exp.Paren(this=exp.or_(node.copy(), test, copy=False))
    return exp.Paren(this=exp.and_(node.copy(), exp.Not(this=test), copy=False))


def first_in_order(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """A rule of keys of ORDER BY: NaN is the least value, after NULL."""
    order, value = node.parent, node.this
    if node.meta.get("translated") or not isinstance(order, exp.Order):
        return None
    above, place = order.parent, build.literal_int(value)
    if isinstance(above, exp.Select) and place is not None and 0 < place <= len(above.expressions):
        value = above.expressions[place - 1].unalias()
    value = output_of(value, above)
    if not _may_be(value, ctx):
        return None
    if isinstance(above, exp.Window):
        frame = above.args.get("spec")
        if frame is not None and frame.args.get("kind") == "RANGE":
            return None  # its distances are of one key
    elif isinstance(order.this, exp.Distinct) or not isinstance(above, (exp.Select, exp.AggFunc, exp.Anonymous)):
        return None
    distinct = isinstance(above, exp.Select) and above.args.get("distinct")
    if distinct:  # its keys are its outputs
        return None
    node.meta["translated"] = True
    key = exp.Ordered(
        this=ctx.call("isnan", value.copy(), type="BOOLEAN"),
        desc=not node.args.get("desc"),
        nulls_first=node.args.get("nulls_first"),
    )
    key.meta["translated"] = True
    order.expressions.insert(order.expressions.index(node), key)
    order.set("expressions", order.expressions)
    return None


def output_of(key: exp.Expr, above: exp.Expr | None) -> exp.Expr:
    """What a key of a SELECT's ORDER BY is, where it names an output: within a call DuckDB takes a column first."""
    if isinstance(above, exp.Select) and isinstance(key, exp.Column) and not key.table:
        for item in above.expressions:
            if isinstance(item, exp.Alias) and item.alias.casefold() == key.name.casefold():
                return item.this
    return key


def _may_be(node: exp.Expr, ctx: Context) -> bool:
    return ctx.is_a(node, "float") and not isinstance(node.unnest(), exp.Literal | exp.Neg)
