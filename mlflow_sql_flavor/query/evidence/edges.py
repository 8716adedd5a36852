"""Edge data: the values at which engines part, as constants are them."""

from __future__ import annotations

import calendar
import datetime as dt

from sqlglot import exp

from ..reading.traversal import walk_tree

__all__ = ["constant_edges", "is_constant"]


def is_constant(node: exp.Expr) -> bool:
    """Whether nothing in a value varies: no column, parameter or query."""
    return not any(
        isinstance(part, (exp.Column, exp.Star, exp.Placeholder, exp.Parameter, exp.Query))
        or part.meta_get("parameter") is not None
        for part in walk_tree(node)
    )


def constant_edges(node: exp.Expr) -> set[str]:
    """The edges among the constants of a value: null, negative, zero, empty, other script, month end.

    Args:
        node: The value.
    """
    found: set[str] = set()
    for part in walk_tree(node):
        if isinstance(part, exp.Null):
            found.add("null")
        elif isinstance(part, exp.Literal) and part.is_string:
            found |= {"empty"} if not part.name else set() if part.name.isascii() else {"other script"}
            if _is_month_end(part.name):
                found.add("month end")
        elif isinstance(part, exp.Literal):
            if part.name == "0":
                found.add("zero")
            elif isinstance(part.parent, exp.Neg):
                found.add("negative")
        elif isinstance(part, exp.Array) and not part.expressions:
            found.add("empty")
    return found


def _is_month_end(text: str) -> bool:
    try:
        day = dt.date.fromisoformat(text[:10])
    except ValueError:
        return False
    return day.day == calendar.monthrange(day.year, day.month)[1]
