"""Arrays, maps and tuples: https://clickhouse.com/docs/sql-reference/functions/array-functions"""

from __future__ import annotations

from sqlglot import exp
from sqlglot.optimizer.annotate_types import annotate_types

from ...facts.context import Context
from .. import DialectRules
from ..shared import common
from .nulls import default_of, truth
from .numbers import to_text

R = DialectRules("clickhouse arrays")


_MAPPED = {"arraymap", "arrayfilter", "arraycount", "arrayexists", "arrayall", "arrayfirst", "arraylast", "arraysum",
           "arrayavg", "arraymin", "arraymax", "arraysort", "arrayreversesort", "arrayfirstindex", "arraylastindex",
           "arrayfill", "arrayproduct"}  # fmt: skip


def _array(kind: exp.DataType | None) -> exp.DataType | None:
    if kind is None or kind.this == exp.DType.UNKNOWN:
        return None
    return exp.DataType(this=exp.DType.LIST, expressions=[kind.copy()], nested=True)


def _element(node: exp.Expr | None) -> exp.DataType | None:
    kind = node.type if node is not None else None
    return (
        kind.expressions[0] if isinstance(kind, exp.DataType) and kind.expressions and kind.args.get("nested") else None
    )


@R.prepare
def lambdas(tree: exp.Expr, ctx: Context) -> None:
    """Gives the names in a lambda the types of the arrays' elements."""
    for node in reversed(list(tree.walk(bfs=False))):
        if isinstance(node, exp.Lambda):
            _type_lambda(node, ctx)


def _type_lambda(node: exp.Lambda, ctx: Context) -> None:
    call = node.parent
    if call is None:
        return
    arrays = [arg for arg in (call.this, *call.expressions) if isinstance(arg, exp.Expr) and arg is not node]
    names = [name.name for name in node.expressions]
    for name, array in zip(names, arrays, strict=False):
        kind = _element(array)
        if kind is None:
            continue
        for used in list(node.this.find_all(exp.Identifier)):
            if used.name == name and not isinstance(used.parent, (exp.Column, exp.Cast)):
                typed = exp.Cast(this=used.copy(), to=kind.copy())
                typed.meta["parameter"] = ""
                used.replace(typed) if used is not node.this else node.set("this", typed)
    from ...translation.annotate import _metadata

    annotate_types(node.this, dialect="clickhouse", expression_metadata=_metadata("clickhouse"))
    name = call.name.lower() if isinstance(call, exp.Anonymous) else type(call).__name__.lower()
    if name in ("arraymap", "transform"):
        call.type = _array(node.this.type if isinstance(node.this.type, exp.DataType) else None) or call.type
    elif name in ("arraysum", "arrayfirst", "arraylast", "arraymin", "arraymax"):
        kind = node.this.type if name in ("arraysum", "arraymin", "arraymax") else _element(arrays[0])
        call.type = kind or call.type
    elif name in ("arraysort", "arrayreversesort", "arrayfilter"):
        call.type = arrays[0].type or call.type


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
    for used in list(holder.find_all(exp.Identifier)):
        if used.name in names and not isinstance(used.parent, exp.Column):
            place = exp.Literal.number(names.index(used.name) + 1)
            used.replace(ctx.call("struct_extract", exp.to_identifier("__each"), place))
    made = exp.Lambda(this=holder.this, expressions=[exp.to_identifier("__each")])
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
    first = ctx.call("struct_extract", exp.to_identifier("__each"), common.lit(1))
    return ctx.call("list_transform", array, exp.Lambda(this=first, expressions=[exp.to_identifier("__each")]))


@R.function(*_MAPPED)
def higher(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return _higher(node, node.name.lower(), ctx)


@R.rule(exp.ArraySum, exp.ArrayMin, exp.ArrayMax)
def summed(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return _higher(node, type(node).__name__.lower(), ctx)


_FOLDS = {"arraysum": "ch__array_sum", "arrayavg": "ch__array_avg", "arraymin": "ch__array_min",
          "arraymax": "ch__array_max", "arrayproduct": "ch__array_product"}  # fmt: skip


def _higher(node: exp.Expr, name: str, ctx: Context) -> exp.Expr | None:
    test, array, together = _zipped(node, ctx)
    if together and name not in (
        *_FOLDS,
        "arraymap",
        "arraysort",
        "arrayfilter",
        "arrayexists",
        "arrayall",
        "arraycount",
    ):
        raise ctx.error(node, f"{name} of several arrays has no counterpart.")
    if name in _FOLDS:
        if isinstance(array, exp.Array) and any(isinstance(item, exp.Null) for item in array.expressions):
            raise ctx.error(node, f"{name} of an array with NULLs is an error in ClickHouse: filter them.")
        values = ctx.call("list_transform", array, test) if test is not None else array
        return ctx.macro(_FOLDS[name], values)
    if name == "arraymap" and test is not None:
        return ctx.call("list_transform", array, test)
    if name in ("arraysort", "arrayreversesort"):
        down = name == "arrayreversesort"
        if test is None:
            return ctx.macro("ch__sort_down" if down else "ch__sort", array)
        if together:
            return _firsts(ctx.macro("ch__sort_by", array, ctx.call("list_transform", array.copy(), test)), ctx)
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
        return exp.Paren(this=kind(this=count, expression=common.lit(0)))
    if name in ("arrayfirst", "arraylast"):
        default = default_of(node, ctx)
        if default is None:
            raise ctx.error(node, "The default of the elements' type is not known here.")
        place = common.lit(1) if name == "arrayfirst" else exp.Neg(this=common.lit(1))
        return exp.Coalesce(this=ctx.call("list_extract", found, place), expressions=[default])
    if name in ("arrayfirstindex", "arraylastindex"):
        each = exp.Lambda(this=truth(test.this, ctx), expressions=test.expressions)
        flags = ctx.call("list_transform", array, each)
        return ctx.macro("ch__first_true" if name == "arrayfirstindex" else "ch__last_true", flags, type="BIGINT")
    raise ctx.error(node, f"{name} has no counterpart in DuckDB.")


@R.rule(exp.Bracket)
def element(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Beyond the end is the type's default: https://clickhouse.com/docs/sql-reference/functions/array-functions#arrayElement
    if len(node.expressions) != 1:
        return None
    place = node.expressions[0].copy()
    if ctx.is_a(node.this, "map") or isinstance(node.this, (exp.VarMap, exp.Map)):
        key = place
        if isinstance(node.this, exp.Column) and isinstance(place, exp.Literal) and not place.is_string:
            key = exp.Literal.number(int(place.this) + 1)  # taken for a place in an array when it was read
        return _at(ctx.call("map_extract_value", node.this, key), _default_of_value(node.this, ctx), node, ctx)
    if isinstance(place, exp.Literal) and not place.is_string:
        place = exp.Literal.number(int(place.this) + 1)
    elif isinstance(place, exp.Neg) and isinstance(place.this, exp.Literal):
        number = 1 - int(place.this.this)
        place = exp.Literal.number(number) if number >= 0 else exp.Neg(this=exp.Literal.number(-number))
    return _element_at(node.this, place, node, ctx)


@R.function("arrayelement")
def element_of(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    array, place = node.expressions
    return _element_at(array, place, node, ctx)


def _element_at(array: exp.Expr, place: exp.Expr, node: exp.Expr, ctx: Context) -> exp.Expr:
    kind = _element(array)
    probe = exp.Null()
    probe.type = kind or node.type
    default = common.lit("") if isinstance(array, (exp.Split, exp.RegexpSplit)) else default_of(probe, ctx)
    if isinstance(array, exp.Array) and any(isinstance(item, exp.Null) for item in array.expressions):
        default = exp.Null()
    made = _at(ctx.call("list_extract", array, place), default, node, ctx)
    if not isinstance(place.unnest(), (exp.Literal, exp.Neg)):
        made = exp.Case(
            ifs=[exp.If(this=exp.Is(this=place.copy(), expression=exp.Null()), true=exp.Null())], default=made
        )
    made.type = kind or node.type
    return made


def _at(found: exp.Expr, default: exp.Expr | None, node: exp.Expr, ctx: Context) -> exp.Expr:
    if default is None:
        raise ctx.error(node, "What an element beyond the array is depends on its type, which is not known here.")
    return exp.Coalesce(this=found, expressions=[default])


def _default_of_value(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    values = node.args.get("values")
    first = values.expressions[0] if isinstance(values, exp.Array) and values.expressions else None
    return default_of(first, ctx) if first is not None else None


def _macro(name: str, macro: str, kind: str | None = None) -> None:
    @R.function(name)
    def call(node: exp.Expr, ctx: Context) -> exp.Expr | None:
        first = node.expressions[0] if node.expressions else None
        if name in ("arraycumsum", "arraydifference") and isinstance(first, exp.Array) and first.find(exp.Null):
            raise ctx.error(node, f"{name} of an array with NULLs is an error in ClickHouse: filter them.")
        return ctx.macro(macro, *node.expressions, type=kind)


for _name, _named, _type in (
    ("hasany", "ch__has_any", "BOOLEAN"), ("hasall", "ch__has_all", "BOOLEAN"), ("indexof", "ch__index_of", "BIGINT"),
    ("arrayuniq", "ch__array_uniq", "BIGINT"), ("countequal", "ch__count_equal", "BIGINT"),
    ("arrayenumerate", "ch__enumerate", "BIGINT[]"), ("arraycumsum", "ch__cum_sum", None),
    ("arraydifference", "ch__difference", None), ("arrayintersect", "ch__intersect", None),
    ("arraypushback", "ch__push_back", None), ("arraypushfront", "ch__push_front", None),
    ("arraypopback", "ch__pop_back", None), ("arraypopfront", "ch__pop_front", None), ("arrayzip", "ch__zip", None),
    ("arrayflatten", "ch__flatten", None), ("arraywithconstant", "ch__with_constant", None),
    ("mapkeys", "ch__map_keys", None), ("mapvalues", "ch__map_values", None), ("mapcontains", "ch__map_has", "BOOLEAN"),
):  # fmt: skip
    _macro(_name, _named, _type)


@R.rule(exp.ArrayCompact)
def compacted(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.macro("ch__compact", node.this)


@R.rule(exp.ArrayReverse)
def reversed_array(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.call("list_reverse", node.this)


@R.rule(exp.ArrayDistinct)
def array_distinct(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # In the order of their first occurrence
    return ctx.macro("ch__array_distinct", node.this)


@R.rule(exp.ArraySlice)
def array_slice(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Offset and length: https://clickhouse.com/docs/sql-reference/functions/array-functions#arraySlice
    start, size = node.args["start"], node.args.get("end")
    if size is None:
        return ctx.macro("ch__slice_from", node.this, start)
    return ctx.macro("ch__slice", node.this, start, size)


@R.function("arraystringconcat")
def joined(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    array, *separator = node.expressions
    kind = _element(array)
    each = exp.to_identifier("__each")
    each.type = kind
    if kind is not None and not ctx.is_a(each, "text"):
        array = ctx.call("list_transform", array, exp.Lambda(this=to_text(each, node, ctx), expressions=[each.copy()]))
    return ctx.macro("ch__join", array, separator[0] if separator else common.lit(""), type="VARCHAR")


_REDUCED = {"sum": "ch__array_sum", "max": "ch__array_max", "min": "ch__array_min", "avg": "ch__array_avg",
            "uniq": "ch__array_uniq", "uniqexact": "ch__array_uniq", "count": "len"}  # fmt: skip


@R.function("arrayreduce")
def reduced(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    name = _REDUCED.get((common.text(node.expressions[0]) or "").lower())
    if name is None or len(node.expressions) != 2:
        raise ctx.error(node, "arrayReduce of this aggregate has no counterpart.")
    return ctx.call(name, node.expressions[1]) if name == "len" else ctx.macro(name, node.expressions[1])


@R.function("range")
def numbers(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://clickhouse.com/docs/sql-reference/functions/array-functions#range: NULL is an error
    arguments = [
        value if isinstance(value.unnest(), (exp.Literal, exp.Neg)) else ctx.macro("ch__range_end", value)
        for value in node.expressions
    ]
    return ctx.call("range", *arguments, type="BIGINT[]")


@R.rule(exp.ArrayContains)
def has(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if isinstance(node.expression, exp.Null):
        raise ctx.error(node, "has of a NULL has no counterpart: use arrayExists(x -> isNull(x), array).")
    return None


@R.function("tupleelement")
def tuple_element(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.call("struct_extract", *node.expressions) if len(node.expressions) == 2 else None


@R.rule(exp.Dot)
def tuple_dot(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    place = node.expression
    if isinstance(place, exp.Literal) and not place.is_string:
        return ctx.call("struct_extract", node.this, common.lit(int(place.this)))
    return None


@R.rule(exp.Struct)
def tuples(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if any(isinstance(item, (exp.PropertyEQ, exp.Alias)) for item in node.expressions):
        return None
    return ctx.call("row", *node.expressions)


@R.function(*(f"emptyarray{kind}" for kind in ("int32", "int64", "uint8", "uint32", "uint64", "string", "float64")))
def empty_array(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    tail = node.name.lower().removeprefix("emptyarray")
    return common.cast(exp.Array(expressions=[]), {"string": "VARCHAR[]", "float64": "DOUBLE[]"}.get(tail, "BIGINT[]"))


@R.function("transform")
def replaced(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://clickhouse.com/docs/sql-reference/functions/other-functions#transform: of pairs, else the default
    if len(node.expressions) != 4:
        raise ctx.error(node, "transform has a counterpart with a default as its last argument.")
    value, old, new, default = node.expressions
    if not (isinstance(old, exp.Array) and isinstance(new, exp.Array) and len(old.expressions) == len(new.expressions)):
        raise ctx.error(node, "transform has a counterpart for two arrays of constants of one length.")
    pairs = zip(old.expressions, new.expressions, strict=True)
    return exp.Case(
        ifs=[exp.If(this=exp.EQ(this=value.copy(), expression=one), true=two) for one, two in pairs], default=default
    )
