"""Digests and hexadecimal: functions/binary of the manual."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules

R = DialectRules("trino encodings")

R.renames(
    {
        # functions/binary
        exp.Hex: ("hex", "VARCHAR", "this"),
    }
)


@R.rule(exp.MD5Digest, exp.SHA2Digest)
def digest(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    name = "md5" if isinstance(node, exp.MD5Digest) else "sha256"
    return ctx.call("unhex", ctx.call(name, node.this), type="BLOB")
