"""Digests, bases and codes: https://clickhouse.com/docs/sql-reference/functions/encoding-functions"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules

R = DialectRules("clickhouse encodings")

R.refuses("hash", {exp.CityHash64}, "The hash belongs to one engine", "Compute it beforehand")
R.refuses("soundex", {exp.Soundex}, "DuckDB has no phonetic codes", "Compute it beforehand")
_HASHES = {"cityhash64", "siphash64", "xxhash32", "xxhash64", "murmurhash3_64", "farmhash64", "halfmd5"}
R.refuses("hash", _HASHES, "The hash belongs to one engine", "Compute it beforehand")


@R.rule(exp.Hex)
def hexadecimal(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value = node.this.unnest()
    if isinstance(value, (exp.SHA, exp.SHA2, exp.MD5, exp.MD5Digest)):
        name = {exp.SHA: "sha1", exp.MD5: "md5", exp.MD5Digest: "md5"}.get(type(value), "sha256")
        found = ctx.call(name, value.this, type="VARCHAR")
        return found if isinstance(node, exp.LowerHex) else ctx.call("upper", found, type="VARCHAR")
    if ctx.is_a(node.this, "int"):
        made = ctx.macro("ch__hex", node.this, type="VARCHAR")
        return ctx.call("lower", made, type="VARCHAR") if isinstance(node, exp.LowerHex) else made
    if not ctx.is_a(node.this, "text"):
        ctx.refuse("encoding", node, "The bytes of this type are ClickHouse's own", "Compute it beforehand")
    return None


@R.rule(exp.SHA, exp.SHA2, exp.MD5, exp.MD5Digest)
def digest(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not isinstance(node.parent, exp.Hex):
        ctx.refuse("hash", node, "The digest is bytes", "Write hex(...) around it")
    return None


@R.function("bin")
def binary(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not ctx.is_a(node.expressions[0], "int"):
        ctx.refuse("encoding", node, "The bytes of this type are ClickHouse's own", "Compute it beforehand")
    return ctx.macro("ch__bin", node.expressions[0], type="VARCHAR")


@R.function("base64encode", "base64decode")
def base64(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.name.lower() == "base64decode":
        return ctx.call("decode", ctx.call("from_base64", node.expressions[0]), type="VARCHAR")
    return ctx.call("to_base64", ctx.call("encode", node.expressions[0]), type="VARCHAR")


R.renames({exp.Unhex: ("decode", "VARCHAR", "this")}, of=lambda value, ctx: ctx.call("unhex", value))
