"""JSON: https://www.postgresql.org/docs/15/functions-json.html"""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all
from .. import DialectRules
from ..shared.build import cast, lit, text
from .casts import array_item, as_text, json_root, made_json, quoted, text_of_json
from .json_edits import row_of, steps_of
from .numbers import whole

R = DialectRules("postgres json")

R.refuses(
    "json_text",
    {exp.JSONStripNulls},
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
    for node in reversed(list(find_all(tree, exp.Bracket))):
        name = text(node.expressions[0]) if len(node.expressions) == 1 else None
        if name is None or not node.this.is_type(exp.DType.JSONB):
            continue
        path = exp.JSONPath(expressions=[exp.JSONPathRoot(), exp.JSONPathKey(this=name)])
        made = exp.JSONExtract(this=node.this, expression=path)
        made.type = exp.DataType.build("JSONB")
        node.replace(made)


@R.rule(exp.JSONExtract)
def item(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if (key := _odd_name(node.expression, ctx)) is not None:
        made = ctx.macro("pg__json_field", node.this, key, type="JSON")
        made.meta["json"] = True
        if node.this.type is not None:
            made.type = node.this.type.copy()
        return made
    # A jsonb that is no array and no object is taken as an array of one
    if node.this.type is None or node.this.type.this != exp.DType.JSONB or not _is_first(node.expression):
        return None
    made = ctx.macro("pg__jsonb_first", node.this.copy(), node.copy(), type="JSON")
    made.type, made.meta["json"] = node.type, True
    return made


def _odd_name(path: exp.Expr, ctx: Context) -> exp.Expr | None:
    """A name that DuckDB would read a path in, or an empty one."""
    if isinstance(path, exp.JSONPath):
        names = [part.this for part in path.expressions[1:] if isinstance(part, exp.JSONPathKey)]
        return lit("") if names == [""] and len(path.expressions) == 2 else None
    return path if text(path) is None and ctx.is_a(path, "text") else None


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
    root = json_root(node.this)
    whole_ = "pg__jsonb_text" if _binary(node.this) else "pg__json_part"
    return ctx.macro("pg__json_text", value, root.copy(), ctx.macro(whole_, value.copy(), root.copy()), type="VARCHAR")


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
    if made is not node.this and node.this.type is not None:
        made.type = node.this.type.copy()
    return made


@R.rule(exp.JSONBExtractScalar)
def json_path_text(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return _scalar(node, _path(node, ctx), ctx)


@R.rule(exp.JSONBExtract)
def json_path(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return _path(node, ctx)


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
            for ordered in find_all(select, exp.Ordered):
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


@R.rule(exp.Is)
def is_json(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # functions-json.html#FUNCTIONS-SQLJSON-MISC
    kind = node.expression
    if not isinstance(kind, exp.JSON):
        return None
    if kind.args.get("unique") or (not ctx.is_a(node.this, "text") and text(node.this) is None):
        raise ctx.error(node, "IS JSON has a counterpart of a text, without UNIQUE KEYS.")
    wanted = str(kind.this or "VALUE").upper()
    made: exp.Expr = ctx.macro("pg__is_json", node.this, lit(wanted), type="BOOLEAN")
    return exp.Paren(this=exp.Not(this=made)) if node.args.get("negate") else made


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
    row = row_of(node)
    if row is not None:
        return _object(row, binary, (": ", ", ") if binary else (":", ","), ctx)
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


def _object(pairs: list[tuple[str, exp.Expr]], binary: bool, marks: tuple[str, str], ctx: Context) -> exp.Expr:
    """The text of an object whose keys are known; in jsonb a key is there once, its last value, short keys first."""
    if binary:
        last = dict(pairs)
        pairs = [(name, last[name]) for name in sorted(last, key=lambda name: (len(name.encode()), name.encode()))]
    parts: list[exp.Expr] = []
    for name, value in pairs:
        parts += [lit((marks[1] if parts else "{") + quoted(name) + marks[0]), _value(value, binary, ctx)]
    return ctx.call("concat", *parts, lit("}"), type="VARCHAR") if parts else lit("{}")


@R.function("to_json", "to_jsonb", "array_to_json", "row_to_json")
def to_json(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value, *lines = node.expressions
    if lines and not (isinstance(lines[0], exp.Boolean) and not lines[0].this):
        raise ctx.error(node, f"{node.name}() over several lines has no counterpart. Leave true out.")
    binary = node.name.lower() == "to_jsonb"
    return _made(node, [_text_of(value, binary, ctx)], binary, ctx)


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
    if any(ctx.is_a(key, "array", "json") or row_of(key) is not None for key in found[::2]):
        raise ctx.error(node, f"{node.name}() takes no array, row or JSON as a key.")
    pairs = list(zip(found[::2], found[1::2], strict=True))
    if binary and all(text(key) is not None for key, _ in pairs):
        return _made(
            node, [_object([(text(key) or "", value) for key, value in pairs], True, (": ", ", "), ctx)], True, ctx
        )
    if binary:
        listed = exp.Array(expressions=[_pair(key, value, ctx) for key, value in pairs])
        return _made(node, [ctx.macro("pg__jsonb_of", listed, exp.Boolean(this=False), type="VARCHAR")], True, ctx)
    parts: list[exp.Expr] = []
    for key, value in pairs:
        parts += [
            lit(", " if parts else "{"),
            _key(key, ctx),
            lit(" : "),
            _value(value, binary, ctx),
        ]
    return _made(node, [*parts, lit("}")] if parts else [lit("{}")], binary, ctx)


def _pair(key: exp.Expr, value: exp.Expr, ctx: Context) -> exp.Expr:
    """A key and the text of a value, for the macros that put jsonb's keys in order."""
    both = {"k": as_text(key, ctx, letters=False), "v": _value(value, True, ctx)}
    return ctx.call("struct_pack", *(exp.PropertyEQ(this=exp.to_identifier(k), expression=v) for k, v in both.items()))


@R.function("jsonb_object")
@R.rule(exp.JSONObject)
def of_arrays(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """``json_object(array)``, ``json_object(keys, values)``: texts of one dimension."""
    binary = isinstance(node, exp.Anonymous)
    args = list(node.expressions)
    if not binary:
        pairs = [pair for pair in args if isinstance(pair, exp.JSONKeyValue)]
        if len(pairs) != 1 or not (_is_array(pairs[0].this, ctx) and _is_array(pairs[0].expression, ctx)):
            return _by_keys(node, pairs, ctx)
        if re.search(r"json_object\s*\([^,]*(:|\bvalue\b)", ctx.sql, re.I):
            raise ctx.error(node, "It is not known here what JSON_OBJECT takes. Use json_build_object().")
        args = [pairs[0].this, pairs[0].expression]
    arrays = [_texts(arg, node, ctx) for arg in args]
    listed = ctx.macro("pg__json_pairs" if len(arrays) == 2 else "pg__json_halves", *arrays)
    made = ctx.macro("pg__jsonb_of", listed, exp.Boolean(this=False)) if binary else ctx.macro("pg__json_of", listed)
    given = exp.and_(*(exp.Not(this=exp.Is(this=exp.Paren(this=a.copy()), expression=exp.Null())) for a in arrays))
    return _made(node, [exp.Case(ifs=[exp.If(this=given, true=made)])], binary, ctx)


def _is_array(node: exp.Expr, ctx: Context) -> bool:
    return ctx.is_a(node, "array") or (text(node) or "").lstrip().startswith("{")


def _by_keys(node: exp.Expr, pairs: list[exp.JSONKeyValue], ctx: Context) -> exp.Expr | None:
    """``JSON_OBJECT('a': 1, 'b' VALUE 2)``, since 16."""
    said = str(node.args.get("null_handling") or "NULL ON NULL").upper()
    kind = node.args.get("return_type")  # which sqlglot reads as a column
    binary = isinstance(kind, exp.Column) and kind.name.lower() == "jsonb"
    if said != "NULL ON NULL" or node.args.get("unique_keys") or node.args.get("encoding") or (kind and not binary):
        raise ctx.error(node, "JSON_OBJECT() with these words has no counterpart. Use json_build_object().")
    args = [part for pair in pairs for part in (pair.this, pair.expression)]
    binary = binary or (not kind and any(_binary(part) for part in args))  # jsonb where an argument is one
    name = "jsonb_build_object" if binary else "json_build_object"
    return build_object(exp.Anonymous(this=name, expressions=args), ctx)


def _texts(node: exp.Expr, call: exp.Expr, ctx: Context) -> exp.Expr:
    if text(node) is not None:
        steps = steps_of(node)
        if steps is not None:
            return exp.Array(expressions=[lit(step) for step in steps])
    kind = ctx.type_of(node)
    inner = kind.expressions[0] if kind is not None and ctx.is_a(node, "array") and kind.expressions else None
    if not isinstance(inner, exp.DataType) or inner.this not in exp.DataType.TEXT_TYPES:
        raise ctx.error(call, "An object of JSON has a counterpart of arrays of texts, of one dimension.")
    return node


def _key(key: exp.Expr, ctx: Context) -> exp.Expr:
    return ctx.macro("pg__json_key", as_text(key, ctx), type="VARCHAR")


@R.rule(exp.JSONBObjectAgg)
def object_of_rows(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if isinstance(node.parent, (exp.Filter, exp.Window)) or isinstance(node.expression, exp.Order):
        raise ctx.error(node, "jsonb_object_agg() with FILTER, OVER or ORDER BY has no counterpart. Use a subquery.")
    pairs = ctx.call("list", _pair(node.this, node.expression, ctx))
    made = ctx.macro("pg__jsonb_of", pairs, exp.Boolean(this=True), type="VARCHAR")
    some = exp.GT(this=exp.Count(this=exp.Star()), expression=lit(0))
    return _made(node, [exp.Case(ifs=[exp.If(this=some, true=made)])], True, ctx)


@R.rule(exp.JSONArrayAgg, exp.JSONObjectAgg)
@R.function("jsonb_agg")
def aggregate(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """A text first; the brackets go around it where FILTER and OVER end."""
    args = node.expressions if isinstance(node, (exp.Anonymous, exp.JSONObjectAgg)) else [node.this]
    binary, apart = isinstance(node, exp.Anonymous), ", "
    if isinstance(node, exp.JSONObjectAgg):
        holder = args[-1]
        value = holder.this if isinstance(holder, exp.Order) else holder
        item: exp.Expr = ctx.call("concat", _key(args[0], ctx), lit(" : "), _value(value, binary, ctx), type="VARCHAR")
    else:
        holder = args[0]
        inner = holder.this if isinstance(holder, exp.Order) else holder
        if isinstance(inner, exp.Distinct):
            raise ctx.error(node, "DISTINCT in an aggregate of JSON has no counterpart. Use a subquery with DISTINCT.")
        apart = ", \n " if not binary and (ctx.is_a(inner, "array") or row_of(inner) is not None) else ", "
        item = _value(inner, binary, ctx)
    if isinstance(holder, exp.Order):
        item = exp.Order(this=item, expressions=holder.expressions)
    made = exp.GroupConcat(this=item, separator=lit(apart))
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
