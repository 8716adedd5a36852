"""Arrays, maps and tuples: https://clickhouse.com/docs/sql-reference/functions/array-functions"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from ...facts.rules import arguments
from ...reading.traversal import find_all
from .. import DialectRules
from ..shared import build
from .casts import to_text
from .nulls import condition, default_of, elements_nullable

R = DialectRules("clickhouse arrays")

R.macros(
    {
        exp.ArrayCompact: "ch__compact",
        exp.ArrayDistinct: ("ch__array_distinct", None, "this"),
    }
)
R.renames({exp.ArrayReverse: "list_reverse"})
# https://clickhouse.com/docs/sql-reference/functions/distance-functions
_LENGTHS = [f"{name}{what}" for name in ("l1", "l2", "l2squared", "linf", "lp") for what in ("norm", "distance")]


@R.rule(exp.CosineDistance)
@R.function(*_LENGTHS)
def of_singles(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    for value in arguments(node):
        kind = element_type(value)
        single = any(made.to.this == exp.DType.FLOAT for made in find_all(value, exp.Cast))
        if single or (kind is not None and kind.this == exp.DType.FLOAT):
            raise ctx.error(node, "Of Float32 the digits are Float32's: convert the array to Float64.")
    return None


R.macros({f"{name}distance": (f"ch__{name}_distance", "DOUBLE") for name in ("l1", "l2", "l2squared", "linf", "lp")})
R.macros({exp.CosineDistance: ("ch__cosine_distance", "DOUBLE")})
R.macros({f"{name}norm": (f"ch__{name}_norm", "DOUBLE") for name in ("l1", "l2", "l2squared", "linf", "lp")})


def array_of(kind: exp.DataType | None) -> exp.DataType | None:
    if kind is None or kind.this == exp.DType.UNKNOWN:
        return None
    return exp.DataType(this=exp.DType.LIST, expressions=[kind.copy()], nested=True)


def element_type(node: exp.Expr | None) -> exp.DataType | None:
    kind = node.type if node is not None else None
    return (
        kind.expressions[0] if isinstance(kind, exp.DataType) and kind.expressions and kind.args.get("nested") else None
    )


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
        found, default = ctx.call("map_extract_value", node.this, key), _default_of_value(node.this, ctx)
        values = node.this.args.get("values")
        if isinstance(values, exp.Array) and any(isinstance(item, exp.Null) for item in values.expressions):
            return found
        if _may_hold_null(values or node.this):
            held = ctx.call("map_contains", node.this, key, type="BOOLEAN")
            _at(found, default, node, ctx)  # refuses one that is not known
            return exp.Paren(this=exp.Case(ifs=[exp.If(this=held, true=found)], default=default))
        return _at(found, default, node, ctx)
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
    kind = element_type(array)
    probe = exp.Null()
    probe.type = kind or node.type
    default = build.lit("") if isinstance(array, (exp.Split, exp.RegexpSplit)) else default_of(probe, ctx)
    if isinstance(array, exp.Array) and any(isinstance(item, exp.Null) for item in array.expressions):
        default = exp.Null()
    if default is not None and isinstance(array, exp.Column):
        return _of_column(array, place, or_null(default, array, ctx), kind, ctx)
    made = _at(ctx.call("list_extract", array, place), default, node, ctx)
    if _may_hold_null(array):
        reached = exp.LTE(this=ctx.call("abs", place), expression=ctx.call("len", array))
        element = ctx.call("list_extract", array, place)
        made = exp.Paren(this=exp.Case(ifs=[exp.If(this=reached, true=element)], default=default))
    if not isinstance(place.unnest(), (exp.Literal, exp.Neg)):
        made = exp.Case(
            ifs=[exp.If(this=exp.Is(this=place.copy(), expression=exp.Null()), true=exp.Null())], default=made
        )
    made.type = kind or node.type
    return made


def _of_column(
    array: exp.Expr, place: exp.Expr, default: exp.Expr, kind: exp.DataType | None, ctx: Context
) -> exp.Expr:
    made: exp.Expr = ctx.macro("ch__in_or", array, place, default)
    if not isinstance(place.unnest(), (exp.Literal, exp.Neg)):
        null = exp.If(this=exp.Is(this=place.copy(), expression=exp.Null()), true=exp.Null())
        made = exp.Paren(this=exp.Case(ifs=[null], default=made))
    made.type = kind
    return made


def _may_hold_null(array: exp.Expr) -> bool:
    items = array.expressions if isinstance(array, exp.Array) else ()
    return any(not isinstance(item.unnest(), (exp.Literal, exp.Neg, exp.Null)) for item in items)


def _at(found: exp.Expr, default: exp.Expr | None, node: exp.Expr, ctx: Context) -> exp.Expr:
    if default is None:
        raise ctx.error(node, "What an element beyond the array is depends on its type, which is not known here.")
    return exp.Coalesce(this=found, expressions=[default])


def _default_of_value(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    values = node.args.get("values")
    first = values.expressions[0] if isinstance(values, exp.Array) and values.expressions else None
    return default_of(first, ctx) if first is not None else None


R.macros(
    {
        "hasany": ("ch__has_any", "BOOLEAN"),
        "hasall": ("ch__has_all", "BOOLEAN"),
        "indexof": ("ch__index_of", "BIGINT"),
        "arrayenumerate": ("ch__enumerate", "BIGINT[]"),
        "arraypushback": "ch__push_back",
        "arraypushfront": "ch__push_front",
        "arraypopback": "ch__pop_back",
        "arraypopfront": "ch__pop_front",
        "arrayflatten": "ch__flatten",
        "arraywithconstant": "ch__with_constant",
        "mapkeys": "ch__map_keys",
        "mapvalues": "ch__map_values",
        "mapcontains": ("ch__map_has", "BOOLEAN"),
        "mapadd": "ch__map_add",
        "mapfromarrays": "ch__map_from",
        "mapupdate": "ch__map_update",
        "arrayenumeratedense": ("ch__enumerate_dense", "BIGINT[]"),
        "arrayrotateleft": "ch__rotate",
        "arrayremove": "ch__without",
        "hassubstr": ("ch__has_part", "BOOLEAN"),
    }
)


@R.function("arrayintersect")
def intersected(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    made, *others = node.expressions
    for other in others:
        made = ctx.macro("ch__intersect", made, other)
    return made if others else ctx.macro("ch__array_distinct", made)


@R.function("arrayuniq", "arrayenumerateuniq")
def of_several(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Of several arrays one of their elements together
    if len(node.expressions) > 3:
        raise ctx.error(node, f"{node.name} has a counterpart for up to three arrays.")
    together = [None, None, "ch__zip", "ch__zip3"][len(node.expressions)]
    array = node.expressions[0] if together is None else ctx.macro(together, *node.expressions)
    if node.name.lower() == "arrayuniq":
        return ctx.macro("ch__array_uniq", array, type="BIGINT")
    return ctx.macro("ch__enumerate_uniq", array, type="BIGINT[]")


R.macros({"arrayrotateright": "ch__rotate"}, of=(build.as_it_is, lambda n, ctx: exp.Neg(this=exp.Paren(this=n))))
R.renames({"arrayelementornull": "list_extract"})
R.refuses("unfaithful", {"mapconcat"}, "ClickHouse keeps a key twice", "Use mapUpdate")


@R.function("mapsubtract")
def subtracted(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Unsigned values wrap around below 0
    kinds = [map_part(value, 1) for value in node.expressions]
    signed = any(kind is not None and kind.this in exp.DataType.SIGNED_INTEGER_TYPES for kind in kinds)
    literal = any(isinstance(value, (exp.VarMap, exp.Map)) for value in node.expressions)
    return ctx.macro("ch__map_subtract", *node.expressions, exp.Boolean(this=signed and not literal))


def map_part(node: exp.Expr | None, place: int) -> exp.DataType | None:
    """The type of a map's keys or of its values."""
    kind = node.type if node is not None else None
    if isinstance(kind, exp.DataType) and kind.this == exp.DType.MAP and len(kind.expressions) == 2:
        found = kind.expressions[place]
        return found if isinstance(found, exp.DataType) and found.this != exp.DType.UNKNOWN else None
    return None


def default_element(node: exp.Expr, array: exp.Expr, ctx: Context) -> exp.Expr:
    probe = exp.Null()
    probe.type = element_type(array)
    default = default_of(probe, ctx)
    if default is None:
        raise ctx.error(node, "The default of the elements' type is not known here: give it, or convert the array.")
    return or_null(default, array, ctx)


def or_null(default: exp.Expr, array: exp.Expr, ctx: Context) -> exp.Expr:
    """The default of an array's elements, NULL where one of them may be."""
    found = elements_nullable(array, ctx)
    if not found:
        return default
    return (
        exp.Null() if found is True else exp.Case(ifs=[exp.If(this=condition(found), true=exp.Null())], default=default)
    )


@R.function("arrayresize", "arrayshiftleft", "arrayshiftright", "emptyarraytosingle")
def with_defaults(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://clickhouse.com/docs/sql-reference/functions/array-functions#arrayResize: filled with the type's default
    name, (array, *rest) = node.name.lower(), node.expressions
    default = rest[1] if len(rest) > 1 else default_element(node, array, ctx)
    if name == "emptyarraytosingle":
        empty = exp.EQ(this=ctx.call("len", array.copy()), expression=build.lit(0))
        return exp.Paren(this=exp.Case(ifs=[exp.If(this=empty, true=exp.Array(expressions=[default]))], default=array))
    if name == "arrayresize":
        return ctx.macro("ch__resize", array, rest[0], default)
    places = rest[0] if name.endswith("left") else exp.Neg(this=exp.Paren(this=rest[0]))
    return ctx.macro("ch__shift", array, places, default)


@R.function("dotproduct", "arraydotproduct")
def dot_product(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    kinds = [element_type(value) for value in node.expressions]
    if any(kind is None or kind.this == exp.DType.FLOAT for kind in kinds):
        raise ctx.error(node, f"{node.name} has a counterpart for arrays of Float64 or of integers: convert them.")
    whole = all(kind is not None and kind.this in exp.DataType.INTEGER_TYPES for kind in kinds)
    return ctx.macro("ch__dot_whole" if whole else "ch__dot", *node.expressions, type="BIGINT" if whole else "DOUBLE")


@R.rule(exp.StartsWith, exp.EndsWith)
def begins_with(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Of arrays too: https://clickhouse.com/docs/sql-reference/functions/array-functions
    if not ctx.is_a(node.this, "array") and not isinstance(node.this, exp.Array):
        return None
    size = ctx.call("len", node.expression.copy())
    first: exp.Expr = build.lit(1)
    last: exp.Expr = size
    if isinstance(node, exp.EndsWith):
        last = ctx.call("len", node.this.copy())
        before = exp.Sub(
            this=exp.Paren(this=exp.Sub(this=last.copy(), expression=size)), expression=exp.Neg(this=first)
        )
        first = ctx.call("greatest", before, build.lit(1))
    part = ctx.call("list_slice", node.this, first, last)
    made = exp.Paren(this=exp.NullSafeEQ(this=part, expression=node.expression))
    made.type = exp.DataType.build("BOOLEAN")
    return made


@R.rule(exp.ArraySlice)
def array_slice(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Offset and length: https://clickhouse.com/docs/sql-reference/functions/array-functions#arraySlice
    start, size = node.args["start"], node.args.get("end")
    start = build.lit(1) if isinstance(start, exp.Null) else start
    if size is None or isinstance(size, exp.Null):  # NULL: from the first one, or to the last
        return ctx.macro("ch__slice_from", node.this, start)
    return ctx.macro("ch__slice", node.this, start, size)


@R.function("arraystringconcat")
def joined(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    array, *separator = node.expressions
    kind = element_type(array)
    each = exp.to_identifier("__each")
    each.type = kind
    if kind is not None and not ctx.is_a(each, "text"):
        array = ctx.call("list_transform", array, exp.Lambda(this=to_text(each, node, ctx), expressions=[each.copy()]))
    return ctx.macro("ch__join", array, separator[0] if separator else build.lit(""), type="VARCHAR")


def _range_end(value: exp.Expr, ctx: Context) -> exp.Expr:
    # https://clickhouse.com/docs/sql-reference/functions/array-functions#range: NULL is an error
    plain = isinstance(value.unnest(), (exp.Literal, exp.Neg))
    return value if plain else build.cast(ctx.macro("ch__range_end", value), "BIGINT")


R.renames({"range": ("range", "BIGINT[]")}, of=_range_end)


@R.rule(exp.ArrayContains)
def has(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if ctx.is_a(node.this, "map") or isinstance(node.this, (exp.VarMap, exp.Map)):
        return ctx.macro("ch__map_has", node.this, node.expression, type="BOOLEAN")
    if isinstance(node.expression, exp.Null):
        nulls = ctx.macro("ch__nulls_of", node.this, type="BIGINT")
        return exp.Paren(this=exp.GT(this=nulls, expression=build.lit(0)))
    if isinstance(node.expression.unnest(), (exp.Literal, exp.Neg)):
        return None
    # A NULL is looked for as any value is
    null = exp.Is(this=node.expression.copy(), expression=exp.Null())
    holds = exp.GT(this=ctx.call("len", node.this), expression=ctx.call("list_count", node.this))
    found = ctx.call("list_contains", node.this, node.expression, type="BOOLEAN")
    return exp.Paren(this=exp.Case(ifs=[exp.If(this=null, true=holds)], default=found))


@R.function("countequal")
def count_equal(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if isinstance(node.expressions[1], exp.Null):
        return ctx.macro("ch__nulls_of", node.expressions[0], type="BIGINT")
    return ctx.macro("ch__count_equal", *node.expressions, type="BIGINT")


R.renames({"tupleelement": lambda node, ctx: _extract(node.expressions[1])}, arity=2)


def _extract(place: exp.Expr) -> str:
    return "struct_extract" if build.text(place) is not None else "struct_extract_at"


@R.normalise
def places(tree: exp.Expr, ctx: Context) -> None:
    """``t.1`` is the first element of the tuple ``t``, and no column."""
    for node in list(find_all(tree, exp.Column)):
        if isinstance(node.this, exp.Literal) and node.args.get("table") is not None:
            base = exp.Column(this=node.args["table"], table=node.args.get("db"))
            node.replace(exp.Dot(this=base, expression=node.this))


@R.rule(exp.Dot)
def tuple_dot(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    place = node.expression
    if isinstance(place, exp.Literal) and not place.is_string:
        made = ctx.call("struct_extract_at", node.this, build.lit(int(place.this)))
        made.type = node.type
        return made
    return None


@R.function("arrayzip")
def zipped(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    arrays = node.expressions
    if len(arrays) not in (2, 3):
        raise ctx.error(node, "arrayZip has a counterpart for two or three arrays.")
    return ctx.macro("ch__pairs" if len(arrays) == 2 else "ch__triples", *arrays)


#: Where a tuple is written out and DuckDB's own rows do: in comparisons, lists and keys.
_ROWS = (
    exp.Binary,
    exp.In,
    exp.Between,
    exp.Ordered,
    exp.Group,
    exp.GroupingSets,
    exp.Rollup,
    exp.Cube,
    exp.Window,
    exp.Values,
    exp.Limit,
    exp.Distinct,
    exp.Query,
)


@R.rule(exp.Struct, exp.Tuple)
def tuples(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Elements have numbers: https://clickhouse.com/docs/sql-reference/data-types/tuple
    if not node.expressions or any(isinstance(item, (exp.PropertyEQ, exp.Alias)) for item in node.expressions):
        return None
    if isinstance(node, exp.Tuple) and not _is_value(node):
        return None
    made = numbered(node.expressions, ctx)
    made.type = node.type
    return made


def _is_value(node: exp.Expr) -> bool:
    while isinstance(node.parent, (exp.Tuple, exp.Paren)):
        node = node.parent
    listed = isinstance(node.parent, exp.Select) and node.arg_key == "expressions"
    return listed or isinstance(node.parent, exp.Dot) or not isinstance(node.parent, _ROWS)


def numbered(values: list[exp.Expr], ctx: Context) -> exp.Expr:
    """A tuple of ClickHouse as a struct of DuckDB: its fields are named 1, 2, …, as ClickHouse's Arrow has them."""
    named = [
        exp.PropertyEQ(this=exp.to_identifier(str(place), quoted=True), expression=value)
        for place, value in enumerate(values, 1)
    ]
    return exp.Struct(expressions=named)


@R.function(*(f"emptyarray{kind}" for kind in ("int32", "int64", "uint8", "uint32", "uint64", "string", "float64")))
def empty_array(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    tail = node.name.lower().removeprefix("emptyarray")
    return build.cast(exp.Array(expressions=[]), {"string": "VARCHAR[]", "float64": "DOUBLE[]"}.get(tail, "BIGINT[]"))


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
