"""JSON: https://www.postgresql.org/docs/15/functions-json.html"""

from __future__ import annotations

import json
from typing import Any

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared.build import cast, lit, text
from .comparisons import null_array

R = DialectRules("postgres json")

R.refuses(
    "json_text",
    {exp.JSONStripNulls, exp.JSONObjectAgg, exp.JSONBObjectAgg},
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


def _json_root(node: exp.Expr) -> exp.Expr:
    while isinstance(node, (exp.JSONExtract, exp.JSONBExtract, exp.Paren)) or (
        isinstance(node, exp.Anonymous) and node.meta.get("json")
    ):
        node = node.expressions[0] if isinstance(node, exp.Anonymous) else node.this
    return node


@R.rule(exp.JSONExtractScalar)
def json_text(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # ->> of a number keeps its text (2.50), of an object has blanks: DuckDB's differ, so those raise.
    value = exp.JSONExtract(this=node.this, expression=node.expression)
    return _scalar(node, value, ctx)


def _scalar(node: exp.Expr, value: exp.Expr, ctx: Context) -> exp.Expr:
    above = node.parent
    while isinstance(above, exp.Paren):
        above = above.parent
    to_number = isinstance(above, exp.Cast) and above.to.this in exp.DataType.NUMERIC_TYPES
    if to_number:
        return ctx.macro("pg__json_scalar", value, type="VARCHAR")
    return ctx.macro("pg__json_text", value, _json_root(node.this).copy(), type="VARCHAR")


def _path(node: exp.Expr, ctx: Context) -> exp.Expr:
    path = text(node.expression)
    if path is None or not (path.startswith("{") and path.endswith("}")) or '"' in path:
        raise ctx.error(node, "#> and #>> need a literal path such as '{a,b,0}' here.")
    made = node.this
    for step in path[1:-1].split(",") if path != "{}" else []:
        step = step.strip()
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
    inside = isinstance(node, exp.ArrayContainedBy)
    whole_, part = (node.expression, node.this) if inside else (node.this, node.expression)
    if not ctx.is_a(whole_, "json"):
        return None
    found = text(part.this if isinstance(part, exp.Cast) else part)
    try:
        needle = json.loads(found) if found is not None else None
    except ValueError:
        needle = None
    if not isinstance(needle, dict):
        raise ctx.error(node, "@> on jsonb needs a literal object here, e.g. '{\"a\": 1}'.")
    tests = list(_contains(whole_, "$", needle, node, ctx))
    test = exp.and_(*tests, copy=False) if tests else exp.Boolean(this=True)
    return null_array(exp.Coalesce(this=exp.Paren(this=test), expressions=[exp.Boolean(this=False)]), whole_)


def _contains(doc: exp.Expr, path: str, needle: dict[str, Any], node: exp.Expr, ctx: Context) -> Any:
    for key, value in needle.items():
        at = f'{path}."{key}"'
        kind = ctx.call("json_type", doc.copy(), lit(at))
        raw = ctx.call("json_extract_string", doc.copy(), lit(at))
        if isinstance(value, dict):
            yield exp.EQ(this=kind, expression=lit("OBJECT"))
            yield from _contains(doc, at, value, node, ctx)
        elif isinstance(value, bool) or value is None:
            yield exp.EQ(this=kind, expression=lit("NULL" if value is None else "BOOLEAN"))
            if value is not None:
                yield exp.EQ(this=raw, expression=lit(str(value).lower()))
        elif isinstance(value, (int, float)):
            yield exp.In(this=kind, expressions=[lit("BIGINT"), lit("UBIGINT"), lit("DOUBLE")])
            number = ctx.call("json_extract_string", doc.copy(), lit(at))
            yield exp.EQ(this=cast(number, "DOUBLE"), expression=cast(lit(repr(value)), "DOUBLE"))
        elif isinstance(value, str):
            yield exp.EQ(this=kind, expression=lit("VARCHAR"))
            yield exp.EQ(this=raw, expression=lit(value))
        else:
            raise ctx.error(node, "@> with an array inside has no counterpart.")


@R.rule(exp.JSONBContainsTopKey)
def top_key(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.call("list_contains", ctx.call("json_keys", node.this), node.expression, type="BOOLEAN")


@R.rule(exp.JSONBContainsAnyTopKeys, exp.JSONBContainsAllTopKeys)
def top_keys(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    name = "list_has_any" if isinstance(node, exp.JSONBContainsAnyTopKeys) else "list_has_all"
    return ctx.call(name, ctx.call("json_keys", node.this), node.expression, type="BOOLEAN")


@R.prepare
def json_output(tree: exp.Expr, ctx: Context) -> None:
    """A JSON value as an output is text in DuckDB, and other text than postgres'."""
    for item in tree.selects if isinstance(tree, exp.Query) else []:
        if ctx.is_a(item.unalias(), "json"):
            ctx.refuse("json_text", item, "A JSON value comes out as text, in DuckDB's form", "Take it out with ->>")


R.refuses(
    "json_text",
    {"row_to_json", "to_json", "to_jsonb", "array_to_json", "json_object", "jsonb_pretty", "json_build_object",
     "jsonb_build_object", "json_build_array", "jsonb_build_array"},
    "The text of a JSON value differs",
    "Return the columns themselves",
)  # fmt: skip
