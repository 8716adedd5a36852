"""Regular expressions: https://dev.mysql.com/doc/refman/8.0/en/regexp.html"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build
from .coercions import text

R = DialectRules("mysql regex")


def is_binary(node: exp.Expr) -> bool:
    """Whether a text is compared by its bytes."""
    return isinstance(node.unnest(), exp.Collate)


@R.rule(exp.RegexpSubstr)
def regexp_substr(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.args.get("position") or node.args.get("occurrence"):
        raise ctx.error(node, "REGEXP_SUBSTR with a position has no counterpart: cut the text with SUBSTR first.")
    args = [text(node.this, ctx), _pattern(node.expression, ctx), build.lit(0), build.lit("i")]
    return ctx.call("regexp_extract", *args, type="VARCHAR")


@R.rule(exp.RegexpReplace)
def regexp_replace(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    replacement = node.args.get("replacement") or build.lit("")
    written = build.text(replacement)
    if written is None:
        raise ctx.error(node, "The replacement is not a constant: write it as a text.")
    args = [text(node.this, ctx), _pattern(node.expression, ctx), build.lit(written), build.lit("gi")]
    return ctx.call("regexp_replace", *args, type="VARCHAR")


def _pattern(node: exp.Expr, ctx: Context) -> exp.Expr:
    written = build.text(node.unnest())
    if (
        written is not None
        and any(mark in written for mark in ("(?=", "(?!", "(?<", "\\b", "[[:<:]]", "[[:>:]]"))
        and ("(?" in written or "[[:" in written)
    ):
        raise ctx.error(node, "Look-around and word-boundary brackets are not in DuckDB's regular expressions.")
    return node


@R.rule(exp.RegexpInstr)
def regexp_instr(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if any(node.args.get(key) for key in ("position", "occurrence", "option", "parameters")):
        raise ctx.error(node, "REGEXP_INSTR with a position has no counterpart: cut the text with SUBSTR first.")
    return ctx.macro("my__regexp_instr", text(node.this, ctx), _pattern(node.expression, ctx), type="BIGINT")


R.renames({exp.RegexpLike: ("regexp_matches", "BOOLEAN", "this", "expression", build.lit("i"))}, of=(text, _pattern))
