"""Encodings and hashes: https://www.postgresql.org/docs/15/functions-binarystring.html"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared.build import lit, text

R = DialectRules("postgres encodings")
T = exp.DType


@R.rule(exp.Encode)
def encode(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # functions-binarystring.html; DuckDB's sha256() gives the hexadecimal text at once.
    value, form = node.this, (text(node.args.get("charset")) or "").lower()
    while isinstance(value, exp.Paren):
        value = value.this
    if form == "hex" and isinstance(value, exp.SHA2Digest) and value.text("length") == "256":
        return ctx.call("sha256", value.this, type="VARCHAR")
    binary = value.type is not None and value.type.this in (T.VARBINARY, T.BINARY, T.BLOB)
    if form not in ("hex", "base64") or not (binary or text(value) is not None or ctx.is_a(value, "text")):
        raise ctx.error(node, "Only encode(bytea, 'hex' or 'base64') and encode(sha256(...), 'hex') have counterparts.")
    made = value if binary else ctx.macro("pg__bytea", value, type="BLOB")
    if form == "hex":
        return ctx.call("lower", ctx.call("hex", made), type="VARCHAR")
    return ctx.macro("pg__base64", made, type="VARCHAR")


@R.rule(exp.Decode)
def decode(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    names = {"hex": "unhex", "base64": "from_base64"}
    name = names.get((text(node.args.get("charset")) or "").lower())
    if name is None:
        raise ctx.error(node, "Only decode(text, 'hex' or 'base64') has a counterpart.")
    # white space between the digits counts for nothing
    blank = ctx.call("regexp_replace", node.this, lit(r"\s"), lit(""), lit("g"))
    return ctx.call(name, node.this if text(node.this) is not None else blank, type="BLOB")


R.refuses("hash", {"hashtext", "hashint4", "hashint8", "hash_any"}, "This hash belongs to postgres", "Use md5()")
