"""JSON in texts. https://spark.apache.org/docs/latest/api/sql/#json-functions"""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build
from .casts import as_text
from .types import family

R = DialectRules("databricks json")
R.macros(
    {
        "json_array_length": ("dbx__json_array_length", "INTEGER"),
        exp.JSONKeys: ("dbx__json_object_keys", "VARCHAR[]", "this"),
    }
)
_JSON_TYPES = {
    "int": "INTEGER", "integer": "INTEGER", "bigint": "BIGINT", "long": "BIGINT", "double": "DOUBLE",
    "string": "VARCHAR", "boolean": "BOOLEAN",
}  # fmt: skip


@R.rule(exp.FromJson)
def from_json(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """A flat schema of simple types; a text that is no JSON gives NULLs."""
    found = build.text(node.args.get("schema") or node.args.get("expression"))
    fields = [re.fullmatch(r"\s*`?(\w+)`?\s*:?\s+(\w+)\s*", part) for part in (found or "").split(",")]
    if not found or any(f is None or f[2].lower() not in _JSON_TYPES for f in fields):
        ctx.refuse("json_text", node, "from_json is verified for a flat schema of simple types", "Use get_json_object")
        return None
    wanted = ", ".join(f'"{f[1]}": "{_JSON_TYPES[f[2].lower()]}"' for f in fields if f)
    return ctx.call("from_json", node.this, build.lit("{" + wanted + "}"))


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
