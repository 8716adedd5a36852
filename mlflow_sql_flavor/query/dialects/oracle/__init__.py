"""Oracle: https://docs.oracle.com/en/database/oracle/oracle-database/19/sqlrf/"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import common, documented, unpivot
from . import formats, functions, relations

D = DialectRules("oracle", level="documented", pack="oracle")

_VERIFIED = """
    abs avg case cast ceil coalesce count decode decode_case dense_rank exists first_value floor lag last_value lead
    lower max min nullif nvl nvl2 rank row_number sum upper if round
    date_str_to_date greatest instr least substr to_date
    add_months concat exp extract last_day length ln lpad ltrim mod months_between power replace rpad rtrim sign sqrt
    to_char trim trunc
"""
documented.standard(D, [*_VERIFIED.split(), *functions.NAMES])
D.use(unpivot.R)
D.use(relations.R)
D.use(functions.R)
D.use(formats.R)


@D.prepare
def dual(tree: exp.Expr, ctx: Context) -> None:
    """Selecting-from-the-DUAL-Table: one row."""
    for select in list(tree.find_all(exp.Select)):
        source = select.args.get("from_")
        if source is not None and source.this.name.lower() == "dual" and not select.args.get("joins"):
            select.set("from_", None)


@D.rule(exp.Literal)
def empty(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Nulls: a text of no characters is NULL."""
    return exp.Null() if common.text(node) == "" else None


@D.rule(exp.Greatest, exp.Least)
def extreme(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """GREATEST, LEAST: NULL if any is."""
    values = [node.this, *node.expressions]
    missing: exp.Expr = exp.Is(this=values[0].copy(), expression=exp.Null())
    for value in values[1:]:
        missing = exp.Or(this=missing, expression=exp.Is(this=value.copy(), expression=exp.Null()))
    made = exp.Case(ifs=[exp.If(this=missing, true=exp.Null())], default=node.copy())
    made.type = node.type
    return exp.Paren(this=made)


@D.rule(exp.Substring)
def substring(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """SUBSTR: position 0 is 1, a negative one counts from the end, nothing is NULL."""
    if not ctx.is_a(node.this, "text"):
        ctx.refuse("implicit_cast", node, "The text of this value is not verified", "Cut texts only")
    size = node.args.get("length")
    args = [node.this, node.args["start"], size if size is not None else common.lit(2**31 - 1)]
    return ctx.macro("ora__substr", *args, type="VARCHAR")


@D.rule(exp.AddMonths)
def add_months(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """ADD_MONTHS: the last day of a month stays the last day."""
    return ctx.macro("ora__add_months", node.this, node.expression, type="TIMESTAMP")


@D.rule(exp.LastDay)
def last_day(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """LAST_DAY keeps the time of day."""
    return ctx.macro("ora__last_day", node.this, type="TIMESTAMP")


@D.rule(exp.MonthsBetween)
def months_between(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """MONTHS_BETWEEN: whole between equal days and between last days, else a part of 31 days."""
    return ctx.macro("ora__months_between", node.this, node.expression, type="DOUBLE")


_PARTS = {"YEAR", "MONTH", "DAY", "HOUR", "MINUTE"}


@D.rule(exp.Extract)
def extract(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """EXTRACT-datetime; seconds have a fraction there."""
    if node.this.name.upper() == "SECOND" and ctx.is_a(node.expression, "timestamp"):
        micros = ctx.call("date_part", common.lit("microseconds"), node.expression)
        return exp.Paren(this=exp.Div(this=micros, expression=common.lit(10**6), typed=False, safe=False))
    if node.this.name.upper() not in _PARTS:
        ctx.refuse("unfaithful", node, "EXTRACT is verified from YEAR to MINUTE", "Use TRUNC and a difference")
    return None


_UNITS = {
    **dict.fromkeys(("YEAR", "YYYY", "SYYYY", "YYY", "YY", "Y", "SYEAR"), "year"),
    **dict.fromkeys(("MONTH", "MON", "MM", "RM"), "month"),
    **dict.fromkeys(("DD", "DDD", "J"), "day"),
    **dict.fromkeys(("HH", "HH12", "HH24"), "hour"),
    "Q": "quarter",
    "IW": "week",
    "MI": "minute",
}


@D.rule(exp.DateTrunc, exp.TimestampTrunc)
def truncated(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """TRUNC-date, ROUND-and-TRUNC-Date-Functions: the format models."""
    unit = _UNITS.get(node.args["unit"].name.upper())
    if unit is None:
        ctx.refuse("unfaithful", node, "This format of TRUNC is not verified", "Use 'YYYY', 'Q', 'MM', 'IW' or 'DD'")
        return None
    return ctx.call("date_trunc", common.lit(unit), node.this, type="TIMESTAMP")


@D.function("trunc")
def trunc(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """TRUNC of a number cuts its fraction, of a date its time of day."""
    value, *digits = node.expressions
    if ctx.is_a(value, "date", "timestamp") and not digits:
        return ctx.call("date_trunc", common.lit("day"), value, type="TIMESTAMP")
    if not ctx.is_a(value, "number") or digits:
        ctx.refuse("unfaithful", node, "TRUNC is verified for dates, and numbers without digits", "Use FLOOR or ROUND")
    return ctx.call("trunc", value)


@D.rule(exp.Mod)
def mod(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """MOD: of zero it is the number itself."""
    return ctx.macro("ora__mod", node.this.unnest(), node.expression.unnest())


@D.rule(exp.Length)
def length(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """LENGTH of nothing is NULL."""
    if not ctx.is_a(node.this, "text"):
        ctx.refuse("implicit_cast", node, "The text of this value is not verified", "Measure texts only")
    return exp.Nullif(this=ctx.call("length", node.this), expression=common.lit(0))


@D.rule(exp.Pad)
def padded(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """LPAD, RPAD: with a blank unless said; no characters are NULL."""
    if not ctx.is_a(node.this, "text"):
        ctx.refuse("implicit_cast", node, "The text of this value is not verified", "Pad texts only")
    name = "lpad" if node.args.get("is_left") else "rpad"
    filled = ctx.call(name, node.this, node.expression, node.args.get("fill_pattern") or common.lit(" "))
    return exp.Nullif(this=filled, expression=common.lit(""))


@D.rule(exp.Replace, exp.Trim)
def shortened(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """REPLACE, TRIM: what leaves no characters is NULL; a NULL to put in takes the text out."""
    if node.meta.get("translated"):
        return None
    node.meta["translated"] = True
    if not ctx.is_a(node.this, "text"):
        ctx.refuse("implicit_cast", node, "The text of this value is not verified", "Use texts only")
    new = node.args.get("replacement")
    if isinstance(node, exp.Replace):
        node.set("replacement", exp.Coalesce(this=new, expressions=[common.lit("")]) if new else common.lit(""))
    return exp.Nullif(this=node.copy(), expression=common.lit(""))
