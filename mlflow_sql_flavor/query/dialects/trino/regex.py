"""Regular expressions: functions/regexp of the manual."""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build, regex_groups

R = DialectRules("trino regex")


@R.function("regexp_position")
def regexp_position(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    this, pattern, *rest = node.expressions
    if rest:
        _matching(pattern, node, ctx)
        nth = rest[1] if len(rest) > 1 else build.lit(1)
        return ctx.macro("tr__regexp_position_from", this, pattern, rest[0], nth, type="INTEGER")
    return ctx.macro("tr__regexp_position", this, pattern, type="INTEGER")


# functions/regexp: $1 stands for a group
@R.rule(exp.RegexpExtractAll)
def regexp_extract_all(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    group = build.literal_int(node.args.get("group") or build.lit(0))
    if _pattern(node, ctx) is None or group is None:
        return None
    return ctx.call("regexp_extract_all", node.this, node.expression, build.lit(group), type="VARCHAR[]")


@R.rule(exp.RegexpCount)
def regexp_count(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    _pattern(node, ctx)
    return ctx.call("len", ctx.call("regexp_extract_all", node.this, node.expression), type="BIGINT")


@R.rule(exp.RegexpSplit)
def regexp_split(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    _pattern(node, ctx)
    return ctx.call("regexp_split_to_array", node.this, node.expression, type="VARCHAR[]")


def _pattern(node: exp.Expr, ctx: Context) -> str | None:
    return _matching(node.expression, node, ctx)


def _matching(pattern: exp.Expr, node: exp.Expr, ctx: Context) -> str | None:
    """A constant pattern that matches no empty text."""
    found = build.text(pattern)
    try:
        if found is not None and not re.search(found, ""):
            return found
    except re.error:
        pass
    ctx.refuse("unfaithful", node, "This is verified for a constant pattern that matches no empty text", "Write it")
    return None


def _numbered(fill: str, pattern: str) -> str:
    """What a group's name stands for, ``${name}``, by the group's number, where the pattern has it."""
    try:
        groups = re.compile(pattern).groupindex
    except re.error:
        return fill
    return re.sub(r"\$\{(\w+)\}", lambda m: f"${groups[m[1]]}" if groups.get(m[1], 10) < 10 else m[0], fill)


@R.rule(exp.RegexpReplace, exp.RegexpExtract, exp.RegexpLike)
def regexp(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    fill = build.text(node.args.get("replacement")) if node.args.get("replacement") is not None else ""
    group = node.args.get("group")
    number = build.literal_int(group) if group is not None else 0
    if build.text(node.expression) is None or fill is None or "\\" in fill or number is None:
        ctx.refuse("unfaithful", node, "This is verified for constants without a backslash", "Use another way")
    named = re.sub(r"\(\?<(?=[A-Za-z])", "(?P<", build.text(node.expression) or "")
    if build.text(node.expression) is not None and named != build.text(node.expression):
        node.set("expression", build.lit(named))  # as RE2 names a group
    fill = _numbered(fill, build.text(node.expression) or "") if fill is not None else None
    if fill is not None and re.search(r"\$(?![0-9](?![0-9]))", fill):
        ctx.refuse("unfaithful", node, "Groups are verified as $1 to $9", "Number the groups")
    fill = re.sub(r"\$([0-9])", r"\\\1", fill or "")
    if isinstance(node, exp.RegexpReplace):
        return ctx.call("regexp_replace", node.this, node.expression, build.lit(fill or ""), build.lit("g"),
                        type="VARCHAR")  # fmt: skip
    if isinstance(node, exp.RegexpExtract):
        found = ctx.macro("tr__regexp_extract", node.this, node.expression, build.lit(number or 0), type="VARCHAR")
        return regex_groups.absent(found, build.text(node.expression) or "", number or 0, node, ctx)
    return ctx.call("regexp_matches", node.this, node.expression, type="BOOLEAN")
