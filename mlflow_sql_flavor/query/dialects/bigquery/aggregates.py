"""Aggregates: aggregate_functions of the manual."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_first
from .. import DialectRules
from ..shared import aggregates, build

R = DialectRules("bigquery aggregates")
_T = exp.DType


# aggregate_functions
@R.rule(exp.CountIf)
def count_if(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    case = exp.Case(ifs=[exp.If(this=node.this, true=build.lit(1))])
    if isinstance(node.this, exp.Distinct):
        ctx.refuse("unfaithful", node, "COUNTIF(DISTINCT ...) is not verified", "Use COUNT(DISTINCT IF(...))")
    return ctx.call("count", case, type="BIGINT")


@R.rule(exp.Sum)
def total(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.meta.get("translated") or not ctx.is_a(node.this, "int") or isinstance(node.parent, exp.Window):
        return None
    node.meta["translated"] = True
    return build.cast(node, "BIGINT")


# aggregate_functions#min: NaN where a value is, which is DuckDB's greatest value
@R.rule(exp.Min, exp.Window, exp.Filter)
def least(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    wrappers = (exp.Window, exp.Filter, exp.HavingMax)
    inner = node
    while isinstance(inner, (exp.Window, exp.Filter)):
        inner = inner.this
    if not isinstance(inner, exp.Min) or isinstance(inner.this, exp.HavingMax) or not ctx.is_a(inner, "float"):
        return None
    if inner.meta.get("translated") or (isinstance(node.parent, wrappers) and node.arg_key == "this"):
        return None
    inner.meta["translated"] = True
    most: exp.Expr = exp.Max(this=inner.this.copy())
    if node is not inner:
        whole = node.copy()
        (find_first(whole, exp.Min) or whole).replace(most)
        most = whole
    return ctx.macro("bq__or_nan", node.copy(), most)


# navigation_functions#percentile_cont: NaN is the least value
@R.rule(exp.PercentileCont, exp.PercentileDisc)
def percentile(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if ctx.is_a(node.this, "float"):
        node.set("this", ctx.macro("bq__no_nan", node.this, type="DOUBLE"))
    return None


R.rule(exp.ApproxDistinct)(aggregates.distinct_count)


@R.rule(exp.ApproxQuantiles)
def approx_quantiles(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    number = node.expression
    if not (isinstance(number, exp.Literal) and number.is_int) or isinstance(node.this, exp.Distinct):
        ctx.refuse("approximate", node, "APPROX_QUANTILES is verified for a constant number", "Write the number")
        return None
    ctx.open("approximate", node, "An approximation; here it is computed exactly.")
    n = int(number.this)
    parts = exp.Array(expressions=[exp.Literal.number(repr(i / n)) for i in range(n + 1)])
    made = ctx.call("quantile_disc", node.this, parts)
    found = ctx.type_of(node.this)
    if found is not None:
        made.type = exp.DataType(this=_T.ARRAY, expressions=[found.copy()], nested=True)
    return made


# aggregate_functions#array_agg, #string_agg: LIMIT
@R.rule(exp.ArrayAgg, exp.GroupConcat)
def limited(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    inner = node.this
    if not isinstance(inner, exp.Limit):
        return None
    number = inner.expression
    node.set("this", inner.this)
    if isinstance(node, exp.ArrayAgg):
        if isinstance(node.parent, exp.IgnoreNulls):
            node.parent.meta["limit"] = number
            return None
        return _first(node.copy(), number, ctx)
    separator = node.args.get("separator") or build.lit(",")
    ordered = inner.this
    value = ordered.this if isinstance(ordered, exp.Order) else ordered
    kept = exp.Where(this=exp.Not(this=exp.Is(this=value.copy(), expression=exp.Null())))
    found = exp.Filter(this=exp.ArrayAgg(this=ordered), expression=kept)
    return ctx.call("array_to_string", ctx.call("list_slice", found, build.lit(1), number), separator, type="VARCHAR")


# aggregate_functions#array_concat_agg: a NULL is left out, of nothing NULL
@R.rule(exp.ArrayConcatAgg)
def concatenated(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    inner = node.this
    if isinstance(inner, exp.Limit) or isinstance(node.parent, exp.Window):
        ctx.refuse("unfaithful", node, "ARRAY_CONCAT_AGG with LIMIT or OVER is not verified", "Use a subquery")
    value = inner.this if isinstance(inner, exp.Order) else inner
    if not isinstance(inner, exp.Order):
        ctx.open("unordered_list", node, "ARRAY_CONCAT_AGG without ORDER BY takes its arrays in any order.")
    kept = exp.Where(this=exp.Not(this=exp.Is(this=value.copy(), expression=exp.Null())))
    made = ctx.call("flatten", exp.Filter(this=exp.ArrayAgg(this=inner), expression=kept))
    made.type = node.type
    return made


# aggregate_functions#array_agg: RESPECT NULLS is what it does anyhow
@R.rule(exp.RespectNulls)
def respected(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return node.this if isinstance(node.this, (exp.ArrayAgg, exp.Anonymous)) else None


@R.rule(exp.IgnoreNulls)
def limited_nulls(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    number = node.meta.get("limit")
    if number is None:
        return None
    ordered = node.this.this
    value = ordered.this if isinstance(ordered, exp.Order) else ordered
    kept = exp.Where(this=exp.Not(this=exp.Is(this=value.copy(), expression=exp.Null())))
    return _first(exp.Filter(this=node.this, expression=kept), number, ctx)


def _first(found: exp.Expr, number: exp.Expr, ctx: Context) -> exp.Expr:
    """The first elements of an array; of none NULL."""
    return ctx.call("nullif", ctx.call("list_slice", found, build.lit(1), number), exp.Array())


# aggregate_functions#corr: of fewer than two pairs NULL
@R.rule(exp.Corr)
def corr(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if isinstance(node.parent, (exp.Window, exp.Filter)):
        ctx.refuse("unfaithful", node, "CORR over a window is not verified", "Use GROUP BY")
    pairs = ctx.call("regr_count", node.this.copy(), node.expression.copy())
    many = exp.GTE(this=pairs, expression=build.lit(2))
    pairs_of = [(side, exp.Mul(this=exp.Paren(this=build.cast(side.copy(), "DOUBLE")), expression=_less()))
                for side in (node.this, node.expression)]  # fmt: skip
    found, again = (ctx.call("corr", *(pair[i] for pair in pairs_of)) for i in (0, 1))
    return exp.Case(ifs=[exp.If(this=many, true=ctx.macro("bq__number_or", found, again, type="DOUBLE"))])


def _less() -> exp.Expr:
    """2 ** -300: of numbers whose squares leave the range, which the correlation does not depend on."""
    return exp.Literal.number(repr(2.0**-300))


# aggregate_functions#stddev_pop and others: NaN where a value is NaN or infinite
@R.rule(exp.StddevPop, exp.VariancePop, exp.Stddev, exp.StddevSamp, exp.Variance)
def spread(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not ctx.is_a(node.this, "float") or node.meta.get("translated"):
        return None
    if isinstance(node.parent, (exp.Window, exp.Filter)) or isinstance(node.this, exp.Distinct):
        return None
    node.meta["translated"] = True
    odd = ctx.call("bool_or", exp.Not(this=ctx.call("isfinite", node.this.copy())))
    known = exp.GTE(this=ctx.call("count", node.this.copy()), expression=build.lit(
        1 if isinstance(node, (exp.StddevPop, exp.VariancePop)) else 2))  # fmt: skip
    whole = type(node)(this=exp.Case(ifs=[exp.If(this=ctx.call("isfinite", node.this.copy()), true=node.this.copy())]))
    whole.meta["translated"] = True
    nan = exp.Case(ifs=[exp.If(this=known, true=build.cast(build.lit("nan"), "DOUBLE"))])
    made = exp.Case(ifs=[exp.If(this=odd, true=nan)], default=whole)
    made.type = exp.DataType.build("DOUBLE")
    return made


# aggregate_functions#any_value
@R.rule(exp.AnyValue)
def any_value(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    having = node.this
    if not isinstance(having, exp.HavingMax):
        return None
    return ctx.call("arg_max_null" if having.args.get("max") else "arg_min_null", having.this, having.expression)
