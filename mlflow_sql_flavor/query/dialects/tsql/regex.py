"""The patterns of LIKE and PATINDEX: language-elements/like-transact-sql of the manual."""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build

R = DialectRules("tsql regex")


def regex(pattern: str, escape: str = "") -> str | None:
    """A pattern of LIKE as a regular expression; None where it is malformed."""
    out, i = "", 0
    while i < len(pattern):
        char = pattern[i]
        if escape and char == escape:
            if i + 1 >= len(pattern):
                return None
            out += re.escape(pattern[i + 1])
            i += 2
            continue
        if char == "[":
            end = pattern.find("]", i + 2 if pattern[i + 1 : i + 2] != "^" else i + 3)
            if end < 0:
                return None
            body = pattern[i + 1 : end]
            negated = body.startswith("^")
            body = body[1:] if negated else body
            if any(not c.isascii() for c in body) or re.search(r"[A-Za-z]-[^A-Za-z]|[^A-Za-z0-9]-[A-Za-z]", body):
                return None
            safe = re.sub(r"([\\\[\]^&~|])", r"\\\1", body)
            out += f"[{'^' if negated else ''}{safe}]"
            i = end + 1
            continue
        out += {"%": ".*", "_": "."}.get(char) or re.escape(char)
        i += 1
    return out


@R.rule(exp.Like)
def like(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """language-elements/like-transact-sql: without case, with [a-z]; trailing blanks depend on the column's type."""
    if isinstance(node.parent, exp.Escape):
        return None
    return _like(node, "", ctx)


@R.rule(exp.Escape)
def escaped(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not isinstance(node.this, exp.Like):
        return None
    sign = build.text(node.expression)
    if not sign or len(sign) != 1:
        raise ctx.error(node, "ESCAPE takes one character.")
    return _like(node.this, sign, ctx)


def _like(node: exp.Expr, escape: str, ctx: Context) -> exp.Expr:
    pattern = build.text(node.expression)
    if pattern is None or not ctx.is_a(node.this, "text"):
        ctx.refuse("collation", node, "LIKE is verified for texts and a constant pattern", "Use CHARINDEX")
    pattern = pattern or ""
    this = node.this if pattern.endswith("%") else ctx.macro("ts__flat_text", node.this, type="VARCHAR")
    if not escape and "[" not in pattern:
        made: exp.Expr = exp.ILike(this=this, expression=node.expression)
    else:
        found = regex(pattern, escape)
        if found is None:
            ctx.refuse("collation", node, "This pattern of LIKE is not verified", "Use CHARINDEX")
        made = ctx.call("regexp_full_match", this, build.lit(found or ""), build.lit("is"), type="BOOLEAN")
    return exp.Not(this=made) if node.args.get("negate") else made


@R.function("patindex")
def patindex(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    pattern, this = build.text(node.expressions[0]), node.expressions[1]
    if pattern is not None and re.fullmatch(r"%[^%_\[\]]+%", pattern):
        return ctx.macro("ts__charindex", build.lit(pattern[1:-1]), this, type="INTEGER")
    inner = (pattern or "").strip("%")
    found = regex(inner) if pattern and inner else None
    if found is None or "%" in inner:
        ctx.refuse("unfaithful", node, "PATINDEX is verified for a constant pattern with % at its ends only",
                   "Use CHARINDEX")  # fmt: skip
    head = "" if pattern and pattern.startswith("%") else "^"
    tail = "" if pattern and pattern.endswith("%") else "$"
    return ctx.macro("ts__patindex", this, build.lit(f"{head}(?:{found or ''}){tail}"), type="INTEGER")
