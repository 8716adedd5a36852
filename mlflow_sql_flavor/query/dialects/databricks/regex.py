"""Regular expressions. https://spark.apache.org/docs/latest/api/sql/#string-functions"""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build
from .strings import small

R = DialectRules("databricks regex")


# Regular expressions: Java's and RE2 agree but for what is refused here (or raises at the first row).
_INTERSECTION = re.compile(r"&&|\[\^?[^\]]*(?<!\\)\[(?!:)")


def _pattern(node: exp.Expr, pattern: exp.Expr | None, ctx: Context) -> None:
    found = build.text(pattern)
    if found is not None and _INTERSECTION.search(found):
        ctx.refuse(
            "unfaithful", node, "Sets within sets of a Java regular expression mean something else in RE2",
            "Write one set of characters",
        )  # fmt: skip
    if found is not None and re.search(
        r"\\[hHRGXZ]|\(\?<[=!]|\(\?[=!>]|[*+?}]\+|\\[1-9]|\\k<|\\p\{(?:Is|In|java)", found
    ):
        raise ctx.error(node, "This regular expression uses what RE2 does not have (looking around, backreferences, "
                              "possessive quantifiers). Write it without.")  # fmt: skip


@R.rule(exp.RegexpLike, exp.RegexpSplit, exp.RegexpCount, exp.RegexpInstr, exp.RegexpExtract, exp.RegexpExtractAll,
        exp.RegexpReplace, exp.RegexpSubstr)  # fmt: skip
def pattern(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    _pattern(node, node.expression, ctx)
    return None


@R.rule(exp.RegexpReplace)
def regexp_replace(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """``$1`` is a group, a backslash makes the next character plain."""
    position_ = node.args.get("position")
    if position_ is not None and position_.name != "1":
        ctx.refuse("unfaithful", node, "regexp_replace from a position is not verified", "Leave the position out")
    replacement = node.args.get("replacement") or build.lit("")
    found = build.text(replacement)
    if found is None:
        ctx.refuse(
            "unfaithful", node, "A replacement that is no constant may hold $1", "Write the replacement as a constant"
        )
        return None
    out, i = [], 0
    while i < len(found):
        char = found[i]
        if char == "\\" and i + 1 < len(found):
            out.append("\\\\" if found[i + 1] == "\\" else found[i + 1])
            i += 2
        elif char == "$" and i + 1 < len(found) and found[i + 1].isdigit():
            if i + 2 < len(found) and found[i + 2].isdigit():
                raise ctx.error(node, "Groups beyond $9 and digits behind a group are not supported.")
            out.append("\\" + found[i + 1])
            i += 2
        elif char in "$\\":
            raise ctx.error(node, "A replacement may hold $1 to $9; write \\$ for the sign itself.")
        else:
            out.append(char)
            i += 1
    return ctx.call(
        "regexp_replace", node.this, node.expression, build.lit("".join(out)), build.lit("g"), type="VARCHAR"
    )


@R.rule(exp.RegexpExtract)
def regexp_extract(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    group = node.args.get("group") or build.lit(1)
    found = build.text(node.expression)
    if found is None:
        ctx.refuse("unfaithful", node, "The regular expression is not a constant", "Write it as a constant")
    else:
        groups = len(re.findall(r"(?<!\\)\((?!\?(?![P<]))", re.sub(r"\[[^\]]*\]", "", found)))
        if isinstance(group, exp.Literal) and group.is_int and int(group.this) > groups:
            raise ctx.error(node, f"The regular expression has {groups} groups, and group {group.this} is asked for.")
    return ctx.call("regexp_extract", node.this, node.expression, group, type="VARCHAR")


@R.rule(exp.RegexpExtractAll)
def regexp_extract_all(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """A group that took no part is an empty text."""
    group = node.args.get("group") or build.lit(1)
    found = ctx.call("regexp_extract_all", node.this, node.expression, group, type="VARCHAR[]")
    return ctx.macro("dbx__no_nulls", found, type="VARCHAR[]")


@R.rule(exp.RegexpSubstr)
def regexp_substr(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """What matches, NULL where that is nothing."""
    if build.text(node.expression) is None:
        ctx.refuse("unfaithful", node, "The regular expression is not a constant", "Write it as a constant")
    made = ctx.call("regexp_extract", node.this, node.expression, build.lit(0), type="VARCHAR")
    return ctx.call("nullif", made, build.lit(""), type="VARCHAR")


@R.rule(exp.RegexpCount, exp.RegexpInstr)
def places(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """An empty match counts: regexp_count('ab', '') is 3, regexp_instr('ab', '') is 1."""
    name = "dbx__regexp_count" if isinstance(node, exp.RegexpCount) else "dbx__regexp_instr"
    further = [value for key, value in node.args.items() if key not in ("this", "expression") and value is not None]
    if len(further) > 1 or any(not isinstance(each, exp.Literal) for each in further):  # a group, which counts nothing
        ctx.refuse("unfaithful", node, "A third argument that is no number is not verified", "Leave it out")
    return ctx.macro(name, node.this, node.expression, type="INTEGER")


@R.function("regexp")
def regexp(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    _pattern(node, node.expressions[1], ctx)
    return ctx.call("regexp_matches", *node.expressions, type="BOOLEAN")


_PLAIN = r"[\w ,;:/@#%&=<>!\"'~`-]"


def plain(pattern: str | None) -> bool:
    """Whether a pattern is one character that stands for itself."""
    return pattern is not None and re.fullmatch(_PLAIN, pattern) is not None


def _matches_nothing(pattern: str) -> bool:
    try:
        return re.fullmatch(pattern, "") is not None
    except re.error:
        return False


@R.rule(exp.RegexpSplit)
def split(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    limit, found = node.args.get("limit"), build.text(node.expression)
    if limit is not None and not (isinstance(limit, exp.Neg) or limit.name in ("0", "-1")):
        if small(limit, 1) and found is not None and re.fullmatch(_PLAIN, found):
            return ctx.macro("dbx__split_limit", node.this, node.expression, limit, type="VARCHAR[]")
        ctx.refuse("unfaithful", node, "split with this limit is not verified", "Split at one plain character")
    if found == "" and limit is None:
        return ctx.macro("dbx__characters", node.this, type="VARCHAR[]")
    if found is not None and _matches_nothing(found):
        ctx.refuse("unfaithful", node, "A pattern that matches the empty text splits differently",
                   "Write \\\\| for a bar, or [|]")  # fmt: skip
    if found is not None and re.fullmatch(_PLAIN, found):
        return ctx.call("string_split", node.this, node.expression, type="VARCHAR[]")
    if found is None:  # one that is NULL or empty among them
        return ctx.macro("dbx__split", node.this, node.expression, type="VARCHAR[]")
    return ctx.call("string_split_regex", node.this, node.expression, type="VARCHAR[]")


R.renames({exp.RegexpLike: ("regexp_matches", "BOOLEAN", "this", "expression")})
