"""JSON: https://www.postgresql.org/docs/15/functions-json.html"""

from __future__ import annotations

import json
from typing import Any

from sqlglot import exp

from ...facts.context import Context
from ...reading.placeholders import data_type
from .. import DialectRules
from ..shared.build import as_it_is, cast, lit, text
from .casts import array_item, as_text, json_root, made_json, text_of_json
from .comparisons import null_array
from .numbers import whole

R = DialectRules("postgres json")

R.refuses(
    "json_text",
    {exp.JSONStripNulls, exp.JSONBObjectAgg},
    "The text of a JSON value differs",
    "Return the columns themselves",
)
R.macros(
    {
        "jsonb_array_length": ("pg__json_array_length", "INTEGER"),
        "json_array_length": ("pg__json_array_length", "INTEGER"),
        "jsonb_typeof": ("pg__json_typeof", "VARCHAR"),
        "json_typeof": ("pg__json_typeof", "VARCHAR"),
    }
)


@R.prepare
def subscripts(tree: exp.Expr, ctx: Context) -> None:
    """``j['a']['b']`` of a jsonb is ``j -> 'a' -> 'b'``: datatype-json.html#JSONB-SUBSCRIPTING"""
    for node in reversed(list(tree.find_all(exp.Bracket))):
        name = text(node.expressions[0]) if len(node.expressions) == 1 else None
        if name is None or not node.this.is_type(exp.DType.JSONB):
            continue
        path = exp.JSONPath(expressions=[exp.JSONPathRoot(), exp.JSONPathKey(this=name)])
        made = exp.JSONExtract(this=node.this, expression=path)
        made.type = exp.DataType.build("JSONB")
        node.replace(made)


@R.rule(exp.JSONExtract)
def item(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # A jsonb that is no array and no object is taken as an array of one
    if node.this.type is None or node.this.type.this != exp.DType.JSONB or not _is_first(node.expression):
        return None
    made = ctx.macro("pg__jsonb_first", node.this.copy(), node.copy(), type="JSON")
    made.type, made.meta["json"] = node.type, True
    return made


def _is_first(path: exp.Expr | None) -> bool:
    if path is not None and not isinstance(path, exp.JSONPath) and whole(path) in (0, -1):
        return True
    parts = path.expressions[1:] if isinstance(path, exp.JSONPath) else []
    return len(parts) == 1 and isinstance(parts[0], exp.JSONPathSubscript) and parts[0].this in (0, -1)


@R.rule(exp.JSONExtractScalar)
def json_text(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # ->> of a number keeps its text (2.50), of an object has blanks: DuckDB's differ, so those raise.
    value: exp.Expr = exp.JSONExtract(this=node.this, expression=node.expression)
    return _scalar(node, item(value, ctx) or value, ctx)


def _scalar(node: exp.Expr, value: exp.Expr, ctx: Context) -> exp.Expr:
    above = node.parent
    while isinstance(above, exp.Paren):
        above = above.parent
    to_number = isinstance(above, exp.Cast) and above.to.this in exp.DataType.NUMERIC_TYPES
    if to_number:
        return ctx.macro("pg__json_scalar", value, type="VARCHAR")
    return ctx.macro("pg__json_text", value, json_root(node.this).copy(), type="VARCHAR")


def _steps(node: exp.Expr, ctx: Context) -> list[str]:
    path, given = text(node.expression), node.expression.unnest()
    if isinstance(given, exp.Array):
        steps = [text(step) for step in given.expressions]
        known = [step for step in steps if step is not None and '"' not in step]
        if len(known) == len(steps):
            return known
    if path is None or not (path.startswith("{") and path.endswith("}")) or '"' in path:
        raise ctx.error(node, "#> and #>> need a literal path such as '{a,b,0}' or ARRAY['a', 'b'] here.")
    return [step.strip() for step in path[1:-1].split(",")] if path != "{}" else []


def _path(node: exp.Expr, ctx: Context) -> exp.Expr:
    made = node.this
    for step in _steps(node, ctx):
        if step.lstrip("-").isdigit():
            made = ctx.macro("pg__json_step", made, lit(step), lit(int(step)), type="JSON")
        else:
            made = ctx.call("json_extract", made, lit(f'$."{step}"'), type="JSON")
        made.meta["json"] = True
    return made


@R.rule(exp.JSONBExtractScalar)
def json_path_text(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return _scalar(node, _path(node, ctx), ctx)


@R.rule(exp.JSONBExtract)
def json_path(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return _path(node, ctx)


@R.rule(exp.ArrayContainsAll, exp.ArrayContainedBy)
def contains(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # datatype-json.html#JSON-CONTAINMENT
    inside = isinstance(node, exp.ArrayContainedBy)
    whole_, part = (node.expression, node.this) if inside else (node.this, node.expression)
    if not ctx.is_a(whole_, "json"):
        return None
    found = text(part.this if isinstance(part, exp.Cast) else part)
    try:
        needle = json.loads(found) if found is not None else ...
    except ValueError:
        needle = ...
    if needle is ...:
        raise ctx.error(node, "@> on jsonb needs a literal here, e.g. '{\"a\": 1}'.")
    test = exp.and_(*_contains(whole_, needle, 0, ctx), copy=False)
    if isinstance(needle, (str, int, float, bool)) or needle is None:  # an array may contain a value that is none
        test = exp.or_(exp.Paren(this=test), *_contains(whole_, [needle], 0, ctx), copy=False)
    return null_array(exp.Coalesce(this=exp.Paren(this=test), expressions=[exp.Boolean(this=False)]), whole_)


def _contains(doc: exp.Expr, needle: Any, depth: int, ctx: Context) -> Any:
    """What is to hold for a JSON value that contains another one."""
    kind = ctx.call("json_type", doc.copy())
    if isinstance(needle, dict):
        yield exp.EQ(this=kind, expression=lit("OBJECT"))
        for key, value in needle.items():
            yield from _contains(ctx.call("json_extract", doc.copy(), lit(f'$."{key}"')), value, depth, ctx)
    elif isinstance(needle, list):
        yield exp.EQ(this=kind, expression=lit("ARRAY"))
        for value in needle:
            item = exp.column(f"part{depth}")
            test = exp.and_(*_contains(item, value, depth + 1, ctx), copy=False)
            each = exp.Lambda(this=test, expressions=[exp.to_identifier(item.name)])
            items = exp.TryCast(this=doc.copy(), to=data_type("JSON[]").copy())
            found = ctx.call("list_filter", items, each)
            yield exp.GT(this=ctx.call("len", found), expression=lit(0))
    else:
        raw = ctx.call("json_extract_string", doc.copy(), lit("$"))
        if isinstance(needle, bool) or needle is None:
            yield exp.EQ(this=kind, expression=lit("NULL" if needle is None else "BOOLEAN"))
            if needle is not None:
                yield exp.EQ(this=raw, expression=lit(str(needle).lower()))
        elif isinstance(needle, (int, float)):
            yield exp.In(this=kind, expressions=[lit("BIGINT"), lit("UBIGINT"), lit("DOUBLE")])
            yield exp.EQ(this=cast(raw, "DOUBLE"), expression=cast(lit(repr(needle)), "DOUBLE"))
        else:
            yield exp.EQ(this=kind, expression=lit("VARCHAR"))
            yield exp.EQ(this=raw, expression=lit(needle))


R.renames(
    {
        exp.JSONBContainsTopKey: ("list_contains", "BOOLEAN", "this", "expression"),
        exp.JSONBContainsAnyTopKeys: ("list_has_any", "BOOLEAN", "this", "expression"),
        exp.JSONBContainsAllTopKeys: ("list_has_all", "BOOLEAN", "this", "expression"),
    },
    of=(lambda value, ctx: ctx.call("json_keys", value), as_it_is),
)


@R.rule(exp.Distinct)
def distinct(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # datatype-json.html: equal are values, not their texts
    node.set("expressions", [text_of_json(e, ctx) if _binary(e) else e for e in node.expressions])
    return None


@R.rule(exp.Group)
def grouped(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    for key in node.expressions:
        if _binary(key):
            ctx.refuse("json_text", key, "Groups of jsonb are groups of its text in DuckDB", "Take a value with ->>")
    return None


def _binary(node: exp.Expr) -> bool:
    return node.type is not None and node.type.this == exp.DType.JSONB


@R.prepare
def json_output(tree: exp.Expr, ctx: Context) -> None:
    """A JSON value comes out as the text that PostgreSQL writes."""
    for select in _branches(tree):
        for output in select.expressions:
            value = output.unalias()
            if not ctx.is_a(value, "json"):
                continue
            for ordered in select.find_all(exp.Ordered):
                if ordered.find_ancestor(exp.Select) is select and (
                    ordered.this == value or ordered.this.name == output.output_name or whole(ordered.this) is not None
                ):
                    ctx.refuse("json_text", ordered, "jsonb has an order of its own", "Order by a value taken with ->>")
            shown = exp.Cast(this=value.copy(), to=exp.DataType.build("VARCHAR"))
            shown.type = shown.to
            value.replace(shown if isinstance(output, exp.Alias) else _named(shown, output))


def _named(shown: exp.Expr, output: exp.Expr) -> exp.Expr:
    name = output.this if isinstance(output, exp.Column) else None
    return exp.alias_(shown, name.copy() if isinstance(name, exp.Identifier) else output.output_name)


def _branches(tree: exp.Expr) -> list[exp.Select]:
    if isinstance(tree, exp.SetOperation):
        return [*_branches(tree.this), *_branches(tree.expression)]
    if isinstance(tree, (exp.Subquery, exp.Paren)):
        return _branches(tree.this)
    return [tree] if isinstance(tree, exp.Select) else []


R.refuses(
    "json_text",
    {"row_to_json", "json_object", "jsonb_pretty"},
    "The text of a JSON value differs",
    "Return the columns themselves",
)


# JSON that is made, as the text that PostgreSQL gives it: functions-json.html#FUNCTIONS-JSON-CREATION-TABLE
def _made(node: exp.Expr, parts: list[exp.Expr], binary: bool, ctx: Context) -> exp.Expr:
    """Pieces of a text as one JSON value."""
    whole = ctx.call("concat", *parts, type="VARCHAR") if len(parts) > 1 else parts[0]
    made = cast(whole, "JSON")
    made.type = exp.DataType(this=exp.DType.JSONB if binary else exp.DType.JSON)
    made.meta["made_json"] = "jsonb" if binary else "json"
    return made


def _value(node: exp.Expr, binary: bool, ctx: Context) -> exp.Expr:
    """The text of a value within JSON, ``null`` for NULL."""
    if isinstance(node, exp.Null):
        return lit("null")
    return exp.Coalesce(this=_text_of(node, binary, ctx), expressions=[lit("null")])


def _text_of(node: exp.Expr, binary: bool, ctx: Context) -> exp.Expr:
    if ctx.is_a(node, "json"):
        made = made_json(node)
        if made == "jsonb" or (made and not binary):
            return cast(node, "VARCHAR")
        if made:
            raise ctx.error(node, "json within jsonb has no counterpart. Use the jsonb_ functions for both.")
        return text_of_json(node, ctx)
    if ctx.is_a(node, "bool", "int", "decimal"):
        return as_text(node, ctx)
    if ctx.is_a(node, "float"):
        return ctx.macro("pg__json_float", as_text(node, ctx), exp.Boolean(this=binary), type="VARCHAR")
    if ctx.is_a(node, "text") or text(node) is not None:
        return ctx.macro("pg__json_string", node, type="VARCHAR")
    if ctx.is_a(node, "date", "timestamp"):
        return ctx.macro("pg__json_moment", as_text(node, ctx), lit(""), type="VARCHAR")
    if ctx.is_a(node, "timestamptz"):
        return ctx.macro("pg__json_moment", as_text(node, ctx), lit(":00"), type="VARCHAR")
    item = array_item(node, ctx)
    if item is None:
        raise ctx.error(node, "It is not known here how this value is written as JSON. Cast it to text.")
    each = exp.Lambda(this=_value(item, binary, ctx), expressions=[exp.to_identifier(item.name)])
    return ctx.macro(
        "pg__json_list", ctx.call("list_transform", node, each), lit(", " if binary else ","), type="VARCHAR"
    )


@R.function("to_json", "to_jsonb", "array_to_json")
def to_json(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if len(node.expressions) != 1:
        raise ctx.error(node, f"{node.name}() has a counterpart with one argument.")
    binary = node.name.lower() == "to_jsonb"
    return _made(node, [_text_of(node.expressions[0], binary, ctx)], binary, ctx)


@R.function("json_build_array", "jsonb_build_array")
def build_array(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    binary = node.name.lower() == "jsonb_build_array"
    parts: list[exp.Expr] = []
    for value in node.expressions:
        parts += [lit(", " if parts else "["), _value(value, binary, ctx)]
    return _made(node, [*parts, lit("]")] if parts else [lit("[]")], binary, ctx)


@R.function("json_build_object", "jsonb_build_object")
def build_object(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    binary, found = node.name.lower() == "jsonb_build_object", node.expressions
    if len(found) % 2 or any(isinstance(key, exp.Null) for key in found[::2]):
        raise ctx.error(node, f"{node.name}() takes a key and a value in turn, and no key is NULL.")
    pairs = list(zip(found[::2], found[1::2], strict=True))
    if binary:  # a key is there once, its last value; short keys come first
        if any(text(key) is None for key, _ in pairs):
            raise ctx.error(node, "The keys of jsonb have to be texts here. Use json_build_object().")
        last = {text(key) or "": (key, value) for key, value in pairs}
        pairs = [last[name] for name in sorted(last, key=lambda name: (len(name.encode()), name.encode()))]
    parts: list[exp.Expr] = []
    for key, value in pairs:
        parts += [
            lit(", " if parts else "{"),
            _key(key, ctx),
            lit(": " if binary else " : "),
            _value(value, binary, ctx),
        ]
    return _made(node, [*parts, lit("}")] if parts else [lit("{}")], binary, ctx)


def _key(key: exp.Expr, ctx: Context) -> exp.Expr:
    return ctx.macro("pg__json_key", as_text(key, ctx), type="VARCHAR")


@R.rule(exp.JSONArrayAgg, exp.JSONObjectAgg)
@R.function("jsonb_agg")
def aggregate(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """A text first; the brackets go around it where FILTER and OVER end."""
    args = node.expressions if isinstance(node, (exp.Anonymous, exp.JSONObjectAgg)) else [node.this]
    binary = isinstance(node, exp.Anonymous)
    if isinstance(node, exp.JSONObjectAgg):
        holder = args[-1]
        value = holder.this if isinstance(holder, exp.Order) else holder
        item: exp.Expr = ctx.call("concat", _key(args[0], ctx), lit(" : "), _value(value, binary, ctx), type="VARCHAR")
    else:
        holder = args[0]
        inner = holder.this if isinstance(holder, exp.Order) else holder
        if isinstance(inner, exp.Distinct):
            raise ctx.error(node, "DISTINCT in an aggregate of JSON has no counterpart. Use a subquery with DISTINCT.")
        if ctx.is_a(inner, "array") and not binary:
            raise ctx.error(node, "json_agg() of arrays has no counterpart. Use jsonb_agg().")
        item = _value(inner, binary, ctx)
    if isinstance(holder, exp.Order):
        item = exp.Order(this=item, expressions=holder.expressions)
    made = exp.GroupConcat(this=item, separator=lit(", "))
    made.type = exp.DataType.build("VARCHAR")
    made.meta["json_brackets"] = ("{ ", " }") if isinstance(node, exp.JSONObjectAgg) else ("[", "]")
    made.meta["json_binary"] = binary
    return brackets(made, ctx, node.parent) or made


@R.rule(exp.Filter, exp.Window)
def around(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return brackets(node, ctx, node.parent)


def brackets(node: exp.Expr, ctx: Context, above: exp.Expr | None) -> exp.Expr | None:
    inner = node
    while isinstance(inner, (exp.Filter, exp.Window)):
        inner = inner.this
    marks = inner.meta.get("json_brackets")
    if marks is None or (isinstance(above, (exp.Filter, exp.Window)) and above.this is node):
        return None
    if isinstance(above, (exp.Filter, exp.Window)) and isinstance(node, exp.GroupConcat):
        return None
    whole = ctx.macro("pg__json_around", node.copy(), lit(marks[0]), lit(marks[1]), type="VARCHAR")
    return _made(node, [whole], bool(inner.meta["json_binary"]), ctx)
