"""Arrays, maps and tuples: https://clickhouse.com/docs/sql-reference/functions/array-functions"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build
from .casts import to_text
from .nulls import default_of

R = DialectRules("clickhouse arrays")

R.macros(
    {
        exp.ArrayCompact: "ch__compact",
        exp.ArrayDistinct: ("ch__array_distinct", None, "this"),
    }
)
R.renames({exp.ArrayReverse: "list_reverse"})
# https://clickhouse.com/docs/sql-reference/functions/distance-functions
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
    kind = element_type(array)
    probe = exp.Null()
    probe.type = kind or node.type
    default = build.lit("") if isinstance(array, (exp.Split, exp.RegexpSplit)) else default_of(probe, ctx)
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


R.macros(
    {
        "hasany": ("ch__has_any", "BOOLEAN"),
        "hasall": ("ch__has_all", "BOOLEAN"),
        "indexof": ("ch__index_of", "BIGINT"),
        "arrayuniq": ("ch__array_uniq", "BIGINT"),
        "countequal": ("ch__count_equal", "BIGINT"),
        "arrayenumerate": ("ch__enumerate", "BIGINT[]"),
        "arrayintersect": "ch__intersect",
        "arraypushback": "ch__push_back",
        "arraypushfront": "ch__push_front",
        "arraypopback": "ch__pop_back",
        "arraypopfront": "ch__pop_front",
        "arrayzip": "ch__zip",
        "arrayflatten": "ch__flatten",
        "arraywithconstant": "ch__with_constant",
        "mapkeys": "ch__map_keys",
        "mapvalues": "ch__map_values",
        "mapcontains": ("ch__map_has", "BOOLEAN"),
    }
)


@R.function("arraycumsum", "arraydifference")
def along(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    first = node.expressions[0] if node.expressions else None
    if isinstance(first, exp.Array) and first.find(exp.Null):
        raise ctx.error(node, f"{node.name.lower()} of an array with NULLs is an error in ClickHouse: filter them.")
    return ctx.macro("ch__cum_sum" if node.name.lower() == "arraycumsum" else "ch__difference", *node.expressions)


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


_REDUCED = {"sum": "ch__array_sum", "max": "ch__array_max", "min": "ch__array_min", "avg": "ch__array_avg",
            "uniq": "ch__array_uniq", "uniqexact": "ch__array_uniq", "count": "len"}  # fmt: skip


@R.function("arrayreduce")
def reduced(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    name = _REDUCED.get((build.text(node.expressions[0]) or "").lower())
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


R.renames({"tupleelement": "struct_extract"}, arity=2)


@R.normalise
def places(tree: exp.Expr, ctx: Context) -> None:
    """``t.1`` is the first element of the tuple ``t``, and no column."""
    for node in list(tree.find_all(exp.Column)):
        if isinstance(node.this, exp.Literal) and node.args.get("table") is not None:
            base = exp.Column(this=node.args["table"], table=node.args.get("db"))
            node.replace(exp.Dot(this=base, expression=node.this))


@R.rule(exp.Dot)
def tuple_dot(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    place = node.expression
    if isinstance(place, exp.Literal) and not place.is_string:
        return ctx.call("struct_extract", node.this, build.lit(int(place.this)))
    return None


@R.rule(exp.Struct)
def tuples(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if any(isinstance(item, (exp.PropertyEQ, exp.Alias)) for item in node.expressions):
        return None
    return ctx.call("row", *node.expressions)


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
