"""Digests and codes: each rule's page is sql-reference/functions/<name> of the manual."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build

R = DialectRules("snowflake encodings")


@R.rule(exp.Base64Encode, exp.Hex)
def encoded(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if any(node.args.get(k) is not None for k in ("max_line_length", "alphabet", "case")):
        ctx.refuse("encoding", node, "This is verified for one argument", "Leave the others out")
    if isinstance(node, exp.Hex):
        return ctx.call("hex", node.this, type="VARCHAR")
    return ctx.call("base64", ctx.call("encode", node.this), type="VARCHAR")


@R.rule(exp.SHA, exp.SHA2)
def sha(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    size = node.args.get("length")
    if not ctx.is_a(node.this, "text") or (size is not None and build.literal_int(size) != 256):
        ctx.refuse("hash", node, "This is verified for a text, and for SHA2 of 256 bits", "Use SHA2(text, 256)")
    return ctx.call("sha1" if isinstance(node, exp.SHA) else "sha256", node.this, type="VARCHAR")


@R.rule(exp.Anonymous)
def hash_(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.name.lower() == "hash" and not isinstance(node.parent, exp.Is) and not node.meta.get("translated"):
        ctx.refuse("hash", node, "This hash belongs to Snowflake", "Use MD5")
    return None
