"""Aggregate functions and their combinators: https://clickhouse.com/docs/sql-reference/aggregate-functions

NULLs are left out. Of no rows the result is NULL for a Nullable argument and the type's default for another.
"""

from __future__ import annotations

import itertools

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from .comparisons import condition_of, may_be_nan
from .nulls import default_of, of_argument, of_none, truth

R = DialectRules("clickhouse aggregates")
_PLAIN = {"sum": exp.Sum, "min": exp.Min, "max": exp.Max, "avg": exp.Avg, "any": exp.AnyValue}
_DUCKDB = {
    "anylast": "last", "stddevpop": "stddev_pop", "varpop": "var_pop", "covarpop": "covar_pop", "argmin": "arg_min",
    "argmax": "arg_max", "groupbitand": "bit_and", "groupbitor": "bit_or", "groupbitxor": "bit_xor", "sumkahan": "fsum",
    "sumwithoverflow": "sum", "median": "median", "any_value": "any_value",
}  # fmt: skip
# Of one row there is no sample to speak of: NaN
_SAMPLES = {"stddevsamp": "stddev_samp", "varsamp": "var_samp", "covarsamp": "covar_samp", "corr": "corr"}
_MACROS = {
    "skewpop": "ch__skew_pop",
    "skewsamp": "ch__skew_samp",
    "kurtpop": "ch__kurt_pop",
    "kurtsamp": "ch__kurt_samp",
}
_COUNTS = {"count", "uniq", "uniqexact", "uniqcombined", "uniqcombined64", "uniqhll12"}
_ARRAYS = {"grouparray", "groupuniqarray"}
_DOUBLES = {"avg", "median", "avgweighted", *_SAMPLES, *_MACROS, "stddevpop", "varpop", "covarpop"}
_BASES = {*_PLAIN, *_DUCKDB, *_SAMPLES, *_MACROS, *_COUNTS, *_ARRAYS, "avgweighted", "medianexact"}
_SUFFIXES = ("if", "distinct", "ornull", "ordefault")
_OF_NOTHING = (exp.Sum, exp.Min, exp.Max, exp.Avg, exp.AnyValue, exp.Median, exp.ArgMax, exp.ArgMin)
R.known(*_BASES)
R.known(*(base + "".join(tail) for base in _BASES for n in (1, 2) for tail in itertools.permutations(_SUFFIXES, n)))


def _split(name: str) -> tuple[str, list[str]] | None:
    """``sumIfOrNull`` -> ``sum`` and its combinators; None for a name that is no aggregate."""
    found: list[str] = []
    name = name.lower()
    while name not in _BASES:
        tail = next((tail for tail in _SUFFIXES if name.endswith(tail) and len(name) > len(tail)), None)
        if tail is None:
            return None
        found.append(tail)
        name = name[: -len(tail)]
    return name, found


@R.rule(exp.CombinedAggFunc, exp.AnonymousAggFunc)
def aggregates(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return _aggregate(node, str(node.this), node.expressions, ctx)


@R.rule(exp.Anonymous)
def unmodelled(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.meta.get("translated") or _split(node.name) is None:
        return None
    return _aggregate(node, node.name, node.expressions, ctx)


@R.rule(exp.CountIf)
def count_if(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    condition_of(node.this, ctx)
    return _filtered(exp.Count(this=exp.Star()), truth(node.this, ctx))


@R.rule(exp.StddevPop, exp.StddevSamp, exp.Stddev, exp.Variance, exp.VariancePop, exp.CovarSamp, exp.CovarPop, exp.Corr)
def deviations(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    kinds: dict[type[exp.Expr], str] = {
        exp.StddevPop: "stddevpop", exp.StddevSamp: "stddevsamp", exp.Stddev: "stddevsamp", exp.Variance: "varsamp",
        exp.VariancePop: "varpop", exp.CovarSamp: "covarsamp", exp.CovarPop: "covarpop", exp.Corr: "corr",
    }  # fmt: skip
    return _aggregate(
        node, kinds[type(node)], [arg for arg in (node.this, node.args.get("expression")) if arg is not None], ctx
    )


@R.rule(exp.Sum, exp.Avg)
def moved_out(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # optimize_arithmetic_operations_in_aggregate_functions: sum(d / 3) is computed as sum(d) / 3
    value = node.this.unnest()
    if isinstance(node, exp.Avg) and ctx.is_a(node.this, "date", "timestamp", "timestamptz", "text"):
        raise ctx.error(node, "avg of a date or a text has no counterpart: convert it with toUnixTimestamp.")
    if isinstance(value, exp.Anonymous) and value.name == "ch__divide" and not value.expressions[1].find(exp.Column):
        raise ctx.error(node, "ClickHouse divides a decimal behind the aggregate, with other digits: write it there.")
    return None


@R.rule(*_OF_NOTHING)
def of_nothing(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if isinstance(node, (exp.Min, exp.Max)) and may_be_nan(node.this, ctx):
        if isinstance(node.parent, (exp.Window, exp.Filter)):
            node.set("this", ctx.macro("ch__no_nan", node.this, type="DOUBLE"))
        else:  # NaN is left out, unless there is nothing else
            made = ctx.macro("ch__max" if isinstance(node, exp.Max) else "ch__min", node.this, type="DOUBLE")
            return made if _grouped(node) else _of_nothing(made, None, of_argument(node), ctx)
    if isinstance(node.parent, exp.Window):
        _empty_frame(node)
        return None
    if isinstance(node.parent, exp.Filter) or _grouped(node):
        return None
    return _of_nothing(node, None, of_argument(node), ctx)


@R.rule(exp.Filter)
def filtered(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not isinstance(node.this, _OF_NOTHING) or isinstance(node.parent, exp.Window):
        return None
    node.type = node.this.type
    return _of_nothing(node, node.expression.this, of_argument(node.this), ctx)


def _aggregate(node: exp.Expr, name: str, arguments: list[exp.Expr], ctx: Context) -> exp.Expr | None:
    split = _split(name)
    if split is None:
        raise ctx.error(node, f"The aggregate {name} has no counterpart in DuckDB.")
    base, tails = split
    found = of_argument(node)
    test = None
    arguments = list(arguments)
    if arguments and isinstance(arguments[0], exp.Distinct):  # sumIf(DISTINCT x, condition)
        arguments = [*arguments[0].expressions, *arguments[1:]]
        tails = [*tails, "distinct"]
    if "if" in tails:
        if not arguments:
            raise ctx.error(node, f"{name} has its condition as its last argument.")
        condition_of(arguments[-1], ctx)
        test = truth(arguments.pop(), ctx)
    made = _call(base, arguments, "distinct" in tails, node, ctx)
    if made.type is None:
        made.type = exp.DataType.build("DOUBLE") if base in _DOUBLES else arguments[0].type if arguments else None
    if test is not None:
        kind = made.type
        made = _filtered(made, test)
        made.type = kind
    if base in _COUNTS or base in _ARRAYS or "ornull" in tails or isinstance(node.parent, exp.Window):
        return made
    if test is None and _grouped(node):
        return made
    return _of_nothing(made, test, found, ctx, nan=base in _DOUBLES)


def _call(base: str, arguments: list[exp.Expr], distinct: bool, node: exp.Expr, ctx: Context) -> exp.Expr:
    if base in _COUNTS:
        if base not in ("uniqexact", "count"):
            ctx.open("approximate", node, f"{base} is an estimate in ClickHouse, and exact here.")
        if base == "count" and not distinct:
            return exp.Count(this=arguments[0] if arguments else exp.Star())
        return exp.Count(this=exp.Distinct(expressions=arguments))
    if base in _ARRAYS:
        ctx.open("unordered_array", node, "The order of the array's elements is not fixed.")
        made = ctx.macro("ch__group_array" if base == "grouparray" else "ch__group_uniq", *arguments)
        made.type = node.type if ctx.is_a(node, "array") else exp.DataType.build("UNKNOWN[]", dialect="duckdb")
        return made
    if ctx.is_a(arguments[0], "bool") and base in ("sum", "avg"):
        number = exp.Cast(this=arguments[0], to=exp.DataType.build("BIGINT"))
        number.type = number.to
        arguments = [number]
    value: exp.Expr = exp.Distinct(expressions=arguments) if distinct else arguments[0]
    if base in ("avg", "medianexact", "median") and ctx.is_a(arguments[0], "date", "timestamp", "text"):
        raise ctx.error(node, f"{base} of a date or a text has no counterpart: convert it with toUnixTimestamp.")
    if base in _PLAIN:
        return _PLAIN[base](this=value)
    if base == "avgweighted":
        return ctx.macro("ch__avg_weighted", *arguments, type="DOUBLE")
    if base == "medianexact":
        return ctx.macro("ch__quantile_exact", arguments[0], exp.Literal.number("0.5"))
    if base in _SAMPLES:
        return ctx.macro("ch__" + _SAMPLES[base], *arguments, type="DOUBLE")
    if base in _MACROS:
        return ctx.macro(_MACROS[base], *arguments, type="DOUBLE")
    call = ctx.call(_DUCKDB[base], *([value] if distinct else arguments))
    if base == "anylast":
        return _filtered(call, exp.Not(this=exp.Is(this=arguments[0].copy(), expression=exp.Null())))
    return call


def _filtered(value: exp.Expr, test: exp.Expr) -> exp.Expr:
    if isinstance(value, exp.Filter):
        test = exp.and_(value.expression.this, test)
        value = value.this
    if isinstance(value, exp.Anonymous) and "__" in value.name:  # a macro: NULL outside of the condition
        first = exp.Case(ifs=[exp.If(this=test, true=value.expressions[0])])
        made: exp.Expr = exp.Anonymous(this=value.this, expressions=[first, *value.expressions[1:]])
        made.meta["translated"] = True
    else:
        made = exp.Filter(this=value, expression=exp.Where(this=test))
    made.type = value.type
    return made


def _grouped(node: exp.Expr) -> bool:
    """Whether an aggregate has a row at least: its SELECT has GROUP BY keys."""
    select = node.find_ancestor(exp.Select)
    group = select.args.get("group") if select is not None else None
    return group is not None and not any(group.args.get(key) for key in ("rollup", "cube", "grouping_sets"))


def _of_nothing(
    value: exp.Expr, test: exp.Expr | None, found: bool | list[exp.Expr], ctx: Context, nan: bool = False
) -> exp.Expr:
    rows: exp.Expr = exp.Count(this=exp.Star())
    if test is not None:
        rows = _filtered(rows, test.copy())
    default = default_of(value, ctx)
    inner = value.this if isinstance(value, exp.Filter) else value
    if nan or isinstance(inner, (exp.Avg, exp.Median)):
        default = exp.Cast(this=exp.Literal.string("nan"), to=exp.DataType.build("DOUBLE"))
    held = value.copy() if value.parent is not None else value
    held.type = value.type
    return of_none(held, rows, found, default, ctx)


def _empty_frame(node: exp.Expr) -> None:
    """A moving frame may hold no row at all: of the default then, where the argument is not Nullable."""
    spec = node.parent.args.get("spec") if node.parent is not None else None
    if spec is None or of_argument(node) is True:
        return
    start, end = (str(spec.args.get(f"{side}_side") or "").upper() for side in ("start", "end"))
    if node.parent is not None and (start == "FOLLOWING" or end == "PRECEDING"):
        node.parent.meta["empty_frame"] = of_argument(node)


@R.rule(exp.Window)
def empty_frames(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    found = node.meta.pop("empty_frame", None)
    if found is None:
        return None
    counted = node.copy()
    counted.set("this", exp.Count(this=exp.Star()))
    value = node.copy()
    value.type = node.type
    nan = exp.Cast(this=exp.Literal.string("nan"), to=exp.DataType.build("DOUBLE"))
    default = nan if isinstance(node.this, exp.Avg) else default_of(node.this, ctx)
    return of_none(value, counted, found, default, ctx)


@R.rule(exp.ApproxDistinct)
def uniq(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://clickhouse.com/docs/sql-reference/aggregate-functions/reference/uniq: exact up to 65,536 values
    ctx.open("approximate", node, "uniq is an estimate in ClickHouse, and exact here.")
    second = node.args.get("accuracy")  # where sqlglot puts it
    values = [value for value in (node.this, second, *node.expressions) if value is not None]
    return exp.Count(this=exp.Distinct(expressions=values))


@R.rule(exp.Quantile, exp.ParameterizedAgg, exp.CombinedParameterizedAgg)
def quantiles(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Interpolated: quantile of a sample of 8,192 rows, quantileExactInclusive of all. quantileExact takes a value.
    # https://clickhouse.com/docs/sql-reference/aggregate-functions/reference/quantile
    if isinstance(node, exp.Quantile):
        name, values, levels = "quantile", [node.this], [node.args["quantile"]]
    else:
        name, values, levels = str(node.this).lower(), list(node.args.get("params") or ()), list(node.expressions)
    found = of_argument(node)
    test = truth(values.pop(), ctx) if isinstance(node, exp.CombinedParameterizedAgg) and name.endswith("if") else None
    name = name.removesuffix("if") if test is not None else name
    if len(values) != 1 or not levels:
        raise ctx.error(node, f"The aggregate {node.this} has no counterpart in DuckDB.")
    if name.startswith("quantile") and ctx.is_a(values[0], "text"):
        raise ctx.error(node, f"{node.this} takes no text in ClickHouse: convert it with toFloat64.")
    value = values[0] if test is None else exp.Case(ifs=[exp.If(this=test, true=values[0])])
    if name in ("quantile", "quantiles"):
        ctx.open("approximate", node, "quantile is an estimate beyond 8,192 rows in ClickHouse, and exact here.")
    if name in ("grouparray", "groupuniqarray") and len(levels) == 1:
        macro = "ch__group_array" if name == "grouparray" else "ch__group_uniq"
        ctx.open("unordered_array", node, "The order of the array's elements is not fixed.")
        return ctx.call("list_slice", ctx.macro(macro, value), exp.Literal.number(1), levels[0])
    if name in ("uniqupto", "uniqcombined", "uniqcombined64") and len(levels) == 1:
        counted: exp.Expr = exp.Count(this=exp.Distinct(expressions=[value]))
        if name != "uniqupto":
            ctx.open("approximate", node, f"{node.this} is an estimate in ClickHouse, and exact here.")
            return counted
        most = exp.Add(this=levels[0], expression=exp.Literal.number(1))  # one more says that there are more
        return exp.Least(this=counted, expressions=[most])
    if name == "topk" and len(levels) == 1:
        return ctx.macro("ch__top", value, levels[0])
    kinds = {
        "quantile": "ch__quantile", "quantileexactinclusive": "ch__quantile", "quantileexact": "ch__quantile_exact",
        "quantileexacthigh": "ch__quantile_exact", "quantileexactlow": "ch__quantile_low",
    }  # fmt: skip
    one = kinds.get("quantile" + name.removeprefix("quantiles")) if name.startswith("quantiles") else kinds.get(name)
    if one is None:
        raise ctx.error(node, f"The aggregate {node.this} has no counterpart in DuckDB.")
    if name in ("quantileexactlow", "quantileexacthigh") and levels[0].sql("duckdb") != "CAST('0.5' AS DOUBLE)":
        raise ctx.error(node, "Of this aggregate the level 0.5 has a counterpart.")
    made: list[exp.Expr] = [ctx.macro(one, value.copy(), level) for level in levels]
    if name.startswith("quantiles"):
        return exp.Array(expressions=made)
    made[0].type = values[0].type if "exact" in one or "low" in one else exp.DataType.build("DOUBLE")
    if _grouped(node) and test is None:
        return made[0]
    exact = ("exact" in one or "low" in one) and not ctx.is_a(values[0], "float")
    return _of_nothing(made[0], test, found, ctx, nan=not exact)
