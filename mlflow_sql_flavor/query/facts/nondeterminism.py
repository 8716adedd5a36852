"""What an engine itself leaves open: warned about with its place, recorded, never refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlglot import exp

from ..reading.traversal import find_first

if TYPE_CHECKING:
    from .context import Context

__all__ = ["find"]

_CLOCK = (exp.CurrentDate, exp.CurrentTime, exp.CurrentTimestamp, exp.CurrentDatetime)
_ANY_ROW = (exp.AnyValue, exp.First, exp.Last)
_GATHER = (exp.ArrayAgg, exp.GroupConcat, exp.ArrayConcatAgg, exp.JSONArrayAgg)
_NUMBERING = (exp.RowNumber, exp.FirstValue, exp.LastValue, exp.NthValue, exp.Ntile, exp.Lag, exp.Lead)
_BY_NAME = {
    **dict.fromkeys(("random", "rand", "randn", "setseed", "newid", "generateuuidv4", "randomblob"), "random"),
    **dict.fromkeys(("uuid", "gen_random_uuid", "uuid_string", "uuidv4", "generate_uuid", "sys_guid"), "uuid"),
    **dict.fromkeys(("now", "today", "sysdate", "getdate", "clock_timestamp", "statement_timestamp"), "clock"),
    **dict.fromkeys(("unix_timestamp", "curdate", "yesterday", "get_current_timestamp"), "clock"),
    **dict.fromkeys(("any", "anylast", "any_value", "arbitrary", "first", "last"), "any_value"),
    **dict.fromkeys(("grouparray", "groupuniqarray", "list", "collect_list", "json_group_array"), "unordered_list"),
}  # fmt: skip
_WORDS = {
    "random": "draws a random value: two runs differ",
    "uuid": "makes a new value at each run",
    "clock": "reads the clock: two runs differ",
    "any_value": "takes the value of any row: two runs may differ. Use min() or max(), or give an order",
    "unordered_list": "gathers rows in no given order: two runs may differ. Add ORDER BY inside it",
    "sample": "reads a random part of the rows: two runs differ",
    "limit": "keeps any of the rows that tie in ORDER BY: two runs may differ. Add a unique column to ORDER BY",
    "ties": "numbers rows that tie in ORDER BY in any order: two runs may differ. Add a unique column to ORDER BY",
    "distinct_on": "keeps any of the rows that tie: two runs may differ. Add a unique column to ORDER BY",
}


def find(nodes: Sequence[exp.Expr], ctx: Context) -> None:
    """Record every open construct among ``nodes``."""
    for node in nodes:
        kind = _kind(node)
        if kind:
            ctx.open(kind, node, f"{_label(node)} {_WORDS[kind]}.")


def _kind(node: exp.Expr) -> str | None:
    if isinstance(node, (exp.Rand, exp.Randn)):
        return "random"
    if isinstance(node, exp.Uuid):
        return "uuid"
    if isinstance(node, _CLOCK):
        return "clock"
    if isinstance(node, exp.Anonymous):
        return _BY_NAME.get(str(node.name).lower())
    if isinstance(node, _ANY_ROW):
        return "any_value"
    if isinstance(node, _GATHER):
        ordered = find_first(node, exp.Order) is not None or isinstance(node.parent, exp.WithinGroup)
        return None if ordered else "unordered_list"
    if isinstance(node, exp.TableSample):
        return "sample"
    if isinstance(node, (exp.Limit, exp.Fetch)):
        return "limit" if not _one_row(node.parent) else None
    if isinstance(node, exp.Window) and isinstance(node.this, _NUMBERING):
        return "ties"
    if isinstance(node, exp.Distinct) and node.args.get("on"):
        return "distinct_on"
    return None


def _one_row(query: exp.Expr | None) -> bool:
    """An aggregate without GROUP BY, or no FROM: there is one row to keep."""
    if not isinstance(query, exp.Select):
        return False
    if not query.args.get("from_") and not query.args.get("from"):
        return True
    return (
        not query.args.get("group") and bool(query.selects) and all(find_first(e, exp.AggFunc) for e in query.selects)
    )


def _label(node: exp.Expr) -> str:
    if isinstance(node, exp.Anonymous):
        return str(node.name)
    target = node.this if isinstance(node, exp.Window) else node
    return target.sql_name() if isinstance(target, exp.Func) else type(target).__name__.upper()
