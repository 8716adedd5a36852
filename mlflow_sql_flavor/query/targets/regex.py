"""``regexp_replace`` between engines: how many matches, the groups in the replacement, the flags.

PostgreSQL and DuckDB replace the first match, Spark all of them; ``\\1`` there is ``$1`` in Spark.
"""

from __future__ import annotations

import re

from sqlglot import exp

from ..dialects.shared.build import lit, text
from ..facts.context import Context
from .common import call
from .context import Writing

__all__ = ["dots", "match_in_postgres", "match_in_spark", "replace_in_postgres", "replace_in_spark"]

#: What PostgreSQL's and Java's patterns do not share: classes in brackets, escapes of one of them, what looks around.
_OWN = re.compile(r"\[\[|\\[mMyYAZzbBGQEpPhHRXkuxc<>]|\(\?(?!:)|[*+?}]\+|&&")


def replace_in_spark(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """For Spark: a first match is found behind the shortest text before it."""
    assert isinstance(ctx, Writing) and isinstance(node, exp.RegexpReplace)
    pattern, replacement, flags = _parts(node, ctx)
    if set(flags) - set("gi"):
        raise ctx.no(node, f"regexp_replace with the flags {flags!r}", "use g and i only")
    modes = ("i" if "i" in flags else "") + ("s" if ctx.source == "postgres" else "")
    head = f"(?{modes})" if modes else ""
    if "g" in flags:
        return call("REGEXP_REPLACE", node.this, lit(head + pattern), lit(_dollars(replacement, 0)), type="VARCHAR")
    if re.search(r"\\[1-9]", pattern):
        raise ctx.no(node, "regexp_replace of a first match whose pattern refers to a group", "use the flag g")
    first = f"{head}\\A((?s:.*?))({pattern})"
    return call("REGEXP_REPLACE", node.this, lit(first), lit("$1" + _dollars(replacement, 2)), type="VARCHAR")


def replace_in_postgres(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """For PostgreSQL, of Spark's query: all matches, ``\\1`` for ``$1``. DuckDB's is as it is there."""
    assert isinstance(ctx, Writing) and isinstance(node, exp.RegexpReplace)
    if ctx.source != "databricks":
        return None
    pattern, replacement, _ = _parts(node, ctx)
    out, at = [], 0
    for match in re.finditer(r"\\(.)|\$([0-9])|\$|\\$|([^\\$]+)", replacement, re.DOTALL):
        escaped, group, plain = match.groups()
        if plain is not None:
            out.append(plain)
        elif group is not None:
            out.append("\\&" if group == "0" else f"\\{group}")
        elif escaped is not None:
            out.append("\\\\" if escaped == "\\" else escaped)
        else:
            raise ctx.no(node, "regexp_replace with this replacement", "write \\$ for a dollar sign")
        at = match.end()
    assert at == len(replacement)
    return call("REGEXP_REPLACE", node.this, lit(dots(pattern)), lit("".join(out)), lit("g"), type="VARCHAR")


def dots(pattern: str) -> str:
    """A pattern whose dots take no line break, as Java's and RE2's take none and PostgreSQL's do."""

    def one(match: re.Match[str]) -> str:
        return r"[^\n]" if match[0] == "." else match[0]

    return re.sub(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\.", one, pattern, flags=re.DOTALL)


def match_in_postgres(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """``rlike`` and ``regexp_matches``, for PostgreSQL."""
    pattern = text(node.expression)
    if pattern is not None:
        node.set("expression", lit(dots(pattern)))
    return node


def match_in_spark(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """``~`` and ``~*``, for Spark, whose dot takes no line break and which has no word for the second."""
    assert isinstance(ctx, Writing)
    pattern = text(node.expression)
    modes = "i" if isinstance(node, exp.RegexpILike) else ""
    if pattern is not None and ctx.source == "postgres" and "." in pattern:
        modes += "s"
    if not modes:
        return None
    if pattern is None:
        raise ctx.no(node, "~* with a pattern that is no constant", "write it as a text")
    return exp.RegexpLike(this=node.this, expression=lit(f"(?{modes}){pattern}"))


def _parts(node: exp.RegexpReplace, ctx: Writing) -> tuple[str, str, str]:
    pattern, replacement = text(node.expression), text(node.args.get("replacement"))
    modifiers = node.args.get("modifiers")
    flags = "" if modifiers is None else text(modifiers)
    if pattern is None or replacement is None or flags is None or node.args.get("position") is not None:
        raise ctx.no(node, "regexp_replace whose pattern, replacement or flags are no constants", "write them as texts")
    if _OWN.search(pattern):
        raise ctx.no(node, f"regexp_replace with the pattern {pattern[:40]!r}", "use what both engines read alike")
    return pattern, replacement, flags


def _dollars(replacement: str, shift: int) -> str:
    """``\\1`` and ``\\&`` as Java's ``$1`` and ``$0``."""

    def one(match: re.Match[str]) -> str:
        escaped, plain = match.groups()
        if escaped is None:
            return re.sub(r"([\\$])", r"\\\1", str(plain))
        if escaped.isdigit() and escaped != "0":
            return f"${int(escaped) + shift}"
        if escaped in "&0":
            return f"${shift}"  # the group around the whole pattern
        return "\\\\" if escaped == "\\" else re.sub(r"([\\$])", r"\\\1", str(escaped))

    return re.sub(r"\\(.)|([^\\]+)", one, replacement, flags=re.DOTALL)
