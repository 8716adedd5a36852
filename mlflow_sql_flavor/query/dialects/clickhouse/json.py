"""JSON in texts: a missing value, or one of another type, is 0 or an empty text.

https://clickhouse.com/docs/sql-reference/functions/json-functions: keys are texts, places count from 1.
"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build

R = DialectRules("clickhouse json")

R.refuses("json_text", {exp.JSONExtract}, "The text of a JSON value keeps its spaces", "Extract the values in it")
R.renames({"isvalidjson": ("json_valid", "BOOLEAN")})
_MACROS = {
    "jsonextractint": ("ch__json_int", "BIGINT"), "jsonextractuint": ("ch__json_uint", "BIGINT"),
    "jsonextractfloat": ("ch__json_float", "DOUBLE"), "jsonextractbool": ("ch__json_bool", "BOOLEAN"),
    "jsonextractstring": ("ch__json_string", "VARCHAR"), "jsonhas": ("ch__json_has", "BOOLEAN"),
    "jsonlength": ("ch__json_length", "BIGINT"), "jsontype": ("ch__json_kind", "VARCHAR"),
    "simplejsonextractint": ("ch__json_int", "BIGINT"), "simplejsonextractstring": ("ch__json_plain", "VARCHAR"),
    "simplejsonextractfloat": ("ch__json_float", "DOUBLE"), "simplejsonextractbool": ("ch__json_bool", "BOOLEAN"),
    "visitparamextractint": ("ch__json_int", "BIGINT"), "visitparamextractstring": ("ch__json_plain", "VARCHAR"),
    "visitparamextractfloat": ("ch__json_float", "DOUBLE"), "visitparamextractbool": ("ch__json_bool", "BOOLEAN"),
    "simplejsonhas": ("ch__json_has", "BOOLEAN"), "visitparamhas": ("ch__json_has", "BOOLEAN"),
}  # fmt: skip
_TYPES = {kind: f"jsonextract{kind}" for kind in ("int", "uint", "float", "string", "bool")}


def _found(value: exp.Expr, keys: list[exp.Expr], ctx: Context) -> exp.Expr:
    """The JSON at a path of keys and places."""
    found: exp.Expr = ctx.macro("ch__json", value)
    for key in keys:
        place = key.unnest()
        if ctx.is_a(key, "text"):
            found = ctx.macro("ch__json_key", found, key)
        elif isinstance(place, exp.Literal) and place.this.isdigit() and place.this != "0":
            found = ctx.macro("ch__json_place", found, build.lit(int(place.this) - 1))
        else:
            raise ctx.error(key, "A place in JSON has a counterpart as a constant from 1 on, a key as a text.")
    return found


def _extract(name: str, value: exp.Expr, keys: list[exp.Expr], ctx: Context) -> exp.Expr:
    macro, kind = _MACROS[name]
    return ctx.macro(macro, value.copy(), _found(value, keys, ctx), type=kind)


@R.function(*_MACROS)
def extract(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value, *keys = node.expressions
    return _extract(node.name.lower(), value, keys, ctx)


@R.function("jsonextract")
def extract_typed(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value, *keys, kind = node.expressions
    written = (build.text(kind) or "").lower()
    name = _TYPES.get(written.rstrip("0123456789"))
    if name is None:
        raise ctx.error(node, "JSONExtract has a counterpart for an integer, Float64, String or Bool.")
    return _extract(name, value, keys, ctx)


def _path(node: exp.Expr, ctx: Context) -> list[exp.Expr]:
    keys: list[exp.Expr] = []
    for part in node.expression.expressions if isinstance(node.expression, exp.JSONPath) else []:
        if isinstance(part, exp.JSONPathKey):
            keys.append(_typed_text(str(part.this)))
        elif isinstance(part, exp.JSONPathSubscript):
            keys.append(build.lit(int(part.this) + 1))
        elif not isinstance(part, exp.JSONPathRoot):
            raise ctx.error(node, "This path into JSON has no counterpart: use keys and places.")
    return keys or [arg for arg in (node.expression, *(node.args.get("expressions") or ())) if arg is not None]


def _typed_text(value: str) -> exp.Expr:
    made = build.lit(value)
    made.type = exp.DataType.build("VARCHAR")
    return made


@R.rule(exp.JSONExtractScalar)
def extract_string(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return _extract("jsonextractstring", node.this, _path(node, ctx), ctx)


@R.function("json_value")
def json_value(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if len(node.expressions) != 2 or build.text(node.expressions[1]) is None:
        raise ctx.error(node, "JSON_VALUE has a counterpart with a constant path.")
    return ctx.macro("ch__json_value", *node.expressions, type="VARCHAR")
