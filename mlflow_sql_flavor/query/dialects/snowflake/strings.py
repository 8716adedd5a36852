"""Texts: each rule's page is sql-reference/functions/<name> of the manual."""

from __future__ import annotations

from sqlglot import exp
from sqlglot.dialects.snowflake import Snowflake

from ...facts.context import Context
from .. import DialectRules
from ..shared import build
from .casts import as_text

R = DialectRules("snowflake strings")
R.macros({exp.RtrimmedLength: ("sf__rtrimmed_length", "BIGINT", "this")})

R.renames({exp.ByteLength: ("strlen", "BIGINT")})
R.macros(
    {
        exp.Levenshtein: ("sf__edit", "BIGINT", "this", "expression"),
        exp.Stuff: ("sf__insert", "VARCHAR", "this", "start", "length", "expression"),
    }
)


@R.rule(exp.Strtok)
def strtok(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Every character of the second argument ends a token; no token is empty."""
    part = build.literal_int(node.args.get("part_index"))
    if not part or part < 1 or not build.text(node.args.get("delimiter")):
        ctx.refuse("unfaithful", node, "STRTOK is verified for constant delimiters and a constant part from 1 on",
                   "Write the number of the part")  # fmt: skip
    return ctx.macro("sf__strtok", node.this, node.args["delimiter"], build.lit(part or 1), type="VARCHAR")


@R.rule(exp.DPipe, exp.Concat)
def joined(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if isinstance(node, exp.Concat):
        node.set("expressions", [a if ctx.is_a(a, "text") else as_text(a, ctx) for a in node.expressions])
        return None
    for key in ("this", "expression"):
        side = node.args[key]
        if not ctx.is_a(side, "text"):
            node.set(key, as_text(side, ctx))
    return None


@R.rule(exp.Initcap)
def initcap(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    delimiters: exp.Expr = build.lit(' \t\n\r\f\v!?@"^#$&~_,.:;+-*%/|\\[](){}<>')
    given = node.args.get("expression")  # sqlglot writes the default out
    if given is not None and build.text(given) != Snowflake.INITCAP_DEFAULT_DELIMITER_CHARS:
        return ctx.macro("sf__initcap_by", node.this, given, type="VARCHAR")
    return ctx.macro("sf__initcap", node.this, delimiters, type="VARCHAR")


# functions/substr
@R.rule(exp.Substring)
def substring(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    this, start, size = node.this, node.args.get("start"), node.args.get("length")
    assert start is not None
    first, count = build.literal_int(start), build.literal_int(size)
    if first is not None and first > 0 and (size is None or (count is not None and count >= 0)):
        return None
    if size is None:
        return ctx.macro("sf__substr2", this, start, type="VARCHAR")
    return ctx.macro("sf__substr", this, start, size, type="VARCHAR")


@R.rule(exp.SplitPart)
def split_part(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    part = build.literal_int(node.args.get("part_index"))
    if part is None or not build.text(node.args.get("delimiter")):
        ctx.refuse("unfaithful", node, "SPLIT_PART is verified for a constant separator and a constant part",
                   "Write the number of the part")  # fmt: skip
    return ctx.call("split_part", node.this, node.args["delimiter"], build.lit(part or 1), type="VARCHAR")
