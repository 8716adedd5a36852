"""Texts: https://sqlite.org/lang_corefunc.html"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build, strings
from .coercions import integer, text

R = DialectRules("sqlite strings")
R.rule(exp.DPipe, exp.Concat, exp.ConcatWs)(strings.joined(text))

R.renames({"octet_length": ("strlen", "BIGINT")}, of=text)


# Only ASCII letters have a case: https://sqlite.org/lang_corefunc.html#lower
R.macros({exp.Upper: ("sqlite__upper", "VARCHAR"), exp.Lower: ("sqlite__lower", "VARCHAR")}, of=text)


@R.rule(exp.Like)
def like(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # LIKE ignores the case of ASCII letters: https://sqlite.org/lang_expr.html#the_like_glob_regexp_match_and_extract_operators
    node.set("this", ctx.macro("sqlite__lower", text(node.this, ctx), type="VARCHAR"))
    node.set("expression", ctx.macro("sqlite__lower", text(node.expression, ctx), type="VARCHAR"))
    return None


@R.rule(exp.Length, exp.Substring, exp.Trim, exp.Replace, exp.StrPosition, exp.Glob, exp.Unicode)
def of_text(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    for key in ("this", "expression", "substr"):
        value = node.args.get(key)
        if isinstance(value, exp.Expr) and not ctx.is_a(value, "text") and not ctx.unknown(value):
            node.set(key, text(value, ctx))
    return None


@R.rule(exp.Glob)
def glob(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # [^a] is DuckDB's [!a]
    node.set("expression", ctx.macro("sqlite__glob", text(node.expression, ctx), type="VARCHAR"))
    return None


@R.rule(exp.Chr)
def char(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # One character a code: https://sqlite.org/lang_corefunc.html#char
    if len(node.expressions) < 2:
        return None
    zero = [build.lit(0)]
    codes = [exp.Coalesce(this=integer(code, ctx), expressions=zero) for code in node.expressions]
    each = [ctx.call("chr", build.cast(code, "INTEGER")) for code in codes]
    return ctx.call("concat", *each, type="VARCHAR")


R.macros({exp.Unicode: ("sqlite__unicode", "BIGINT", "this")}, of=text)
