"""Intervals: https://www.postgresql.org/docs/15/datatype-datetime.html and functions-datetime.html."""

from __future__ import annotations

import itertools
import re
from decimal import Decimal

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.tokens import TokenType

from ...facts.context import Context
from ...reading.traversal import find_all
from .. import DialectRules
from ..shared.build import cast, lit, text
from .types import category

R = DialectRules("postgres intervals")
# units by how they begin, the longer beginnings first
_SIZES = (("mil", 1_000), ("ms", 1_000), ("mic", 1), ("us", 1), ("h", 3_600_000_000), ("mon", 0), ("m", 60_000_000),
          ("s", 1_000_000))  # fmt: skip
_WORDS = {f"{word}{s}" for word in ("YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND",
          "MILLISECOND", "MICROSECOND", "DECADE", "CENTURY", "MILLENNIUM") for s in ("", "S")}  # fmt: skip
_ONE_UNIT = re.compile(r"\s*(-?[0-9]+(?:\.[0-9]+)?)\s*([a-zA-Z]+)\s*")


@R.normalise
def whole_text(tree: exp.Expr, ctx: Context) -> None:
    """``INTERVAL '1 day 02:00'``: sqlglot keeps the first number and unit of such a text, and drops the rest."""
    if "interval" not in ctx.sql.lower():
        return
    nodes = list(find_all(tree, exp.Interval))
    if not nodes:
        return
    tokens = Dialect.get_or_raise("postgres").tokenize(ctx.sql)
    texts: dict[tuple[str, str], set[str]] = {}
    for word, value in itertools.pairwise(tokens):
        if word.token_type == TokenType.INTERVAL and value.token_type == TokenType.STRING:
            parts = _ONE_UNIT.findall(value.text)
            if len(parts) == 1:
                texts.setdefault((parts[0][0], parts[0][1].upper()), set()).add(value.text)
    for node in nodes:
        unit = node.args.get("unit")
        found = texts.get((node.name, unit.name.upper()), set()) if unit is not None else set()
        if all(_ONE_UNIT.fullmatch(t) for t in found):
            continue
        if len(found) > 1:
            raise ctx.error(node, "Write these intervals with their units: '1 day 2 hours' in place of '1 day 02:00'.")
        written = next(iter(found))
        if re.search(r"\bago\b|@|:[^:]*[a-zA-Z]", written):
            raise ctx.error(node, f"Write the interval {written!r} with its units, such as '-1 day 2 hours'.")
        node.set("this", lit(written))
        node.set("unit", None)


@R.rule(exp.Interval)
def interval(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # A sign may stand apart from its number: '1 month - 1 day'.
    value = text(node.this)
    if value is not None:
        if re.search(r"\bago\b|@", value):
            raise ctx.error(node, f"Write the interval {value!r} with signs, such as '-1 day'.")
        years = re.fullmatch(r"\s*([+-]?)(\d+)-(\d+)\s*", value)
        if years:
            value = f"{years[1]}{years[2]} years {years[1]}{years[3]} months"
        value = re.sub(r"([+-])\s+(?=\d)", r"\1", value)
        unit = node.args.get("unit")
        if _microseconds(value if unit is None else f"{value} {unit.name}") >= 2**63 // 1000:
            raise ctx.error(node, "This interval is beyond what an Arrow interval holds, 2^63 nanoseconds.")
        value = re.sub(r"\+(?=\d)", "", value)
        if isinstance(unit, exp.Var) and unit.name.upper() not in _WORDS:  # min, secs, hrs: DuckDB reads them in a text
            value = f"{value} {unit.name.lower()}"
            node.set("unit", None)
        node.set("this", lit(value))
    return None


def _microseconds(written: str) -> Decimal:
    """The length of an interval's parts of a day, whatever their signs."""
    total = Decimal(0)
    for number, unit in re.findall(r"([0-9]+(?:\.[0-9]+)?)\s*([a-zA-Z]+)", written):
        size = next((size for start, size in _SIZES if unit.lower().startswith(start)), 0)
        total += Decimal(number) * size
    return total


@R.rule(exp.Div)
def divided(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # interval / double precision: what is left of months becomes days, of days time.
    if ctx.is_a(node.this, "interval") and category(node.expression) == "number":
        factor = exp.Div(this=cast(lit(1), "DOUBLE"), expression=cast(node.expression, "DOUBLE"), typed=False)
        return ctx.macro("pg__interval_times", node.this, exp.Paren(this=factor), type="INTERVAL")
    return None


@R.rule(exp.Mul)
def multiplied(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    for step, factor in ((node.this, node.expression), (node.expression, node.this)):
        if ctx.is_a(step, "interval") and category(factor) == "number" and not ctx.is_a(factor, "int"):
            return ctx.macro("pg__interval_times", step, cast(factor, "DOUBLE"), type="INTERVAL")
    return None


@R.rule(exp.Sub)
def between_times(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not (ctx.is_a(node.this, "time") and ctx.is_a(node.expression, "time")):
        return None
    day = exp.Literal.string("2000-01-01")
    sides = [exp.Add(this=cast(day.copy(), "DATE"), expression=side) for side in (node.this, node.expression)]
    made = exp.Paren(this=exp.Sub(this=exp.Paren(this=sides[0]), expression=exp.Paren(this=sides[1])))
    made.type = exp.DataType.build("INTERVAL")
    return made


@R.rule(exp.Overlaps)
def overlaps(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Half open, the ends in any order; an empty period is a moment: functions-datetime.html
    sides = [node.this.unnest(), node.expression.unnest()]
    if not all(isinstance(s, exp.Tuple) and len(s.expressions) == 2 for s in sides):
        raise ctx.error(node, "OVERLAPS takes two pairs: (start, end) OVERLAPS (start, end).")
    args = []
    for side in sides:
        start, end = side.expressions
        if ctx.is_a(end, "interval"):
            end = exp.Paren(this=exp.Add(this=start.copy(), expression=end))
        args += [cast(start, "TIMESTAMP"), cast(end, "TIMESTAMP")]
    return ctx.macro("pg__overlaps", *args, type="BOOLEAN")


@R.rule(exp.JustifyDays, exp.JustifyHours, exp.JustifyInterval)
def justify(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    name = f"pg__justify_{type(node).__name__.removeprefix('Justify').lower()}"
    return ctx.macro(name, node.this, type="INTERVAL")


@R.rule(exp.Window)
def frame(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # RANGE BETWEEN '1 month' PRECEDING: the literal is an interval beside dates.
    spec, order = node.args.get("spec"), node.args.get("order")
    if spec is None or order is None:
        return None
    for side in (spec.args.get("start"), spec.args.get("end")):
        if isinstance(side, exp.Expr) and "inf" in (text(side.unnest()) or text(side.this) or ""):
            raise ctx.error(node, "A frame that ends infinitely far away has no counterpart. Write UNBOUNDED.")
    if not ctx.is_a(order.expressions[0].this, "date", "timestamp", "timestamptz"):
        return None
    for key in ("start", "end"):
        side = spec.args.get(key)
        if isinstance(side, exp.Literal) and side.is_string:
            spec.set(key, exp.Interval(this=side.copy()))
    return None
