"""Regular expressions: each rule names its page below https://docs.aws.amazon.com/redshift/latest/dg/."""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..postgres import regex
from ..shared import build
from ..shared.build import lit, text

R = DialectRules("redshift regex")


@R.rule(exp.RegexpInstr)
def regexp_instr(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """REGEXP_INSTR.html: 0 where nothing matches."""
    pattern = build.text(node.expression)
    extra = [k for k in ("position", "occurrence", "option", "parameters", "group") if node.args.get(k) is not None]
    try:
        well = pattern is not None and not extra and not re.search(pattern, "")
    except re.error:
        well = False
    if not well:
        ctx.refuse("unfaithful", node, "REGEXP_INSTR is verified for a constant pattern that matches no empty text",
                   "Use STRPOS")  # fmt: skip
    return ctx.macro("rs__regexp_instr", node.this, node.expression, type="BIGINT")


@R.rule(exp.RegexpReplace)
def regexp_replace(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # REGEXP_REPLACE.html: every match is replaced; $1 stands for a group; the fourth argument is a position.
    if node.args.get("modifiers") is not None or node.args.get("position") is not None:
        raise ctx.error(node, "Only regexp_replace(text, pattern, replacement) can be translated.")
    replacement = text(node.args.get("replacement"))
    if replacement is None or "$" in replacement or "\\" in replacement:
        raise ctx.error(node, "regexp_replace() needs a literal replacement without groups here.")
    node.set("modifiers", lit("g"))
    return None


@R.rule(exp.RegexpSubstr)
def regexp_substr(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # REGEXP_SUBSTR.html: '' where nothing matches
    made = regex.regexp_substr(node, ctx)
    return exp.Coalesce(this=made, expressions=[_empty(node.this)]) if made is not None else None


def _empty(value: exp.Expr) -> exp.Expr:
    is_null = exp.Is(this=value.copy(), expression=exp.Null())
    return exp.Case(ifs=[exp.If(this=is_null, true=exp.Null())], default=lit(""))
