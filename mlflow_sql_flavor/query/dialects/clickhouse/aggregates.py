"""Aggregate functions and their combinators: https://clickhouse.com/docs/sql-reference/aggregate-functions

NULLs are left out. Of no rows the result is NULL for a Nullable argument and the type's default for another.
"""

from __future__ import annotations

import itertools

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all, find_first
from .. import DialectRules
from ..shared import build
from ..shared.calls import argument_count
from ..shared.row_comparisons import fields
from .arrays import element_type, or_null
from .casts import to_text
from .comparisons import condition_of, may_be_nan
from .nulls import default_of, nullable, of_argument, of_none, truth
from .numbers import width_of
from .windows import empty_frame

R = DialectRules("clickhouse aggregates")
_PLAIN = {"sum": exp.Sum, "min": exp.Min, "max": exp.Max, "avg": exp.Avg, "any": exp.AnyValue}
_DUCKDB = {
    "anylast": "last", "stddevpop": "stddev_pop", "varpop": "var_pop", "covarpop": "covar_pop", "argmin": "arg_min",
    "argmax": "arg_max", "groupbitand": "bit_and", "groupbitor": "bit_or", "groupbitxor": "bit_xor", "sumkahan": "fsum",
    "sumwithoverflow": "sum", "median": "median", "any_value": "any_value", "stddevpopstable": "stddev_pop",
    "varpopstable": "var_pop", "covarpopstable": "covar_pop",
}  # fmt: skip
# Of one row there is no sample to speak of: NaN
_SAMPLES = {"stddevsamp": "stddev_samp", "varsamp": "var_samp", "covarsamp": "covar_samp", "corr": "corr"}
_SAMPLES |= {f"{name}stable": own for name, own in _SAMPLES.items()}
_MACROS = {
    "skewpop": "ch__skew_pop",
    "skewsamp": "ch__skew_samp",
    "kurtpop": "ch__kurt_pop",
    "kurtsamp": "ch__kurt_samp",
}
# https://clickhouse.com/docs/sql-reference/aggregate-functions/reference/summap: of pairs of a key and a value
_MAPS = {"summap": "ch__sum_map", "minmap": "ch__min_map", "maxmap": "ch__max_map"}
_OF_ROWS = {"deltasum": "ch__delta_sum", "sumcount": "ch__sum_count"}
_COUNTS = {"count", "uniq", "uniqexact", "uniqcombined", "uniqcombined64", "uniqhll12"}
_ARRAYS = {"grouparray", "groupuniqarray"}
_DOUBLES = {"avg", "median", "avgweighted", *_SAMPLES, *_MACROS, "stddevpop", "varpop", "covarpop"}
_BASES = {*_PLAIN, *_DUCKDB, *_SAMPLES, *_MACROS, *_COUNTS, *_ARRAYS, *_MAPS, *_OF_ROWS, "avgweighted", "medianexact"}
_SUFFIXES = ("if", "distinct", "ornull", "ordefault")
#: Of the elements of arrays: https://clickhouse.com/docs/sql-reference/aggregate-functions/combinators#-array
_ELEMENTS = ("sum", "avg", "count", "min", "max", "uniq", "uniqexact", "grouparray", "groupuniqarray")
_OF_ELEMENTS = {f"{base}array{tail}" for base in _ELEMENTS for tail in ("", "if")}
_OF_NOTHING = (exp.Sum, exp.Min, exp.Max, exp.Avg, exp.AnyValue, exp.Median, exp.ArgMax, exp.ArgMin)
R.known(*_BASES, *_OF_ELEMENTS)
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
    own = _OWN.get(str(node.this).lower())
    return own(node, ctx) if own is not None else _aggregate(node, str(node.this), node.expressions, ctx)


@R.rule(exp.Anonymous)
def unmodelled(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.meta.get("translated") or (_split(node.name) is None and node.name.lower() not in _OF_ELEMENTS):
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
    if (
        isinstance(value, exp.Anonymous)
        and value.name == "ch__divide"
        and not find_first(value.expressions[1], exp.Column)
    ):
        raise ctx.error(node, "ClickHouse divides a decimal behind the aggregate, with other digits: write it there.")
    return None


def _row_with_null(node: exp.Expr, ctx: Context) -> bool:
    key = (node.expression if isinstance(node, (exp.ArgMax, exp.ArgMin)) else node.this).unnest()
    parts = key.expressions if isinstance(key, (exp.Tuple, exp.Struct)) else []
    return any(
        nullable(part.expression if isinstance(part, exp.PropertyEQ) else part, ctx) is not False for part in parts
    )


@R.rule(*_OF_NOTHING)
def of_nothing(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if isinstance(node, (exp.Min, exp.Max, exp.ArgMax, exp.ArgMin)) and _row_with_null(node, ctx):
        raise ctx.error(node, "A tuple with a NULL is the least and the greatest of none: use ifNull on its parts.")
    if isinstance(node, (exp.Min, exp.Max)) and may_be_nan(node.this, ctx):
        if isinstance(node.parent, (exp.Window, exp.Filter)):
            node.set("this", ctx.macro("ch__no_nan", node.this, type="DOUBLE"))
        else:  # NaN is left out, unless there is nothing else
            made = ctx.macro("ch__max" if isinstance(node, exp.Max) else "ch__min", node.this, type="DOUBLE")
            return made if _grouped(node) else _of_nothing(made, None, of_argument(node), ctx)
    if isinstance(node, (exp.ArgMax, exp.ArgMin)) and may_be_nan(node.expression, ctx):
        node.set("expression", ctx.macro("ch__no_nan", node.expression, type="DOUBLE"))
    if isinstance(node.parent, exp.Window):
        empty_frame(node)
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


def _of_elements(node: exp.Expr, name: str, arguments: list[exp.Expr], ctx: Context) -> exp.Expr:
    base = name.removesuffix("if").removesuffix("array")
    array, *test = arguments
    if test and name.endswith("if"):
        condition_of(test[0], ctx)
        array = exp.Case(ifs=[exp.If(this=truth(test[0], ctx), true=array.copy())])
        array.type = arguments[0].type
    if base.startswith("uniq") and base != "uniqexact":
        ctx.open("approximate", node, f"{base} is an estimate in ClickHouse, and exact here.")
    if base.startswith("group"):
        ctx.open("unordered_array", node, "The order of the array's elements is not fixed.")
    every = ctx.macro("ch__elements", array)
    kind = element_type(arguments[0])
    simple = {"sum": "ch__array_sum", "avg": "list_avg", "count": "len", "uniq": "ch__array_uniq", "min": "list_min",
              "uniqexact": "ch__array_uniq", "max": "list_max", "groupuniqarray": "ch__array_distinct"}  # fmt: skip
    if base == "grouparray":
        return every
    made: exp.Expr = ctx.macro(simple[base], every) if "__" in simple[base] else ctx.call(simple[base], every)
    empty = exp.EQ(this=ctx.call("len", every.copy()), expression=build.lit(0))
    if base == "avg":  # of none NaN
        return exp.Coalesce(this=made, expressions=[build.cast(build.lit("nan"), "DOUBLE")])
    if base in ("sum", "min", "max"):
        probe = exp.Null()
        probe.type = kind
        default = default_of(probe, ctx)
        if default is None or (base != "sum" and ctx.is_a(probe, "float")):
            raise ctx.error(node, f"{node.this} has a counterpart for arrays of integers or texts.")
        none = exp.If(this=empty, true=or_null(default, arguments[0], ctx))
        made = exp.Paren(this=exp.Case(ifs=[none], default=made))
    return made


def _aggregate(node: exp.Expr, name: str, arguments: list[exp.Expr], ctx: Context) -> exp.Expr | None:
    if name.lower() in _OF_ELEMENTS:
        return _of_elements(node, name.lower(), arguments, ctx)
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
    if (
        base in _COUNTS
        or base in _ARRAYS
        or base in _MAPS
        or base in _OF_ROWS
        or "ornull" in tails
        or isinstance(node.parent, exp.Window)
    ):
        return made
    if test is None and _grouped(node):
        return made
    if "ordefault" in tails:
        return of_none(made, _rows(test), found, default_of(made, ctx), ctx)
    return _of_nothing(made, test, found, ctx, nan=base in _DOUBLES)


def _call(base: str, arguments: list[exp.Expr], distinct: bool, node: exp.Expr, ctx: Context) -> exp.Expr:
    if base in _COUNTS:
        if base not in ("uniqexact", "count"):
            ctx.open("approximate", node, f"{base} is an estimate in ClickHouse, and exact here.")
        if base == "count" and not distinct:
            return exp.Count(this=arguments[0] if arguments else exp.Star())
        return exp.Count(this=exp.Distinct(expressions=arguments))
    if base in _MAPS:
        return _of_pairs(base, arguments, node, ctx)
    if base == "deltasum":
        ctx.open("order", node, "The order of the rows is not fixed: read them from a subquery with ORDER BY.")
    if base in _OF_ROWS:
        if distinct or ctx.is_a(arguments[0], "decimal", "date", "timestamp"):
            raise ctx.error(node, f"{base} has a counterpart for integers and floats.")
        made = ctx.macro(_OF_ROWS[base], arguments[0])
        made.type = arguments[0].type if base == "deltasum" else exp.DataType.build("STRUCT", dialect="duckdb")
        return made
    if base in _ARRAYS:
        ctx.open("unordered_array", node, "The order of the array's elements is not fixed.")
        made = ctx.macro("ch__group_array" if base == "grouparray" else "ch__group_uniq", *arguments)
        made.type = node.type if ctx.is_a(node, "array") else exp.DataType.build("UNKNOWN[]", dialect="duckdb")
        return made
    if ctx.is_a(arguments[0], "bool") and base in ("sum", "avg"):
        number = exp.Cast(this=arguments[0], to=exp.DataType.build("BIGINT"))
        number.type = number.to
        arguments = [number]
    if base == "sumwithoverflow" and (width_of(arguments[0], ctx) or (0, False))[0] != 64:
        raise ctx.error(node, "sumWithOverflow wraps around at the width of its argument: use sum.")
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
    if base in ("argmin", "argmax") and may_be_nan(arguments[1], ctx):
        arguments[1] = ctx.macro("ch__no_nan", arguments[1], type="DOUBLE")
    call = ctx.call(_DUCKDB[base], *([value] if distinct else arguments))
    if base == "anylast":
        return _filtered(call, exp.Not(this=exp.Is(this=arguments[0].copy(), expression=exp.Null())))
    return call


@R.prepare
def values_of_maps(tree: exp.Expr, ctx: Context) -> None:
    """Whether the values of sumMap are Nullable, asked before the rules."""
    for node in find_all(tree, exp.AnonymousAggFunc, exp.CombinedAggFunc, exp.Anonymous):
        name = str(node.this if isinstance(node.this, str) else node.name).lower()
        if not name.startswith("summap") or not node.expressions:
            continue
        arguments = fields(node.expressions[0]) or node.expressions
        values = arguments[1].unnest() if len(arguments) > 1 else None
        if isinstance(values, exp.Array):
            each = [nullable(value, ctx) for value in values.expressions]
            node.meta["of_values"] = True if True in each else False if all(one is False for one in each) else None


def _of_pairs(base: str, arguments: list[exp.Expr], node: exp.Expr, ctx: Context) -> exp.Expr:
    if len(arguments) == 1:
        arguments = fields(arguments[0]) or arguments
    if len(arguments) != 2:
        raise ctx.error(node, f"{base} has a counterpart for an array of keys and one of values.")
    found = node.meta.get("of_values")
    if base == "summap" and found is not False:
        made = ctx.macro(f"ch__sum_map_{'nullable' if found else 'unknown'}", ctx.macro("ch__zip", *arguments))
    else:
        made = ctx.macro(_MAPS[base], ctx.macro("ch__zip", *arguments))
    made.type = exp.DataType.build("STRUCT", dialect="duckdb")
    return made


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


def _rows(test: exp.Expr | None) -> exp.Expr:
    """How many rows an aggregate has."""
    rows: exp.Expr = exp.Count(this=exp.Star())
    return rows if test is None else _filtered(rows, test.copy())


def _of_nothing(
    value: exp.Expr, test: exp.Expr | None, found: bool | list[exp.Expr], ctx: Context, nan: bool = False
) -> exp.Expr:
    rows = _rows(test)
    default = default_of(value, ctx)
    inner = value.this if isinstance(value, exp.Filter) else value
    if nan or isinstance(inner, (exp.Avg, exp.Median)):
        default = exp.Cast(this=exp.Literal.string("nan"), to=exp.DataType.build("DOUBLE"))
    held = value.copy() if value.parent is not None else value
    held.type = value.type
    return of_none(held, rows, found, default, ctx)


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
    if name == "uniqupto" and len(levels) == 1 and test is None:
        most = exp.Add(this=levels[0], expression=exp.Literal.number(1))  # one more says that there are more
        return exp.Least(this=exp.Count(this=exp.Distinct(expressions=values)), expressions=[most])
    if name == "groupconcat" and len(values) == 1 and len(levels) == 1:
        return _concatenated(values[0], levels[0], test, node, ctx)
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
    if name in ("uniqcombined", "uniqcombined64") and len(levels) == 1:
        ctx.open("approximate", node, f"{node.this} is an estimate in ClickHouse, and exact here.")
        return exp.Count(this=exp.Distinct(expressions=[value]))
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
        # https://clickhouse.com/docs/sql-reference/aggregate-functions/reference/quantiles: never NULL
        exact = ("exact" in one or "low" in one) and not ctx.is_a(values[0], "float")
        none = default_of(values[0], ctx) if exact else build.cast(build.lit("nan"), "DOUBLE")
        if none is None:
            raise ctx.error(node, f"{node.this} has a counterpart for numbers: convert with toUnixTimestamp.")
        return exp.Array(expressions=[exp.Coalesce(this=each, expressions=[none.copy()]) for each in made])
    made[0].type = values[0].type if "exact" in one or "low" in one else exp.DataType.build("DOUBLE")
    if _grouped(node) and test is None:
        return made[0]
    exact = ("exact" in one or "low" in one) and not ctx.is_a(values[0], "float")
    return _of_nothing(made[0], test, found, ctx, nan=not exact)


def _concatenated(value: exp.Expr, between: exp.Expr, test: exp.Expr | None, node: exp.Expr, ctx: Context) -> exp.Expr:
    # https://clickhouse.com/docs/sql-reference/aggregate-functions/reference/groupconcat: NULLs are left out
    ctx.open("order", node, "The order of the rows is not fixed: read them from a subquery with ORDER BY.")
    written = to_text(value, node, ctx)
    if test is not None:
        written = exp.Case(ifs=[exp.If(this=test, true=written)])
    made = ctx.macro("ch__concatenated", written, between, type="VARCHAR")
    return made if _grouped(node) else _of_nothing(made, test, of_argument(node), ctx)


@R.rule(exp.GroupConcat)
def concatenated(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.args.get("separator") is None and argument_count(node, ctx) != 1:
        raise ctx.error(node, "groupConcat has a counterpart as groupConcat('separator')(text).")
    return _concatenated(node.this, node.args.get("separator") or build.lit(""), None, node, ctx)


def exact_median(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Without a level the median
    half = exp.Cast(this=exp.Literal.string("0.5"), to=exp.DataType.build("DOUBLE"))
    name = str(node.this).lower().replace("median", "quantile")
    made = exp.ParameterizedAgg(this=name, expressions=[half], params=node.expressions)
    made.meta.update(node.meta)
    made.parent = node.parent
    return quantiles(made, ctx)


def retained(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Where the first holds: https://clickhouse.com/docs/sql-reference/aggregate-functions/parametric-functions#retention
    tests = [truth(test, ctx) for test in node.expressions]
    held = [exp.Coalesce(this=ctx.call("bool_or", test), expressions=[exp.Boolean(this=False)]) for test in tests]
    each = [held[0], *(exp.Paren(this=exp.and_(held[0].copy(), other)) for other in held[1:])]
    return exp.Array(expressions=[build.cast(one, "BIGINT") for one in each])


_OWN = {"quantileexact": exact_median, "quantileexactinclusive": exact_median, "retention": retained}
R.known(*_OWN)
