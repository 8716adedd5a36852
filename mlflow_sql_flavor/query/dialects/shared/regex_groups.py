"""Capturing groups of a regular expression: one that took no part in a match has no text, which DuckDB calls ''."""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from . import build

_ZERO_WIDTH = re.compile(r"\\[bBAzZ]|[\^$]|\(\?")


def _spans(pattern: str) -> list[tuple[int, int]]:
    """Where each capturing group's inside starts and ends, in their order."""
    found: list[list[int]] = []
    opened: list[list[int] | None] = []
    i, bracket = 0, False
    while i < len(pattern):
        char = pattern[i]
        if char == "\\":
            i += 2
            continue
        if bracket:
            bracket = char != "]"
        elif char == "[":
            bracket = True
            i += 2 if pattern[i + 1 : i + 2] == "]" else 3 if pattern[i + 1 : i + 3] == "^]" else 0
        elif char == "(":
            named = re.match(r"\(\?P?<[A-Za-z_]\w*>", pattern[i:])
            captures = named is not None or pattern[i + 1 : i + 2] != "?"
            opened.append([i + (len(named[0]) if named else 1), -1] if captures else None)
            if captures:
                found.append(opened[-1] or [])
        elif char == ")" and opened:
            group = opened.pop()
            if group is not None:
                group[1] = i
        i += 1
    return [(start, end) for start, end in found if end >= 0]


def absent(found: exp.Expr, pattern: str, group: int, node: exp.Expr, ctx: Context) -> exp.Expr:
    """What a group matched, NULL where it took no part; refused where '' may be either.

    Args:
        found: A text, '' where the group took no part.
        pattern: The regular expression.
        group: The group's number, 0 for the whole match.
        node: The call in the query.
    """
    spans = _spans(pattern)
    if not 0 < group <= len(spans):
        return found
    start, end = spans[group - 1]
    inside, around, after = pattern[start:end], pattern[: start - 1], pattern[end + 1 : end + 2]
    nested = any(s < start and end < e for s, e in spans) or "(?" in around
    if after not in ("?", "*", "{") and not nested and "|" not in around + pattern[end:]:
        return found
    try:
        empty = _ZERO_WIDTH.search(inside) is not None or re.fullmatch(inside, "") is not None
    except re.error:
        empty = True
    if empty:
        ctx.refuse("unfaithful", node, "Whether this group took part in the match is not known here",
                   "Write a group that is always part of the match")  # fmt: skip
    return ctx.call("nullif", found, build.lit(""), type="VARCHAR")
