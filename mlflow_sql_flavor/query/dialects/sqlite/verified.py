"""Functions that SQLite shares with DuckDB, and words that name no function in it."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all
from .. import DialectRules
from ..shared.calls import written_name

R = DialectRules("sqlite verified")
R.known("chr", "concat", "concat_ws", "degrees", "radians", "pi", "trunc", "pow", "power", "mod", "iif", "if")
_OTHERS = frozenset([
    "greatest", "least", "left", "right", "extract", "position", "year", "month", "day", "hour", "minute", "second",
    "week", "quarter", "truncate", "insert", "date_add", "date_sub", "adddate", "subdate", "timestampadd", "convert",
    "timestampdiff", "unnest", "listagg", "json_value", "json_query", "overlay", "timestamp", "current_user",
])  # fmt: skip


@R.normalise
def of_other_engines(tree: exp.Expr, ctx: Context) -> None:
    # Words of SQL's grammar elsewhere, names of no function here
    for node in find_all(tree, exp.Func):
        name = (written_name(node, ctx.sql) or "").lower()
        if name in _OTHERS and name not in ctx.udfs:
            hint = {"greatest": " Write max(...).", "least": " Write min(...).", "left": " Write substr(...)."}
            raise ctx.error(node, f"sqlite has no function {name!r}.{hint.get(name, '')}")
