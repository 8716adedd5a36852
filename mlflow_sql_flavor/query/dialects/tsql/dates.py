"""Dates: each rule's page is t-sql/functions/<name>-transact-sql of the manual."""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build, documented, shifts
from ..shared.calls import written_name
from . import times

_T = exp.DType
R = DialectRules("tsql dates")


# Functions of dates
def moment(node: exp.Expr, ctx: Context) -> exp.Expr:
    """A text or whole number where a date is asked for: numbers count days from 1900-01-01."""
    days = build.literal_int(node)
    if days is not None:
        start = exp.Add(this=build.cast(build.lit("1900-01-01"), "TIMESTAMP"),
                        expression=ctx.call("to_days", build.lit(days)))  # fmt: skip
        return build.cast(exp.Paren(this=start), "TIMESTAMP")
    times.local(node, ctx)
    if build.text(node) is None:
        return node
    return build.cast(ctx.macro("ts__iso", node, type="VARCHAR"), "TIMESTAMP")


@R.rule(exp.TimestampFromParts)
def from_parts(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    parts = [node.args[key] for key in ("year", "month", "day", "hour", "min", "sec")]
    rest = [node.args[key] for key in ("milli", "nano", "zone") if node.args.get(key) is not None]
    if any(build.literal_int(r) != 0 for r in rest[:1]):
        ctx.refuse("unfaithful", node, "This is verified for no fractions of a second", "Write 0")
    return ctx.call("make_timestamp", *parts, type="TIMESTAMP")


_NAMED = {"MONTH": "%B", "MM": "%B", "M": "%B", "WEEKDAY": "%A", "DW": "%A", "W": "%A"}
_PLAIN = {"YEAR": "%Y", "YYYY": "%Y", "YY": "%Y", "DAY": "%-d", "DD": "%-d", "D": "%-d", "DAYOFYEAR": "%-j",
          "DY": "%-j", "Y": "%-j", "HOUR": "%-H", "HH": "%-H", "MINUTE": "%-M", "MI": "%-M", "N": "%-M",
          "SECOND": "%-S", "SS": "%-S", "S": "%-S"}  # fmt: skip


def datename(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """In English, as with the language us_english."""
    start = node.meta.get("start")
    found = re.match(r"datename\s*\(\s*\[?(\w+)", ctx.sql[start:] if start is not None else "", re.I)
    part = found[1].upper() if found else ""
    this = moment(node.this.this if isinstance(node.this, (exp.Cast, exp.TsOrDsToDate)) else node.this, ctx)
    if part in ("QUARTER", "QQ", "Q"):
        return build.cast(ctx.call("quarter", this), "VARCHAR")
    fmt = {**_NAMED, **_PLAIN}.get(part)
    if fmt is None:
        ctx.refuse("unfaithful", node, "This DATENAME is not verified", "Use DATEPART")
    return ctx.call("strftime", this, build.lit(fmt or ""), type="VARCHAR")


_TRUNCS = {"YEAR": "year", "YYYY": "year", "YY": "year", "QUARTER": "quarter", "QQ": "quarter", "MONTH": "month",
           "MM": "month", "DAY": "day", "DD": "day", "DAYOFYEAR": "day", "HOUR": "hour", "HH": "hour",
           "MINUTE": "minute", "MI": "minute", "SECOND": "second", "SS": "second", "ISO_WEEK": "week",
           "WEEKISO": "week"}  # fmt: skip


@R.rule(exp.TimestampTrunc, exp.DateTrunc)
def datetrunc(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """functions/datetrunc-transact-sql: weeks start on a Sunday, by DATEFIRST 7."""
    unit, this = node.args["unit"].name.upper(), moment(node.this, ctx)
    kind = "DATE" if ctx.is_a(this, "date") else "TIMESTAMP"
    if unit in ("WEEK", "WK", "WW"):
        return build.cast(ctx.macro("ts__sunday", this), kind)
    if unit not in _TRUNCS or not ctx.is_a(this, "date", "timestamp"):
        ctx.refuse("unfaithful", node, "This DATETRUNC is not verified", "Use a part from year to second of a date")
    return build.cast(ctx.call("date_trunc", build.lit(_TRUNCS.get(unit, "day")), this), kind)


@R.rule(exp.Add, exp.Sub)
def days(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """A whole number added to a DATETIME counts days."""
    left, right = node.this, node.expression
    if not ctx.is_a(left, "timestamp", "date"):
        return None
    if ctx.is_a(left, "date") or not ctx.is_a(right, "int"):
        ctx.refuse(
            "unfaithful", node, "Arithmetic with a date is verified for a DATETIME and whole days", "Use DATEADD"
        )
    span = ctx.call("to_days", build.cast(right, "INTEGER"))
    made = exp.Paren(this=type(node)(this=left, expression=span))
    made.type = exp.DataType.build("TIMESTAMP")
    return made


R.rule(exp.Add)(documented.arithmetic)  # behind texts that are joined and days that are added


def is_datename(node: exp.Expr, ctx: Context) -> bool:
    return isinstance(node, exp.Func) and (written_name(node, ctx.sql) or "").lower() == "datename"


# functions: dates
_UNITS = ("YEAR", "QUARTER", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "WEEK", "MILLISECOND", "MICROSECOND")
_SHORT = {"YY": "YEAR", "YYYY": "YEAR", "QQ": "QUARTER", "Q": "QUARTER", "MM": "MONTH", "M": "MONTH", "DY": "DAY",
          "Y": "DAY", "DAYOFYEAR": "DAY", "DD": "DAY", "D": "DAY", "WK": "WEEK", "WW": "WEEK", "HH": "HOUR",
          "MI": "MINUTE", "N": "MINUTE", "SS": "SECOND", "S": "SECOND", "MS": "MILLISECOND",
          "MCS": "MICROSECOND"}  # fmt: skip
_WEEKDAY = ("WEEKDAY", "DW", "W")  # a day to DATEADD


def _unit(node: exp.Expr, ctx: Context) -> str:
    name = node.args["unit"].name.upper() if node.args.get("unit") is not None else "DAY"
    name = "DAY" if name in _WEEKDAY and isinstance(node, (exp.DateAdd, exp.TsOrDsAdd)) else _SHORT.get(name, name)
    if name not in _UNITS:
        raise ctx.error(node, f"The unit {name} is not supported here.")
    return str(name)


@R.normalise
def moments(tree: exp.Expr, ctx: Context) -> None:
    """YEAR, EOMONTH, DATEDIFF take a date as it is; sqlglot writes a conversion around it, for texts."""
    for node in list(tree.find_all(exp.TsOrDsToDate, exp.TimeStrToTime)):
        inner = node.this
        node.replace(build.cast(inner.copy(), "TIMESTAMP") if build.text(inner) is not None else inner.copy())


_PARTS = {"YEAR", "QUARTER", "MONTH", "DAY", "DAYOFYEAR", "HOUR", "MINUTE", "SECOND"}


@R.rule(exp.Extract)
def datepart(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """functions/datepart-transact-sql: weekday and week by DATEFIRST 7, the default of U.S. English."""
    part, value = node.this.name.upper(), moment(node.expression, ctx)
    node.set("expression", value)
    if part == "DAYOFWEEK":
        return ctx.macro("ts__weekday", value, type="INTEGER")
    if part == "WEEK":
        return ctx.macro("ts__week", value, type="INTEGER")
    if part == "WEEKISO":
        return ctx.call("weekofyear", value, type="INTEGER")
    if part not in _PARTS:
        ctx.refuse("unfaithful", node, f"DATEPART of {part} is not verified", "Use a part from year to second")
    return None


@R.rule(exp.DateDiff, exp.TsOrDsDiff)
def date_diff(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Boundaries; weeks start on a Sunday, whatever DATEFIRST says."""
    unit = _unit(node, ctx)
    sides = (node.expression, node.this)  # of a DATETIMEOFFSET as UTC
    args = [build.cast(a if ctx.is_a(a, "timestamptz") else moment(a, ctx), "TIMESTAMP") for a in sides]
    if unit == "WEEK":
        return ctx.macro("ts__weeks", *args, type="BIGINT")
    return ctx.call("date_diff", build.lit(unit.lower()), *args, type="BIGINT")


@R.rule(exp.DateAdd, exp.TsOrDsAdd)
def date_add(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    this = node.this.this if isinstance(node.this, exp.Cast) and ctx.is_a(node.this.this, "date") else node.this
    this = moment(this, ctx)
    amount, unit = node.expression, _unit(node, ctx)
    if ctx.is_a(amount, "float", "decimal"):
        amount = ctx.call("trunc", amount)
    kind = ctx.type_of(this)
    if ctx.is_a(this, "time"):
        ctx.refuse("unfaithful", node, "DATEADD of a TIME is not verified", "Cast it to DATETIME2")
    if unit == "MICROSECOND" and kind is not None and kind.this in (_T.DATETIME, _T.SMALLDATETIME):
        ctx.refuse("unfaithful", node, "DATEADD of microseconds is verified for DATETIME2", "Cast it to DATETIME2")
    made = shifts.shifted(this, amount, unit, ctx)
    if kind is None or kind.this not in (_T.DATETIME, _T.SMALLDATETIME, _T.DATETIME2):
        return made
    if unit == "MILLISECOND" or kind.this == _T.SMALLDATETIME:
        made = times.rounded(made, kind, ctx)
    made.type = kind.copy()  # functions/dateadd-transact-sql: the type of the date
    return made
