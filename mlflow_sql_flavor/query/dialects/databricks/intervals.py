"""Intervals of several units. https://spark.apache.org/docs/latest/sql-ref-literals.html#interval-literal"""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all
from .. import DialectRules
from ..shared import build

R = DialectRules("databricks intervals")


@R.rule(exp.Add)
def several(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """``t - INTERVAL 1 DAY 2 HOURS`` subtracts both: sqlglot writes the sum that it reads without brackets."""
    if not (_units(node.this) and isinstance(node.expression, exp.Interval)):
        return None
    above = node.parent
    if isinstance(above, exp.Paren) or (isinstance(above, exp.Add) and above.this is node):
        return None
    return exp.Paren(this=node) if isinstance(above, exp.Binary) else None


def _units(node: exp.Expr) -> bool:
    if isinstance(node, exp.Add):
        return _units(node.this) and isinstance(node.expression, exp.Interval)
    return isinstance(node, exp.Interval)


_SIZES = {
    "DAY": 86400 * 10**6, "HOUR": 3600 * 10**6, "MINUTE": 60 * 10**6, "SECOND": 10**6, "MILLISECOND": 1000,
    "MICROSECOND": 1,
}  # fmt: skip


@R.normalise
def far(tree: exp.Expr, ctx: Context) -> None:
    """A long time is written as its days and the rest, which hold it; beyond 64 bits of microseconds it is an error."""
    for node in list(find_all(tree, exp.Interval)):
        unit = node.args.get("unit")
        if not isinstance(unit, exp.Var):
            continue
        size = _SIZES.get(unit.name.upper().removesuffix("S"))
        value = (build.text(node.this) or "").strip()
        if size is None or not re.fullmatch(r"[+-]?\d{1,20}", value):
            continue
        micros = int(value) * size
        if not -(2**63) <= micros < 2**63:
            raise ctx.error(node, f"{value} {unit.name.upper()} is out of the range of an interval.")
        if abs(micros) >= 2**53:
            days, rest = divmod(abs(micros), _SIZES["DAY"])
            sign = "-" if micros < 0 else ""
            node.set("this", build.lit(f"{sign}{days} days {sign}{rest} microseconds"))
            node.set("unit", None)


@R.rule(exp.MakeInterval)
def make_interval(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Months, days and microseconds of what each argument counts."""

    def total(**sizes: int) -> exp.Expr:
        whole: exp.Expr = build.cast(build.lit(0), "BIGINT")
        for key, size in sizes.items():
            amount = node.args.get(key)
            if amount is not None:
                counted = exp.Mul(this=build.cast(amount, "BIGINT"), expression=build.lit(size))
                whole = exp.Add(this=whole, expression=counted)
        return whole

    micros = total(hour=3600 * 10**6, minute=60 * 10**6)
    seconds = node.args.get("second")
    if seconds is not None:
        exact = exp.Mul(this=build.cast(seconds, "DECIMAL(18, 6)"), expression=build.lit(10**6))
        micros = exp.Add(this=micros, expression=build.cast(exact, "BIGINT"))
    made = exp.Add(
        this=exp.Add(
            this=ctx.call("to_months", build.cast(exp.Paren(this=total(year=12, month=1)), "INTEGER")),
            expression=ctx.call("to_days", build.cast(exp.Paren(this=total(week=7, day=1)), "INTEGER")),
        ),
        expression=ctx.call("to_microseconds", micros),
    )
    whole = exp.Paren(this=made)
    whole.type = exp.DataType.build("INTERVAL")
    return whole


_CLOCK = ("HOUR", "MINUTE", "SECOND")


@R.normalise
def spans(tree: exp.Expr, ctx: Context) -> None:
    """``INTERVAL '1 02:03:04' DAY TO SECOND`` by its days and microseconds, ``'1-2' YEAR TO MONTH`` by its months."""
    for node in list(find_all(tree, exp.Interval)):
        span = node.args.get("unit")
        if not isinstance(span, exp.IntervalSpan):
            continue
        first, last = span.this.name.upper(), span.expression.name.upper()
        value = (build.text(node.this) or "").strip()
        sign = -1 if value.startswith("-") else 1
        value = value.lstrip("+-")
        if (first, last) == ("YEAR", "MONTH") and re.fullmatch(r"\d+-\d+", value):
            years, months = value.split("-")
            node.set("this", build.lit(str(sign * (12 * int(years) + int(months)))))
            node.set("unit", exp.Var(this="MONTH"))
            continue
        names = _CLOCK[_CLOCK.index(first) if first in _CLOCK else 0 : _CLOCK.index(last) + 1] if last in _CLOCK else ()
        days, _, clock = value.partition(" ") if first == "DAY" else ("0", "", value)
        parts = clock.split(":")
        if not days.isdigit() or not names or len(parts) != len(names) or not all(_number(p) for p in parts):
            raise ctx.error(node, f"The interval {value!r} is not of the form that {first} TO {last} asks for.")
        sizes = {"HOUR": 3600 * 10**6, "MINUTE": 60 * 10**6, "SECOND": 10**6}
        micros = sum(round(float(part) * sizes[name]) for part, name in zip(parts, names, strict=True))
        node.set("this", build.lit(f"{sign * int(days)} days {sign * micros} microseconds"))
        node.set("unit", None)


def _number(part: str) -> bool:
    return re.fullmatch(r"\d+(\.\d{1,6})?", part) is not None
