"""Bytes as text."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules

R = DialectRules("bigquery encodings")


@R.rule(exp.SafeConvertBytesToString)
def bytes_text(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.macro("bq__bytes_text", node.this, type="VARCHAR")
