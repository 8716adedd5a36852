"""Functions that Spark has and PostgreSQL has not, in PostgreSQL's words."""

from __future__ import annotations

import re

from sqlglot import exp

from ..dialects import DialectRules
from ..dialects.shared.build import cast, lit, text
from ..facts.context import Context
from .common import call, case, number
from .context import Writing
from .regex import dots

__all__ = ["R"]

R = DialectRules("PostgreSQL")


def _of_spark(ctx: Context) -> bool:
    return isinstance(ctx, Writing) and ctx.source == "databricks"


@R.function("pmod")
def pmod(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """The rest, or the rest of rest + divisor where it is negative."""
    if not _of_spark(ctx) or len(node.expressions) != 2:
        return None
    divisor = exp.Paren(this=node.expressions[1])
    rest = exp.Paren(this=exp.Mod(this=exp.Paren(this=node.expressions[0]), expression=divisor))
    again = exp.Mod(
        this=exp.Paren(this=exp.Add(this=rest.copy(), expression=divisor.copy())), expression=divisor.copy()
    )
    return case((exp.LT(this=rest.copy(), expression=lit(0)), again), default=rest)


@R.function("nullifzero")
def nullifzero(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return call("NULLIF", node.expressions[0], lit(0)) if _of_spark(ctx) else None


@R.function("zeroifnull")
def zeroifnull(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return call("COALESCE", node.expressions[0], lit(0)) if _of_spark(ctx) else None


@R.rule(exp.Contains)
def contains(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not _of_spark(ctx):
        return None
    return exp.Paren(this=exp.GT(this=call("STRPOS", node.this, node.args["expression"]), expression=lit(0)))


@R.rule(exp.RegexpExtract)
def regexp_extract(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """A group of the first match; an empty text where there is none."""
    pattern, group = text(node.args["expression"]), number(node.args.get("group"))
    if not _of_spark(ctx) or pattern is None or group is None or "(?" in pattern or node.args.get("position"):
        return None
    found = call("REGEXP_MATCH", node.this, lit(dots(pattern if group else f"({pattern})")))
    item = exp.Bracket(this=exp.Paren(this=found), expressions=[lit(max(group, 1) - 1)])
    this = node.this
    return case(
        (exp.Is(this=exp.Paren(this=this.copy()), expression=exp.null()), exp.null()),
        default=call("COALESCE", item, lit(""), type="VARCHAR"),
    )


@R.rule(exp.RegexpSplit)
def split(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """``split`` at each match of a pattern that matches some text."""
    pattern = text(node.args["expression"])
    limited = any(node.args.get(key) is not None for key in ("limit", "position"))
    if (
        not _of_spark(ctx)
        or limited
        or pattern is None
        or not re.fullmatch(r"[^\\.*?()\[\]{}|^$]\+?|\\[.|s]\+?", pattern)
    ):
        return None
    return call("REGEXP_SPLIT_TO_ARRAY", node.this, lit(pattern), type="VARCHAR[]")


def _part(name: str, value: exp.Expr, plus: int = 0) -> exp.Expr:
    moment = value.this if isinstance(value, exp.TsOrDsToDate) else value
    made: exp.Expr = cast(exp.Extract(this=exp.Var(this=name), expression=moment), "INTEGER")
    if plus:
        made = exp.Paren(this=exp.Add(this=made, expression=lit(plus)))
    made.type = exp.DataType.build("INT")
    return made


@R.rule(exp.DayOfWeek, exp.Quarter, exp.DayOfYear, exp.Extract)
def parts(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Spark's week starts with day 1."""
    if not _of_spark(ctx) or not ctx.is_a(_moment(node), "date", "timestamp", "timestamptz"):
        return None
    if isinstance(node, exp.Extract):
        unit = node.name.upper()
        if unit in ("DOW", "DAYOFWEEK"):
            return _part("DOW", node.args["expression"], 1)
        return _part("ISODOW", node.args["expression"]) if unit in ("DAYOFWEEK_ISO", "DOW_ISO") else None
    name = {exp.DayOfWeek: "DOW", exp.Quarter: "QUARTER", exp.DayOfYear: "DOY"}[type(node)]  # type: ignore[index]
    return _part(name, node.this, 1 if name == "DOW" else 0)


def _moment(node: exp.Expr) -> exp.Expr:
    found: exp.Expr = node.args["expression"] if isinstance(node, exp.Extract) else node.this
    return found.this if isinstance(found, exp.TsOrDsToDate) else found


@R.function("weekday")
def weekday(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not _of_spark(ctx) or not ctx.is_a(node.expressions[0], "date", "timestamp"):
        return None
    return _part("ISODOW", node.expressions[0], -1)


@R.rule(exp.AddMonths)
def add_months(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not _of_spark(ctx) or not ctx.is_a(node.this, "date"):
        return None
    months = exp.Mul(this=exp.Paren(this=node.args["expression"]), expression=cast(lit("1 month"), "INTERVAL"))
    return cast(exp.Paren(this=exp.Add(this=node.this, expression=months)), "DATE")


@R.rule(exp.Max, exp.Min)
def of_booleans(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not ctx.is_a(node.this, "bool"):
        return None
    return call("BOOL_OR" if isinstance(node, exp.Max) else "BOOL_AND", node.this, type="BOOLEAN")
