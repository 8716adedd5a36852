"""Binary data, digests and codes: data-types/binary-and-varbinary-transact-sql and functions/<name>-transact-sql."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import walk_tree
from .. import DialectRules
from ..shared import build

R = DialectRules("tsql encodings")
_T = exp.DType
BINARY = {_T.BINARY, _T.VARBINARY, _T.BLOB}
_BYTES = {_T.TINYINT: 1, _T.UTINYINT: 1, _T.SMALLINT: 2, _T.INT: 4, _T.BIGINT: 8}


def is_binary(node: exp.Expr) -> bool:
    return isinstance(node, exp.HexString) or node.is_type(*BINARY)


def binary(node: exp.Expr, this: exp.Expr, kind: exp.Expr, style: int, soft: bool, ctx: Context) -> exp.Expr:
    """A conversion to BINARY(n) or VARBINARY(n), of 30 bytes unless said.

    Numbers keep their last bytes, others their first.
    functions/cast-and-convert-transact-sql#binary-styles: 0 takes a text's bytes, 1 and 2 its hexadecimal digits.
    """
    size = kind.expressions[0].name if kind.expressions else "30"
    fixed = kind.this == _T.BINARY
    if isinstance(this, exp.Null):
        return build.cast(this, "BLOB")
    found = ctx.type_of(this)
    whole = "bit" in this.meta or (found is not None and found.this in _BYTES)
    if whole:
        width = 1 if "bit" in this.meta else _BYTES[found.this] if found is not None else 4
        if fixed and size.isdigit() and int(size) > width:
            ctx.refuse("unfaithful", node, "Where zeros are filled in was recorded either way", "Use VARBINARY(n)")
        made: exp.Expr = ctx.macro("ts__hex", this, build.lit(width), type="BLOB")
    elif is_binary(this):
        made = this
    elif ctx.is_a(this, "text") and style in (1, 2):
        prefixed = exp.true() if style == 1 else exp.false()
        made = ctx.macro("ts__try_hex" if soft else "ts__hex_text", this, prefixed, type="BLOB")
    elif ctx.is_a(this, "text"):
        wide = any("national" in n.meta or n.is_type(_T.NVARCHAR, _T.NCHAR) for n in walk_tree(this))
        if wide:
            ctx.refuse("bytes", node, "The bytes of NVARCHAR are not verified", "Cast to VARCHAR before")
        made = ctx.macro("ts__ascii", this, type="BLOB")
    else:
        ctx.refuse("unfaithful", node, "The bytes of this value are not verified", "Cast it to INT or VARCHAR before")
        return build.cast(this, "BLOB")
    if size.upper() != "MAX":
        made = ctx.macro("ts__last" if whole else "ts__cut", made, build.lit(int(size)),
                         exp.true() if fixed else exp.false(), type="BLOB")  # fmt: skip
    made.type = exp.DataType(this=kind.this, expressions=[e.copy() for e in kind.expressions])
    return made


def as_number(node: exp.Expr, ctx: Context) -> exp.Expr:
    """Beside a number, binary data of at most eight bytes is one."""
    if isinstance(node, exp.HexString) and len(node.name) <= 15:
        return build.lit(int(node.name or "0", 16))
    return ctx.macro("ts__number", node, type="BIGINT")


@R.rule(exp.Add, exp.Sub, exp.Mul, exp.BitwiseAnd, exp.BitwiseOr, exp.BitwiseXor)
def numbers(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """data-types/data-type-precedence-transact-sql: a number comes before binary data."""
    sides = (node.this, node.expression)
    if any(map(is_binary, sides)) and any(ctx.is_a(side, "int") for side in sides):
        for key, side in zip(("this", "expression"), sides, strict=True):
            if is_binary(side):
                node.set(key, as_number(side, ctx))
    return None


# functions/hashbytes-transact-sql
@R.rule(exp.MD5, exp.SHA, exp.SHA2, exp.MD5Digest)
def hashbytes(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    size = build.literal_int(node.args.get("length")) or 256
    name = "md5" if isinstance(node, (exp.MD5, exp.MD5Digest)) else "sha1" if isinstance(node, exp.SHA) else "sha256"
    if isinstance(node, exp.SHA2) and size != 256:
        ctx.refuse("hash", node, "SHA2_512 has no counterpart on DuckDB", "Use SHA2_256")
    wide = any("national" in n.meta or n.is_type(_T.NVARCHAR, _T.NCHAR) for n in walk_tree(node.this))
    if wide or not (is_binary(node.this) or isinstance(node.this, exp.Literal)):
        ctx.refuse("bytes", node, "The bytes of a text depend on its type and collation", "Cast it to VARBINARY(MAX)")
    data = node.this if is_binary(node.this) else ctx.macro("ts__ascii", node.this, type="BLOB")
    made = ctx.call("unhex", ctx.call(name, data), type="BLOB")
    made.type = exp.DataType(this=_T.VARBINARY)
    return made
