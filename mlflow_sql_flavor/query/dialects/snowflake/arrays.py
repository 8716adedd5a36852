"""Arrays: each rule's page is sql-reference/functions/<name> of the manual."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlglot import exp

from ...facts.context import FAMILIES, Context
from .. import DialectRules
from ..shared import build

R = DialectRules("snowflake arrays")
_VARIANTS = (exp.DType.VARIANT, exp.DType.JSON)


# data-types-semistructured#array: elements of several types are VARIANTs, which are JSON here
def _array_type(self: Any, e: exp.Array) -> exp.Expr:
    kinds = [_bare(one).type for one in e.expressions if not isinstance(_bare(one), exp.Null)]
    known = [kind for kind in kinds if isinstance(kind, exp.DataType) and kind.this != exp.DType.UNKNOWN]
    families = {_family(kind) for kind in known}
    mixed = kinds and len(known) == len(kinds) and (len(families) > 1 or None in families)
    made: exp.Expr = self._set_type(e, exp.DType.VARIANT if mixed else exp.DType.ARRAY)
    return made


R.typing[exp.Array] = {"annotator": _array_type}


def _bare(node: exp.Expr) -> exp.Expr:
    """What stands in ``x::VARIANT``."""
    while isinstance(node, exp.Cast) and node.args["to"].this in _VARIANTS and "variant" not in node.meta:
        node = node.this
    return node


def is_json(node: exp.Expr, ctx: Context) -> bool:
    return ctx.is_a(node, "json") or isinstance(node, (exp.ParseJSON, exp.JSONExtract))


def element_of(node: exp.Expr, ctx: Context) -> exp.DataType | None:
    if isinstance(node, exp.Split):
        return exp.DataType.build("VARCHAR")
    if isinstance(node, exp.Array):
        kinds = [ctx.type_of(_bare(e)) for e in node.expressions if not isinstance(e, exp.Null)]
        families = ("int", "text", "decimal", "float", "date", "timestamp", "bool")
        found = [_bare(e) for e in node.expressions if not isinstance(_bare(e), exp.Null)]
        same = [f for f in families if kinds and all(ctx.is_a(e, f) for e in found)]
        return kinds[0] if same else None
    if isinstance(node, exp.Column):
        made = ctx.origin(node)  # by a step: the array that it writes
        above = made.find_ancestor(exp.Select, exp.SetOperation) if made is not None else None
        if isinstance(made, exp.Array) and above is not None and not isinstance(above.parent, exp.SetOperation):
            return element_of(made, ctx)
    kind = ctx.type_of(node)
    if kind is not None and kind.expressions and kind.this in exp.DataType.ARRAY_TYPES:
        inner: exp.DataType = kind.expressions[0]
        return None if inner.this in _VARIANTS else inner
    return None


def array_of(element: exp.DataType | None) -> exp.DataType | None:
    return None if element is None else exp.DataType(this=exp.DType.ARRAY, expressions=[element.copy()], nested=True)


def typed(node: exp.Expr, element: exp.DataType | None) -> exp.Expr:
    if element is not None:
        node.type = array_of(element)
    return node


def call_of(node: exp.Expr) -> exp.Explode | None:
    return (
        node.this if isinstance(node, (exp.Lateral, exp.TableFromRows)) and isinstance(node.this, exp.Explode) else None
    )


def input_of(call: exp.Explode) -> exp.Expr:
    named = [k for k in (call.this, *call.expressions) if isinstance(k, exp.Kwarg) and k.this.name.upper() == "INPUT"]
    return _bare(named[0].expression if named else call.this)


@R.rule(exp.ArrayToString)
def array_to_string(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """NULL is an empty text."""
    kind = element_of(node.this, ctx)
    texts = {*exp.DataType.TEXT_TYPES, *exp.DataType.INTEGER_TYPES, exp.DType.BOOLEAN}
    if kind is None or kind.this not in texts:
        items = as_items(node.this, ctx)
        if items is None:
            ctx.refuse("unfaithful", node, "ARRAY_TO_STRING is verified for arrays of a known type", "Cast them")
            return None
        return ctx.macro("sf__array_text", ctx.macro("sf__json_texts", items), node.expression, type="VARCHAR")
    return ctx.macro("sf__array_text", _split(node.this, ctx), node.expression, type="VARCHAR")


def as_items(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """The elements of an array as a list of JSON, None where it is not known to be one."""
    if element_of(node, ctx) is not None:
        return ctx.macro("sf__jsons", _split(node, ctx))
    if isinstance(node, exp.Null) or (isinstance(node, exp.Array) and not node.expressions):
        return build.cast(node, "JSON[]")
    if is_json(node, ctx):
        return ctx.macro("sf__items", build.cast(node, "JSON"))
    kind = ctx.type_of(node)
    listed = kind is not None and kind.this in exp.DataType.ARRAY_TYPES and kind.expressions
    return node if listed and kind.expressions[0].this in _VARIANTS else None  # type: ignore[union-attr]


_FAMILIES = ("text", "int", "decimal", "float", "bool", "date", "timestamp")


def _split(node: exp.Expr, ctx: Context) -> exp.Expr:
    return ctx.call("string_split", node.this, node.expression) if isinstance(node, exp.Split) else node


def _family(kind: exp.DataType | None) -> str | None:
    return next((f for f in _FAMILIES if kind is not None and kind.this in FAMILIES[f]), None)


def _alike(
    node: exp.Expr, ctx: Context, arrays: Sequence[exp.Expr], values: Sequence[exp.Expr] = ()
) -> tuple[list[exp.Expr], list[exp.Expr], exp.DataType | None]:
    """Arrays, and values beside their elements: of their one type, or all as JSON."""
    kinds = [element_of(one, ctx) for one in arrays]
    bare = [_bare(value) for value in values]
    families = {_family(kind) for kind in kinds} | {
        _family(ctx.type_of(v)) for v in bare if not isinstance(v, exp.Null)
    }
    if len(families) == 1 and None not in families:
        return [_split(one, ctx) for one in arrays], bare, kinds[0]
    items = [as_items(one, ctx) for one in arrays]
    if any(one is None for one in items):
        ctx.refuse("unfaithful", node, "The type of this array is not known here", "Build it with ARRAY_CONSTRUCT")
    return [i for i in items if i is not None], [as_variant(v, ctx) for v in bare], exp.DataType.build("VARIANT")


def _array(made: exp.Expr, kind: exp.DataType | None, ctx: Context) -> exp.Expr:
    """An array that was made: a list of one type, or JSON."""
    if kind is None or kind.this not in _VARIANTS:
        return typed(made, kind)
    return variant(ctx.call("to_json", made))


def variant(node: exp.Expr) -> exp.Expr:
    """Something that is JSON, as a VARIANT."""
    made = build.cast(node, "JSON")
    made.type, made.meta["variant"] = exp.DataType.build("VARIANT"), True
    return made


# functions/to_variant
def as_variant(value: exp.Expr, ctx: Context) -> exp.Expr:
    """A value as JSON."""
    value = _bare(value)
    kind = ctx.type_of(value)
    if isinstance(value, exp.Null):
        return build.cast(value, "JSON")
    if is_json(value, ctx):
        return build.cast(value, "JSON")
    if ctx.is_a(value, "text", "int", "bool", "decimal", "float"):
        return ctx.call("to_json", value, type="JSON")
    if ctx.is_a(value, "date", "time"):
        return ctx.call("to_json", build.translated(value, "VARCHAR", False), type="JSON")
    if ctx.is_a(value, "timestamp"):
        return ctx.call("to_json", ctx.call("strftime", value, build.lit("%Y-%m-%d %H:%M:%S.%g")), type="JSON")
    items = as_items(value, ctx)
    if items is None or (kind is not None and _family(kind) in ("date", "timestamp")):
        ctx.refuse("json_text", value, "The type of this value is not known here", "Cast it")
        return value
    return ctx.call("to_json", items, type="JSON")


@R.rule(exp.Array)
def array(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Elements of several types are each JSON."""
    if not ctx.is_a(node, "json") or node.meta.get("translated"):
        return None
    node.meta["translated"] = True
    node.set("expressions", [as_variant(e, ctx) for e in node.expressions])
    return variant(ctx.call("to_json", node))


@R.rule(exp.ArrayContains, exp.ArrayPosition)
def contains(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Places count from 0, NULL where it is not found."""
    arrays, values, _ = _alike(node, ctx, [node.this], [node.expression])
    if isinstance(node, exp.ArrayContains):
        return ctx.macro("sf__contains", *arrays, *values, type="BOOLEAN")
    return ctx.macro("sf__position", *arrays, *values, type="BIGINT")


@R.rule(exp.ArrayConcat)
def cat(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    arrays, _, kind = _alike(node, ctx, [node.this, *node.expressions])
    return _array(ctx.macro("sf__cat", *arrays), kind, ctx)


@R.rule(exp.ArrayAppend, exp.ArrayPrepend, exp.ArrayRemove)
def with_a_value(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    arrays, values, kind = _alike(node, ctx, [node.this], [node.expression])
    if isinstance(node, exp.ArrayRemove):
        return _array(ctx.macro("sf__remove", *arrays, *values), kind, ctx)
    name = "list_append" if isinstance(node, exp.ArrayAppend) else "list_prepend"
    return _array(ctx.call(name, *(arrays + values if name == "list_append" else values + arrays)), kind, ctx)


# querying-semistructured#traversing-semi-structured-data: places count from 0
@R.rule(exp.Bracket)
def element(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if len(node.expressions) != 1 or not is_json(node.this, ctx):
        return None
    at = node.expressions[0]
    name = "sf__field" if ctx.is_a(at, "text") else "sf__at" if ctx.is_a(at, "int") else None
    if name is None:
        ctx.refuse("unfaithful", node, "This is verified for a text or a whole number in brackets", "Cast it")
        return None
    return variant(ctx.macro(name, build.cast(node.this, "JSON"), at))


# functions/array_insert, array_remove_at, array_slice, array_reverse, array_flatten and their like
_ONE: dict[type[exp.Expr], tuple[str, ...]] = {
    exp.ArrayCompact: ("sf__compact",),
    exp.ArrayDistinct: ("sf__distinct",),
    exp.ArrayReverse: ("list_reverse",),
    # From a place on, up to but without another; negative ones count from the end
    exp.ArraySlice: ("sf__slice", "start", "end"),
    exp.ArrayRemoveAt: ("sf__remove_at", "position"),
}


@R.rule(*_ONE)
def of_one(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    (this,), _, kind = _alike(node, ctx, [node.this])
    name, *keys = _ONE[type(node)]
    make = ctx.macro if name.startswith("sf__") else ctx.call
    return _array(make(name, this, *[node.args[key] for key in keys]), kind, ctx)


@R.rule(exp.ArrayInsert)
def insert(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Places between are NULL; a negative place counts from the end."""
    arrays, values, kind = _alike(node, ctx, [node.this], [node.expression])
    return _array(ctx.macro("sf__insert_at", *arrays, node.args["position"], *values), kind, ctx)


@R.rule(exp.ArrayConstructCompact)
def compact(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    made = exp.Array(expressions=[e for e in node.expressions if not isinstance(e, exp.Null)])
    made.meta["translated"] = True
    kind = element_of(made, ctx)
    if kind is None:
        made.set("expressions", [as_variant(e, ctx) for e in made.expressions])
    return _array(ctx.macro("sf__compact", made), kind or exp.DataType.build("VARIANT"), ctx)


@R.rule(exp.GenerateSeries)
def generate_range(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """ARRAY_GENERATE_RANGE, without its end."""
    parts = [node.args["start"], node.args["end"], node.args.get("step")]
    if not node.args.get("is_end_exclusive") or not all(p is None or ctx.is_a(p, "int") for p in parts):
        ctx.refuse("unfaithful", node, "This is verified for whole numbers", "Cast them to INT")
    return typed(ctx.call("range", *[p for p in parts if p is not None]), exp.DataType.build("BIGINT"))


@R.rule(exp.ArraysZip)
def zipped(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Objects with the keys $1, $2, ...; what is shorter has nulls."""
    items = [as_items(one, ctx) for one in node.expressions]
    if any(one is None for one in items):
        ctx.refuse("unfaithful", node, "The type of this array is not known here", "Build it with ARRAY_CONSTRUCT")
    return variant(ctx.macro("sf__zip", exp.Array(expressions=[i for i in items if i is not None])))


@R.rule(exp.Flatten)
def flatten_array(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """ARRAY_FLATTEN: of nested arrays one; NULL where one of them is NULL."""
    items = as_items(node.this, ctx)
    if items is None:
        ctx.refuse("unfaithful", node, "The type of this array is not known here", "Build it with ARRAY_CONSTRUCT")
        return None
    return variant(ctx.macro("sf__flattened", items))


@R.rule(exp.ToArray)
def to_array(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """An array stays one, a value becomes its element."""
    if element_of(node.this, ctx) is not None:
        return node.this
    return variant(ctx.macro("sf__to_array", as_variant(node.this, ctx)))


@R.rule(exp.ArrayMax, exp.ArrayMin)
def extreme(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """NULL is passed over."""
    if isinstance(node.this, exp.Array) and not node.this.expressions:
        return build.cast(exp.Null(), "JSON")
    kind = element_of(node.this, ctx)
    if kind is None:
        ctx.refuse("unfaithful", node, "This is verified for arrays of one known type", "Build it with ARRAY_CONSTRUCT")
    made = ctx.call("list_max" if isinstance(node, exp.ArrayMax) else "list_min", _split(node.this, ctx))
    if kind is not None:
        made.type = kind.copy()
    return made


# as sets of values that may repeat: each occurrence is met by one of the other's
@R.rule(exp.ArrayExcept, exp.ArrayIntersect, exp.ArrayOverlaps)
def multiset(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    both = list(node.expressions) if isinstance(node, exp.ArrayIntersect) else [node.this, node.expression]
    if len(both) != 2:
        ctx.refuse("unfaithful", node, "This is verified for two arrays", "Nest the calls")
    arrays, _, kind = _alike(node, ctx, both)
    if isinstance(node, exp.ArrayOverlaps):
        return ctx.macro("sf__overlap", *arrays, type="BOOLEAN")
    name = "sf__except" if isinstance(node, exp.ArrayExcept) else "sf__intersect"
    return _array(ctx.macro(name, *arrays), kind, ctx)


# functions/array_sort: upwards, NULL last; downwards, NULL first
@R.rule(exp.ArraySort)
def sorted_(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    kind, up = element_of(node.this, ctx), node.args.get("asc")
    first = node.args.get("nulls_first")
    if kind is None or any(word is not None and not isinstance(word, exp.Boolean) for word in (up, first)):
        ctx.refuse(
            "unfaithful",
            node,
            "ARRAY_SORT is verified for arrays of one type and constant directions",
            "Build it with ARRAY_CONSTRUCT",
        )
    rises = up is None or bool(up.this)
    before = not rises if first is None else bool(first.this)
    words = ["ASC" if rises else "DESC", "NULLS FIRST" if before else "NULLS LAST"]
    return typed(ctx.call("list_sort", _split(node.this, ctx), *map(build.lit, words)), kind)


@R.rule(exp.ArraySize)
def size(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """NULL for a VARIANT that is no array."""
    if is_json(node.this, ctx):
        return ctx.macro("sf__json_size", build.cast(node.this, "JSON"), type="BIGINT")
    return None


@R.rule(exp.StrtokToArray)
def strtok_to_array(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not build.text(node.expression):
        ctx.refuse("unfaithful", node, "STRTOK_TO_ARRAY is verified for constant delimiters", "Write them")
    return ctx.macro("sf__tokens", node.this, node.expression, type="VARCHAR[]")
