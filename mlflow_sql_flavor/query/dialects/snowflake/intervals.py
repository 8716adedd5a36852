"""Intervals of several units: sql-reference/data-types-datetime#interval-constants."""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all
from .. import DialectRules
from ..shared import build

R = DialectRules("snowflake intervals")
_UNITS = {
    "year": "y yr yrs yy yyy yyyy year years", "quarter": "q qtr qtrs quarter quarters",
    "month": "mm mon mons month months", "week": "w wk weekofyear woy wy week weeks",
    "day": "d dd day dayofmonth days", "hour": "h hh hr hrs hour hours", "minute": "m mi min mins minute minutes",
    "second": "s sec secs second seconds", "millisecond": "ms msec millisecond milliseconds",
    "microsecond": "us usec microsecond microseconds",
}  # fmt: skip
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in words.split()}


# data-types-datetime#interval-constants: amounts with units, seconds without one, added one after another
@R.normalise
def several_units(tree: exp.Expr, ctx: Context) -> None:
    for node in list(find_all(tree, exp.Interval)):
        written = build.text(node.this)
        if written is None or node.args.get("unit") is not None:
            continue
        parts = [re.fullmatch(r"\s*([+-]?\d+)\s*([a-zA-Z]*)\s*", part) for part in written.split(",")]
        spans = [(part[1], _UNIT_OF.get((part[2] or "s").lower())) for part in parts if part]
        if len(spans) < len(parts) or not all(unit for _, unit in spans):
            raise ctx.error(node, f"{written!r} is not an interval: write '1 day, 2 hours'.")
        steps = [exp.Interval(this=build.lit(amount), unit=exp.var(str(unit).upper())) for amount, unit in spans]
        sum_ = node.parent
        if len(steps) == 1:
            node.replace(steps[0])
        elif isinstance(sum_, (exp.Add, exp.Sub)) and sum_.expression is node:
            made = sum_.this
            for step in steps:
                made = type(sum_)(this=made, expression=step)
            sum_.replace(made)
        else:
            raise ctx.error(node, "Write an interval of several units behind the + or - of a date.")
