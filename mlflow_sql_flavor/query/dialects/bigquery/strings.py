"""Text: string_functions."""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..databricks.dates import argument_count
from ..shared import common, documented

R = DialectRules("bigquery strings")


R.rule(exp.Like, exp.ILike)(common.like_escape)  # operators#like_operator


# string_functions
@R.rule(exp.Substring)
def substring(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Position 0 is 1; one beyond the left end is 1; a negative length is an error."""
    this, start, size = node.this, node.args.get("start"), node.args.get("length")
    assert start is not None
    if size is None:
        return ctx.macro("bq__substr2", this, start, type="VARCHAR")
    return ctx.macro("bq__substr", this, start, size, type="VARCHAR")


@R.rule(exp.Left, exp.Right)
def left_right(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.macro("bq__left" if isinstance(node, exp.Left) else "bq__right", node.this, node.expression,
                     type="VARCHAR")  # fmt: skip


@R.rule(exp.Pad)
def pad(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    name = "bq__lpad" if node.args.get("is_left") else "bq__rpad"
    size = common.cast(node.expression, "INTEGER")
    return ctx.macro(name, node.this, size, node.args.get("fill_pattern") or common.lit(" "), type="VARCHAR")


@R.rule(exp.Upper)
def upper(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.macro("bq__upper", node.this, type="VARCHAR")


@R.rule(exp.Initcap)
def initcap(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if argument_count(node, ctx) > 1:
        ctx.refuse("unfaithful", node, "INITCAP with its own delimiters is not verified", "Leave them out")
    delimiters = ' \t\n\r\f\v[](){}/|<>!?@"^#$&~_,.:;*%+-'
    return ctx.macro("bq__initcap", node.this, common.lit(delimiters), type="VARCHAR")


@R.rule(exp.Levenshtein)
def edit_distance(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.macro("bq__edit_distance", node.this, node.expression, type="BIGINT")


@R.rule(exp.ByteLength)
def byte_length(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.call("strlen" if ctx.is_a(node.this, "text") else "octet_length", node.this, type="BIGINT")


@R.rule(exp.RegexpExtract, exp.RegexpExtractAll)
def regexp_extract(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """The capturing group when there is one, else the whole match; NULL without a match."""
    pattern = common.text(node.expression)
    nth = documented.literal_int(node.args.get("occurrence") or common.lit(1))
    if pattern is None or documented.literal_int(node.args.get("position") or common.lit(1)) != 1 or not nth or nth < 1:
        ctx.refuse("unfaithful", node, "REGEXP_EXTRACT is verified for a constant pattern from position 1 on",
                   "Write the pattern as a constant")  # fmt: skip
        return None
    groups = len(re.findall(r"(?<!\\)\((?!\?(?!P<))", re.sub(r"\[[^\]]*\]", "", pattern)))
    if groups > 1:
        raise ctx.error(node, "The pattern has more than one capturing group. Write (?:...) for the others.")
    if isinstance(node, exp.RegexpExtractAll):
        return ctx.call("regexp_extract_all", node.this, node.expression, common.lit(groups), type="VARCHAR[]")
    if nth > 1:
        found = ctx.call("regexp_extract_all", node.this, node.expression, common.lit(groups))
        return ctx.call("list_extract", found, common.lit(nth), type="VARCHAR")
    return ctx.macro("bq__regexp_extract", node.this, node.expression, common.lit(groups), type="VARCHAR")


_SPEC = re.compile(r"%(?:(%)|(-?0?\d*)(d)|(-?\d*)(s)|(\d*\.\d+)(f)|(')(d)|(t))")


@R.rule(exp.Format)
def format_(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """string_functions#format_string: the specifiers that C has too, %'d and %t."""
    found, args = common.text(node.this), list(node.expressions)
    specs = [m for m in _SPEC.finditer(found or "") if not m[1]]
    families = [("text",) if m[5] else ("float",) if m[7] else ("text", "int", "bool", "date") if m[10] else ("int",)
                for m in specs]  # fmt: skip
    fits = len(specs) == len(args) and all(ctx.is_a(a, *f) for a, f in zip(args, families, strict=False))
    if found is None or "%" in _SPEC.sub("", found) or not fits:
        ctx.refuse("number_format", node, "This FORMAT is not verified",
                   "Use %d, %'d, %s and %.2f of INT64, STRING, FLOAT64")  # fmt: skip
    for i, m in enumerate(specs[: len(args)]):
        if m[8]:
            args[i] = ctx.call("format", common.lit("{:,}"), common.cast(args[i], "BIGINT"))
        elif m[10]:
            args[i] = common.cast(args[i], "VARCHAR")
    pattern = _SPEC.sub(lambda m: "%s" if m[8] or m[10] else m[0], found or "")
    return ctx.call("printf", common.lit(pattern), *args, type="VARCHAR")
