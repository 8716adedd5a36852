"""Digests, hashes and character sets. https://spark.apache.org/docs/latest/api/sql/#hash-functions"""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build
from .types import family

R = DialectRules("databricks encodings")


@R.rule(exp.MD5, exp.SHA, exp.SHA2)
def digest(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if family(node.this) not in ("text", "binary", "null", None):
        raise ctx.error(node, "databricks takes a digest of a text or a binary only. Cast the argument to STRING.")
    return None


@R.rule(exp.SHA2)
def sha2(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    bits = node.args.get("length")
    if bits is not None and bits.name not in ("0", "256"):
        ctx.refuse("encoding", node, "DuckDB has SHA-2 with 256 bits only", "Use sha2(text, 256)")
    return ctx.call("sha256", node.this, type="VARCHAR")


@R.rule(exp.Decode, exp.Encode)
def charset(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    name = (build.text(node.args.get("charset")) or "").lower().replace("-", "")
    if name != "utf8":
        ctx.refuse("encoding", node, "DuckDB knows UTF-8 only", "Use 'UTF-8'")
    is_decode = isinstance(node, exp.Decode)
    if is_decode and family(node.this) == "text":
        return node.this
    return ctx.call("decode" if is_decode else "encode", node.this, type="VARCHAR" if is_decode else "BLOB")


R.macros(
    {
        "url_encode": ("dbx__url_encode", "VARCHAR"),
        "url_decode": ("dbx__url_decode", "VARCHAR"),
        "try_url_decode": ("dbx__try_url_decode", "VARCHAR"),
    }
)


@R.rule(exp.ParseUrl)
def parse_url(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """A part of an address as java.net.URI has it."""
    part, key = build.text(node.args.get("part_to_extract")), node.args.get("key")
    if part is None or (key is not None and build.text(key) is None):
        raise ctx.error(node, "Write the part of the address as a text: parse_url(url, 'HOST').")
    if part not in _PARTS or (key is not None and part != "QUERY"):
        return build.cast(exp.Null(), "VARCHAR")
    if key is not None:
        pattern = f"(?:^|&){re.escape(build.text(key) or '')}=([^&]*)"
        return ctx.macro("dbx__url_key", node.this, build.lit(pattern), type="VARCHAR")
    return ctx.macro(f"dbx__url_{part.lower()}", node.this, type="VARCHAR")


_PARTS = ("HOST", "PATH", "QUERY", "REF", "PROTOCOL", "FILE", "AUTHORITY", "USERINFO")


R.refuses("hash", {"hash", "xxhash64"}, "This hash belongs to Spark: DuckDB's gives other numbers",
                   "Use md5 or sha2, which are the same everywhere")  # fmt: skip
