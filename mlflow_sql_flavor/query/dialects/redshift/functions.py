"""Redshift's own functions: each rule names its page below https://docs.aws.amazon.com/redshift/latest/dg/."""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from ...translation.functions import written_name
from .. import DialectRules
from ..shared import common, documented

__all__ = ["R"]

R = DialectRules("redshift_functions")
_DAYS = {"mo": 1, "tu": 2, "we": 3, "th": 4, "fr": 5, "sa": 6, "su": 7}

# r_DEXP.html, r_DLOG10.html, FUNC_SHA1.html, r_REPLICATE.html, r_TO_HEX.html, r_DATE_CMP.html, r_TIMESTAMP_CMP.html,
# r_DATE_PART_YEAR.html, IS_VALID_JSON.html, IS_VALID_JSON_ARRAY.html, JSON_ARRAY_LENGTH.html
_PLAIN = {
    "dexp": ("exp", "DOUBLE"),
    "dlog1": ("ln", "DOUBLE"),
    "dlog10": ("log10", "DOUBLE"),
    "func_sha1": ("sha1", "VARCHAR"),
    "replicate": ("repeat", "VARCHAR"),
    "date_cmp": ("rs__compare", "INTEGER"),
    "timestamp_cmp": ("rs__compare", "INTEGER"),
    "date_part_year": ("year", "BIGINT"),
    "is_valid_json": ("rs__is_json", "BOOLEAN"),
    "is_valid_json_array": ("rs__is_json_array", "BOOLEAN"),
    "json_array_length": ("rs__json_length", "BIGINT"),
    "json_extract_array_element_text": ("rs__json_element", "VARCHAR"),
}


@R.function(*_PLAIN)
def plain(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    name, kind = _PLAIN[node.name.lower()]
    call = ctx.macro if "__" in name else ctx.call
    return call(name, *node.expressions, type=kind)


@R.function("isnull")
def isnull(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """r_NVL_function.html: a synonym of NVL."""
    first, *rest = node.expressions
    return exp.Coalesce(this=first, expressions=rest)


@R.rule(exp.FromBase)
def strtol(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """r_STRTOL.html."""
    base = documented.literal_int(node.expression)
    if base not in (2, 10, 16):
        ctx.refuse("unfaithful", node, "STRTOL is verified for the bases 2, 10 and 16", "Compute it")
    return ctx.macro("rs__strtol", node.this, common.lit(base or 10), type="BIGINT")


@R.rule(exp.Trunc)
def trunc(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """r_TRUNC_date.html."""
    if ctx.is_a(node.this, "timestamp", "date") and node.args.get("decimals") is None:
        return common.cast(node.this, "DATE")
    return None


@R.rule(exp.NextDay)
def next_day(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """r_NEXT_DAY.html: later than the date itself."""
    day = _DAYS.get((common.text(node.expression) or "")[:2].lower())
    if day is None or not ctx.is_a(node.this, "date", "timestamp"):
        ctx.refuse("unfaithful", node, "NEXT_DAY is verified for a date and a constant day", "Name the day")
    return ctx.macro("rs__next_day", common.cast(node.this, "DATE"), common.lit(day or 1), type="DATE")


@R.rule(exp.MonthsBetween)
def months_between(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """r_MONTHS_BETWEEN_function.html: whole between equal days and between last days, else parts of 31 days."""
    if not (ctx.is_a(node.this, "date") and ctx.is_a(node.expression, "date")):
        ctx.refuse("unfaithful", node, "MONTHS_BETWEEN is verified for dates", "Cast both to DATE")
    return ctx.macro("rs__months_between", node.this, node.expression, type="DOUBLE")


@R.rule(exp.RegexpInstr)
def regexp_instr(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """REGEXP_INSTR.html: 0 where nothing matches."""
    pattern = common.text(node.expression)
    extra = [k for k in ("position", "occurrence", "option", "parameters", "group") if node.args.get(k) is not None]
    try:
        well = pattern is not None and not extra and not re.search(pattern, "")
    except re.error:
        well = False
    if not well:
        ctx.refuse("unfaithful", node, "REGEXP_INSTR is verified for a constant pattern that matches no empty text",
                   "Use STRPOS")  # fmt: skip
    return ctx.macro("rs__regexp_instr", node.this, node.expression, type="BIGINT")


@R.rule(exp.GroupConcat)
def listagg(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """r_LISTAGG.html: nothing between the texts unless said."""
    inner = node.this
    if isinstance(inner, exp.Distinct) and len(inner.expressions) == 2 and node.args.get("separator") is None:
        node.set("separator", inner.expressions[1])
        inner.set("expressions", inner.expressions[:1])
    if node.args.get("separator") is None and (written_name(node, ctx.sql) or "").lower() == "listagg":  # type: ignore[arg-type]
        node.set("separator", common.lit(""))
    return None


R.function("ratio_to_report")(documented.ratio_alone)


@R.rule(exp.Window)
def over(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """r_WF_RATIO_TO_REPORT.html gives a FLOAT8; r_WF_AVG.html: a mean of integers is an integer."""
    call = node.this
    if isinstance(call, exp.Avg) and ctx.is_a(call.this, "int"):
        total, count = node.copy(), node.copy()
        total.set("this", ctx.call("sum", call.this.copy()))
        count.set("this", ctx.call("count", call.this.copy()))
        return common.cast(ctx.call("divide", total, ctx.call("nullif", count, common.lit(0))), "BIGINT")
    return documented.ratio_to_report(node, ctx)


@R.rule(exp.WithinGroup)
def ordered(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """LISTAGG(DISTINCT x, separator) WITHIN GROUP (ORDER BY ...)."""
    call = node.this
    if not isinstance(call, exp.GroupConcat) or not isinstance(call.this, exp.Distinct):
        return None
    call.set("this", exp.Order(this=call.this, expressions=node.expression.expressions))
    return call
