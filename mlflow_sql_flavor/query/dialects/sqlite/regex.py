"""REGEXP."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules

R = DialectRules("sqlite regex")


@R.rule(exp.RegexpLike)
def regexp(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://sqlite.org/lang_expr.html#the_like_glob_regexp_match_and_extract_operators
    raise ctx.error(node, "SQLite has no function behind REGEXP: write LIKE or GLOB.")
