"""Numeric format masks: https://www.postgresql.org/docs/15/functions-formatting.html#FUNCTIONS-FORMATTING-NUMERIC-TABLE."""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from ..shared.common import cast, lit
from .numbers import as_exact_text
from .types import is_exact

__all__ = ["number_mask"]


def number_mask(node: exp.Expr, value: exp.Expr, mask: str, ctx: Context) -> exp.Expr:
    """``to_char(number, mask)`` for masks of 9, 0, comma, point and FM; others are refused."""
    found = re.fullmatch(r"(FM|fm)?([90,]*)(?:([.D])([90]*))?(%?)", mask)
    if not found or not re.search("[90]", found[2]) or found[2].startswith(","):
        ctx.refuse("number_format", node, f"The number format {mask!r} has no counterpart", "Use round() and text")
        return cast(value, "VARCHAR")
    fill, whole, decimals, tail = bool(found[1]), found[2], found[4] or "", found[5]
    digits = whole.replace(",", "")
    zeros = len(digits) - len(digits.split("0", 1)[0]) if "0" in digits else 0
    if not re.fullmatch(r"9*0*", digits) and "," in whole:
        ctx.refuse("number_format", node, f"The number format {mask!r} has no counterpart", "Use round() and text")
    groups = [len(g) for g in whole.split(",")]
    if len(groups) > 1 and (any(g != 3 for g in groups[1:])):
        ctx.refuse("number_format", node, f"The number format {mask!r} has no counterpart", "Group by three digits")
    exact = value if is_exact(value) else as_exact_text(value, ctx)
    if ctx.is_a(value, "float"):  # rounded as C's printf does, from the binary value
        exact = ctx.call("printf", lit(f"%.{len(decimals)}f"), value)
    number = cast(exact, f"DECIMAL(38,{len(decimals)})")
    fixed = len(decimals.rstrip("9")) if fill else len(decimals)
    return ctx.macro(
        "pg__mask", number, lit(len(digits)), lit(zeros), lit(len(decimals)), lit(fixed),
        exp.Boolean(this=len(groups) > 1), exp.Boolean(this=fill), lit(len(mask) - len(found[1] or "") - len(tail)),
        lit("." if found[3] else ""), lit(tail), type="VARCHAR",
    )  # fmt: skip
