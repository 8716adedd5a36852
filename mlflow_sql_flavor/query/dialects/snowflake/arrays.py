"""Arrays: each rule's page is sql-reference/functions/<name> of the manual."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build

R = DialectRules("snowflake arrays")


def _bare(node: exp.Expr) -> exp.Expr:
    """What stands in ``x::VARIANT``."""
    while isinstance(node, exp.Cast) and node.args["to"].this in (exp.DType.VARIANT, exp.DType.JSON):
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
        return None if inner.this == exp.DType.VARIANT else inner
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
    if kind is None or kind.this not in {*exp.DataType.TEXT_TYPES, *exp.DataType.INTEGER_TYPES, exp.DType.BOOLEAN}:
        ctx.refuse("unfaithful", node, "ARRAY_TO_STRING is verified for arrays of texts or whole numbers", "Cast them")
    this = node.this
    if isinstance(this, exp.Split):
        this = ctx.call("string_split", this.this, this.expression)
    return ctx.macro("sf__array_text", this, node.expression, type="VARCHAR")


def _arrays(node: exp.Expr, ctx: Context, *items: exp.Expr) -> exp.DataType | None:
    kinds = [element_of(item, ctx) for item in items]
    if any(kind is None for kind in kinds):
        ctx.refuse("unfaithful", node, "This is verified for arrays of one known type", "Build it with ARRAY_CONSTRUCT")
    return kinds[0]


@R.rule(exp.ArrayContains, exp.ArrayPosition)
def contains(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Places count from 0, NULL where it is not found."""
    kind, value = _arrays(node, ctx, node.this), _bare(node.expression)
    texts = kind is not None and kind.this in exp.DataType.TEXT_TYPES
    if texts != ctx.is_a(value, "text"):
        ctx.refuse("implicit_cast", node, "A value is searched among others of another type", "Cast it")
    if isinstance(node, exp.ArrayContains):
        return ctx.macro("sf__contains", node.this, value, type="BOOLEAN")
    return ctx.macro("sf__position", node.this, value, type="BIGINT")


@R.rule(exp.ArrayConcat)
def cat(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    both = [node.this, *node.expressions]
    kind = _arrays(node, ctx, *both)
    both = [ctx.call("string_split", b.this, b.expression) if isinstance(b, exp.Split) else b for b in both]
    return typed(ctx.macro("sf__cat", *both), kind)


@R.rule(exp.ArrayAppend, exp.ArrayPrepend)
def append(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    kind = _arrays(node, ctx, node.this)
    args = (node.this, _bare(node.expression))
    if isinstance(node, exp.ArrayAppend):
        return typed(ctx.call("list_append", *args), kind)
    return typed(ctx.call("list_prepend", *reversed(args)), kind)


def _as_its_argument(node: exp.Expr, ctx: Context) -> exp.DataType | None:
    return array_of(_arrays(node, ctx, node.this))


R.macros(
    {
        exp.ArrayCompact: ("sf__compact", _as_its_argument, "this"),
        exp.ArrayDistinct: ("sf__distinct", _as_its_argument, "this"),
        # From a place on, up to but without another; negative ones count from the end
        exp.ArraySlice: ("sf__slice", _as_its_argument, "this", "start", "end"),
    }
)


@R.rule(exp.ArrayMax, exp.ArrayMin)
def extreme(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """NULL is passed over."""
    kind = _arrays(node, ctx, node.this)
    made = ctx.call("list_max" if isinstance(node, exp.ArrayMax) else "list_min", node.this)
    if kind is not None:
        made.type = kind.copy()
    return made


# as sets of values that may repeat: each occurrence is met by one of the other's
@R.rule(exp.ArrayExcept, exp.ArrayIntersect)
def multiset(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    both = [node.this, node.expression] if isinstance(node, exp.ArrayExcept) else list(node.expressions)
    if len(both) != 2:
        ctx.refuse("unfaithful", node, "This is verified for two arrays", "Nest the calls")
    kind = _arrays(node, ctx, *both)
    name = "sf__except" if isinstance(node, exp.ArrayExcept) else "sf__intersect"
    return typed(ctx.macro(name, *both), kind)


@R.rule(exp.ArrayRemove, exp.ArrayOverlaps, exp.ArraySort)
def others(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    other = _bare(node.expression) if isinstance(node.expression, exp.Expr) else None
    kind = _arrays(
        node, ctx, node.this, *([other] if isinstance(node, exp.ArrayOverlaps) and other is not None else [])
    )
    if isinstance(node, exp.ArrayRemove) and other is not None:
        texts = kind is not None and kind.this in exp.DataType.TEXT_TYPES
        if texts != ctx.is_a(other, "text"):
            ctx.refuse("implicit_cast", node, "A value is removed from others of another type", "Cast it")
        return typed(ctx.macro("sf__remove", node.this, other), kind)
    if isinstance(node, exp.ArrayOverlaps) and other is not None:
        return ctx.macro("sf__overlap", node.this, other, type="BOOLEAN")
    if node.expression or (node.args.get("asc") is not None and not isinstance(node.args["asc"], exp.Boolean)):
        ctx.refuse("unfaithful", node, "ARRAY_SORT is verified with an array alone", "Leave the direction out")
    return typed(ctx.call("list_sort", node.this, build.lit("ASC"), build.lit("NULLS LAST")), kind)


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
