"""Encodings and hashes: https://www.postgresql.org/docs/15/functions-binarystring.html"""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared.build import cast, lit, text

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
    if form not in ("hex", "base64", "escape") or not (binary or text(value) is not None or ctx.is_a(value, "text")):
        raise ctx.error(
            node, "Only encode(bytea, 'hex', 'base64' or 'escape') and encode(sha256(...), 'hex') have counterparts."
        )
    made = value if binary else ctx.macro("pg__bytea", value, type="BLOB")
    if form == "hex":
        return ctx.call("lower", ctx.call("hex", made), type="VARCHAR")
    return ctx.macro("pg__base64" if form == "base64" else "pg__escape", made, type="VARCHAR")


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


@R.function("float4send", "float8send")
def bits_of(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # The bytes of IEEE 754, the highest first
    kind = "FLOAT" if node.name.lower() == "float4send" else "DOUBLE"
    return cast(cast(cast(node.expressions[0], kind), "BIT"), "BLOB")


@R.function("unistr")
def unistr(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # functions-string.html: \\XXXX, \\+XXXXXX, \\uXXXX, \\UXXXXXXXX and \\\\
    written = text(node.expressions[0])
    if written is None:
        raise ctx.error(node, "unistr() has a counterpart of a literal: write the characters.")
    wrong = ctx.error(node, "This escape of unistr() is none, or half of a surrogate pair.")

    def character(found: re.Match[str]) -> str:
        if found[0] == "\\\\":
            return "\\"
        code = int(next((digits for digits in found.groups() if digits), "0"), 16)
        if not any(found.groups()) or 0xD800 <= code < 0xE000 or not 0 < code < 0x110000:
            raise wrong
        return chr(code)

    return lit(_UNICODE.sub(character, written))


_UNICODE = re.compile(r"\\(?:\\|([0-9a-fA-F]{4})|\+([0-9a-fA-F]{6})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|)")
R.accepts("float4send", "float8send", "unistr")
