"""Aggregates: each rule's page is sql-reference/functions/<name> of the manual."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all
from .. import DialectRules
from ..shared import aggregates, build, exact_numbers
from ..shared.source_types import columns_of_star
from .arrays import array_of, typed

R = DialectRules("snowflake aggregates")


def _agg_type(self: Any, e: exp.Expr) -> exp.Expr:
    value = e.this
    while isinstance(value, (exp.Order, exp.Distinct)):
        value = value.expressions[0] if isinstance(value, exp.Distinct) and value.expressions else value.this
    inner = value.type if isinstance(value, exp.Expr) else None
    known = isinstance(inner, exp.DataType) and inner.this not in (exp.DType.UNKNOWN, exp.DType.NULL)
    made: exp.Expr = self._set_type(e, array_of(inner) if known else exp.DType.ARRAY)
    return made


R.typing[exp.ArrayAgg] = R.typing[exp.ArrayUniqueAgg] = {"annotator": _agg_type}


# functions/percentile_cont, median: of exact numbers three more digits
def _finer(value: exp.Expr, ctx: Context) -> exp.Expr:
    if value.meta.get("finer") or ctx.is_a(value, "float"):
        return value
    digits = exact_numbers.scale(value, ctx)
    if digits is None:
        ctx.refuse("unfaithful", value, "How many digits this number has is not known here", "Cast it")
        return value
    made = build.translated(value, f"DECIMAL(38, {digits + 3})", False)
    made.meta["finer"] = True
    return made


@R.rule(exp.Median)
def median(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    node.set("this", _finer(node.this, ctx))
    return None


# Arrays
@R.rule(exp.WithinGroup)
def ordered_agg(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    call = node.this
    if isinstance(call, exp.PercentileCont):
        for key in node.expression.expressions:
            key.set("this", _finer(key.this, ctx))
        return None
    if "aggregate" not in call.meta:
        return None
    found: exp.ArrayAgg = call.meta["aggregate"]
    found.set("this", exp.Order(this=found.this, expressions=node.expression.expressions))
    call.type = call.type
    return call


@R.rule(exp.ArrayAgg)
def array_agg(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """NULL is left out; of nothing an empty array."""
    if isinstance(node.parent, (exp.Window, exp.Filter)):
        ctx.refuse("unfaithful", node, "ARRAY_AGG OVER is not verified", "Aggregate in a subquery")
    value = node.this.expressions[0] if isinstance(node.this, exp.Distinct) else node.this
    plain = exp.ArrayAgg(this=node.this)
    kept = exp.Where(this=exp.Not(this=exp.Is(this=value.copy(), expression=exp.Null())))
    made = ctx.macro("sf__or_empty", exp.Filter(this=plain, expression=kept))
    made.meta["aggregate"] = plain
    return typed(made, ctx.type_of(value))


R.rule(exp.ApproxDistinct, exp.Hll)(aggregates.distinct_count)


R.opens("order", {exp.Mode}, "Of values that are equally frequent MODE may give any.")


@R.rule(exp.BitwiseOrAgg, exp.BitwiseAndAgg, exp.BitwiseXorAgg)
def bits(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not ctx.is_a(node.this, "int"):
        ctx.refuse("implicit_cast", node, "This is verified for whole numbers", "Cast it to INT")
    return None


# functions/count: COUNT(t.*) counts the rows without a NULL
@R.prepare
def rows_without_nulls(tree: exp.Expr, ctx: Context) -> None:
    for node in list(find_all(tree, exp.Count)):
        star = node.this
        if not isinstance(star, exp.Column) or not isinstance(star.this, exp.Star):
            continue
        select = node.find_ancestor(exp.Select)
        known = columns_of_star(star, select, ctx.schema) if select is not None else None
        if known is None or star.this.args.get("except_"):
            ctx.refuse(
                "unfaithful", node, "The columns that are counted are not known here", "Use COUNT(*), or name them"
            )
            continue
        tests: list[exp.Expr] = [
            exp.Not(this=exp.Is(this=exp.column(name, table=star.table, quoted=True), expression=exp.Null()))
            for name, _ in known
        ]
        node.set("this", exp.Case(ifs=[exp.If(this=exp.and_(*tests, copy=False), true=build.lit(1))]))


# functions/array_unique_agg: the distinct values but NULL, in any order
@R.rule(exp.ArrayUniqueAgg)
def unique(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if isinstance(node.parent, (exp.Window, exp.Filter)):
        ctx.refuse("unfaithful", node, "ARRAY_UNIQUE_AGG OVER is not verified", "Aggregate in a subquery")
    ctx.open("unordered_list", node, "ARRAY_UNIQUE_AGG gives its values in any order.")
    value = node.this
    kept = exp.Where(this=exp.Not(this=exp.Is(this=value.copy(), expression=exp.Null())))
    made = exp.Filter(this=exp.ArrayAgg(this=exp.Distinct(expressions=[value])), expression=kept)
    return typed(ctx.macro("sf__or_empty", made), ctx.type_of(value))


# functions/boolxor_agg: whether exactly one is true
R.macros({exp.BoolxorAgg: ("sf__one_true", "BOOLEAN", "this")})


# functions/count: a JSON null at a path is passed by
@R.rule(exp.Count)
def count(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not isinstance(node.this, exp.JSONExtract) or node.args.get("expressions") or node.meta.get("translated"):
        return None
    node.meta["translated"] = True
    node.set("this", ctx.macro("sf__present", node.this))
    return None


# functions/avg: a mean of integers has six digits
@R.rule(exp.Avg)
def mean(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if ctx.is_a(node.this, "int") and not node.meta.get("translated"):
        node.meta["translated"] = True
        if not isinstance(node.parent, (exp.Window, exp.Filter)):
            return build.cast(node, "DECIMAL(38, 6)")
    return None


# functions/listagg: '' over nothing
@R.rule(exp.GroupConcat)
def listagg(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if isinstance(node.parent, exp.Filter):
        ctx.refuse("unfaithful", node, "LISTAGG with FILTER is not verified", "Aggregate in a subquery")
    if not isinstance(node.this, exp.Order):
        ctx.open("order", node, "LISTAGG without WITHIN GROUP joins in any order.")
    if node.args.get("separator") is None:
        node.set("separator", build.lit(""))
    if isinstance(node.parent, exp.Window):
        node.parent.meta["listagg"] = True
        return None
    return exp.Coalesce(this=node, expressions=[build.lit("")])
