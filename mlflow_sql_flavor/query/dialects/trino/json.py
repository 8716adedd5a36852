"""JSON: functions/json of the manual. A path gives a sequence of items, here a list of JSON values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import count
from typing import Any

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all, walk_tree
from .. import DialectRules
from ..shared import build
from ..shared.calls import extracted_json

R = DialectRules("trino json")

_T = exp.DType

R.macros({"json_array_length": ("tr__json_length", "BIGINT"), "is_json_scalar": ("tr__json_is_scalar", "BOOLEAN")})

R.macros({exp.JSONFormat: ("tr__json_format", "VARCHAR", "this"), "json_array_get": ("tr__json_get", "VARCHAR")})
# functions/json
_STEP = r"\.\*|\.[A-Za-z_]\w*|\.\"[^\"\\]+\"|\[\d+\]|\[\*\]"
_PATH = re.compile(rf"(?:lax\s+)?\$((?:{_STEP})*)")
_SIMPLE = re.compile(r"(?:lax\s+)?(\$(?:\.[A-Za-z_]\w*|\.\"[^\"]+\"|\[\d+\])*)")


def json_path(node: exp.Expr, path: exp.Expr | None, ctx: Context) -> exp.Expr:
    found = _SIMPLE.fullmatch((build.text(path) or "").strip())
    if found is None:
        ctx.refuse("unfaithful", node, "This is verified for a constant path of names and places", "Write such a path")
        return path or build.lit("$")
    return build.lit(found[1])


# functions/json#json-path-modes: a member of an array is that of its elements, a place of any other value the value
def items(node: exp.Expr, this: exp.Expr, path: exp.Expr | None, ctx: Context) -> exp.Expr:
    """The sequence of items that a path finds, NULL for what is no JSON."""
    found = _PATH.fullmatch((build.text(path) or "").strip())
    if found is None:
        ctx.refuse("unfaithful", node, "This is verified for a constant path of names, places and *",
                   "Write such a path, as in 'lax $.name[0]'")  # fmt: skip
    this = this.this if isinstance(this, exp.FormatJson) else this
    if not ctx.is_a(this, "text", "json") and not isinstance(this, exp.Null):
        ctx.refuse("unfaithful", node, "This is verified for JSON and its text", "Cast the value to VARCHAR")
    made: exp.Expr = ctx.macro("tr__json_items", this)
    for step in re.findall(_STEP, found[1] if found else ""):
        if step == "[*]":
            made = ctx.macro("tr__json_elements", made)
        elif step[0] == "[":
            made = ctx.macro("tr__json_place", made, build.lit(int(step[1:-1])), build.lit(f"${step}"))
        else:
            name = step if step in (".*",) or step[1] == '"' else f'."{step[1:]}"'
            many = name == ".*"
            args = [build.lit(f"${name}"), build.lit(f"$[*]{name}")]
            made = ctx.macro("tr__json_members" if many else "tr__json_member", made, *args)
    return made


_EMPTY = {"NULL": None, "EMPTY": "[]", "EMPTY ARRAY": "[]", "EMPTY OBJECT": "{}"}


def _else(node: exp.Expr, which: str, ctx: Context) -> exp.Expr:
    """What stands for a sequence that is empty or an error, NULL unless said."""
    condition = node.args.get("on_condition")
    found: Any = condition.args.get(which) if condition is not None else None
    if isinstance(found, exp.Expr):
        return found
    word = str(found or "NULL").upper().replace(f" ON {which.upper()}", "").strip()
    if word == "ERROR":
        return ctx.call("error", build.lit(f"The path gives {'nothing' if which == 'empty' else 'an error'}."))
    if word not in _EMPTY:
        ctx.refuse("unfaithful", node, f"{word} ON {which.upper()} is not verified", "Write NULL or ERROR")
    made = _EMPTY.get(word)
    return exp.Null() if made is None else build.lit(made)


@R.rule(exp.JSONValue)
def json_value(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    kind = node.args.get("returning") or None
    return scalar_of(node, items(node, node.this, node.args.get("path"), ctx), kind, ctx)


def scalar_of(node: exp.Expr, found: exp.Expr, kind: exp.Expr | None, ctx: Context) -> exp.Expr:
    """The one scalar of a sequence as a type, a text unless said."""
    empty, wrong = (_else(node, which, ctx) for which in ("empty", "error"))
    if kind is None or (kind.this in exp.DataType.TEXT_TYPES and not kind.expressions):
        return ctx.macro("tr__json_one", found, empty, wrong, type="VARCHAR")
    types = {**dict.fromkeys(exp.DataType.INTEGER_TYPES, "int"), _T.DOUBLE: "number", _T.BOOLEAN: "bool",
             _T.DATE: "date", _T.TIME: "time"}  # fmt: skip
    family = types.get(kind.this)
    if family is None or (family == "time" and kind.expressions and kind.expressions[0].name not in ("3", "6")):
        ctx.refuse("unfaithful", node, "RETURNING is verified for whole numbers, DOUBLE, BOOLEAN, DATE and VARCHAR",
                   "Cast the text that json_value gives")  # fmt: skip
        return found
    to = build.lit(family)
    name = kind.sql("duckdb").split("(")[0]
    read = build.translated(ctx.macro("tr__json_read", found, to), name, True)
    both = [value if isinstance(value, exp.Anonymous) else build.cast(value, name) for value in (empty, wrong)]
    made = ctx.macro("tr__json_returned", found, read, *both)
    return build.translated(made, name, False)


@R.function("json_exists")
def json_exists(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    this, path = node.expressions
    return ctx.macro("tr__json_exists", this, items(node, this, path, ctx), type="BOOLEAN")


@R.function("json_size")
def json_size(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    this, path = node.expressions
    return ctx.macro("tr__json_size", ctx.macro("tr__json_at", this, json_path(node, path, ctx)), type="BIGINT")


@R.rule(exp.JSONArrayContains)
def json_array_contains(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    this, value = node.this, node.expression
    if not ctx.is_a(value, "text", "int", "bool"):
        ctx.refuse("unfaithful", node, "json_array_contains is verified for texts, booleans and whole numbers",
                   "Cast it")  # fmt: skip
    kind = "text" if ctx.is_a(value, "text") else "bool" if ctx.is_a(value, "bool") else "int"
    return ctx.macro(f"tr__json_has_{kind}", this, value, type="BOOLEAN")


R.converts({exp.ParseJSON: lambda value, ctx: build.cast(value, "JSON")})

_WRAPPERS = {"": "none", "WITHOUT": "none", "WITHOUT ARRAY": "none", "WITH": "always", "WITH ARRAY": "always",
             "WITH UNCONDITIONAL": "always", "WITH UNCONDITIONAL ARRAY": "always", "WITH CONDITIONAL": "some",
             "WITH CONDITIONAL ARRAY": "some"}  # fmt: skip


@R.rule(exp.JSONExtract)
def json_extract(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.args.get("json_query"):
        return _query(node, ctx)
    if node.args.get("only_json_types"):
        ctx.refuse("json_text", node, "This part of a JSON value is not verified", "Use json_extract")
    if not isinstance(node.expression, exp.JSONPath):
        ctx.refuse("unfaithful", node, "json_extract is verified for a constant path", "Write it")
    made = exp.JSONExtract(this=node.this, expression=node.expression)
    made.type = exp.DataType.build("JSON")
    return made


# functions/json#json-query
def _query(node: exp.Expr, ctx: Context) -> exp.Expr:
    option = node.args.get("option")
    word = (option.name if option is not None else "").upper().replace("WRAPPER", "").strip()
    wrapper, quote = _WRAPPERS.get(word), node.args.get("quote")
    bare = quote is not None and quote.args.get("option") is not None and "OMIT" in str(quote.args["option"]).upper()
    if wrapper is None or (bare and wrapper != "none"):
        ctx.refuse("json_text", node, "This form of json_query is not verified", "Use WITH ARRAY WRAPPER")
    found = items(node, node.this, node.expression, ctx)
    empty, wrong = (_else(node, which, ctx) for which in ("empty", "error"))
    name = "tr__json_bare" if bare else f"tr__json_wrapped_{wrapper or 'none'}"
    made = ctx.macro(name, found, empty, wrong, type="VARCHAR")
    made.meta["json"] = True
    return made


R.macros({exp.JSONExtractScalar: ("tr__json_scalar", "VARCHAR", extracted_json)})


# functions/json#json-array, #json-object: NULLs are left out of an array and kept in an object unless said
@R.rule(exp.JSONArray)
def json_array(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    texts = [member(value, ctx) for value in node.expressions]
    if "NULL" in str(node.args.get("null_handling") or "").upper().split(" ON ")[0].split():
        texts = [exp.Coalesce(this=text, expressions=[build.lit("null")]) for text in texts]
    made = ctx.macro("tr__json_array", listed(texts), type="VARCHAR")
    return _returned(made, node, ctx)


@R.rule(exp.JSONObject)
def json_object(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    absent = "ABSENT" in str(node.args.get("null_handling") or "").upper()
    keys: list[str | None] = []
    texts: list[exp.Expr] = []
    for pair in node.expressions:
        both, raw = (pair.this, True) if isinstance(pair, exp.FormatJson) else (pair, False)
        if not isinstance(both, exp.JSONKeyValue) or not ctx.is_a(both.this, "text"):
            ctx.refuse("json_text", node, "A key of json_object is verified as a text", "Cast the key to VARCHAR")
            continue
        keys.append(build.text(both.this))
        value = exp.FormatJson(this=both.expression) if raw else both.expression
        text = member(value, ctx)
        if not absent:
            text = exp.Coalesce(this=text, expressions=[build.lit("null")])
        texts.append(ctx.macro("tr__json_pair", both.this, text))
    if node.args.get("unique_keys") and (None in keys or len(set(keys)) < len(keys)):
        ctx.refuse("json_text", node, "WITH UNIQUE KEYS is verified for different constant keys", "Leave it out")
    made = ctx.macro("tr__json_object", listed(texts), type="VARCHAR")
    return _returned(made, node, ctx)


def _returned(made: exp.Expr, node: exp.Expr, ctx: Context) -> exp.Expr:
    """The text as the type that RETURNING says."""
    kind, encoding = node.args.get("return_type"), node.args.get("encoding")
    made.meta["json"] = True
    if not kind:
        return made
    if encoding and encoding.name.upper() != "UTF8":
        ctx.refuse("encoding", node, "A JSON text is verified in UTF8", "Leave ENCODING out")
    word, sizes = type_named(kind)
    if word == "VARBINARY":
        return ctx.call("encode", made, type="BLOB")
    if word != "VARCHAR":
        ctx.refuse("json_text", node, f"RETURNING {word} is not verified", "Use RETURNING VARCHAR")
    return ctx.macro("tr__fits", made, sizes[0], type="VARCHAR") if sizes else made


# functions/json#json-object: a type behind RETURNING, which sqlglot reads as a call or a column
@R.normalise
def returning(tree: exp.Expr, ctx: Context) -> None:
    for node in tree.find_all(exp.JSONObject):
        kind = node.args.get("return_type")
        inner = kind.this if isinstance(kind, exp.FormatJson) else kind
        if isinstance(inner, (exp.Anonymous, exp.Column)):
            name, sizes = type_named(inner)
            kinds = {"VARBINARY": _T.VARBINARY, "VARCHAR": _T.VARCHAR}
            params = [exp.DataTypeParam(this=size.copy()) for size in sizes]
            made = exp.DataType(this=kinds.get(name, _T.UNKNOWN), expressions=params)
            inner.replace(made)


# functions/json: two values are the same whatever the order of their keys
@R.rule(exp.EQ, exp.NEQ)
def same(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if ctx.is_a(node.this, "json") and ctx.is_a(node.expression, "json"):
        for key in ("this", "expression"):
            node.set(key, ctx.macro("tr__json_key", node.args[key], type="VARCHAR"))
    return None


# functions/json#simplified-accessor: what a path finds, as an array where it wraps
@R.prepare
def accessed(tree: exp.Expr, ctx: Context) -> None:
    """A field of a column, in a query that makes JSON values: it may be one of them."""
    jsons = any(isinstance(n, exp.ParseJSON) or n.is_type(_T.JSON) for n in walk_tree(tree))
    if not jsons:
        return
    named = {n.alias_or_name.lower() for n in find_all(tree, exp.Table, exp.Subquery, exp.Values, exp.Unnest, exp.CTE,
                                                            exp.Lateral)}  # fmt: skip
    for node in find_all(tree, exp.Column, exp.Dot):
        if isinstance(node, exp.Column):
            field = bool(node.table) and node.table.lower() not in named
        else:
            field = ctx.unknown(node.this) or ctx.is_a(node.this, "json")
        if field:
            ctx.refuse("json_text", node, "A field of a JSON value is not verified", "Use json_extract or json_value")


# functions/json#cast-to-json: what a value is written as; an array's NULL is null
def text_of(value: exp.Expr, kind: exp.DataType | None, node: exp.Expr, ctx: Context, names: count[int]) -> exp.Expr:
    """The JSON text of a value, NULL for NULL.

    Args:
        value: The value, which may be written several times.
        kind: Its type.
        node: The construct in the query.
        names: Numbers for the names of lambdas' parameters.
    """
    families = [f for f in _TEXTS if kind is not None and ctx.is_a(_as(kind), f)]
    if kind is not None and kind.this in (_T.CHAR, _T.NCHAR):
        families = []
    if families:
        name = _TEXTS[families[0]]
        return build.cast(value, "VARCHAR") if name is None else ctx.macro(name, value, type="VARCHAR")
    if kind is not None and kind.this in exp.DataType.ARRAY_TYPES and kind.expressions:
        one = exp.to_identifier(f"_json{next(names)}")
        each = _or_null(text_of(one, kind.expressions[0], node, ctx, names))
        return ctx.macro("tr__json_array", _each(value, one, each), type="VARCHAR")
    if kind is not None and kind.this == _T.MAP and len(kind.expressions) == 2:
        one = exp.to_identifier(f"_json{next(names)}")
        key, inner = (ctx.call("struct_extract", one.copy(), build.lit(part)) for part in ("key", "value"))
        if not ctx.is_a(_as(kind.expressions[0]), "text", "int"):
            ctx.refuse("json_text", node, "A key of this type is not verified in JSON", "Use texts as keys")
        pair = ctx.call(
            "row", build.cast(key, "VARCHAR"), _or_null(text_of(inner, kind.expressions[1], node, ctx, names))
        )
        return ctx.macro("tr__json_map", _each(ctx.call("map_entries", value), one, pair), type="VARCHAR")
    if kind is not None and kind.this in exp.DataType.STRUCT_TYPES and kind.expressions:
        pairs: list[exp.Expr] = []
        for place, field in enumerate(kind.expressions, 1):
            named = field.name if isinstance(field, exp.ColumnDef) else ""
            inner = ctx.call("struct_extract", value.copy(), build.lit(named or place))
            part = field.args.get("kind") if isinstance(field, exp.ColumnDef) else field
            pairs.append(ctx.macro("tr__json_pair", build.lit(named), _or_null(text_of(inner, part, node, ctx, names))))
        known = exp.Not(this=exp.Is(this=value.copy(), expression=exp.Null()))
        return exp.Case(ifs=[exp.If(this=known, true=ctx.macro("tr__json_object", listed(pairs)))])
    if isinstance(value, exp.Null) or (kind is not None and kind.this == _T.NULL):
        return build.cast(exp.Null(), "VARCHAR")
    ctx.refuse("json_text", node, "The JSON text of this value is not verified", "Cast it to VARCHAR or DOUBLE before")
    return build.cast(value, "VARCHAR")


_TEXTS = {"bool": None, "int": None, "decimal": "tr__decimal_text", "float": "tr__json_double",
          "text": "tr__json_string", "date": "tr__json_date", "json": "tr__json_text"}  # fmt: skip


def _as(kind: exp.DataType) -> exp.Expr:
    """Something of a type."""
    made = exp.Null()
    made.type = kind
    return made


def _or_null(text: exp.Expr) -> exp.Expr:
    return exp.Coalesce(this=text, expressions=[build.lit("null")])


def _each(values: exp.Expr, one: exp.Identifier, made: exp.Expr) -> exp.Expr:
    return exp.Transform(this=values, expression=exp.Lambda(this=made, expressions=[one.copy()]))


def to_json(node: exp.Expr, ctx: Context) -> exp.Expr:
    """``CAST(x AS JSON)``."""
    made = text_of(node.this, ctx.type_of(node.this), node, ctx, count(1))
    return build.cast(made, "JSON")


def listed(texts: Sequence[exp.Expr]) -> exp.Expr:
    """Texts as a list of VARCHAR."""
    return build.cast(exp.Array(expressions=list(texts)), "VARCHAR[]")


def member(value: exp.Expr, ctx: Context) -> exp.Expr:
    """The text of what json_array and json_object take: JSON as it is, dates as their text."""
    if isinstance(value, exp.FormatJson):
        return ctx.macro("tr__json_text", build.cast(value.this, "JSON"), type="VARCHAR")
    if value.meta.get("json"):
        return value
    if isinstance(value, exp.Null):
        return build.cast(value, "VARCHAR")
    if ctx.is_a(value, "json") or value.is_type(*exp.DataType.NESTED_TYPES):
        ctx.refuse(
            "json_text", value, "This member of a JSON value is not verified", "Write FORMAT JSON behind its text"
        )
    if value.is_type(_T.UUID):
        return ctx.macro("tr__json_string", build.cast(value, "VARCHAR"), type="VARCHAR")
    return text_of(value, ctx.type_of(value), value, ctx, count(1))


def type_named(kind: exp.Expr) -> tuple[str, list[exp.Expr]]:
    """The name and the numbers of a type, which sqlglot may read as a column or a call."""
    kind = kind.this if isinstance(kind, exp.FormatJson) else kind
    if isinstance(kind, exp.DataType):
        return str(kind.this.value), [e.this for e in kind.expressions]
    return kind.name.upper(), list(kind.expressions)


# functions/json#cast-from-json
def from_json(value: exp.Expr, kind: exp.Expr, node: exp.Expr, ctx: Context, names: count[int]) -> exp.Expr:
    """A JSON value as a type: arrays, maps with keys of text, rows by name or by place."""
    if kind.this == _T.JSON:
        return value
    if kind.this in exp.DataType.ARRAY_TYPES and kind.expressions:
        one = exp.to_identifier(f"_json{next(names)}")
        return _each(ctx.macro("tr__json_list", value), one, from_json(one, kind.expressions[0], node, ctx, names))
    if kind.this == _T.MAP and len(kind.expressions) == 2 and ctx.is_a(_as(kind.expressions[0]), "text"):
        one = exp.to_identifier(f"_json{next(names)}")
        key, inner = (ctx.call("struct_extract", one.copy(), build.lit(part)) for part in ("k", "v"))
        pair = ctx.call("row", key, from_json(inner, kind.expressions[1], node, ctx, names))
        return ctx.call("map_from_entries", _each(ctx.macro("tr__json_entries", value), one, pair))
    if kind.this in exp.DataType.STRUCT_TYPES and all(isinstance(f, exp.ColumnDef) for f in kind.expressions):
        parts = []
        for place, field in enumerate(kind.expressions):
            inner = ctx.macro("tr__json_field", value.copy(), build.lit(field.name), build.lit(f"$[{place}]"))
            parts.append(
                build.named(
                    from_json(inner, field.args["kind"], node, ctx, names), exp.to_identifier(field.name, quoted=True)
                )
            )
        packed = exp.Anonymous(this="struct_pack", expressions=[
            exp.PropertyEQ(this=part.args["alias"], expression=part.this) for part in parts])  # fmt: skip
        return exp.Case(
            ifs=[exp.If(this=ctx.macro("tr__json_is_row", value.copy(), build.lit(len(parts))), true=packed)]
        )
    if kind.this in exp.DataType.TEXT_TYPES and not kind.expressions and kind.this not in (_T.CHAR, _T.NCHAR):
        return ctx.macro("tr__json_value", value, type="VARCHAR")
    if kind.this == _T.BOOLEAN:
        return build.translated(ctx.macro("tr__json_bool", value), "BOOLEAN", False)
    if kind.this in exp.DataType.INTEGER_TYPES or kind.this == _T.DOUBLE:
        return build.translated(ctx.macro("tr__json_number", value), kind.sql("duckdb"), False)
    ctx.refuse("unfaithful", node, "A cast of JSON to this type is not verified", "Use json_extract_scalar")
    return value
