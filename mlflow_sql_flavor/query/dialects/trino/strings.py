"""Texts: functions/string of the manual."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build

R = DialectRules("trino strings")

R.renames({"codepoint": ("unicode", "INTEGER")})
R.macros(
    {
        "hamming_distance": ("tr__hamming", "BIGINT"),
        "url_extract_query": ("tr__url_query", "VARCHAR"),
        "url_extract_host": ("tr__url_host", "VARCHAR"),
        "url_extract_path": ("tr__url_path", "VARCHAR"),
        "url_extract_protocol": ("tr__url_protocol", "VARCHAR"),
        "url_extract_parameter": ("tr__url_parameter", "VARCHAR"),
        "url_extract_fragment": ("tr__url_fragment", "VARCHAR"),
        "url_extract_port": ("tr__url_port", "BIGINT"),
    }
)

R.renames({exp.Translate: ("translate", "VARCHAR")})


# functions/string
@R.rule(exp.StrPosition)
def strpos(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    nth = node.args.get("occurrence")
    if nth is None:
        return None
    number = build.literal_int(nth)
    if not number:
        ctx.refuse("unfaithful", node, "strpos is verified for a constant occurrence", "Write the number")
    if number is not None and number < 0:  # from the end
        return ctx.macro("tr__nth_last", node.this, node.args["substr"], build.lit(-number), type="BIGINT")
    return ctx.macro("tr__nth", node.this, node.args["substr"], nth, type="BIGINT")


@R.rule(exp.Split)
def split(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not build.text(node.expression):
        ctx.refuse("unfaithful", node, "split is verified for a constant separator", "Write it")
    limit = node.args.get("limit")
    if limit is None:
        return ctx.call("string_split", node.this, node.expression, type="VARCHAR[]")
    if (build.literal_int(limit) or 0) < 1:
        raise ctx.error(node, "The limit of split has to be a whole number from 1 on.")
    return ctx.macro("tr__split", node.this, node.expression, limit, type="VARCHAR[]")


@R.rule(exp.Trim)
def trim(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """All whitespace unless said; DuckDB takes blanks."""
    if node.args.get("expression") is None:
        node.set("expression", build.lit(" \t\n\r\f\v"))
    return None


@R.rule(exp.ConcatWs)
def concat_ws(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    parts = node.expressions
    if len(parts) == 2 and ctx.is_a(parts[1], "array"):
        made = ctx.call("array_to_string", parts[1], parts[0], type="VARCHAR")
        if build.text(parts[0]) is not None:
            return made
        known = exp.Not(this=exp.Is(this=parts[0].copy(), expression=exp.Null()))
        return exp.Case(ifs=[exp.If(this=known, true=made)])
    if not all(ctx.is_a(p, "text") or isinstance(p, exp.Null) for p in parts):
        ctx.refuse("implicit_cast", node, "concat_ws joins texts only", "Cast to VARCHAR")
    return ctx.call("concat_ws", *parts, type="VARCHAR")


# functions/string
@R.rule(exp.Substring)
def substring(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    this, start, size = node.this, node.args.get("start"), node.args.get("length")
    assert start is not None
    return ctx.macro("tr__substr" if size else "tr__substr2", this, start, *([size] if size else []), type="VARCHAR")


@R.rule(exp.SplitPart)
def split_part(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if (build.literal_int(node.args.get("part_index")) or 0) < 1 or not build.text(node.args.get("delimiter")):
        ctx.refuse("unfaithful", node, "split_part is verified for constants", "Write the separator and the number")
    return ctx.macro("tr__split_part", node.this, node.args["delimiter"], node.args["part_index"], type="VARCHAR")


# language/types#char: whether the blanks of a CHAR stay where it is joined with a VARCHAR was recorded either way
@R.rule(exp.Concat, exp.DPipe)
def joined(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    sides = node.expressions if isinstance(node, exp.Concat) else [node.this, node.expression]
    if any(side.is_type(exp.DType.CHAR) for side in sides):
        ctx.refuse("unfaithful", node, "Joining a CHAR is not verified", "Cast the text to VARCHAR only")
    return None
