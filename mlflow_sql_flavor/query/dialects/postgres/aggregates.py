"""Aggregates: https://www.postgresql.org/docs/15/functions-aggregate.html"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all, find_first
from .. import DialectRules
from ..shared.build import cast, lit
from .types import category, parameter

R = DialectRules("postgres aggregates")


@R.rule(exp.LogicalAnd, exp.LogicalOr)
@R.function("every")
def of_booleans(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value = node.expressions[0] if isinstance(node, exp.Anonymous) else node.this
    inner = value.expressions[0] if isinstance(value, exp.Distinct) and value.expressions else value
    if category(inner) not in ("boolean", None):
        raise ctx.error(node, f"{ctx.rules.name} has no such function of {category(inner)}. Compare it with 0 first.")
    return ctx.call("bool_and", value, type="BOOLEAN") if isinstance(node, exp.Anonymous) else None


R.accepts("any_value")  # since 16


R.opens("any_value", {exp.AnyValue}, "any_value() takes any of the values that are not NULL.")


@R.rule(exp.WithinGroup)
def percentile(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # functions-aggregate.html: percentile_cont gives double precision; over DECIMAL DuckDB rounds to its scale.
    order = node.expression
    if isinstance(node.this, exp.PercentileCont) and isinstance(order, exp.Order):
        first = order.expressions[0]
        if ctx.is_a(first.this, "number"):
            first.set("this", cast(first.this, "DOUBLE"))
    if isinstance(node.this, exp.Mode):
        ctx.open("ties", node, "mode() takes any of the values that are equally frequent.")
    return None


_HYPOTHETICAL = (exp.Rank, exp.DenseRank, exp.PercentRank, exp.CumeDist)


@R.normalise
def by_a_key(tree: exp.Expr, ctx: Context) -> None:
    """A key is NULL in rows of a total, and no place to read it from is left there."""
    for node in list(find_all(tree, exp.WithinGroup)):
        select = node.find_ancestor(exp.Select)
        group = select.args.get("group") if select is not None else None
        sets = group is not None and find_first(group, exp.Rollup, exp.Cube, exp.GroupingSets) is not None
        values = node.this.expressions if isinstance(node.this, _HYPOTHETICAL) else []
        if sets and any(find_first(value, exp.Column) is not None for value in values):
            name = node.this.sql_name()
            raise ctx.error(node, f"{name}() of a column has no counterpart with ROLLUP, CUBE or GROUPING SETS.")


@R.rule(exp.WithinGroup)
def hypothetical(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """The rank that a row would have: functions-aggregate.html#FUNCTIONS-HYPOTHETICAL-TABLE"""
    call, order = node.this, node.expression
    if not isinstance(call, _HYPOTHETICAL) or not isinstance(order, exp.Order):
        return None
    if isinstance(node.parent, (exp.Filter, exp.Window)):
        raise ctx.error(node, f"{call.sql_name()}() WITHIN GROUP has no counterpart with FILTER. Use a subquery.")
    keys, values = order.expressions, call.expressions
    if len(keys) != len(values):
        raise ctx.error(node, f"{call.sql_name()}() takes as many values as WITHIN GROUP has keys.")
    kinds = [(category(key.this), category(value)) for key, value in zip(keys, values, strict=True)]
    if any(a != b for a, b in kinds if a is not None and b is not None):
        raise ctx.error(node, f"{ctx.rules.name} cannot compare a value with its key here. Cast one.")
    before = _before(list(zip(keys, values, strict=True)))
    if isinstance(call, exp.DenseRank):
        row = exp.Anonymous(this="row", expressions=[key.this.copy() for key in keys])
        row.meta["translated"] = True
        counted: exp.Expr = exp.Count(this=exp.Distinct(expressions=[row]))
    else:
        counted = exp.Count(this=exp.Star())
    if isinstance(call, exp.CumeDist):
        same = exp.and_(*(_same(key, value) for key, value in zip(keys, values, strict=True)), copy=False)
        before = exp.or_(exp.Paren(this=before), exp.Paren(this=same), copy=False)
    found: exp.Expr = exp.Filter(this=counted, expression=exp.Where(this=before))
    rows = exp.Count(this=exp.Star())
    if isinstance(call, exp.PercentRank):
        return ctx.macro("pg__share", found, rows, type="DOUBLE")
    plus = exp.Paren(this=exp.Add(this=found, expression=lit(1)))
    if isinstance(call, exp.CumeDist):
        return ctx.macro("pg__share", plus, exp.Paren(this=exp.Add(this=rows, expression=lit(1))), type="DOUBLE")
    return cast(plus, "BIGINT")


def _before(pairs: list[tuple[exp.Expr, exp.Expr]]) -> exp.Expr:
    """Whether a row comes before these values by the keys."""
    (key, value), *rest = pairs
    column, null = exp.Paren(this=key.this.copy()), exp.Null()
    value = exp.Paren(this=value.copy())
    less = (exp.GT if key.args.get("desc") else exp.LT)(this=column, expression=value)
    first, last = (column, value) if key.args.get("nulls_first") else (value, column)
    beside = exp.and_(
        exp.Is(this=first.copy(), expression=null),
        exp.Not(this=exp.Is(this=last.copy(), expression=null.copy())),
        copy=False,
    )
    test: exp.Expr = exp.or_(exp.Coalesce(this=less, expressions=[exp.Boolean(this=False)]), beside, copy=False)
    if rest:
        test = exp.or_(test, exp.and_(_same(key, value), exp.Paren(this=_before(rest)), copy=False), copy=False)
    return exp.Paren(this=test)


def _same(key: exp.Expr, value: exp.Expr) -> exp.Expr:
    return exp.NullSafeEQ(this=exp.Paren(this=key.this.copy()), expression=exp.Paren(this=value.copy()))


@R.rule(exp.ArrayAgg, exp.GroupConcat)
def sorted_distinct(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # DISTINCT sorts in an aggregate, NULL last.
    distinct = node.this
    if isinstance(distinct, exp.Distinct) and len(distinct.expressions) == 1:
        by = exp.Ordered(this=distinct.expressions[0].copy(), nulls_first=False)
        node.set("this", exp.Order(this=distinct, expressions=[by]))
    return None


@R.rule(exp.Sum, exp.Avg)
def sum_(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if ctx.is_a(node.this, "interval"):
        if isinstance(node.parent, (exp.Filter, exp.Window)) or isinstance(node.this, exp.Distinct):
            raise ctx.error(node, f"{node.key}() of intervals has no counterpart with FILTER, OVER or DISTINCT.")
        name = "pg__interval_sum" if isinstance(node, exp.Sum) else "pg__interval_avg"
        return ctx.macro(name, node.this, type="INTERVAL")
    if category(node.this) in ("boolean", "text", "date or timestamp") and not parameter(node.this):
        raise ctx.error(
            node, f"{ctx.rules.name} has no {node.key}({category(node.this)}). Cast the argument, or count with FILTER."
        )
    return None


@R.rule(exp.Min, exp.Max)
def min_max(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if category(node.this) == "boolean":
        raise ctx.error(node, f"{ctx.rules.name} has no {node.key}(boolean). Use bool_and() or bool_or().")
    return None


_REGRESSIONS = (exp.Corr, exp.RegrSlope)
_AROUND = (exp.Filter, exp.Window)


@R.rule(*_REGRESSIONS, *_AROUND)
def regression(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # functions-aggregate.html: NULL where x or y does not vary, in DuckDB NaN, which a NaN among the values gives too.
    if isinstance(node.parent, _AROUND) and node.arg_key == "this":
        return None
    inner = node
    while isinstance(inner, _AROUND):
        inner = inner.this
    if not isinstance(inner, _REGRESSIONS):
        return None
    other = node.copy()
    found = find_first(other, *_REGRESSIONS)
    covariance = exp.CovarPop(this=inner.this.copy(), expression=inner.expression.copy())
    if found is other:
        other = covariance
    elif found is not None:
        found.replace(covariance)
    return ctx.macro("pg__no_variance", node.copy(), other, type="DOUBLE")


@R.rule(exp.GroupConcat)
def string_agg(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value = node.this
    while isinstance(value, (exp.Order, exp.Distinct)):
        value = value.expressions[0] if isinstance(value, exp.Distinct) else value.this
    if category(value) not in (None, "text"):
        raise ctx.error(node, f"{ctx.rules.name} has no string_agg({category(value)}). Cast to text first.")
    if isinstance(node.args.get("separator"), exp.Null):
        node.set("separator", lit(""))
    return None
