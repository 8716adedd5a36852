"""CAST."""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build
from .formats import number_text

R = DialectRules("oracle casts")
_T = exp.DType
_PATTERN = r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*"


@R.rule(exp.Cast)
def cast(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """CAST: numbers are rounded half away from zero, texts are cut."""
    if not isinstance(node, exp.Cast):
        return None
    this, kind = node.this, node.args["to"]
    to = kind.this
    if to == _T.DATE and build.text(this):
        return None
    if to in (_T.CHAR, _T.NCHAR):
        ctx.refuse("unfaithful", node, "CHAR(n) pads with blanks", "Use VARCHAR2(n)")
    if isinstance(this, exp.Null):
        if to in exp.DataType.TEXT_TYPES:
            return build.cast(this, "VARCHAR")
        return build.cast(this, "DECIMAL(28, 10)") if to == _T.DECIMAL and not kind.expressions else None
    if to in exp.DataType.TEXT_TYPES:
        if ctx.is_a(this, "text") and kind.expressions:
            return ctx.macro("common__varchar", this, build.lit(int(kind.expressions[0].name)), type="VARCHAR")
        made = number_text(this, ctx)
        if made is not None and kind.expressions and to not in (_T.CHAR, _T.NCHAR):
            return ctx.macro("ora__fits", made, build.lit(int(kind.expressions[0].name)), type="VARCHAR")
    sizes = [int(e.name) for e in kind.expressions if e.name.lstrip("-").isdigit()]
    if to in (_T.INT, _T.SMALLINT) and not sizes:
        sizes = [38, 0]
    if to == _T.FLOAT and not sizes and _exact(this, ctx):
        return this
    if to in (_T.DECIMAL, _T.INT, _T.SMALLINT) and ctx.is_a(this, "number", "text"):
        value = ctx.macro("ora__valid", this, build.lit(_PATTERN)) if ctx.is_a(this, "text") else this
        if not sizes:
            return build.cast(value, "DECIMAL(28, 10)") if ctx.is_a(this, "text") else this
        precision, scale = sizes[0], sizes[1] if len(sizes) > 1 else 0
        if 0 <= scale <= precision <= 38:
            if ctx.is_a(this, "float"):
                value = build.cast(value, "VARCHAR")
            return build.cast(value, f"DECIMAL({precision}, {scale})")
    if to == _T.DATE and ctx.is_a(this, "date"):
        return this
    if to == _T.TIMESTAMP and ctx.is_a(this, "date", "timestamp"):
        return build.cast(this, "TIMESTAMP")
    ctx.refuse("implicit_cast", node, "This cast is not verified for Oracle", "Give the column its type before")
    return None


def _exact(node: exp.Expr, ctx: Context) -> bool:
    """Data-Types, FLOAT Data Type: a NUMBER of 126 binary digits, REAL of 63; whether it has all of a value."""
    if isinstance(node, exp.Literal) and not node.is_string:
        return re.fullmatch(r"[0-9.]{1,19}", node.name) is not None
    kind = ctx.type_of(node)
    if kind is not None and kind.this == _T.DECIMAL and kind.expressions:
        return int(kind.expressions[0].name) <= 18
    return ctx.is_a(node, "int")
