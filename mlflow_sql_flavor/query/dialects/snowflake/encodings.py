"""Digests and codes: each rule's page is sql-reference/functions/<name> of the manual."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all
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


R.macros({exp.HexDecodeString: ("sf__hex_text", "VARCHAR", "this")})


# functions/to_binary: HEX unless said
@R.rule(exp.ToBinary)
def to_binary(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    fmt = node.args.get("format")
    word = (build.text(fmt) or "").upper() if fmt is not None else "HEX"
    if not ctx.is_a(node.this, "text") or node.args.get("safe") or word not in ("HEX", "UTF-8", "UTF8", "BASE64"):
        ctx.refuse("encoding", node, "TO_BINARY is verified for a text in HEX, UTF-8 or BASE64", "Write the format")
    if word == "HEX":
        return ctx.call("unhex", node.this, type="BLOB")
    return ctx.call("encode" if word.startswith("UTF") else "from_base64", node.this, type="BLOB")


_OF_TEXTS = (exp.StrPosition, exp.Pad, exp.Concat, exp.DPipe, exp.Replace, exp.Trim, exp.Left, exp.Right, exp.Reverse,
             exp.Substring, exp.Split, exp.SplitPart, exp.Lower, exp.Upper, exp.Insert, exp.Stuff, exp.Contains,
             exp.StartsWith, exp.EndsWith, exp.Length, exp.ToChar, exp.Repeat)  # fmt: skip
_BYTES = (exp.DType.BINARY, exp.DType.VARBINARY, exp.DType.BLOB)


# sql-reference/data-types-text#data-types-for-binary-strings
@R.prepare
def of_bytes(tree: exp.Expr, ctx: Context) -> None:
    """What counts or joins bytes: DuckDB's functions take their text."""
    for call in list(find_all(tree, exp.Length, exp.ByteLength)):  # functions/length, octet_length
        if _binary(call.this):
            call.replace(ctx.call("octet_length", call.this, type="BIGINT"))
    for node in find_all(tree, *_OF_TEXTS):
        if any(_binary(value) for value in node.iter_expressions()):
            ctx.refuse("bytes", node, "This function is verified for texts, not for BINARY", "Use a text")


def _binary(value: exp.Expr) -> bool:
    inner = value.unnest()
    return isinstance(inner, (exp.ToBinary, exp.HexString)) or inner.is_type(*_BYTES)


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
