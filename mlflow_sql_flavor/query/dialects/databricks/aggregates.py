"""Aggregates and windows. https://spark.apache.org/docs/latest/api/sql/#aggregate-functions"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all, find_first
from .. import DialectRules
from ..shared import aggregates, build
from .casts import as_double, as_text, exact_ratio, to_decimal
from .types import decimal_of, family, kind

R = DialectRules("databricks aggregates")

R.renames(
    {
        "every": ("bool_and", "BOOLEAN"),
        "some": ("bool_or", "BOOLEAN"),
    }
)
_WRAPPERS = (exp.Window, exp.Filter, exp.IgnoreNulls, exp.RespectNulls, exp.WithinGroup)


def _wrapped(node: exp.Expr) -> bool:
    """Whether OVER, FILTER and the like follow: what goes around the aggregate has to go around those."""
    return isinstance(node.parent, _WRAPPERS) and node.arg_key == "this"


def _finish(inner: exp.Expr, whole: exp.Expr, ctx: Context) -> exp.Expr | None:
    if isinstance(inner, exp.Sum) and family(inner.this) == "int":
        return build.cast(whole, "BIGINT")
    if isinstance(inner, exp.Avg) and family(inner.this) == "decimal":
        found = kind(inner)
        return _mean(inner, whole, found, ctx) if found is not None else None
    if isinstance(inner, (exp.Corr, exp.RegrSlope, exp.RegrIntercept, exp.RegrR2)):
        if inner.meta.get("translated"):
            return None
        inner.meta["translated"] = True
        return ctx.macro("dbx__no_nan", whole, type="DOUBLE")
    if isinstance(inner, exp.Anonymous) and inner.meta.get("collect"):
        return exp.Coalesce(this=whole, expressions=[exp.Array(expressions=[])])
    return None


def _mean(inner: exp.Avg, whole: exp.Expr, kind_: exp.DataType, ctx: Context) -> exp.Expr:
    """Of decimals, exact: DuckDB's is a DOUBLE."""
    sides = []
    for made in (exp.Sum(this=inner.this.copy()), exp.Count(this=inner.this.copy(), big_int=True)):
        side = whole.copy()
        found = find_first(side, exp.Avg)
        if found is None or found is side:
            side = made
        else:
            found.replace(made)
        sides.append(side)
    scale, of = decimal_of(inner), decimal_of(inner.this)
    if scale is None or of is None:
        return to_decimal(whole, kind_)
    return exact_ratio(sides[0], sides[1], scale[1] - of[1], kind_, ctx)


@R.rule(exp.Sum, exp.Avg)
def total(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Text is summed as DOUBLE; a sum of integers is a BIGINT that may overflow; an average keeps decimals exact."""
    if node.meta.get("translated"):
        return None
    node.meta["translated"] = True
    if family(node.this) == "text":
        node.set("this", as_double(node.this, ctx))
    if family(node.this) in ("date", "timestamp"):
        raise ctx.error(node, "The average of a date is its seconds since 1970 in databricks. Use unix_timestamp(...).")
    if family(node.this) == "bool":
        raise ctx.error(node, "A boolean cannot be summed: databricks refuses it. Use count_if(...).")
    return None if _wrapped(node) else _finish(node, node, ctx)


@R.rule(exp.Window, exp.Filter)
def around(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.meta.get("translated") or _wrapped(node):
        return None
    node.meta["translated"] = True
    inner = node.this
    while isinstance(inner, _WRAPPERS):
        inner = inner.this
    return _finish(inner, node, ctx)


def not_null(this: exp.Expr) -> exp.Expr:
    return exp.Where(this=exp.Not(this=exp.Is(this=this.copy(), expression=exp.Null())))


@R.rule(exp.ArrayAgg, exp.ArrayUniqueAgg)
def collect(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """collect_list, array_agg and collect_set skip NULLs; of nothing they give an empty list."""
    this = node.this
    distinct = isinstance(node, exp.ArrayUniqueAgg)
    if isinstance(this, exp.Distinct):
        distinct, this = True, this.expressions[0]
    if isinstance(node.parent, exp.Window) and distinct:
        ctx.refuse("unfaithful", node, "Sets collected over a window are not verified", "Aggregate in a subquery")
    ctx.open("order", node, "The order of the collected values is not defined.")
    made = ctx.call("list", exp.Distinct(expressions=[this]) if distinct else this)
    made.meta["collect"] = True
    if isinstance(node.parent, exp.Filter):
        condition = node.parent.expression
        condition.set("this", exp.And(this=exp.Paren(this=condition.this), expression=not_null(this).this))
        return made
    found = exp.Filter(this=made, expression=not_null(this))
    if isinstance(node.parent, exp.Window):
        return found
    return exp.Coalesce(this=found, expressions=[exp.Array(expressions=[])])


@R.normalise
def any_(tree: exp.Expr, ctx: Context) -> None:
    """any(condition) is an aggregate, where no comparison stands before it."""
    for node in list(find_all(tree, exp.Any)):
        if not isinstance(node.parent, exp.Binary) and not isinstance(node.this, exp.Query):
            made = exp.LogicalOr(this=node.this.unnest())
            node.replace(made)


@R.rule(exp.Count)
def count(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """``count(a, b)`` counts the rows in which none of them is NULL."""
    if not node.expressions or isinstance(node.this, (exp.Distinct, exp.Star)):
        return None
    tests = [not_null(each).this for each in (node.this, *node.expressions)]
    return ctx.call("count", exp.Case(ifs=[exp.If(this=exp.and_(*tests), true=build.lit(1))]), type="BIGINT")


@R.rule(exp.CountIf)
def count_if(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """0, not NULL, over no row."""
    if isinstance(node.this, exp.Distinct):
        ctx.refuse("unfaithful", node, "count_if(DISTINCT ...) is not verified", "Use count(DISTINCT CASE ...)")
    case = exp.Case(ifs=[exp.If(this=node.this, true=build.lit(1))])
    return ctx.call("count", case, type="BIGINT")


@R.rule(exp.WithinGroup)
def percentile_cont(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """A DOUBLE, which interpolates between decimals too."""
    order = node.expression
    if isinstance(node.this, (exp.PercentileCont, exp.PercentileDisc)) and isinstance(order, exp.Order):
        first = order.expressions[0]
        if family(first.this) in ("int", "decimal", "float", "text"):
            first.set("this", build.cast(as_double(first.this, ctx), "DOUBLE"))
    return None


@R.rule(exp.Median)
def median(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if family(node.this) in ("int", "decimal", "float", "text"):
        node.set("this", build.cast(as_double(node.this, ctx), "DOUBLE"))
    return None


@R.rule(exp.Mode)
def mode(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """With true behind it the least of the values that are equally frequent."""
    least = node.args.get("deterministic")
    if isinstance(least, exp.Boolean) and least.this:
        return ctx.call("mode", exp.Order(this=node.this, expressions=[exp.Ordered(this=node.this.copy())]))
    if least is not None and not isinstance(least, exp.Boolean):
        raise ctx.error(node, "mode takes true or false as its second argument.")
    if node.this is not None:
        ctx.open("ties", node, "mode takes any of the values that are equally frequent.")
    node.set("deterministic", None)
    return None


@R.rule(exp.Max, exp.Min)
def extreme(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """The fields of a struct are compared in turn, and NULL comes first; in DuckDB it comes last."""
    value = node.this
    if family(value) != "struct":
        return None
    if not isinstance(value, exp.Struct) or _wrapped(node):
        ctx.refuse("unfaithful", node, "The order of structs with NULLs differs", "Use max_by, or struct(...) here")
        return None
    keys = []
    for i, item in enumerate(value.expressions):
        field = item.expression if isinstance(item, exp.PropertyEQ) else item.unalias()
        known: exp.Expr = exp.Not(this=exp.Is(this=exp.Paren(this=field.copy()), expression=exp.Null()))
        for key in (known, field.copy()):
            name = exp.to_identifier(f"k{2 * i + (key is not known)}")
            keys.append(exp.PropertyEQ(this=name, expression=key))
    made = ctx.call("arg_max" if isinstance(node, exp.Max) else "arg_min", value, exp.Struct(expressions=keys))
    made.type = value.type
    return made


@R.rule(exp.Quantile)
def percentile(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Interpolates; percentile_approx takes a value that is there."""
    if len([a for a in node.args.values() if isinstance(a, exp.Expr)]) > 2:
        ctx.refuse("unfaithful", node, "percentile with a frequency is not verified", "Leave the frequency out")
    this = build.cast(as_double(node.this, ctx), "DOUBLE")
    return ctx.call("quantile_cont", this, node.args["quantile"], type="DOUBLE")


R.opens("approximate", {exp.ApproxQuantile}, "An approximation; here it is computed exactly.")
R.renames({exp.ApproxQuantile: ("quantile_disc", None, "this", "quantile")})
R.rule(exp.ApproxDistinct)(aggregates.distinct_count)


@R.rule(exp.Skewness)
def skewness(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Of the population."""
    if _wrapped(node):
        ctx.refuse("unfaithful", node, "skewness with FILTER or OVER is not verified", "Aggregate in a subquery")
    return ctx.macro("dbx__skewness", build.cast(as_double(node.this, ctx), "DOUBLE"), type="DOUBLE")


def _double(value: exp.Expr, ctx: Context) -> exp.Expr:
    return build.cast(as_double(value, ctx), "DOUBLE")


R.renames(
    {
        exp.Kurtosis: ("kurtosis_pop", "DOUBLE", "this"),
        "mean": ("avg", "DOUBLE"),
        "std": ("stddev_samp", "DOUBLE"),
    },
    of=_double,
)


@R.function("try_sum", "try_avg")
def try_total(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """NULL where the sum overflows."""
    this, average = node.expressions[0], str(node.name).lower() == "try_avg"
    name = family(this)
    if _wrapped(node) or name not in ("int", "float", "null", "decimal"):
        ctx.refuse("unfaithful", node, f"{node.name} is verified for numbers", "Cast the argument to DOUBLE")
    if average and name == "decimal":
        p, s = decimal_of(this) or (38, 18)
        mean = exp.Avg(this=this)
        mean.type = exp.DataType.build(f"DECIMAL({min(p + 4, 38)}, {min(s + 4, 38)})", dialect="duckdb")
        return _mean(mean, mean, mean.type, ctx)
    if name == "decimal":
        p, s = decimal_of(this) or (38, 18)
        return exp.TryCast(this=ctx.call("sum", this), to=exp.DataType.build(f"DECIMAL({min(p + 10, 38)}, {s})"))
    if average or name == "null":
        return ctx.call("avg", build.cast(this, "DOUBLE"), type="DOUBLE")
    if name == "int":
        return exp.TryCast(this=ctx.call("sum", this), to=exp.DataType.build("BIGINT"))
    return ctx.call("sum", this, type="DOUBLE")


@R.rule(exp.First, exp.Last, exp.AnyValue)
def first_last(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """any_value is first(); with IGNORE NULLS the first that is not NULL."""
    skip = isinstance(node.parent, exp.IgnoreNulls)
    made = ctx.call("last" if isinstance(node, exp.Last) else "first", node.this)
    if skip or isinstance(node.this, exp.IgnoreNulls):
        this = node.this.this if isinstance(node.this, exp.IgnoreNulls) else node.this
        made.set("expressions", [this])
        if isinstance(node.parent, exp.IgnoreNulls) and isinstance(node.parent.parent, exp.Window):
            return (exp.LastValue if isinstance(node, exp.Last) else exp.FirstValue)(this=this)
        made.meta["skip"] = True
        return made if skip else exp.Filter(this=made, expression=not_null(this))
    return None if isinstance(node.parent, exp.Window) else made


@R.rule(exp.IgnoreNulls)
def ignore_nulls(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    inner = node.this
    if isinstance(inner, exp.Anonymous) and inner.meta.get("skip"):
        return exp.Filter(this=inner, expression=not_null(inner.expressions[0]))
    return None


@R.rule(exp.Corr, exp.RegrSlope, exp.RegrIntercept, exp.RegrR2)
def regression(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Without variance they are NULL, where DuckDB has NaN."""
    return None if _wrapped(node) else _finish(node, node, ctx)


@R.rule(exp.ArgMax, exp.ArgMin)
def max_by(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """The value may be NULL; rows whose order is NULL do not count."""
    if node.args.get("count") is not None:
        return None
    name = "arg_max_null" if isinstance(node, exp.ArgMax) else "arg_min_null"
    if isinstance(node.parent, exp.Filter):
        condition = node.parent.expression
        condition.set("this", exp.And(this=exp.Paren(this=condition.this), expression=not_null(node.expression).this))
        return ctx.call(name, node.this, node.expression)
    return exp.Filter(this=ctx.call(name, node.this, node.expression), expression=not_null(node.expression))


@R.rule(exp.GroupConcat)
def listagg(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value = node.this  # within its ORDER BY and its DISTINCT
    while isinstance(value, (exp.Order, exp.Distinct)):
        value = value.this if isinstance(value, exp.Order) else value.expressions[0]
    if family(value) in ("int", "float", "decimal", "bool", "date", "timestamp"):
        held = value.copy()
        held.type = value.type
        value.replace(as_text(held, ctx))
    if not find_first(node, exp.Order) and not isinstance(node.parent, exp.WithinGroup):
        ctx.open("order", node, "The order of the joined values is not defined.")
    if node.args.get("separator") is None or isinstance(node.args["separator"], exp.Null):
        node.set("separator", build.lit(""))
    return None


@R.rule(exp.FirstValue, exp.LastValue)
def first_value(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """As an aggregate, without OVER."""
    if isinstance(node.parent, (exp.Window, exp.IgnoreNulls, exp.RespectNulls)):
        return None
    return ctx.call("first" if isinstance(node, exp.FirstValue) else "last", node.this)
