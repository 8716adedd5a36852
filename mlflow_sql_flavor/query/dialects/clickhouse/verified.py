"""Names that DuckDB has for another function, and what has no counterpart here yet."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules

R = DialectRules("clickhouse verified")
_OTHERS = """bar entropy histogram mismatches format_bytes printf time_bucket timezone unbin string_agg
    json_array_length json_exists regexp_matches microsecond millisecond nanosecond lttb cardinality"""


@R.function(*_OTHERS.split())
def of_the_same_name(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    raise ctx.error(node, f"{node.name} has no counterpart: DuckDB's function of this name is another one.")


@R.rule(exp.ArrayConcatAgg, exp.ArrayExcept, exp.RegexpInstr, exp.Overlay, exp.StrToMap, exp.StrToDate, exp.ToDays,
        exp.DateBin, exp.ApproxTopK, exp.RegexpReplace, exp.TimestampDiff, exp.WidthBucket,
        exp.CosineDistance, exp.ArrayRemove)  # fmt: skip
def not_yet(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    raise ctx.error(node, f"{type(node).__name__} has no counterpart here yet: write it with other functions.")
