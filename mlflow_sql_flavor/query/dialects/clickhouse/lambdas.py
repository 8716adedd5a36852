"""Higher-order functions: https://clickhouse.com/docs/sql-reference/functions/overview#higher-order-functions"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from ...facts.typed_query import type_part
from ...reading.traversal import find_all, find_first, walk_tree
from .. import DialectRules
from ..shared import build
from .arrays import array_of, default_element, element_type, map_part, or_null
from .nulls import default_of, truth

R = DialectRules("clickhouse lambdas")
_MAPPED = {"arraymap", "arrayfilter", "arraycount", "arrayexists", "arrayall", "arrayfirst", "arraylast", "arraysum",
           "arrayavg", "arraymin", "arraymax", "arraysort", "arrayreversesort", "arrayfirstindex", "arraylastindex",
           "arrayfill", "arrayreversefill", "arraysplit", "arrayreversesplit", "arraycumsum", "arraycumsumnonnegative",
           "arraydifference", "arrayfirstornull", "arraylastornull", "arraypartialsort", "arraypartialreversesort",
           "arrayproduct"}  # fmt: skip


@R.prepare
def lambdas(tree: exp.Expr, ctx: Context) -> None:
    """Gives the names in a lambda the types of the arrays' elements."""
    for node in reversed(list(walk_tree(tree, bfs=False))):
        if isinstance(node, exp.Lambda):
            _type_lambda(node, ctx)


def _type_lambda(node: exp.Lambda, ctx: Context) -> None:
    call = node.parent
    if call is None:
        return
    arrays = [arg for arg in (call.this, *call.expressions) if isinstance(arg, exp.Expr) and arg is not node]
    names = [name.name for name in node.expressions]
    kinds = [element_type(array) for array in arrays]
    if isinstance(call, exp.Anonymous) and call.name.lower() in _OF_MAPS and arrays:
        kinds = [map_part(arrays[0], 0), map_part(arrays[0], 1)]
    if isinstance(call, exp.Anonymous) and call.name.lower() == "arrayfold" and arrays:
        kinds = [arrays[-1].type if isinstance(arrays[-1].type, exp.DataType) else None, *kinds[:-1]]
        call.type = arrays[-1].type
    for name, kind in zip(names, kinds, strict=False):
        if kind is None or kind.this in (exp.DType.UNKNOWN, exp.DType.NULL):
            continue
        for used in list(find_all(node.this, exp.Identifier)):
            if used.name == name and not isinstance(used.parent, (exp.Column, exp.Cast)):
                typed = exp.Cast(this=used.copy(), to=kind.copy())
                typed.meta["parameter"] = ""
                used.replace(typed) if used is not node.this else node.set("this", typed)
    type_part(node.this, ctx.rules)  # anew: a name in it has a type only now that its array has one
    name = call.name.lower() if isinstance(call, exp.Anonymous) else type(call).__name__.lower()
    if name in ("arraymap", "transform"):
        call.type = array_of(node.this.type if isinstance(node.this.type, exp.DataType) else None) or call.type
    elif name in ("arraysum", "arrayfirst", "arraylast", "arraymin", "arraymax"):
        kind = node.this.type if name in ("arraysum", "arraymin", "arraymax") else element_type(arrays[0])
        call.type = kind or call.type
    elif name in ("arraysort", "arrayreversesort", "arrayfilter", "arrayfill", "arrayreversefill", "mapfilter"):
        call.type = arrays[0].type or call.type


#: https://clickhouse.com/docs/sql-reference/functions/tuple-map-functions
_OF_MAPS = {"mapfilter", "mapapply", "mapexists", "mapall"}


@R.function(*_OF_MAPS)
def over_maps(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    test, *maps = node.expressions
    if not isinstance(test, exp.Lambda) or len(test.expressions) != 2 or len(maps) != 1:
        raise ctx.error(node, f"{node.name} has a counterpart as {node.name}((key, value) -> ..., map).")
    names = {name.name: part for name, part in zip(test.expressions, ("key", "value"), strict=True)}
    holder = exp.Paren(this=test.this)
    entry = build.variable("__each", holder)
    for used in list(find_all(holder, exp.Identifier)):
        if used.name in names and not isinstance(used.parent, exp.Column):
            used.replace(ctx.call("struct_extract", exp.to_identifier(entry), build.lit(names[used.name])))
    each = exp.Lambda(this=holder.this, expressions=[exp.to_identifier(entry)])
    each.this.type = test.this.type
    entries = ctx.call("map_entries", maps[0])
    if node.name.lower() == "mapapply":
        made = ctx.macro("ch__map_of_pairs", ctx.call("list_transform", entries, each))
        return made
    if node.name.lower() == "mapfilter":
        made = ctx.call("map_from_entries", ctx.call("list_filter", entries, _test(each, ctx)))
        made.type = node.type
        return made
    value = truth(each.this, ctx)
    if node.name.lower() == "mapall":
        value = exp.Not(this=exp.Coalesce(this=exp.Paren(this=value), expressions=[exp.Boolean(this=False)]))
    found = ctx.call("list_filter", entries, exp.Lambda(this=value, expressions=each.expressions))
    kind = exp.GT if node.name.lower() == "mapexists" else exp.EQ
    return exp.Paren(this=kind(this=ctx.call("len", found), expression=build.lit(0)))


R.macros({"mapsort": "ch__map_sort", "mapreversesort": "ch__map_sort_down"}, arity=1)


@R.function("mapcontainskeylike", "mapextractkeylike")
def keys_like(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    found = ctx.macro("ch__keys_like", *node.expressions)
    if node.name.lower() == "mapextractkeylike":
        return ctx.call("map_from_entries", found)
    return exp.Paren(this=exp.GT(this=ctx.call("len", found), expression=build.lit(0)))


def _zipped(node: exp.Expr, ctx: Context) -> tuple[exp.Lambda | None, exp.Expr, bool]:
    """The lambda and the array of a call; of several arrays one of their elements together."""
    if isinstance(node, (exp.Transform, exp.ArrayFilter)):
        arguments = [node.expression, node.this]
    else:
        arguments = ([node.this] if isinstance(node.this, exp.Expr) else []) + list(node.expressions)
        if node.args.get("expression") is not None:
            arguments.append(node.args["expression"])
    test = next((arg for arg in arguments if isinstance(arg, exp.Lambda)), None)
    arrays = [arg for arg in arguments if arg is not test]
    if len(arrays) == 1 or test is None:
        return test, arrays[0], False
    names = [name.name for name in test.expressions]
    if len(names) != len(arrays):
        raise ctx.error(node, "The lambda needs one name for each array.")
    body = test.this
    holder = exp.Paren(this=body)
    each = build.variable("__each", holder)
    for used in list(find_all(holder, exp.Identifier)):
        if used.name in names and not isinstance(used.parent, exp.Column):
            place = exp.Literal.number(names.index(used.name) + 1)
            used.replace(ctx.call("struct_extract", exp.to_identifier(each), place))
    made = exp.Lambda(this=holder.this, expressions=[exp.to_identifier(each)])
    return made, ctx.macro("ch__zip" if len(arrays) == 2 else "ch__zip3", *arrays), True


def _test(node: exp.Lambda, ctx: Context) -> exp.Lambda:
    return exp.Lambda(this=truth(node.this, ctx), expressions=node.expressions)


@R.rule(exp.Transform)
def mapped(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    test, array, _ = _zipped(node, ctx)
    return ctx.call("list_transform", array, test) if test is not None else None


@R.rule(exp.ArrayFilter)
def kept(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    test, array, together = _zipped(node, ctx)
    if test is None:
        return None
    found = ctx.call("list_filter", array, _test(test, ctx))
    return _firsts(found, ctx) if together else found


def _firsts(array: exp.Expr, ctx: Context) -> exp.Expr:
    """Of elements together those of the first array."""
    first = ctx.call("struct_extract", exp.to_identifier("__each"), build.lit(1))
    return ctx.call("list_transform", array, exp.Lambda(this=first, expressions=[exp.to_identifier("__each")]))


# https://clickhouse.com/docs/sql-reference/functions/array-functions#arrayFold: the type is that of the start
@R.function("arrayfold")
def folded(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    step, *arrays = node.expressions
    if not isinstance(step, exp.Lambda) or len(arrays) != 2 or len(step.expressions) != 2:
        raise ctx.error(node, "arrayFold has a counterpart with one array: arrayFold((acc, x) -> ..., array, start).")
    made = ctx.call("list_reduce", arrays[0], step, arrays[1])
    made.type = node.type
    return made


@R.function(*_MAPPED)
def higher(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return _higher(node, node.name.lower(), ctx)


def _extreme(macro: str, values: exp.Expr, array: exp.Expr, kind: exp.DataType | None, ctx: Context) -> exp.Expr:
    """The least or greatest element: of none the default of its type."""
    probe = exp.Null()
    probe.type = kind
    default = default_of(probe, ctx)
    found = ctx.macro(macro, values)
    if default is None:
        return found
    empty = exp.EQ(this=ctx.call("len", values.copy()), expression=build.lit(0))
    made = exp.Paren(this=exp.Case(ifs=[exp.If(this=empty, true=or_null(default, array, ctx))], default=found))
    made.type = kind
    return made


@R.rule(exp.ArraySum, exp.ArrayMin, exp.ArrayMax)
def summed(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return _higher(node, type(node).__name__.lower(), ctx)


_FOLDS = {"arraysum": "ch__array_sum", "arrayavg": "ch__array_avg", "arraymin": "ch__array_min",
          "arraymax": "ch__array_max", "arrayproduct": "ch__array_product"}  # fmt: skip


#: Of the elements as the lambda has them.
_ALONG = {"arraycumsum": "ch__cum_sum", "arraydifference": "ch__difference",
          "arraycumsumnonnegative": "ch__cum_sum_from_0"}  # fmt: skip
#: Of the elements and of what the lambda says of each.
_MARKED = {"arrayfill": "ch__filled", "arrayreversefill": "ch__filled_back", "arraysplit": "ch__split_at",
           "arrayreversesplit": "ch__split_after"}  # fmt: skip


def _higher(node: exp.Expr, name: str, ctx: Context) -> exp.Expr | None:
    if name.startswith("arraypartial"):  # what is beyond the first ones has no order of its own
        raise ctx.error(node, f"{node.name} leaves the rest in no order: use arraySort.")
    test, array, together = _zipped(node, ctx)
    if together and name not in (
        *_FOLDS,
        "arraymap",
        "arraysort",
        "arrayfilter",
        "arrayexists",
        "arrayall",
        "arraycount",
        "arrayreversesort",
        "arrayfirstindex",
        "arraylastindex",
        *_ALONG,
        *_MARKED,
    ):
        raise ctx.error(node, f"{name} of several arrays has no counterpart.")
    if name in _FOLDS:
        if isinstance(array, exp.Array) and any(isinstance(item, exp.Null) for item in array.expressions):
            raise ctx.error(node, f"{name} of an array with NULLs is an error in ClickHouse: filter them.")
        values = ctx.call("list_transform", array, test) if test is not None else array
        kind = element_type(array) if test is None else test.this.type
        if name in ("arraymin", "arraymax") and kind is not None and kind.this in exp.DataType.FLOAT_TYPES:
            values = ctx.macro("ch__numbers", values)
        if name in ("arraymin", "arraymax"):
            return _extreme(_FOLDS[name], values, array, kind, ctx)
        return ctx.macro(_FOLDS[name], values)
    if name in _ALONG:
        if isinstance(array, exp.Array) and find_first(array, exp.Null):
            raise ctx.error(node, f"{name} of an array with NULLs is an error in ClickHouse: filter them.")
        values = array if test is None else ctx.call("list_transform", array, test)
        probe = exp.Null()
        probe.type = element_type(array) if test is None else test.this.type
        return ctx.macro(_ALONG[name], build.cast(values, "BIGINT[]") if ctx.is_a(probe, "int", "bool") else values)
    if name in _MARKED and test is not None:
        given = _firsts(array, ctx) if together else array
        return ctx.macro(_MARKED[name], given, ctx.call("list_transform", array.copy(), _test(test, ctx)))
    if name == "arraymap" and test is not None:
        return ctx.call("list_transform", array, test)
    if name in ("arraysort", "arrayreversesort"):
        down = name == "arrayreversesort"
        if test is None:
            return ctx.macro("ch__sort_down" if down else "ch__sort", array)
        if together:
            sort = "ch__sort_down_by" if down else "ch__sort_by"
            return _firsts(ctx.macro(sort, array, ctx.call("list_transform", array.copy(), test)), ctx)
        keys = ctx.call("list_transform", array.copy(), test)
        return ctx.macro("ch__sort_down_by" if down else "ch__sort_by", array, keys)
    if name == "arraycount" and test is None:
        items = array.expressions if isinstance(array, exp.Array) else []
        if not items or not all(ctx.is_a(v, "bool") or (isinstance(v, exp.Literal) and v.is_int) for v in items):
            raise ctx.error(node, "arrayCount without a lambda takes an array of UInt8: write x -> x != 0.")
        return ctx.macro("ch__array_count", array, type="BIGINT")
    if test is None:
        raise ctx.error(node, f"{name} has a counterpart with a lambda only.")
    found = ctx.call("list_filter", array, _test(test, ctx))
    if name == "arrayfilter":
        return _firsts(found, ctx) if together else found
    if name == "arraycount":
        return ctx.call("len", found, type="BIGINT")
    if name in ("arrayexists", "arrayall"):
        value = test.this
        if name == "arrayall":  # a NULL is no truth
            kept_ = exp.Coalesce(this=exp.Paren(this=truth(value, ctx)), expressions=[exp.Boolean(this=False)])
            value = exp.Not(this=kept_)
        other = exp.Lambda(this=truth(value, ctx), expressions=test.expressions)
        count = ctx.call("len", ctx.call("list_filter", array.copy(), other))
        kind = exp.GT if name == "arrayexists" else exp.EQ
        return exp.Paren(this=kind(this=count, expression=build.lit(0)))
    if name in ("arrayfirstornull", "arraylastornull"):
        return ctx.call("list_first" if name.startswith("arrayfirst") else "list_last", found)
    if name in ("arrayfirst", "arraylast"):
        default = default_of(node, ctx)
        if default is None:
            raise ctx.error(node, "The default of the elements' type is not known here.")
        place = build.lit(1) if name == "arrayfirst" else exp.Neg(this=build.lit(1))
        return exp.Coalesce(this=ctx.call("list_extract", found, place), expressions=[default])
    if name in ("arrayfirstindex", "arraylastindex"):
        each = exp.Lambda(this=truth(test.this, ctx), expressions=test.expressions)
        flags = ctx.call("list_transform", array, each)
        return ctx.macro("ch__first_true" if name == "arrayfirstindex" else "ch__last_true", flags, type="BIGINT")
    raise ctx.error(node, f"{name} has no counterpart in DuckDB.")


_REDUCED = {"sum": "ch__array_sum", "max": "ch__array_max", "min": "ch__array_min", "avg": "list_avg", "count": "len",
            "uniq": "ch__array_uniq", "uniqexact": "ch__array_uniq", "groupuniqarray": "ch__array_distinct",
            "median": "list_median", "varpop": "list_var_pop", "stddevpop": "list_stddev_pop", "any": "list_first",
            "anylast": "list_last"}  # fmt: skip
_OF_NONE = {"avg", "median", "varpop", "stddevpop"}


@R.function("arrayreduce")
def reduced(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://clickhouse.com/docs/sql-reference/functions/array-functions#arrayReduce: an aggregate of the elements
    written = (build.text(node.expressions[0]) or "").lower()
    array, *rest = node.expressions[1:]
    if written.endswith("if") and len(rest) == 1:
        array, written, rest = ctx.macro("ch__chosen", array, rest[0]), written.removesuffix("if"), []
        array.type = node.expressions[1].type
    name = _REDUCED.get(written)
    if name is None or rest:
        raise ctx.error(node, "arrayReduce of this aggregate has no counterpart: use arrayJoin and GROUP BY.")
    given = ctx.call("list_filter", array, exp.Lambda(
        this=exp.Not(this=exp.Is(this=exp.to_identifier("__each"), expression=exp.Null())),
        expressions=[exp.to_identifier("__each")]))  # fmt: skip
    if written.startswith("uniq"):  # of the values that are no NULL
        return ctx.call("len", ctx.call("list_distinct", array), type="BIGINT")
    if written == "count":
        return ctx.call(name, given, type="BIGINT")
    if written.startswith("group"):
        ctx.open("unordered_array", node, "The order of the array's elements is not fixed.")
        return ctx.macro(name, array)
    if written in _OF_NONE:
        default: exp.Expr = build.cast(build.lit("nan"), "DOUBLE")
    else:
        default = default_element(node, array, ctx)
    empty = exp.EQ(this=ctx.call("len", given.copy()), expression=build.lit(0))
    call = ctx.macro(name, given) if "__" in name else ctx.call(name, given)
    return exp.Paren(this=exp.Case(ifs=[exp.If(this=empty, true=default)], default=call))
