"""Regular expressions: each rule names the page of the SQL Language Reference."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build
from .strings import as_text, nonempty

R = DialectRules("oracle regex")


# Multilingual-Regular-Expression-Syntax: POSIX, where . takes no newline and ^ $ are the ends of the text, unless said
@dataclass(frozen=True)
class _Call:
    """A call of REGEXP_*: where it looks, for what, how often."""

    text: exp.Expr
    pattern: exp.Expr
    groups: int
    missing: bool  # an argument is NULL, and so is the result
    position: int = 1
    occurrence: int | None = 1


def _null(node: object) -> bool:
    """NULL, as what a text of no characters becomes too."""
    while isinstance(node, (exp.Paren, exp.Cast)):
        node = node.this
    return isinstance(node, exp.Null) or (isinstance(node, exp.Literal) and node.is_string and not node.this)


def _read(node: exp.Expr, ctx: Context, flags: exp.Expr | None, first_group: int = 1) -> _Call:
    this, pattern = as_text(node.this, "Search", ctx), node.expression
    position, occurrence = node.args.get("position"), node.args.get("occurrence")
    missing = any(_null(a) for a in (this, pattern, position, occurrence))
    if missing:
        return _Call(this, pattern, 0, True)
    found, options = build.text(pattern), _options(node, flags, ctx)
    start = 1 if position is None else build.literal_int(position)
    nth = first_group if occurrence is None else build.literal_int(occurrence)
    if "x" in options:
        found = re.sub(r"\s", "", found or "") if found is not None else None
    try:
        plain = re.sub(r"\[\[:(\w+):\]\]", "[a]", found or "")
        read = re.compile(re.sub(r"\[:(\w+):\]", "a", plain))
    except re.error:
        read = None
    if found is None or read is None or read.search("") or re.search(r"\\[1-9]", found):
        ctx.refuse("unfaithful", node, "This is verified for a constant pattern that matches no empty text",
                   "Write the pattern as a constant")  # fmt: skip
    if start is None or start < 1:
        ctx.refuse("unfaithful", node, "This is verified for a constant position from 1 on", "Write the number")
    start = start or 1
    anchored = re.search(r"(?<![\[\\])\^", found or "") is not None
    if start > 1 and anchored:
        ctx.refuse("unfaithful", node, "A pattern with ^ is verified from position 1 on", "Cut the text before")
    if start > 1:
        this = ctx.call("substring", this, build.lit(start), type="VARCHAR")
    letters = "".join(
        letter for letter, on in (("i", "i" in options), ("s", "n" in options), ("m", "m" in options)) if on
    )
    off = "" if "n" in options else "-s"
    written = build.lit(f"(?{letters}{off}){found or ''}")
    return _Call(this, written, read.groups if read is not None else 0, False, start, nth)


def _options(node: exp.Expr, flags: exp.Expr | None, ctx: Context) -> set[str]:
    """Match parameters; of i and c the last one counts."""
    if flags is None or _null(flags):
        return set()
    found = build.text(flags)
    if found is None or set(found) - set("icnmx"):
        ctx.refuse("unfaithful", node, "The match parameter is verified as a constant of i, c, n, m and x", "Write it")
        return set()
    return set(found) - ({"i"} if found.rfind("c") > found.rfind("i") else set())


def _flags(options: set[str]) -> str:
    """As DuckDB reads them at the start of a pattern: s lets the point take a newline."""
    on = ("i" if "i" in options else "") + ("s" if "n" in options else "") + ("m" if "m" in options else "")
    return f"(?{on}{'' if 'n' in options else '-s'})"


def _head(call: _Call, node: exp.Expr) -> exp.Expr | None:
    """What stands before the position, None for nothing."""
    if call.position == 1:
        return None
    return exp.Anonymous(this="left", expressions=[node.this.copy(), build.lit(call.position - 1)])


@R.rule(exp.RegexpReplace)
def regexp_replace(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Every occurrence, or one of them; a NULL pattern finds none, a NULL replacement takes out."""
    new = node.args.get("replacement") or build.lit("")
    if _null(node.expression) and not any(_null(node.args.get(k)) for k in ("position", "occurrence")):
        return nonempty(as_text(node.this, "Search", ctx))
    call = _read(node, ctx, node.args.get("modifiers"), first_group=0)
    if call.missing:
        return build.cast(exp.Null(), "VARCHAR")
    new = build.lit("") if _null(new) else new
    if build.text(new) is None or call.occurrence is None or call.occurrence < 0:
        ctx.refuse(
            "unfaithful", node, "REGEXP_REPLACE is verified for a constant replacement and occurrence", "Write it"
        )
    if call.occurrence:
        made: exp.Expr = ctx.macro("ora__replace_nth", call.text, call.pattern, new, build.lit(call.occurrence))
    else:
        made = ctx.call("regexp_replace", call.text, call.pattern, new, build.lit("g"))
    head = _head(call, node)
    return nonempty(made if head is None else ctx.call("concat", head, made))


@R.rule(exp.RegexpSubstr, exp.RegexpExtract)
def regexp_substr(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    group = build.literal_int(node.args.get("group") or build.lit(0))
    if group is not None and group > 9:  # REGEXP_SUBSTR: subexpressions are 1 to 9
        return build.cast(exp.Null(), "VARCHAR")
    call = _read(node, ctx, node.args.get("parameters"))
    if call.missing or _null(node.args.get("group")):
        return build.cast(exp.Null(), "VARCHAR")
    level, nth = node.args.get("occurrence"), call.occurrence
    if nth is None and level is not None and (ctx.is_a(level, "int") or level.name.upper() in ("LEVEL", "ROWNUM")):
        nth = 1
    else:
        level = None
    if not nth or nth < 1 or group is None or not 0 <= group <= call.groups:
        ctx.refuse("unfaithful", node, "This is verified for a constant occurrence and group", "Write the numbers")
    found = ctx.call("regexp_extract_all", call.text, call.pattern, build.lit(group or 0))
    return nonempty(ctx.call("list_extract", found, level.copy() if level is not None else build.lit(nth or 1)))


@R.rule(exp.RegexpLike)
def regexp_like(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if _null(node.this) or _null(node.expression):
        return build.cast(exp.Null(), "BOOLEAN")
    found, options = build.text(node.expression), _options(node, node.args.get("flag"), ctx)
    if found is None or re.search(r"\\[1-9]", found):
        ctx.refuse("unfaithful", node, "REGEXP_LIKE is verified for a constant pattern", "Write it")
    found = re.sub(r"\s", "", found or "") if "x" in options else found
    pattern = build.lit(f"{_flags(options)}{found or ''}")
    return ctx.call("regexp_matches", as_text(node.this, "Search", ctx), pattern, type="BOOLEAN")


@R.rule(exp.RegexpCount)
def regexp_count(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    call = _read(node, ctx, node.args.get("parameters"))
    if call.missing:
        return build.cast(exp.Null(), "BIGINT")
    return ctx.call("len", ctx.call("regexp_extract_all", call.text, call.pattern, build.lit(0)), type="BIGINT")


@R.rule(exp.RegexpInstr)
def regexp_instr(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Where an occurrence starts, or what follows it; of a group where that starts or ends."""
    call = _read(node, ctx, node.args.get("parameters"))
    option, group = node.args.get("option"), node.args.get("group")
    if call.missing or _null(option) or _null(group):
        return build.cast(exp.Null(), "BIGINT")
    after = build.literal_int(option) if option is not None else 0
    number = build.literal_int(group) if group is not None else 0
    if after not in (0, 1) or number is None or not call.occurrence or call.occurrence < 1:
        ctx.refuse("unfaithful", node, "REGEXP_INSTR is verified for constants", "Write the numbers")
    args = [call.text, call.pattern, build.lit(call.occurrence or 1)]
    if number:
        before = _before(build.text(call.pattern) or "", number)
        if before is None:
            ctx.refuse("unfaithful", node, "The place of this group is not verified", "Use REGEXP_SUBSTR")
        found = ctx.macro(
            "ora__regexp_group_at", *args, build.lit(before or ""), build.lit(number), build.lit(after or 0)
        )
    else:
        found = ctx.macro("ora__regexp_at", *args, build.lit(after or 0))
    made: exp.Expr = found
    if call.position > 1:
        made = exp.Case(ifs=[exp.If(this=exp.GT(this=found.copy(), expression=build.lit(0)), true=exp.Add(
            this=found.copy(), expression=build.lit(call.position - 1)))], default=found)  # fmt: skip
    made.type = exp.DataType.build("BIGINT")
    return made


def _before(pattern: str, number: int) -> str | None:
    """The pattern up to a group, with its groups as they are and those around it left open closed by nothing."""
    depth = count = 0
    opened: list[int] = []
    for i, char in enumerate(pattern):
        if (i and pattern[i - 1] == "\\") or "[" in pattern:
            return None
        if char == "|":
            return None
        if char == "(" and pattern[i + 1 : i + 2] != "?":
            count += 1
            if count == number:
                kept = "".join(c for j, c in enumerate(pattern[:i]) if j not in opened)
                return kept
            opened.append(i)
            depth += 1
        elif char == ")" and opened:
            opened.pop()
    return None
