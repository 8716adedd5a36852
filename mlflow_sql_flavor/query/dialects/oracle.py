"""Oracle: https://docs.oracle.com/en/database/oracle/oracle-database/19/sqlrf/"""

from __future__ import annotations

from sqlglot import exp

from . import DialectRules, common, documented
from .context import Context

D = DialectRules("oracle", level="documented", pack="oracle")

_VERIFIED = """
    abs avg case cast ceil coalesce count decode decode_case dense_rank exists first_value floor lag last_value lead
    lower max min nullif nvl nvl2 rank row_number sum upper if round
    date_str_to_date greatest instr least substr to_date
"""
documented.standard(D, _VERIFIED.split())


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


@D.rule(exp.DPipe)
def joined(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Concatenation-Operator: NULL adds nothing."""
    for side in (node.this, node.expression):
        if not ctx.is_a(side, "text") and not isinstance(side, exp.Null):
            ctx.refuse("locale_format", node, "The text of this value is not verified", "Join texts only")
    both = ctx.call("concat", node.this, node.expression)
    return exp.Nullif(this=both, expression=common.lit(""))


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


@D.rule(exp.StrPosition)
def position(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """INSTR: the n-th occurrence; here from the first character on."""
    start, nth = node.args.get("position"), node.args.get("occurrence")
    if (start is not None and start.name != "1") or not (nth is None or isinstance(nth, exp.Literal)):
        ctx.refuse(
            "unfaithful", node, "INSTR is verified from position 1 and for a constant occurrence", "Cut the text"
        )
    if nth is None or nth.name == "1":
        return ctx.call("strpos", node.this, node.args["substr"], type="BIGINT")
    return ctx.macro("ora__nth", node.this, node.args["substr"], nth, type="BIGINT")


_DATE_TOKENS = {"YYYY": "%Y", "MM": "%m", "DD": "%d"}


@D.rule(exp.StrToTime, exp.StrToDate)
def to_date(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """TO_DATE of a format of year, month and day."""
    fmt = common.text(node.args["format"])
    if (
        fmt is None
        or any(mark in fmt.replace("%Y", "").replace("%m", "").replace("%d", "") for mark in "%")
        or (not all(token in fmt for token in _DATE_TOKENS.values()))
    ):
        ctx.refuse("locale_format", node, "TO_DATE is verified for formats of YYYY, MM and DD", "Use DATE '...'")
        return None
    return common.cast(ctx.call("strptime", node.this, common.lit(fmt)), "DATE")


@D.rule(exp.Cast)
def unsure(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if isinstance(node, exp.Cast) and not (common.text(node.this) and node.to.this == exp.DType.DATE):
        ctx.refuse("implicit_cast", node, "This cast is not verified for Oracle", "Give the column its type before")
    return None
