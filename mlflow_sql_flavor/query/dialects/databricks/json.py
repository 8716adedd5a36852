"""JSON in texts; arrays, maps and structs read of it, written as JSON and as text, and cast.

https://spark.apache.org/docs/latest/api/sql/#json-functions
https://spark.apache.org/docs/latest/sql-data-sources-json.html, from_json in its mode PERMISSIVE
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build
from .casts import as_text, cast
from .types import family, kind

R = DialectRules("databricks json")
_T = exp.DType
_READERS = {
    **dict.fromkeys(exp.DataType.TEXT_TYPES, "dbx__json_text"), _T.BOOLEAN: "dbx__json_bool", _T.DATE: "dbx__json_date",
    **dict.fromkeys((_T.TIMESTAMP, _T.TIMESTAMPTZ, _T.TIMESTAMPLTZ, _T.TIMESTAMPNTZ), "dbx__json_ts"),
    **dict.fromkeys((_T.TINYINT, _T.SMALLINT, _T.INT, _T.BIGINT), "dbx__json_int"),
    **dict.fromkeys((_T.FLOAT, _T.DOUBLE), "dbx__json_dbl"), _T.DECIMAL: "dbx__json_dec",
}  # fmt: skip
_PLAIN = re.compile(r"[\w -]+")


def fields(type_: exp.DataType) -> Iterator[tuple[str, exp.DataType | None]]:
    """Names and types of a struct's fields."""
    for i, field in enumerate(type_.expressions):
        if isinstance(field, exp.ColumnDef):
            yield field.name, field.kind
        else:
            yield f"col{i + 1}", field if isinstance(field, exp.DataType) else None


def _name(prefix: str, node: exp.Expr) -> exp.Identifier:
    """A parameter for a lambda around this node: not one of those inside it."""
    depth = 1 + max((int(i.name[len(prefix) :]) for i in node.find_all(exp.Identifier)
                     if re.fullmatch(prefix + r"\d{1,3}", i.name)), default=0)  # fmt: skip
    return exp.to_identifier(f"{prefix}{depth}")


def each(array: exp.Expr, element: exp.DataType | None, made: Callable[[exp.Expr], exp.Expr], ctx: Context) -> exp.Expr:
    """``list_transform(array, x -> made(x))``."""
    name = _name("each_", array)
    item = name.copy()
    item.type = element.copy() if element is not None else None
    return ctx.call("list_transform", array, exp.Lambda(this=made(item), expressions=[name]))


def _struct(pairs: list[tuple[str, exp.Expr]]) -> exp.Struct:
    return exp.Struct(expressions=[
        exp.PropertyEQ(this=exp.to_identifier(name, quoted=True), expression=value) for name, value in pairs
    ])  # fmt: skip


def _when(condition: exp.Expr, value: exp.Expr) -> exp.Case:
    return exp.Case(ifs=[exp.If(this=condition, true=value)])


def _given(value: exp.Expr) -> exp.Expr:
    return exp.Not(this=exp.Is(this=exp.Paren(this=value.copy()), expression=exp.Null()))


def _is(value: exp.Expr, type_: str, ctx: Context) -> exp.Expr:
    return exp.EQ(this=ctx.call("json_type", value.copy()), expression=build.lit(type_))


# Reading


def _schema(node: exp.FromJson) -> exp.DataType | None:
    text = build.text(node.expression)
    if text is None:
        return None
    for written in (text, f"STRUCT<{text}>"):
        try:
            found = exp.DataType.build(written, dialect="databricks")
        except Exception:
            continue
        if found.this in (_T.STRUCT, _T.ARRAY, _T.MAP):
            return found
    return None


def _typed(self: object, node: exp.FromJson) -> exp.Expr:
    return self._set_type(node, _schema(node))  # type: ignore[attr-defined, no-any-return]


R.typing[exp.FromJson] = {"annotator": _typed}


class _UnreadError(Exception):
    """A type that is not read of JSON here."""


def _read(type_: exp.DataType | None, value: exp.Expr, ctx: Context) -> exp.Expr:
    """A JSON value as a type, NULL where it is none of it; a list with such an element is none."""
    found = type_.this if type_ is not None else None
    if type_ is None or found is None:
        raise _UnreadError
    if found == _T.STRUCT:
        pairs = []
        for name, inner in fields(type_):
            if not _PLAIN.fullmatch(name):
                raise _UnreadError
            pairs.append((name, _read(inner, ctx.call("json_extract", value.copy(), build.lit(f'$."{name}"')), ctx)))
        return _when(_given(ctx.macro("dbx__json_object", value)), _struct(pairs))
    if found == _T.ARRAY:
        element = type_.expressions[0]
        items = ctx.call("json_extract", value.copy(), build.lit("$[*]"))
        made = each(items, None, lambda item: _read(element, item, ctx), ctx)
        return _when(exp.And(this=_is(value, "ARRAY", ctx), expression=_all_read(items, element, ctx)), made)
    if found == _T.MAP:
        if type_.expressions[0].this not in exp.DataType.TEXT_TYPES:
            raise _UnreadError
        element = type_.expressions[1]
        entries = ctx.call("map_entries", ctx.call("from_json", value.copy(), build.lit('"MAP(VARCHAR, JSON)"')))
        items = ctx.call("map_values", ctx.call("from_json", value.copy(), build.lit('"MAP(VARCHAR, JSON)"')))

        def entry(item: exp.Expr) -> exp.Expr:
            key, inner = (exp.Dot(this=item.copy(), expression=exp.to_identifier(n)) for n in ("key", "value"))
            return _struct([("k", key), ("v", _read(element, inner, ctx))])

        made = ctx.call("map_from_entries", each(entries, None, entry, ctx))
        test = exp.And(this=_given(ctx.macro("dbx__json_object", value)), expression=_all_read(items, element, ctx))
        return _when(test, made)
    reader = _READERS.get(found)
    if reader is None:
        raise _UnreadError
    read = ctx.macro(reader, value.copy())
    if found in exp.DataType.TEXT_TYPES:
        return read
    name = "TIMESTAMP" if reader == "dbx__json_ts" else type_.sql("duckdb")
    if found == _T.DECIMAL:
        digits = [int(p.name) for p in type_.expressions] or [10, 0]
        if digits[0] > 15:  # DuckDB keeps a number of a JSON text as a double
            raise _UnreadError
    return exp.TryCast(this=read, to=exp.DataType.build(name, dialect="duckdb"))


def _all_read(items: exp.Expr, element: exp.DataType, ctx: Context) -> exp.Expr:
    name = _name("each_", items)
    lost = exp.And(this=exp.NEQ(this=ctx.call("json_type", name.copy()), expression=build.lit("NULL")),
                   expression=exp.Is(this=_read(element, name.copy(), ctx), expression=exp.Null()))  # fmt: skip
    bad = ctx.call("list_filter", items.copy(), exp.Lambda(this=lost, expressions=[name]))
    return exp.EQ(this=ctx.call("len", bad), expression=build.lit(0))


@R.rule(exp.FromJson)
def from_json(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    assert isinstance(node, exp.FromJson)
    schema = _schema(node)
    if schema is None or node.args.get("options") is not None:
        ctx.refuse("json_text", node, "from_json is verified for a schema that is a constant, without options",
                   "Use get_json_object")  # fmt: skip
        return None
    text = as_text(node.this, ctx)
    root = exp.to_identifier("root_of_json")
    try:
        made = _read(schema, root, ctx)
        if schema.this == _T.ARRAY and schema.expressions[0].this == _T.STRUCT:
            alone = exp.Array(expressions=[_read(schema.expressions[0], root.copy(), ctx)])
            made = exp.Case(ifs=[exp.If(this=_is(root, "OBJECT", ctx), true=alone)], default=made)
    except _UnreadError:
        ctx.refuse("json_text", node, "from_json is not verified for one of these types", "Use get_json_object")
        return None
    if schema.this == _T.STRUCT:
        empty = _struct([(n, exp.Cast(this=exp.Null(), to=_duckdb(t))) for n, t in fields(schema) if t is not None])
        made = exp.Coalesce(this=made, expressions=[empty])
    listed = ctx.call("list_transform", exp.Array(expressions=[ctx.macro("dbx__json_root", text)]),
                      exp.Lambda(this=made, expressions=[root.copy()]))  # fmt: skip
    done = _when(ctx.macro("dbx__json_given", text.copy()), ctx.call("list_extract", listed, build.lit(1)))
    done.meta["translated"] = True
    done.type = schema.copy()
    return exp.Paren(this=done)


def _duckdb(type_: exp.DataType) -> exp.DataType:
    return exp.DataType.build(type_.sql("duckdb").replace("TIMESTAMPTZ", "TIMESTAMP"), dialect="duckdb")


# Writing


def written(value: exp.Expr, ctx: Context, json: bool) -> exp.Expr:
    """A value as text, NULL of NULL.

    Args:
        value: What is written.
        ctx: Of the translation.
        json: As JSON, where a field that is NULL is left out; else as a cast to STRING writes it.

    Raises:
        _UnreadError: The type is not known, or not written here.
    """
    found, name = kind(value), family(value)
    absent = build.lit("null")
    if found is None:
        raise _UnreadError
    if name == "array":
        items = each(value.copy(), found.expressions[0], lambda item: _known(written(item, ctx, json), absent), ctx)
        return _joined(items, ("[", "]"), json, ctx)
    if name == "map":
        key_type, value_type = found.expressions

        def entry(item: exp.Expr) -> exp.Expr:
            key, inner = (exp.Dot(this=item.copy(), expression=exp.to_identifier(n)) for n in ("key", "value"))
            key.type, inner.type = key_type.copy(), value_type.copy()
            plain = written(key, ctx, False)
            label = build.cast(ctx.call("to_json", plain), "VARCHAR") if json else plain
            return _concat(label, build.lit(":" if json else " -> "), _known(written(inner, ctx, json), absent))

        return _joined(each(ctx.call("map_entries", value.copy()), None, entry, ctx), ("{", "}"), json, ctx)
    if name == "struct":
        parts = []
        for key, type_ in fields(found):
            inner = exp.Dot(this=value.copy(), expression=exp.to_identifier(key, quoted=True))
            inner.type = type_.copy() if type_ is not None else None
            text = written(inner, ctx, json)
            label = build.cast(ctx.call("to_json", build.lit(key)), "VARCHAR")
            parts.append(_concat(label, build.lit(":"), text) if json else _known(text, absent))
        array = exp.Array(expressions=parts)
        if json:
            some = exp.Lambda(this=_given(exp.to_identifier("part")), expressions=[exp.to_identifier("part")])
            array = ctx.call("list_filter", array, some)  # type: ignore[assignment]
        return _when(_given(value), _joined(array, ("{", "}"), json, ctx))
    if name in ("text", "date", "timestamp") and json:
        if name == "text":
            return build.cast(ctx.call("to_json", value), "VARCHAR")
        return ctx.call(
            "strftime", value, build.lit('"%Y-%m-%dT%H:%M:%S.%gZ"' if name == "timestamp" else '"%Y-%m-%d"')
        )
    if name == "null":
        return build.cast(value, "VARCHAR")
    if name == "float" and json:
        return ctx.macro("dbx__json_number", as_text(value.copy(), ctx), value)
    scale = [int(p.name) for p in found.expressions][1:] if name == "decimal" else []
    if name not in ("int", "float", "bool", "text", "date", "timestamp", "decimal") or (scale and scale[0] > 6):
        raise _UnreadError
    return as_text(value, ctx)


def _known(value: exp.Expr, absent: exp.Expr) -> exp.Expr:
    return exp.Coalesce(this=value, expressions=[absent.copy()])


def _concat(*parts: exp.Expr) -> exp.Expr:
    made = parts[0]
    for part in parts[1:]:
        made = exp.DPipe(this=made, expression=part)
        made.meta["translated"] = True
    return exp.Paren(this=made)


def _joined(items: exp.Expr, brackets: tuple[str, str], json: bool, ctx: Context) -> exp.Expr:
    return ctx.macro(
        "dbx__bracketed", items, build.lit("," if json else ", "), *map(build.lit, brackets), type="VARCHAR"
    )


@R.rule(exp.JSONFormat)
def to_json(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """https://spark.apache.org/docs/latest/api/sql/#to_json"""
    try:
        if node.args.get("options") is not None or family(node.this) not in ("array", "map", "struct"):
            raise _UnreadError
        made = written(node.this, ctx, True)
    except _UnreadError:
        ctx.refuse("json_text", node, "to_json is verified for arrays, maps and structs, without options",
                   "Build the text")  # fmt: skip
        return None
    made.type = exp.DataType.build("VARCHAR")
    return made


R.typing[exp.JSONFormat] = {"returns": _T.VARCHAR}


# Casts


def _converted(value: exp.Expr, to: exp.DataType, ctx: Context, soft: bool) -> exp.Expr:
    """A nested value as another type: arrays and maps by their elements, structs by the places of their fields."""
    found = kind(value)
    if found is None:
        raise _UnreadError
    names = {_T.LIST: _T.ARRAY}
    wanted, source = names.get(to.this, to.this), names.get(found.this, found.this)
    if wanted not in (_T.ARRAY, _T.MAP, _T.STRUCT):
        made = (exp.TryCast if soft else exp.Cast)(this=value, to=to.copy())
        made.type = to.copy()
        return cast(made, ctx) or made
    if wanted != source or len(to.expressions) != len(found.expressions):
        raise _UnreadError
    if wanted == _T.ARRAY:
        element = to.expressions[0]
        return each(value.copy(), found.expressions[0], lambda item: _converted(item, element, ctx, soft), ctx)
    if wanted == _T.MAP:

        def entry(item: exp.Expr) -> exp.Expr:
            sides = []
            for key, have, want in zip(("key", "value"), found.expressions, to.expressions, strict=True):
                side = exp.Dot(this=item.copy(), expression=exp.to_identifier(key))
                side.type = have.copy()
                sides.append((key, _converted(side, want, ctx, soft)))
            return _struct(sides)

        return ctx.call("map_from_entries", each(ctx.call("map_entries", value.copy()), None, entry, ctx))
    pairs = []
    for (name, have), (new, want) in zip(fields(found), fields(to), strict=True):
        part = exp.Dot(this=value.copy(), expression=exp.to_identifier(name, quoted=True))
        part.type = have.copy() if have is not None else None
        if want is None:
            raise _UnreadError
        pairs.append((new, _converted(part, want, ctx, soft)))
    return _when(_given(value), _struct(pairs))


@R.rule(exp.Cast, exp.TryCast)
def nested_cast(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """CAST of an array, a map or a struct; None where it is left to the other casts."""
    to, value = node.args["to"], node.this
    nested = family(value) in ("array", "map", "struct")
    try:
        if nested and to.this in exp.DataType.TEXT_TYPES:
            made = written(value, ctx, False)
        elif nested and to.this in (_T.ARRAY, _T.LIST, _T.MAP, _T.STRUCT) and not isinstance(node, exp.TryCast):
            made = _converted(value, to, ctx, False)
        else:
            return None
    except _UnreadError:
        return None
    made.type = to.copy()
    return made


# Values of a text


R.macros(
    {
        "json_array_length": ("dbx__json_array_length", "INTEGER"),
        exp.JSONKeys: ("dbx__json_object_keys", "VARCHAR[]", "this"),
    }
)


@R.rule(exp.JSONExtractScalar)
def get_json_object(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    path = node.expression
    written = path.sql("databricks").strip("'") if path is not None else ""
    if "*" in written or ".." in written:
        ctx.refuse("json_text", node, "A JSON path with a wildcard is not verified", "Name one element")
    if family(node.this) not in ("text", "null"):
        node.set("this", as_text(node.this, ctx))
    if not isinstance(path, exp.JSONPath):
        ctx.refuse("json_text", node, "The JSON path is not a constant", "Write the path as a text")
        return None
    # A text that is no JSON gives NULL.
    return ctx.macro("dbx__json", node.this, build.lit(path.sql("duckdb").strip("'")), type="VARCHAR")


@R.rule(exp.JSONExtract)
def colon(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """``text:path`` is the text of an element.

    https://docs.databricks.com/en/sql/language-manual/functions/colonsign.html
    """
    if family(node.this) != "text":
        ctx.refuse("json_text", node, "A path into a VARIANT is not verified", "Keep the JSON as text")
    return get_json_object(exp.JSONExtractScalar(this=node.this, expression=node.expression), ctx)
