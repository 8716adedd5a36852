"""Regular expressions: each rule's page is sql-reference/functions/<name> of the manual."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build
from ..shared.calls import argument_count

R = DialectRules("snowflake regex")


@dataclass(frozen=True)
class _Call:
    """A call of REGEXP_*: where it looks from its position on, for what, how often, for which group."""

    text: exp.Expr
    pattern: exp.Expr
    groups: int
    position: int
    group: int


# sql-reference/functions-regexp: the point takes no newline, ^ and $ are the text's ends, unless a parameter says so
def _written(node: exp.Expr, given: exp.Expr | None, ctx: Context) -> tuple[str, str]:
    """The pattern with the parameters at its start, as DuckDB reads it; the parameters."""
    pattern, flags = build.text(node.expression), build.text(given) if given is not None else ""
    if pattern is None or flags is None or set(flags) - set("ciems") or {"c", "i"} <= set(flags):
        ctx.refuse("unfaithful", node, "This is verified for a constant pattern, with the parameters c, i, e, m and s",
                   "Write them as constants")  # fmt: skip
    pattern, flags = pattern or "", flags or ""
    on = "".join(letter for letter in "ims" if letter in flags)
    return f"(?{on}{'' if 's' in flags else '-s'}){pattern}", flags


def _read(node: exp.Expr, ctx: Context, most: int) -> _Call:
    """The arguments, of a pattern that matches no empty text."""
    given = node.args.get("parameters") or node.args.get("modifiers")
    written, flags = _written(node, given, ctx)
    pattern = written.partition(")")[2]
    try:
        read = re.compile(re.sub(r"\[:(\w+):\]", "a", pattern))
    except re.error:
        read = None
    position = build.literal_int(node.args.get("position") or build.lit(1))
    if read is None or read.search("") or argument_count(node, ctx) not in range(2, most + 1):
        ctx.refuse("unfaithful", node, "This is verified for a constant pattern that matches no empty text",
                   "Write the pattern as a constant")  # fmt: skip
    if position is None or position < 1 or (position > 1 and re.search(r"\\[bB]|(?<![\[\\])\^", pattern)):
        ctx.refuse("unfaithful", node, "This is verified for a constant position from 1 on, and from 1 with ^ and \\b",
                   "Write the number")  # fmt: skip
    groups = read.groups if read else 0
    # with e, or a number as the last argument, it is a group; without groups the whole
    chosen = node.args.get("group") if argument_count(node, ctx) == max(most, 6) else None
    group = build.literal_int(chosen) if chosen is not None else int("e" in flags and groups > 0)
    if group is None or not 0 <= group <= groups:
        ctx.refuse("unfaithful", node, "This is verified for a group that the pattern has", "Write its number")
    this, start = node.this, position or 1
    if start > 1:
        this = ctx.call("substring", this, build.lit(start), type="VARCHAR")
    return _Call(this, build.lit(written), groups, start, group or 0)


def _nth(node: exp.Expr, ctx: Context, least: int = 1) -> int:
    found = build.literal_int(node.args.get("occurrence") or build.lit(least))
    if found is None or found < least:
        ctx.refuse("unfaithful", node, "This is verified for a constant occurrence", "Write its number")
    return found or least


def _all(call: _Call, ctx: Context) -> exp.Expr:
    return ctx.call("regexp_extract_all", call.text, call.pattern, build.lit(call.group), type="VARCHAR[]")


@R.rule(exp.RegexpCount)
def regexp_count(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.call("len", _all(_read(node, ctx, 4), ctx), type="BIGINT")


@R.rule(exp.RegexpInstr)
def regexp_instr(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Where an occurrence starts, or what follows it; 0 for none."""
    call, option = _read(node, ctx, 7), build.literal_int(node.args.get("option") or build.lit(0))
    if call.group or option not in (0, 1):
        ctx.refuse("unfaithful", node, "REGEXP_INSTR is verified for the whole match and a constant option",
                   "Leave the group out")  # fmt: skip
    args = [build.lit(_nth(node, ctx)), build.lit(option or 0), build.lit(call.position - 1)]
    return ctx.macro("sf__regexp_at", call.text, call.pattern, *args, type="BIGINT")


@R.rule(exp.RegexpExtractAll)
def regexp_substr_all(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """REGEXP_SUBSTR_ALL: from an occurrence on."""
    found, nth = _all(_read(node, ctx, 6), ctx), _nth(node, ctx)
    return found if nth == 1 else ctx.call("list_slice", found, build.lit(nth), build.lit(2**31), type="VARCHAR[]")


@R.rule(exp.RegexpReplace)
def regexp_replace(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Every occurrence unless one is named; what stands before the position stays."""
    call, nth = _read(node, ctx, 6), _nth(node, ctx, 0)
    new = node.args.get("replacement") or build.lit("")
    if nth == 0:
        made: exp.Expr = ctx.call("regexp_replace", call.text, call.pattern, new, build.lit("g"), type="VARCHAR")
    else:
        if re.search(r"\\[bB]", call.pattern.name):
            ctx.refuse("unfaithful", node, "One occurrence is verified for a pattern without \\b", "Replace them all")
        made = ctx.macro("sf__replace_nth", call.text, call.pattern, new, build.lit(nth), type="VARCHAR")
    if call.position == 1:
        return made
    return exp.DPipe(this=ctx.call("left", node.this.copy(), build.lit(call.position - 1)), expression=made)


@R.rule(exp.RegexpExtract, exp.RegexpSubstr)
def regexp_substr(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """An occurrence, or a group of it; NULL where there is no such match."""
    call = _read(node, ctx, 6)
    return ctx.call("list_extract", _all(call, ctx), build.lit(_nth(node, ctx)), type="VARCHAR")


@R.rule(exp.RegexpLike, exp.RegexpFullMatch)
def regexp_like(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """The whole text."""
    written, _ = _written(node, node.args.get("flag") or node.args.get("options"), ctx)
    return ctx.call("regexp_full_match", node.this, build.lit(written), type="BOOLEAN")
