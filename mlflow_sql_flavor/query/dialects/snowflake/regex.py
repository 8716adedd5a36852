"""Regular expressions: each rule's page is sql-reference/functions/<name> of the manual."""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build
from ..shared.calls import argument_count

R = DialectRules("snowflake regex")


def _pattern(node: exp.Expr, ctx: Context, most: int) -> tuple[exp.Expr, int, str]:
    """The pattern, how many groups it has, and DuckDB's options; only what matches no empty text."""
    pattern, flags = build.text(node.expression), ""
    given = node.args.get("parameters") or node.args.get("flag")
    if given is not None:
        flags = build.text(given) or "?"
    try:
        read = re.compile(pattern or "")
    except re.error:
        read = None
    if (
        read is None
        or read.search("")
        or argument_count(node, ctx) not in range(2, most + 1)
        or set(flags) - set("cie")
        or {"c", "i"} <= set(flags)
        or build.literal_int(node.args.get("position") or build.lit(1)) != 1
    ):
        ctx.refuse("unfaithful", node, "This is verified for a constant pattern that matches no empty text, from "
                   "position 1 on, with the parameters c, i and e", "Write the pattern as a constant")  # fmt: skip
    return node.expression, read.groups if read else 0, "i" if "i" in flags else "c"


@R.rule(exp.RegexpCount)
def regexp_count(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    pattern, _, options = _pattern(node, ctx, 4)
    return ctx.call("len", ctx.call("regexp_extract_all", node.this, pattern, build.lit(0), build.lit(options)),
                    type="BIGINT")  # fmt: skip


@R.rule(exp.RegexpInstr)
def regexp_instr(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    pattern, _, _ = _pattern(node, ctx, 2)
    return ctx.macro("sf__regexp_instr", node.this, pattern, type="BIGINT")


def regexp_substr(node: exp.Expr, ctx: Context) -> exp.Expr:
    """REGEXP_SUBSTR with an occurrence, parameters or a group; NULL where there is no such match."""
    pattern, groups, options = _pattern(node, ctx, 6)
    given = node.args.get("parameters")
    group: int | None = int("e" in (build.text(given) or "")) if given is not None else 0
    if argument_count(node, ctx) == 6:
        group = build.literal_int(node.args.get("group"))
    occurrence = build.literal_int(node.args.get("occurrence") or build.lit(1))
    if group is None or not 0 <= group <= groups or not occurrence or occurrence < 1:
        ctx.refuse("unfaithful", node, "This is verified for a constant occurrence and a group that the pattern has",
                   "Write their numbers")  # fmt: skip
    found = ctx.call("regexp_extract_all", node.this, pattern, build.lit(group or 0), build.lit(options))
    return ctx.call("list_extract", found, build.lit(occurrence or 1), type="VARCHAR")


@R.rule(exp.RegexpReplace, exp.RegexpExtract, exp.RegexpLike, exp.RegexpFullMatch)
def regexp(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    most = 3 if isinstance(node, exp.RegexpReplace) else 2
    count = argument_count(node, ctx)
    if count > most and isinstance(node, exp.RegexpExtract):
        return regexp_substr(node, ctx)
    insensitive = count == 3 and isinstance(node, exp.RegexpLike) and build.text(node.args.get("flag")) == "i"
    if (count > most and not insensitive) or build.text(node.expression) is None:
        ctx.refuse("unfaithful", node, "This is verified for a constant pattern and no further arguments",
                   "Leave the others out")  # fmt: skip
    if isinstance(node, exp.RegexpReplace):
        return ctx.call("regexp_replace", node.this, node.expression, node.args.get("replacement") or build.lit(""),
                        build.lit("g"), type="VARCHAR")  # fmt: skip
    if isinstance(node, exp.RegexpExtract):
        return ctx.macro("sf__regexp_substr", node.this, node.expression, type="VARCHAR")
    options = [build.lit("i")] if insensitive else []
    return ctx.call("regexp_full_match", node.this, node.expression, *options, type="BOOLEAN")
