"""Encodings and hashes: https://www.postgresql.org/docs/15/functions-binarystring.html"""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all
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


@R.prepare
def bits_of_digits(tree: exp.Expr, ctx: Context) -> None:
    """``('x' || substr(md5(t), 1, 8))::bit(32)::int``: the number of hexadecimal digits, its first bit the sign."""
    sizes = {T.INT: 32, T.BIGINT: 64}
    for node in list(find_all(tree, exp.Cast)):
        bits, size = node.this, sizes.get(node.to.this)
        if size is None or not isinstance(bits, exp.Cast) or bits.to.this != T.BIT:
            continue
        digits, count = bits.this.unnest(), [p.name for p in bits.to.expressions]
        if not isinstance(digits, exp.DPipe) or text(digits.this) not in ("x", "X") or len(count) != 1:
            continue
        wide = int(count[0]) if count[0].isdigit() else 0
        if not 0 < wide <= size or wide % 4:
            raise ctx.error(node, "Digits have a counterpart as bit(4), bit(8), ... up to the bits of the integer.")
        made = ctx.macro("pg__hex_bits", digits.expression, lit(wide), exp.Boolean(this=wide == size))
        node.replace(cast(made, "INTEGER" if size == 32 else "BIGINT"))


@R.function("convert_from", "convert_to")
def converted(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    name = node.name.lower()
    if len(node.expressions) != 2 or (text(node.expressions[1]) or "").lower().replace("-", "") != "utf8":
        raise ctx.error(node, f"{name}() has a counterpart for 'UTF8'.")
    reads = name == "convert_from"
    return ctx.call("decode" if reads else "encode", node.expressions[0], type="VARCHAR" if reads else "BLOB")
