"""Codes of a value: https://sqlite.org/lang_corefunc.html"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build
from .coercions import text

R = DialectRules("sqlite encodings")


@R.function("quote")
def quote(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value = node.expressions[0]
    if ctx.is_a(value, "text"):
        return ctx.macro("sqlite__quote", value, type="VARCHAR")
    if ctx.is_a(value, "int", "bool"):
        return exp.Coalesce(this=text(value, ctx), expressions=[build.lit("NULL")])
    raise ctx.error(node, "QUOTE of this value has no counterpart: leave it out.")


@R.rule(exp.Hex)
def hexadecimal(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://sqlite.org/lang_corefunc.html#hex: of the bytes of the value's text, '' of NULL
    return exp.Coalesce(this=ctx.call("hex", text(node.this, ctx)), expressions=[build.lit("")])


@R.rule(exp.Unhex)
def unhex(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.args.get("expression") is not None:
        raise ctx.error(node, "UNHEX with characters to leave out has no counterpart: REPLACE them.")
    return ctx.macro("sqlite__unhex", text(node.this, ctx), type="BLOB")
