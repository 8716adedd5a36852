"""Dates: each rule names its page below https://docs.aws.amazon.com/redshift/latest/dg/."""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build
from ..shared.build import cast, lit
from ..shared.calls import written_name

R = DialectRules("redshift dates")

R.renames({"date_part_year": ("year", "BIGINT")})
R.macros({"date_cmp": ("rs__compare", "INTEGER"), "timestamp_cmp": ("rs__compare", "INTEGER")})
_DAYS = {"mo": 1, "tu": 2, "we": 3, "th": 4, "fr": 5, "sa": 6, "su": 7}


@R.rule(exp.Trunc)
def trunc(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """r_TRUNC_date.html."""
    if ctx.is_a(node.this, "timestamp", "date") and node.args.get("decimals") is None:
        return build.cast(node.this, "DATE")
    return None


@R.rule(exp.NextDay)
def next_day(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """r_NEXT_DAY.html: later than the date itself."""
    day = _DAYS.get((build.text(node.expression) or "")[:2].lower())
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", build.text(node.this) or ""):
        node.set("this", build.cast(node.this, "DATE"))
    if day is None or not ctx.is_a(node.this, "date", "timestamp"):
        ctx.refuse("unfaithful", node, "NEXT_DAY is verified for a date and a constant day", "Name the day")
    return ctx.macro("rs__next_day", build.cast(node.this, "DATE"), build.lit(day or 1), type="DATE")


@R.rule(exp.MonthsBetween)
def months_between(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """r_MONTHS_BETWEEN_function.html: whole between equal days and between last days, else parts of 31 days."""
    if not (ctx.is_a(node.this, "date") and ctx.is_a(node.expression, "date")):
        ctx.refuse("unfaithful", node, "MONTHS_BETWEEN is verified for dates", "Cast both to DATE")
    return ctx.macro("rs__months_between", node.this, node.expression, type="DOUBLE")


@R.rule(exp.Extract)
def extract(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # r_Dateparts_for_datetime_functions.html: EXTRACT gives the one part as an integer, DATE_PART with its fraction.
    unit = str(node.this.name).upper()
    if unit.startswith(("DECADE", "DEC")):
        ctx.refuse("unfaithful", node, "EXTRACT of a decade is not verified", "Compute it from the year")
    if unit in ("MS", "MSEC", "MSECS", "MSECOND", "MSECONDS", "MILLISEC", "MILLISECS"):
        unit = "MILLISECONDS"
        node.set("this", exp.Var(this="MILLISECONDS"))
    words = {w.lower() for w in re.findall(r"\b(extract|date_part)\s*\(", ctx.sql, re.I)}
    if words == {"date_part"} and unit in ("S", "SEC", "SECS", "SECOND", "SECONDS"):
        micros = cast(ctx.call("date_part", lit("microseconds"), node.expression), "DOUBLE")
        return cast(exp.Paren(this=exp.Div(this=micros, expression=exp.Literal.number("1e6"))), "DOUBLE")
    if words == {"date_part"}:
        return None
    if len(words) > 1 and unit.startswith(("MILLI", "MICRO", "EPOCH", "SEC")):
        raise ctx.error(node, f"Take {unit.lower()} with EXTRACT or with DATE_PART, not both in one query.")
    if unit.startswith(("MILLI", "MICRO", "EPOCH", "SEC")):
        if unit.startswith("MILLI"):
            return exp.Mod(this=node, expression=lit(1000))
        if unit.startswith("MICRO"):
            return exp.Mod(this=node, expression=lit(1000))
        whole = ctx.call("date_part", lit("second" if unit.startswith("SEC") else "epoch"), node.expression)
        return cast(ctx.call("floor", whole), "BIGINT")
    return None


@R.rule(exp.TimestampTrunc)
def date_trunc(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # r_DATE_TRUNC.html: a timestamp without time zone
    if ctx.is_a(node.this, "date"):
        node.set("this", cast(node.this, "TIMESTAMP"))
    return None


# r_DATEDIFF_function.html, r_DATEADD_function.html: times of day, which go round at midnight
_CLOCK = {"H": "hour", "M": "minute", "S": "second"}


def _clock(node: exp.Expr) -> str | None:
    unit = node.text("unit").upper()
    return (
        _CLOCK.get(unit[:1]) if re.fullmatch(r"H|HR|HRS|HOURS?|M|MIN|MINS|MINUTES?|S|SEC|SECS|SECONDS?", unit) else None
    )


def _today(time: exp.Expr) -> exp.Expr:
    return exp.Paren(this=exp.Add(this=cast(lit("1970-01-01"), "DATE"), expression=time))


@R.rule(exp.DateDiff, exp.TsOrDsDiff)
def date_diff(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    sides, unit = (node.expression, node.this), _clock(node)
    if unit is not None and all(side.is_type(exp.DType.TIME) for side in sides):
        return ctx.call("date_diff", lit(unit), *(_today(side) for side in sides), type="BIGINT")
    if node.text("unit").upper().startswith("W"):
        ctx.refuse("unfaithful", node, "The manual does not say where a week begins for DATEDIFF", "Divide days by 7")
    return None


@R.rule(exp.TsOrDsAdd)
def add_months(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # r_ADD_MONTHS.html: the last day of a month stays the last day; DATEADD, which sqlglot reads as the same, differs.
    assert isinstance(node, exp.Func)
    clock = _clock(node)
    if clock is not None and node.this.is_type(exp.DType.TIME) and ctx.is_a(node.expression, "int"):
        span = ctx.call(f"to_{clock}s", node.expression)
        return cast(exp.Paren(this=exp.Add(this=_today(node.this), expression=span)), "TIME")
    name = (written_name(node, ctx.sql) or "").lower()
    if name in ("dateadd", "date_add") and node.text("unit").upper() in ("YEAR", "YEARS", "Y", "YR", "YRS"):
        # r_DATEADD_function.html: a year after 29 February is 1 March
        return ctx.macro("rs__years", cast(node.this, "TIMESTAMP"), node.expression, type="TIMESTAMP")
    if name != "add_months":
        return None
    return ctx.macro("rs__add_months", cast(node.this, "TIMESTAMP"), node.expression, type="TIMESTAMP")
