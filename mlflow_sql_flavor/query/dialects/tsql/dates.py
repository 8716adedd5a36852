"""Dates: each rule's page is t-sql/functions/<name>-transact-sql of the manual."""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all
from .. import DialectRules
from ..shared import build, documented, shifts
from ..shared.calls import written_name
from . import casts, times

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
    node = times.local(node, ctx)
    literal = build.text(node)
    if literal is None:
        return node
    known = times.written(literal, _T.DATETIME2, 7)
    if known is not None:
        return build.translated(build.lit(known[0]), "TIMESTAMP", False)
    return build.cast(ctx.macro("ts__iso", node, type="VARCHAR"), "TIMESTAMP")


# functions/datetimefromparts-transact-sql and its neighbours: a fraction of a second in steps of the type
_PARTS_OF = {
    "datetimefromparts": (_T.DATETIME, 6, 3), "datetime2fromparts": (_T.DATETIME2, 6, None),
    "smalldatetimefromparts": (_T.SMALLDATETIME, 5, 0), "timefromparts": (_T.TIME, 3, None),
    "datetimeoffsetfromparts": (_T.TIMESTAMPTZ, 6, None),
}  # fmt: skip


def from_parts(name: str, args: list[exp.Expr], node: exp.Expr, ctx: Context) -> exp.Expr:
    to, size, digits = _PARTS_OF[name]
    own = size + (1 if digits != 0 else 0) + (3 if to == _T.TIMESTAMPTZ else 1 if digits is None else 0)
    if len(args) != own:
        raise ctx.error(node, f"{name.upper()} takes {own} values.")
    precision = digits if digits is not None else build.literal_int(args[-1])
    offset: list[int | None] = [build.literal_int(a) for a in args[7:9]] if to == _T.TIMESTAMPTZ else []
    if precision is None or not 0 <= precision <= 7 or None in offset:
        ctx.refuse("unfaithful", node, "This is verified for constant digits and offsets", "Write the numbers")
    places = precision if precision is not None else 7
    whole = [ctx.call("trunc", a) if ctx.is_a(a, "decimal", "float") else a for a in args[:size]]
    if not all(ctx.is_a(a, "int", "decimal", "float") or isinstance(a, exp.Null) for a in args[:size]):
        ctx.refuse("implicit_cast", node, "The parts are verified as whole numbers", "Cast them to INT")
    ints: list[exp.Expr] = [build.cast(a, "BIGINT") for a in whole]
    if to == _T.TIME:
        ints = [*(build.lit(n) for n in (1900, 1, 1)), *ints]
    if to == _T.SMALLDATETIME:
        ints.append(build.lit(0))
    made: exp.Expr = ctx.macro("ts__parts", *ints, type="TIMESTAMP")
    if digits != 0:
        fraction = build.cast(args[size], "BIGINT")
        made = ctx.macro("ts__with_fraction", made, fraction, build.lit(10**places), type="TIMESTAMP")
    kind = exp.DataType(this=to, expressions=[] if digits is not None else [
        exp.DataTypeParam(this=build.lit(places))])  # fmt: skip
    if to == _T.TIMESTAMPTZ:
        minutes = (offset[0] or 0) * 60 + (offset[1] or 0)
        return times.offset_value(made, build.lit(minutes), kind, ctx)
    if to == _T.TIME:
        made = build.translated(made, "TIME", False)
        made.meta["steps"] = True
    else:
        made = times.rounded(made, kind, ctx)
    made.type = kind
    return made


@R.function(*_PARTS_OF)
def named_parts(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return from_parts(node.name.lower(), node.expressions, node, ctx)


@R.rule(exp.TimestampFromParts, exp.TimeFromParts)
def known_parts(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Those that sqlglot models, whatever it makes of their arguments."""
    name = (written_name(node, ctx.sql) if isinstance(node, exp.Func) else None) or "datetimefromparts"
    args = [value for key in node.arg_types if (value := node.args.get(key)) is not None]
    return from_parts(name.lower(), args, node, ctx)


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


_OLD = (_T.DATETIME, _T.SMALLDATETIME)


@R.rule(exp.Add, exp.Sub)
def days(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """data-types/datetime-transact-sql: a number and a DATETIME are days since 1900, of which the sum is one too."""
    left, right = node.this, node.expression
    stamps = [side for side in (left, right) if side.is_type(*_OLD)]
    if stamps:
        kind = exp.DataType(this=_T.DATETIME if any(s.is_type(_T.DATETIME) for s in stamps) else _T.SMALLDATETIME)
        terms = [_as_old(side, kind, ctx) for side in (left, right)]
        if all(times.micros(term, ctx) is not None for term in terms):
            return times.moved([(1, terms[0]), (1 if isinstance(node, exp.Add) else -1, terms[1])], kind, ctx)
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


def _as_old(side: exp.Expr, kind: exp.DataType, ctx: Context) -> exp.Expr:
    """A text beside a DATETIME is one."""
    if not ctx.is_a(side, "text") or "long_text" in side.meta:
        return side
    plain = exp.Cast(this=side, to=exp.DataType(this=_T.DATETIME))
    plain.type = kind.copy()
    return casts.cast(plain, ctx) or side


R.rule(exp.Add, exp.Sub)(documented.arithmetic)  # behind texts that are joined and days that are added


def is_datename(node: exp.Expr, ctx: Context) -> bool:
    return isinstance(node, exp.Func) and (written_name(node, ctx.sql) or "").lower() == "datename"


# functions: dates
_UNITS = (
    "YEAR",
    "QUARTER",
    "MONTH",
    "DAY",
    "HOUR",
    "MINUTE",
    "SECOND",
    "WEEK",
    "MILLISECOND",
    "MICROSECOND",
    "NANOSECOND",
)
_SHORT = {"YY": "YEAR", "YYYY": "YEAR", "QQ": "QUARTER", "Q": "QUARTER", "MM": "MONTH", "M": "MONTH", "DY": "DAY",
          "Y": "DAY", "DAYOFYEAR": "DAY", "DD": "DAY", "D": "DAY", "WK": "WEEK", "WW": "WEEK", "HH": "HOUR",
          "MI": "MINUTE", "N": "MINUTE", "SS": "SECOND", "S": "SECOND", "MS": "MILLISECOND",
          "MCS": "MICROSECOND", "NS": "NANOSECOND"}  # fmt: skip
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
    for node in list(find_all(tree, exp.TsOrDsToDate, exp.TimeStrToTime)):
        inner = node.this
        node.replace(build.cast(inner.copy(), "TIMESTAMP") if build.text(inner) is not None else inner.copy())


_FRACTIONS = {"MS": "MILLISECOND", "MCS": "MICROSECOND", "NS": "NANOSECOND"}
_FRACTION_STEPS = {"MILLISECOND": 0.001, "MICROSECOND": 1, "NANOSECOND": 1000}


@R.normalise
def weekdays(tree: exp.Expr, ctx: Context) -> None:
    """functions/datepart-transact-sql: w is the weekday, which sqlglot takes for the week."""
    written = re.findall(r"\bdatepart\s*\(\s*\[?(\w+)", ctx.sql, re.I)
    if not any(name.upper() == "W" for name in written):
        return
    nodes = list(find_all(tree, exp.Extract, bfs=False))
    if len(nodes) != len(written):
        ctx.refuse("unfaithful", tree, "DATEPART(w, ...) is verified beside other DATEPARTs only", "Write weekday")
    for node, name in zip(nodes, written, strict=False):
        if name.upper() == "W":
            node.set("this", exp.Var(this="DAYOFWEEK"))


_PARTS = {"YEAR", "QUARTER", "MONTH", "DAY", "DAYOFYEAR", "HOUR", "MINUTE", "SECOND"}


@R.rule(exp.Extract)
def datepart(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """functions/datepart-transact-sql: weekday and week by DATEFIRST 7, the default of U.S. English."""
    part, value = node.this.name.upper(), moment(node.expression, ctx)
    node.set("expression", value)
    part = {"TIMEZONE_MINUTE": "TZ", "TZOFFSET": "TZ", **_FRACTIONS}.get(part, part)
    if part == "TZ" and "offset" in node.expression.meta:
        return build.cast(node.expression.meta["offset"], "INTEGER")
    if part in _FRACTION_STEPS:
        micros = ctx.call("date_part", build.lit("microseconds"), value)
        rest = exp.Paren(this=exp.Mod(this=micros, expression=build.lit(10**6)))
        steps = _FRACTION_STEPS[part]
        if steps < 1:
            return build.cast(ctx.call("divide", rest, build.lit(1000)), "INTEGER")
        return build.cast(exp.Mul(this=rest, expression=build.lit(int(steps))), "INTEGER")
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
    if unit == "NANOSECOND":
        between = exp.Paren(this=exp.Sub(this=ctx.call("epoch_us", args[1]), expression=ctx.call("epoch_us", args[0])))
        return exp.Paren(this=exp.Mul(this=between, expression=build.lit(1000)))
    return ctx.call("date_diff", build.lit(unit.lower()), *args, type="BIGINT")


@R.rule(exp.DateAdd, exp.TsOrDsAdd)
def date_add(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    this = node.this.this if isinstance(node.this, exp.Cast) and ctx.is_a(node.this.this, "date") else node.this
    zoned, this = this.unnest(), moment(this, ctx)
    amount, unit = node.expression, _unit(node, ctx)
    if ctx.is_a(amount, "float", "decimal"):
        amount = ctx.call("trunc", amount)
    kind = ctx.type_of(this)
    if ctx.is_a(this, "text"):
        ctx.refuse("implicit_cast", node, "A text as a date is verified as a constant", "Cast it to DATETIME2")
    if ctx.is_a(this, "time"):
        ctx.refuse("unfaithful", node, "DATEADD of a TIME is not verified", "Cast it to DATETIME2")
    if unit == "MICROSECOND" and kind is not None and kind.this in (_T.DATETIME, _T.SMALLDATETIME):
        ctx.refuse("unfaithful", node, "DATEADD of microseconds is verified for DATETIME2", "Cast it to DATETIME2")
    made = shifts.shifted(this, amount, unit, ctx)
    if "offset" in zoned.meta:
        return times.offset_value(made, zoned.meta["offset"], ctx.type_of(zoned), ctx)
    if kind is None or kind.this not in (_T.DATETIME, _T.SMALLDATETIME, _T.DATETIME2):
        return made
    if unit == "MILLISECOND" or kind.this == _T.SMALLDATETIME:
        made = times.rounded(made, kind, ctx)
    made.type = kind.copy()  # functions/dateadd-transact-sql: the type of the date
    return made
