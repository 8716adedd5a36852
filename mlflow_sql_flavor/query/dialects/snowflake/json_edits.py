"""Objects that are made or changed: each rule's page is sql-reference/functions/<name> of the manual."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all
from .. import DialectRules
from ..shared import build
from .arrays import as_items, as_variant, element_of, is_json, variant

R = DialectRules("snowflake json_edits")

_OBJECTS = ("object_delete", "object_pick", "arrays_to_object", "to_object", "as_object", "as_array")
_TYPES = {exp.Struct, exp.JSONObject, exp.ObjectInsert, exp.ObjectAgg, exp.GetExtract, exp.StripNullValue,
          exp.ArraysZip, exp.Flatten}  # fmt: skip
R.typing.update({kind: {"returns": exp.DType.VARIANT} for kind in _TYPES})


def _named(self: Any, e: exp.Anonymous) -> Any:
    return self._set_type(e, exp.DType.VARIANT if str(e.name).lower() in _OBJECTS else exp.DType.UNKNOWN)


R.typing[exp.Anonymous] = {"annotator": _named}


def _object(node: exp.Expr, ctx: Context) -> exp.Expr:
    """A VARIANT that is an object, as JSON."""
    if not is_json(node, ctx):
        ctx.refuse("unfaithful", node, "This is verified for an OBJECT", "Use PARSE_JSON or OBJECT_CONSTRUCT")
    return build.cast(node, "JSON")


def _list(values: list[exp.Expr]) -> exp.Expr:
    made = exp.Array(expressions=values)
    made.meta["translated"] = True
    return made


# functions/object_construct: a pair of which a part is NULL is left out; keys are in order
@R.rule(exp.Struct, exp.JSONObject)
def construct(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    keep, keys, values = isinstance(node, exp.JSONObject), [], []
    for pair in node.expressions:
        if not isinstance(pair, (exp.PropertyEQ, exp.JSONKeyValue)):
            ctx.refuse("unfaithful", node, "The keys of this object are not known", "Write each key and its value")
        key, value = pair.this, as_variant(pair.expression, ctx)
        keys.append(build.lit(key.name) if isinstance(key, exp.Identifier) else key)
        null: exp.Expr = build.cast(build.lit("null"), "JSON")
        values.append(exp.Coalesce(this=value, expressions=[null]) if keep else value)
    if not keys:
        return variant(build.lit("{}"))
    return variant(ctx.macro("sf__object", _list(keys), _list(values)))


@R.rule(exp.ObjectInsert)
def insert(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    again = node.args.get("update_flag") or exp.false()
    value = as_variant(node.args["value"], ctx)
    return variant(ctx.macro("sf__with", _object(node.this, ctx), node.args["key"], value, again))


@R.function("object_delete", "object_pick")
def some_keys(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Keys one by one, or in an array."""
    this, *keys = node.expressions
    listed = keys[0] if len(keys) == 1 and isinstance(keys[0], (exp.Array, exp.Split)) else _list(keys)
    name = "sf__without" if node.name.lower() == "object_delete" else "sf__picked"
    return variant(ctx.macro(name, _object(this, ctx), listed))


@R.function("arrays_to_object")
def arrays_to_object(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    keys, values = node.expressions
    items = as_items(values, ctx)
    if items is None or not ctx.is_a(keys, "array"):
        ctx.refuse("unfaithful", node, "The types of these arrays are not known here", "Use ARRAY_CONSTRUCT")
        return None
    null = build.cast(build.lit("null"), "JSON")
    return variant(ctx.macro("sf__object", keys, ctx.macro("sf__or_json_null", items, null)))


# functions/object_agg: pairs with a NULL are left out; a key that comes twice is an error
@R.rule(exp.ObjectAgg)
def object_agg(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if isinstance(node.parent, (exp.Window, exp.Filter)):
        ctx.refuse("unfaithful", node, "OBJECT_AGG OVER is not verified", "Aggregate in a subquery")
    key, value = node.this, as_variant(node.expression, ctx)
    both = exp.and_(*[exp.Not(this=exp.Is(this=one.copy(), expression=exp.Null())) for one in (key, value)], copy=False)

    def listed(one: exp.Expr) -> exp.Expr:
        # by the key: two lists of one order
        ordered = exp.Order(this=one, expressions=[exp.Ordered(this=key.copy(), nulls_first=False)])
        kept = exp.Filter(this=exp.ArrayAgg(this=ordered), expression=exp.Where(this=both.copy()))
        return ctx.macro("sf__or_empty", kept)

    return variant(ctx.macro("sf__object", ctx.macro("sf__distinct_keys", listed(key.copy())), listed(value)))


# functions/get: an element by its place or a field by its key
@R.rule(exp.GetExtract)
def get(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    this, at = node.this, node.expression
    if not is_json(this, ctx) and element_of(this, ctx) is not None and ctx.is_a(at, "int"):
        items = as_items(this, ctx)
        assert items is not None
        return variant(ctx.macro("sf__at", ctx.call("to_json", items), at))
    name = "sf__field" if ctx.is_a(at, "text") else "sf__at" if ctx.is_a(at, "int") else None
    if name is None:
        ctx.refuse("unfaithful", node, "GET is verified for a text or a whole number", "Cast it")
        return None
    return variant(ctx.macro(name, _object(this, ctx), at))


R.converts({
    "to_object": lambda value, ctx: variant(ctx.macro("sf__to_object", as_variant(value, ctx))),
    "as_object": lambda value, ctx: variant(ctx.macro("sf__as_object", as_variant(value, ctx))),
    "as_array": lambda value, ctx: variant(ctx.macro("sf__as_array", as_variant(value, ctx))),
    exp.StripNullValue: lambda value, ctx: variant(ctx.macro("sf__strip_null", as_variant(value, ctx))),
})  # fmt: skip


# functions/to_json: the text, its keys in order
@R.rule(exp.JSONFormat)
def to_json(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    call = node.this.this if isinstance(node.this, exp.Cast) else None
    made = isinstance(call, exp.Anonymous) and call.name in (
        "sf__object",
        "sf__with",
        "sf__without",
        "sf__picked",
        "to_json",
    )
    # the keys of what was parsed are in the order of its text here
    if not made or next(find_all(node, exp.ParseJSON, exp.JSONExtract), None) is not None:
        ctx.refuse("json_text", node, "TO_JSON is verified for what OBJECT_CONSTRUCT and ARRAY_CONSTRUCT make",
                   "Cast its fields")  # fmt: skip
    return build.translated(as_variant(node.this, ctx), "VARCHAR", False)
