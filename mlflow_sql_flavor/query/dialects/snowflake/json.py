"""VARIANT and JSON in texts: each rule's page is sql-reference/functions/<name> of the manual."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all
from .. import DialectRules
from ..shared import build
from .arrays import as_variant, variant
from .casts import as_json

R = DialectRules("snowflake json")
R.typing[exp.JSONExtract] = R.typing[exp.ToVariant] = {"returns": exp.DType.VARIANT}


# Semi-structured texts
@R.rule(exp.ParseJSON)
def try_parse_json(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.expressions or node.args.get("expression") is not None:
        ctx.refuse("json_text", node, "PARSE_JSON with a parameter is not verified", "Leave it out")
    if not node.args.get("safe"):
        return None
    made = ctx.macro("sf__try_json", node.this)
    made.type = exp.DataType.build("VARIANT")
    return build.cast(made, "JSON")


@R.rule(exp.CheckJson)
def check_json(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not isinstance(node.parent, exp.Is):
        ctx.refuse("unfaithful", node, "The text of CHECK_JSON is not verified", "Use CHECK_JSON(x) IS NULL")
    return ctx.macro("sf__check_json", node.this, type="VARCHAR")


@R.rule(exp.JSONExtractScalar)
def json_extract_path_text(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """The text of GET_PATH of the parsed text."""
    if not ctx.is_a(node.this, "text") or not isinstance(node.expression, exp.JSONPath):
        ctx.refuse("json_text", node, "This is verified for a text and a constant path", "Use PARSE_JSON(text):path")
    found = exp.JSONExtract(this=build.cast(node.this, "JSON"), expression=node.expression)
    return ctx.macro("sf__json_text", found, type="VARCHAR")


# functions/is_object and its like; of a JSON null false
R.macros(
    {
        exp.IsArray: ("sf__is_array", "BOOLEAN", "this"),
        "is_object": ("sf__is_object", "BOOLEAN"),
        "is_boolean": ("sf__is_boolean", "BOOLEAN"),
        "is_varchar": ("sf__is_varchar", "BOOLEAN"),
        "is_char": ("sf__is_varchar", "BOOLEAN"),
        "is_integer": ("sf__is_integer", "BOOLEAN"),
        exp.Typeof: ("sf__typeof", "VARCHAR", "this"),
        # functions/as_integer and its like: NULL for a value of another type
        "as_varchar": ("sf__as_varchar", "VARCHAR"),
        "as_char": ("sf__as_varchar", "VARCHAR"),
        "as_boolean": ("sf__as_boolean", "BOOLEAN"),
        "as_integer": ("sf__as_integer", "BIGINT"),
        "as_double": ("sf__as_double", "DOUBLE"),
        "as_real": ("sf__as_double", "DOUBLE"),
    },
    of=lambda value, ctx: _variant(value, ctx),
)
R.macros({exp.JSONKeys: ("sf__sorted_keys", "VARCHAR[]", "this")}, of=lambda value, ctx: _variant(value, ctx))


# functions/to_variant
@R.rule(exp.ToVariant)
def to_variant(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return variant(as_variant(node.this, ctx))


# querying-semistructured: a VARIANT beside a text or a number is read as one
@R.prepare
def beside_constants(tree: exp.Expr, ctx: Context) -> None:
    kinds = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.In, exp.Between, exp.Like, exp.ILike)
    for node in list(find_all(tree, *kinds)):
        sides = [node.this, *(node.args.get(key) for key in ("expression", "low", "high")), *node.expressions]
        values = [side for side in sides if isinstance(side, exp.Expr)]
        paths = [v for v in values if _path(v)]
        others = [v for v in values if not _path(v)]
        if len(paths) != 1 or len(others) + 1 != len(values) or node.args.get("query") or node.args.get("unnest"):
            continue
        texts = all(ctx.is_a(v, "text") for v in others)
        if not texts and not all(ctx.is_a(v, "int", "decimal", "float") for v in others):
            continue
        read: exp.Expr = build.cast(paths[0].copy(), "JSON")
        read.meta["variant"] = True
        if isinstance(node, exp.NEQ) or node.find_ancestor(exp.Not, exp.Select, exp.Case, exp.If).__class__ in _TOLD:
            read = ctx.macro("sf__no_json_null", read)
        name, kind = ("sf__variant_text", "VARCHAR") if texts else ("sf__variant_number", "DOUBLE")
        paths[0].replace(ctx.macro(name, read, type=kind))


_TOLD = (exp.Not, exp.Case, exp.If)


def _path(value: exp.Expr) -> bool:
    return isinstance(value, (exp.JSONExtract, exp.GetExtract))


def _variant(value: exp.Expr, ctx: Context) -> exp.Expr:
    if not as_json(value, ctx):
        ctx.refuse("unfaithful", value, "This is verified for a VARIANT", "Use PARSE_JSON")
    return build.cast(value, "JSON")


@R.rule(
    exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.In, exp.Between, exp.Like, exp.ILike, exp.Add, exp.Sub,
    exp.Mul, exp.Sum, exp.Avg, exp.Min, exp.Max, exp.Ordered, exp.Coalesce, exp.Upper, exp.Lower, exp.Round, exp.Abs,
    exp.Replace, exp.Trim, exp.Length, exp.Split, exp.Nullif,
)  # fmt: skip
def variants(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    for side in (node.this, node.args.get("expression")):
        if side is not None and isinstance(side, exp.Expr) and as_json(side, ctx) and not side.meta.get("translated"):
            ctx.refuse("implicit_cast", node, "A VARIANT is used without a cast", "Cast it, as in v:key::INT")
    return None
