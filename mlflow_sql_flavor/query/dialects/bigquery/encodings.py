"""Bytes as text."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build

R = DialectRules("bigquery encodings")


R.macros({exp.SafeConvertBytesToString: ("bq__bytes_text", "VARCHAR")})


@R.rule(exp.BitwiseCount)
def bit_count(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """bit_functions#bit_count: of BYTES too, none in an empty one, which DuckDB has no bit string of."""
    value = node.this
    if value.type is None or not value.type.is_type(exp.DType.BINARY, exp.DType.VARBINARY, exp.DType.BLOB):
        return None
    bits = ctx.call("bit_count", build.cast(value.copy(), "BIT"), type="BIGINT")
    empty = exp.EQ(this=ctx.call("octet_length", value, type="BIGINT"), expression=build.lit(0))
    return exp.Case(ifs=[exp.If(this=empty, true=build.lit(0))], default=bits)
