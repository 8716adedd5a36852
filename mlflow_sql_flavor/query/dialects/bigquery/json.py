"""Arrays in JSON: json_functions of the manual."""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all
from .. import DialectRules
from ..shared import build
from ..shared.calls import extracted_json

R = DialectRules("bigquery json")
_LONG_NUMBER = re.compile(r"[0-9.]{16}")


def _steps(node: exp.Expr, columns: frozenset[str], tables: frozenset[str], ctx: Context) -> list[exp.Expr] | None:
    """A JSON value and the steps into it, None for anything else."""
    if isinstance(node, exp.Bracket) and len(node.expressions) == 1 and not node.args.get("offset"):
        inner = _steps(node.this, columns, tables, ctx)
        return None if inner is None else [*inner, node.expressions[0]]
    if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Identifier):
        inner = _steps(node.this, columns, tables, ctx)
        return None if inner is None else [*inner, build.lit(node.expression.name)]
    if isinstance(node, exp.Column):
        parts = [part.name for part in node.parts]
        if parts[0].casefold() in tables and len(parts) > 1:
            base, rest = exp.column(parts[1], table=parts[0]), parts[2:]
            name = parts[1]
        else:
            base, rest, name = exp.column(parts[0]), parts[1:], parts[0]
        if name.casefold() in columns or (ctx.is_a(node, "json") and not rest):
            return [base, *(build.lit(part) for part in rest)]
        return None
    return [node] if ctx.is_a(node, "json") else None


# operators#field_access_operator, operators#json_subscript_operator
@R.prepare
def subscripts(tree: exp.Expr, ctx: Context) -> None:
    made = {a.alias.casefold() for a in find_all(tree, exp.Alias) if ctx.is_a(a.this, "json")}
    read = {name.casefold() for t in ctx.schema.values() for name, kind in t.items() if kind.upper() == "JSON"}
    unnested = {
        column.name.casefold()
        for unnest in find_all(tree, exp.Unnest)
        for column in (unnest.args["alias"].columns if unnest.args.get("alias") is not None else ())
        if ctx.is_a(column, "json") or (unnest.type is not None and unnest.type.is_type(exp.DType.JSON))
    }
    columns = frozenset(made | read | unnested)
    aliases = {s.alias_or_name.casefold() for s in find_all(tree, exp.Table, exp.Subquery, exp.CTE, exp.Unnest)}
    for node in list(find_all(tree, exp.Bracket, exp.Dot, exp.Column, bfs=False)):
        if isinstance(node.parent, (exp.Bracket, exp.Dot)) and node.arg_key == "this":
            continue
        steps = _steps(node, columns, frozenset(aliases), ctx)
        if steps is None or len(steps) < 2:
            continue
        if not all(isinstance(step, exp.Literal) for step in steps[1:]):
            ctx.refuse("unfaithful", node, "A subscript of JSON is verified for constants", "Write the number or name")
        quoted = [step.name.replace('"', "") for step in steps[1:]]
        texts = [step.is_string for step in steps[1:]]
        path = "".join(f'."{name}"' if text else f"[{name}]" for name, text in zip(quoted, texts, strict=True))
        node.replace(ctx.call("json_extract", steps[0].copy(), build.lit("$" + path), type="JSON"))


# json_functions#JSONPath_format
@R.rule(exp.JSONExtract, exp.JSONExtractScalar, exp.JSONValue, exp.JSONExtractArray, exp.JSONValueArray)
def path(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """One that is not read as a path: DuckDB takes it for a key's name."""
    given = node.args.get("path") or node.expression
    written = build.text(given)
    if written is not None and not written.startswith("$"):
        raise ctx.error(given, "A JSONPath begins with $, and its modes lax, strict and recursive have no counterpart.")
    return None


# json_functions#json_query: null in a text of JSON is NULL
@R.rule(exp.JSONExtract)
def json_query(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.macro("bq__json_query", node, type="VARCHAR") if ctx.is_a(node.this, "text") else None


# json_functions#int64_for_json, #bool_for_json, #string_for_json, #lax_bool, #lax_double, #lax_string, #json_type
R.macros(
    {
        exp.JSONBool: ("bq__json_bool", "BOOLEAN", "this"),
        exp.LaxBool: ("bq__lax_bool", "BOOLEAN", "this"),
        exp.LaxFloat64: ("bq__lax_double", "DOUBLE", "this"),
        exp.LaxString: ("bq__lax_string", "VARCHAR", "this"),
        exp.JSONType: ("bq__json_type", "VARCHAR", "this"),
        "lax_double": ("bq__lax_double", "DOUBLE"),
        "lax_float": ("bq__lax_float", "DOUBLE"),
        "bool_array": ("bq__json_bools", "BOOLEAN[]"),
        "string_array": ("bq__json_strings", "VARCHAR[]"),
        "lax_bool_array": ("bq__lax_bools", "BOOLEAN[]"),
        "lax_double_array": ("bq__lax_doubles", "DOUBLE[]"),
        "lax_float64_array": ("bq__lax_doubles", "DOUBLE[]"),
        "lax_float_array": ("bq__lax_floats", "DOUBLE[]"),
        "lax_string_array": ("bq__lax_strings", "VARCHAR[]"),
    }
)
# json_functions#lax_int64, #uint32 and their like: the least and the greatest value
_WHOLE = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1), "uint32": (0, 2**32 - 1),
          "uint64": (0, 2**64 - 1)}  # fmt: skip


@R.rule(exp.LaxInt64)
def lax_int64(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return _whole("int64", "bq__lax_int", node.this, ctx)


def _whole(kind: str, macro: str, value: exp.Expr, ctx: Context) -> exp.Expr:
    least, most = (exp.Literal.number(str(bound)) for bound in _WHOLE[kind])
    type_ = "UBIGINT" if kind == "uint64" else "BIGINT"
    return build.cast(ctx.macro(macro, value, least, most), f"{type_}[]" if macro.endswith("s") else type_)


def _named(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    name = str(node.name).lower()
    kind = name.removeprefix("lax_").removesuffix("_array")
    macro = ("bq__lax_int" if name.startswith("lax_") else "bq__whole") + ("s" if name.endswith("_array") else "")
    return _whole(kind, macro, node.expressions[0], ctx) if len(node.expressions) == 1 else None


R.function(*(f"{before}{kind}{after}" for before in ("", "lax_") for kind in _WHOLE for after in ("", "_array")))(
    _named
)


@R.rule(exp.Int64)
def int64(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return _whole("int64", "bq__whole", node.this, ctx)


# json_functions#double_for_json
@R.rule(exp.Float64)
@R.function("double", "float")
def double(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    given = node.expressions if isinstance(node, exp.Anonymous) else [node.this, node.args.get("expression")]
    value, mode = given[0], _wide_number_mode(given[1] if len(given) > 1 else None, node, ctx)
    macro = "bq__json_exact_double" if mode == "exact" else "bq__json_double"
    return ctx.macro(macro, value, type="DOUBLE")


def _wide_number_mode(given: exp.Expr | None, node: exp.Expr, ctx: Context) -> str | None:
    if given is None:
        return None
    mode = build.text(given.expression) if isinstance(given, exp.Kwarg | exp.PropertyEQ) else build.text(given)
    if mode not in ("round", "exact"):
        ctx.refuse("json_text", node, "A wide_number_mode is 'round' or 'exact'", "Write it as a text")
    return mode


# json_functions#parse_json: a number that FLOAT64 does not hold is an error, or is rounded if so asked
@R.rule(exp.ParseJSON)
def parse_json(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.args.get("is_literal"):
        return None
    if build.text(node.this) is not None and not _LONG_NUMBER.search(node.this.name):
        node.set("expression", None)
        return None
    _wide_number_mode(node.args.get("expression"), node, ctx)
    return ctx.macro("bq__parse_json", node.this, type="JSON")


# json_functions#string_for_json; of a date it is a cast
@R.rule(exp.String)
def string(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not ctx.is_a(node.this, "json"):
        ctx.refuse("unfaithful", node, "STRING of this value is not verified", "Use CAST(… AS STRING)")
    return ctx.macro("bq__json_string", node.this, type="VARCHAR")


# json_functions#json_object: the first of two keys of one name counts
@R.rule(exp.JSONObject)
def json_object(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    seen: set[str] = set()
    kept = []
    for pair in node.expressions:
        key = build.text(pair.this) if isinstance(pair, exp.JSONKeyValue) else None
        if key is None:
            ctx.refuse("json_text", node, "JSON_OBJECT is verified for constant keys", "Write the keys")
        if key not in seen:
            kept.append(pair)
        seen.add(key or "")
    node.set("expressions", kept)
    return None


# json_functions#to_json_string
@R.rule(exp.JSONFormat)
def to_json_string(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    this, kind = node.this, ctx.type_of(node.this)
    if kind is not None and ctx.is_a(this, "array") and kind.expressions:
        kind = kind.expressions[0]
    if node.args.get("options") is not None or kind is None:
        ctx.refuse("json_text", node, "TO_JSON_STRING of this value is not verified", "Cast it first")
    elif kind.this in exp.DataType.INTEGER_TYPES:
        return ctx.macro("bq__json_ints", this, type="VARCHAR")
    elif kind.this in (*exp.DataType.TEXT_TYPES, exp.DType.BOOLEAN, exp.DType.DATE):
        return ctx.macro("bq__json_texts", this, type="VARCHAR")
    elif node.type is not None and _written_alike(ctx.type_of(this)):
        return ctx.macro("bq__json_nested", this, type="VARCHAR")
    else:
        ctx.refuse("json_text", node, "TO_JSON_STRING of this value is not verified", "Cast it to STRING first")
    return None


def _written_alike(kind: exp.Expr | None) -> bool:
    """Whether a value of this type is the same JSON in both, once its texts and numbers are."""
    if not isinstance(kind, exp.DataType):
        return False
    if kind.is_type(exp.DType.STRUCT):
        return bool(kind.expressions) and all(
            isinstance(field, exp.ColumnDef) and _written_alike(field.args.get("kind")) for field in kind.expressions
        )
    if kind.is_type(exp.DType.ARRAY):
        return len(kind.expressions) == 1 and _written_alike(kind.expressions[0])
    return kind.this in (*exp.DataType.INTEGER_TYPES, *exp.DataType.TEXT_TYPES, exp.DType.BOOLEAN, exp.DType.DATE)


# json_functions: arrays
R.macros(
    {
        exp.JSONExtractArray: ("bq__json_array", "VARCHAR[]", extracted_json),
        exp.JSONValueArray: ("bq__json_values", "VARCHAR[]", extracted_json),
    }
)
