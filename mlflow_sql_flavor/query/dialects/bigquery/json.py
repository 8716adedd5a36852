"""Arrays in JSON: json_functions of the manual."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build

R = DialectRules("bigquery json")


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
    made = {a.alias.casefold() for a in tree.find_all(exp.Alias) if ctx.is_a(a.this, "json")}
    read = {name.casefold() for t in ctx.schema.values() for name, kind in t.items() if kind.upper() == "JSON"}
    columns = frozenset(made | read)
    aliases = {s.alias_or_name.casefold() for s in tree.find_all(exp.Table, exp.Subquery, exp.CTE, exp.Unnest)}
    for node in list(tree.find_all(exp.Bracket, exp.Dot, exp.Column, bfs=False)):
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


# json_functions#json_query: null in a text of JSON is NULL
@R.rule(exp.JSONExtract)
def json_query(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.macro("bq__json_query", node, type="VARCHAR") if ctx.is_a(node.this, "text") else None


# json_functions#int64_for_json, #float64_for_json, #bool_for_json, #string_for_json
R.macros({exp.Int64: ("bq__json_int", "BIGINT", "this"), exp.JSONBool: ("bq__json_bool", "BOOLEAN", "this")})


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
    else:
        ctx.refuse("json_text", node, "TO_JSON_STRING of this value is not verified", "Cast it to STRING first")
    return None


# json_functions: arrays
@R.rule(exp.JSONExtractArray)
def json_array(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    found = exp.JSONExtract(this=node.this, expression=node.expression)
    return ctx.macro("bq__json_array", found, type="VARCHAR[]")


@R.rule(exp.JSONValueArray)
def json_values(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    found = exp.JSONExtract(this=node.this, expression=node.expression)
    return ctx.macro("bq__json_values", found, type="VARCHAR[]")
