"""Bases of numbers, checksums and codes: https://dev.mysql.com/doc/refman/8.0/en/string-functions.html"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build
from .coercions import text

R = DialectRules("mysql encodings")

R.refuses("soundex", {exp.Soundex}, "Phonetic codes belong to one engine", "Compute them beforehand")
R.macros({"crc32": ("my__crc32", "BIGINT")}, of=text)


@R.rule(exp.Hex)
def hexadecimal(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if ctx.is_a(node.this, "int"):
        return ctx.call("hex", ctx.macro("my__unsigned", node.this), type="VARCHAR")
    return None


@R.function("bin")
def binary(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # BIN(n) is CONV(n, 10, 2), which reads the digits the number's text begins with
    value = node.expressions[0]
    if not ctx.is_a(value, "int"):
        value = ctx.macro("my__integer", text(value, ctx), type="BIGINT")
    return ctx.call("bin", ctx.macro("my__unsigned", value), type="VARCHAR")


@R.function("conv", "oct")
def conv(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value, *bases = node.expressions
    bases = bases or [build.lit(10), build.lit(8)]
    if not all(isinstance(base, exp.Literal) and 2 <= int(base.this) <= 36 for base in bases):
        raise ctx.error(node, "The bases of CONV are constants from 2 to 36: write them as numbers.")
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[: int(bases[0].this)]
    pattern = build.lit(f"(?i)^[{digits}]+")
    return ctx.macro("my__conv", text(value, ctx), pattern, *bases, type="VARCHAR")
