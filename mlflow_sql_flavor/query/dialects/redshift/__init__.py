"""Redshift: https://docs.aws.amazon.com/redshift/latest/dg/. Most rules are postgres' own."""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from ...translation.functions import written_name
from .. import DialectRules
from ..postgres import arrays, casts, checks, dates, intervals, numbers, relations, strings, types
from ..shared import blanks
from ..shared.common import cast, lit, text
from . import functions

__all__ = ["D"]

D = DialectRules("redshift", level="documented", pack="redshift")
D.use(functions.R)
D.use(blanks.rules("rs__flat"))  # r_Character_types.html#r_Character_types-significance-of-trailing-blanks


@D.rule(exp.RegexpReplace)
def regexp_replace(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # REGEXP_REPLACE.html: every match is replaced; $1 stands for a group; the fourth argument is a position.
    if node.args.get("modifiers") is not None or node.args.get("position") is not None:
        raise ctx.error(node, "Only regexp_replace(text, pattern, replacement) can be translated.")
    replacement = text(node.args.get("replacement"))
    if replacement is None or "$" in replacement or "\\" in replacement:
        raise ctx.error(node, "regexp_replace() needs a literal replacement without groups here.")
    node.set("modifiers", lit("g"))
    return None


@D.rule(exp.RegexpSubstr)
def regexp_substr(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # REGEXP_SUBSTR.html: '' where nothing matches
    made = strings.regexp_substr(node, ctx)
    return exp.Coalesce(this=made, expressions=[_empty(node.this)]) if made is not None else None


def _empty(value: exp.Expr) -> exp.Expr:
    is_null = exp.Is(this=value.copy(), expression=exp.Null())
    return exp.Case(ifs=[exp.If(this=is_null, true=exp.Null())], default=lit(""))


@D.rule(exp.Round, exp.Trunc)
def digits_of_float(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # r_ROUND.html takes floats too, without saying how a tie falls.
    if node.args.get("decimals") is not None and ctx.is_a(node.this, "float"):
        raise ctx.error(
            node, "Rounding a float to digits: the manual leaves ties open. Write CAST(x AS numeric(18,6))."
        )
    return None


@D.rule(exp.Avg)
def avg(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # r_AVG.html: BIGINT for integers; for DECIMAL the argument's scale, its rounding is not said.
    inner = node.this.expressions[0] if isinstance(node.this, exp.Distinct) else node.this
    if ctx.is_a(inner, "decimal"):
        ctx.refuse(
            "unfaithful", node, "AVG of a DECIMAL keeps its scale in a way the manual does not say",
            "Write AVG(CAST(x AS double precision))",
        )  # fmt: skip
    if ctx.is_a(inner, "int"):
        if isinstance(node.parent, exp.Window):
            return None  # redshift_functions.over
        if isinstance(node.parent, exp.Filter):
            raise ctx.error(node, "AVG of an integer is cut to an integer in Redshift. Cast the argument to float.")
        made = cast(ctx.call("trunc", node), "BIGINT")
        return made
    return None


@D.rule(exp.Extract)
def extract(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # r_Dateparts_for_datetime_functions.html: EXTRACT gives the one part as an integer, DATE_PART with its fraction.
    unit = str(node.this.name).upper()
    words = {w.lower() for w in re.findall(r"\b(extract|date_part)\s*\(", ctx.sql, re.I)}
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


@D.rule(exp.TimestampTrunc)
def date_trunc(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # r_DATE_TRUNC.html: a timestamp without time zone
    if ctx.is_a(node.this, "date"):
        node.set("this", cast(node.this, "TIMESTAMP"))
    return None


@D.rule(exp.DateDiff, exp.TsOrDsDiff)
def date_diff(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.text("unit").upper().startswith("W"):
        ctx.refuse("unfaithful", node, "The manual does not say where a week begins for DATEDIFF", "Divide days by 7")
    return None


@D.rule(exp.TsOrDsAdd)
def add_months(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # r_ADD_MONTHS.html: the last day of a month stays the last day; DATEADD, which sqlglot reads as the same, differs.
    assert isinstance(node, exp.Func)
    if (written_name(node, ctx.sql) or "").lower() != "add_months":
        return None
    return ctx.macro("rs__add_months", cast(node.this, "TIMESTAMP"), node.expression, type="TIMESTAMP")


@D.rule(exp.Concat)
def concat(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # r_CONCAT.html: NULL if one of the two is, unlike PostgreSQL's.
    first, *rest = node.expressions
    for other in rest:
        first = exp.DPipe(this=first, expression=other)
        first.type = node.type
    return exp.Paren(this=first)


@D.rule(exp.ApproxDistinct)
def approximate(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    ctx.refuse("approximate", node, "APPROXIMATE COUNT counts otherwise in DuckDB", "Use COUNT(DISTINCT ...)")
    return None


@D.prepare
def quotients(tree: exp.Expr, ctx: Context) -> None:
    """EXTRACT is an integer, DATE_PART is not; a quotient of SUM(DECIMAL) keeps few digits."""
    for node in tree.find_all(exp.Div):
        # r_numeric_computations201.html: 38 digits of SUM leave as little as 4 behind the point, cut in a way not said
        sums = [s for side in (node.this, node.expression) for s in side.find_all(exp.Sum)]
        if ctx.is_a(node, "decimal") and any(ctx.is_a(s, "decimal") for s in sums):
            ctx.refuse(
                "unfaithful", node, "A quotient of SUM of a DECIMAL or BIGINT keeps few digits in Redshift",
                "Cast the sum to double precision",
            )  # fmt: skip
        for side in (node.this, node.expression):
            if isinstance(side.unnest(), exp.Extract):
                ctx.refuse("unfaithful", side, "EXTRACT is an integer, DATE_PART a float", "Cast it before dividing")


for _topic in (types, checks, relations, intervals, numbers, casts, arrays, strings, dates):
    D.use(_topic.R)
