"""A date or timestamp some units later."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from . import build


def shifted(this: exp.Expr, amount: exp.Expr, unit: str, ctx: Context) -> exp.Expr:
    """A date or timestamp some units later; the last day of a month where that month has no such day."""
    dates = ctx.is_a(this, "date") and unit in ("YEAR", "QUARTER", "MONTH", "WEEK", "DAY")
    months = {"YEAR": 12, "QUARTER": 3, "MONTH": 1}.get(unit)
    n = build.cast(exp.Paren(this=amount), "INTEGER")
    if months:
        span = ctx.call("to_months", exp.Mul(this=n, expression=build.lit(months)))
    elif unit == "WEEK":
        span = ctx.call("to_days", exp.Mul(this=n, expression=build.lit(7)))
    else:
        span = ctx.call(f"to_{unit.lower()}s", n)
    made = exp.Paren(this=exp.Add(this=build.cast(this, "TIMESTAMP"), expression=span))
    return build.cast(made, "DATE" if dates else "TIMESTAMP")


def keep_date(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """A date and whole days, weeks, months, quarters or years give a date."""
    left, right = node.this, node.expression
    unit = right.args.get("unit") if isinstance(right, exp.Interval) else None
    name = unit.name.upper().rstrip("S") if unit is not None else ""
    whole = name in ("YEAR", "QUARTER", "MONTH", "WEEK", "DAY")
    if node.meta.get("translated") or not whole or not ctx.is_a(left, "date"):
        return None
    node.meta["translated"] = True
    return build.cast(exp.Paren(this=node), "DATE")
