"""Regular expressions: each rule names the page of the SQL Language Reference."""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build
from ..shared.calls import argument_count
from .strings import nonempty

R = DialectRules("oracle regex")


# REGEXP_REPLACE, REGEXP_SUBSTR, REGEXP_LIKE, REGEXP_COUNT, REGEXP_INSTR
def _pattern(node: exp.Expr, ctx: Context, most: int) -> int:
    """How many groups a constant pattern has that matches no empty text."""
    found = build.text(node.expression)
    try:
        read = re.compile(re.sub(r"\[\[:(\w+):\]\]", "[a]", found or ""))
    except re.error:
        read = None
    if found is None or read is None or read.search("") or argument_count(node, ctx) > most:
        ctx.refuse("unfaithful", node, "This is verified for a constant pattern that matches no empty text, without "
                   "further arguments", "Write the pattern as a constant")  # fmt: skip
        return 0
    return read.groups


@R.rule(exp.RegexpReplace)
def regexp_replace(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    _pattern(node, ctx, 3)
    new = node.args.get("replacement") or build.lit("")
    if isinstance(new, exp.Null):
        new = build.lit("")
    if build.text(new) is None:
        ctx.refuse("unfaithful", node, "REGEXP_REPLACE is verified for a constant replacement", "Write it")
    return nonempty(ctx.call("regexp_replace", node.this, node.expression, new, build.lit("g")))


@R.rule(exp.RegexpSubstr, exp.RegexpExtract)
def regexp_substr(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    groups = _pattern(node, ctx, 6)
    nth = build.literal_int(node.args.get("occurrence") or build.lit(1))
    group = build.literal_int(node.args.get("group") or build.lit(0))
    flags = node.args.get("parameters")
    first = build.literal_int(node.args.get("position") or build.lit(1))
    if group is not None and group > 9:  # REGEXP_SUBSTR: subexpressions are 1 to 9
        return build.cast(exp.Null(), "VARCHAR")
    plain = flags is None or isinstance(flags, exp.Null) or build.text(flags) in ("i", "c")
    level = node.args.get("occurrence")
    if nth is None and level is not None and (ctx.is_a(level, "int") or level.name.upper() in ("LEVEL", "ROWNUM")):
        nth = 1
    else:
        level = None
    if not nth or nth < 1 or group is None or not 0 <= group <= groups or first != 1 or not plain:
        ctx.refuse("unfaithful", node, "This is verified from position 1 on, for constants", "Write the numbers")
    options = build.lit("i" if build.text(flags) == "i" else "c")
    found = ctx.call("regexp_extract_all", node.this, node.expression, build.lit(group or 0), options)
    return nonempty(ctx.call("list_extract", found, level.copy() if level is not None else build.lit(nth or 1)))


@R.rule(exp.RegexpLike)
def regexp_like(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    flags = build.text(node.args.get("flag")) if node.args.get("flag") is not None else ""
    if build.text(node.expression) is None or flags not in ("", "i", "c"):
        ctx.refuse(
            "unfaithful", node, "REGEXP_LIKE is verified for a constant pattern, and the flags i and c", "Write it"
        )
    return ctx.call("regexp_matches", node.this, node.expression, build.lit(flags or "c"), type="BOOLEAN")


@R.rule(exp.RegexpCount)
def regexp_count(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    _pattern(node, ctx, 4)
    flags, start = node.args.get("parameters"), node.args.get("position")
    options = "c" if flags is None else build.text(flags)
    if options not in ("i", "c") or (start is not None and build.literal_int(start) != 1):
        ctx.refuse("unfaithful", node, "This is verified from position 1 on, with the flags i and c", "Write them")
    found = ctx.call("regexp_extract_all", node.this, node.expression, build.lit(0), build.lit(options or "c"))
    return ctx.call("len", found, type="BIGINT")


@R.rule(exp.RegexpInstr)
def regexp_instr(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    _pattern(node, ctx, 2)
    return ctx.macro("ora__regexp_instr", node.this, node.expression, type="BIGINT")
