"""Oracle's everyday functions: each rule names the page of the SQL Language Reference."""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..databricks.dates import argument_count
from ..shared import common, documented
from .formats import number_text

__all__ = ["NAMES", "R"]

R = DialectRules("oracle_functions")
_NAMES = """
    to_timestamp str_to_time to_number initcap translate reverse ascii chr median stddev variance stddev_pop
    stddev_samp var_pop var_samp corr covar_pop covar_samp listagg group_concat percentile_cont percentile_disc
    grouping regexp_replace regexp_substr regexp_like regexp_count regexp_instr next_day sysdate systimestamp
    current_timestamp current_date log ntile percent_rank cume_dist nth_value sin cos tan asin acos atan atan2
    json_value any_value regr_slope regr_intercept width_bucket
"""
NAMES = frozenset(_NAMES.split())
_T = exp.DType
_NONE = common.lit("")


def _nonempty(node: exp.Expr) -> exp.Expr:
    made = exp.Nullif(this=node, expression=common.lit(""))
    made.type = exp.DataType.build("VARCHAR")
    return made


def _text(node: exp.Expr, what: str, ctx: Context) -> exp.Expr:
    if ctx.is_a(node, "text") or isinstance(node, exp.Null):
        return node
    made = number_text(node, ctx)
    if made is None:
        ctx.refuse("locale_format", node, "The text of this value is not verified", f"{what} texts only")
        return node
    return made


# Concatenation-Operator, CONCAT: NULL adds nothing
@R.rule(exp.DPipe)
def joined(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return _nonempty(ctx.call("concat", *(_text(a, "Join", ctx) for a in (node.this, node.expression))))


@R.rule(exp.Concat)
def concat(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return _nonempty(ctx.call("concat", *(_text(a, "Join", ctx) for a in node.expressions)))


# INSTR: occurrences may overlap
@R.rule(exp.StrPosition)
def instr(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    start, nth = node.args.get("position") or common.lit(1), node.args.get("occurrence") or common.lit(1)
    first, number = documented.literal_int(start), documented.literal_int(nth)
    if first is None or number is None or number < 1:
        ctx.refuse("unfaithful", node, "INSTR is verified for a constant start and occurrence", "Write the numbers")
    if first == 1 and number == 1:
        return ctx.call("strpos", node.this, node.args["substr"], type="BIGINT")
    return ctx.macro("ora__instr", node.this, node.args["substr"], common.lit(first or 0), common.lit(number or 1),
                     type="BIGINT")  # fmt: skip


@R.rule(exp.Initcap)
def initcap(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """INITCAP: words are letters and digits."""
    return ctx.macro("ora__initcap", node.this, type="VARCHAR")


@R.rule(exp.Translate)
def translate(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """TRANSLATE: an empty third argument is NULL, and so is the result."""
    return _nonempty(ctx.call("translate", node.this, node.args["from_"], node.args["to"]))


# REGEXP_REPLACE, REGEXP_SUBSTR, REGEXP_LIKE, REGEXP_COUNT, REGEXP_INSTR
def _pattern(node: exp.Expr, ctx: Context, most: int) -> int:
    """How many groups a constant pattern has that matches no empty text."""
    found = common.text(node.expression)
    try:
        read = re.compile(re.sub(r"\[\[:(\w+):\]\]", "[a]", found or ""))
    except re.error:
        read = None
    if found is None or read is None or read.search("") or argument_count(node, ctx) > most:
        ctx.refuse("unfaithful", node, "This is verified for a constant pattern that matches no empty text, without "
                   "further arguments", "Write the pattern as a constant")  # fmt: skip
        return 0
    return read.groups


@R.rule(exp.RegexpReplace)
def regexp_replace(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    _pattern(node, ctx, 3)
    new = node.args.get("replacement") or common.lit("")
    if isinstance(new, exp.Null):
        new = common.lit("")
    if common.text(new) is None:
        ctx.refuse("unfaithful", node, "REGEXP_REPLACE is verified for a constant replacement", "Write it")
    return _nonempty(ctx.call("regexp_replace", node.this, node.expression, new, common.lit("g")))


@R.rule(exp.RegexpSubstr, exp.RegexpExtract)
def regexp_substr(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    groups = _pattern(node, ctx, 6)
    nth = documented.literal_int(node.args.get("occurrence") or common.lit(1))
    group = documented.literal_int(node.args.get("group") or common.lit(0))
    flags = node.args.get("parameters")
    first = documented.literal_int(node.args.get("position") or common.lit(1))
    plain = flags is None or isinstance(flags, exp.Null) or common.text(flags) in ("i", "c")
    if not nth or nth < 1 or group is None or not 0 <= group <= groups or first != 1 or not plain:
        ctx.refuse("unfaithful", node, "This is verified from position 1 on, for constants", "Write the numbers")
    options = common.lit("i" if common.text(flags) == "i" else "c")
    found = ctx.call("regexp_extract_all", node.this, node.expression, common.lit(group or 0), options)
    return _nonempty(ctx.call("list_extract", found, common.lit(nth or 1)))


@R.rule(exp.RegexpLike)
def regexp_like(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    flags = common.text(node.args.get("flag")) if node.args.get("flag") is not None else ""
    if common.text(node.expression) is None or flags not in ("", "i", "c"):
        ctx.refuse(
            "unfaithful", node, "REGEXP_LIKE is verified for a constant pattern, and the flags i and c", "Write it"
        )
    return ctx.call("regexp_matches", node.this, node.expression, common.lit(flags or "c"), type="BOOLEAN")


@R.rule(exp.RegexpCount)
def regexp_count(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    _pattern(node, ctx, 2)
    return ctx.call("len", ctx.call("regexp_extract_all", node.this, node.expression), type="BIGINT")


@R.rule(exp.RegexpInstr)
def regexp_instr(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    _pattern(node, ctx, 2)
    return ctx.macro("ora__regexp_instr", node.this, node.expression, type="BIGINT")


@R.rule(exp.JSONValue)
def json_value(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """JSON_VALUE: NULL for objects and arrays."""
    if node.args.get("returning") or node.args.get("on_condition") or not isinstance(node.args["path"], exp.JSONPath):
        ctx.refuse("unfaithful", node, "JSON_VALUE is verified without RETURNING and ON", "Cast its result")
    found = exp.JSONExtract(this=node.this, expression=node.args["path"])
    return ctx.macro("ora__json_value", found, type="VARCHAR")


# Functions of numbers
@R.function("bitand")
def bitand(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    left, right = (exp.Paren(this=common.cast(a, "BIGINT")) for a in node.expressions)
    made = exp.Paren(this=exp.BitwiseAnd(this=left, expression=right))
    made.type = exp.DataType.build("BIGINT")
    return made


@R.function("remainder")
def remainder(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """REMAINDER: the nearest multiple is taken away."""
    return ctx.macro("ora__remainder", *node.expressions)


@R.rule(exp.WidthBucket)
def width_bucket(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    args = [node.this, node.args["min_value"], node.args["max_value"], node.args["num_buckets"]]
    return ctx.macro("ora__width_bucket", *(common.cast(a, "DOUBLE") for a in args), type="BIGINT")


@R.rule(exp.Trunc)
def trunc(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    digits = node.args.get("decimals")
    if documented.literal_int(digits) is None and digits is not None:
        ctx.refuse("unfaithful", node, "TRUNC is verified for a constant number of digits", "Write it")
    value = node.this if not isinstance(node.this, exp.Literal) else exp.Literal.number(node.this.name)
    return ctx.call("trunc", value, *([digits] if digits is not None else []))


@R.rule(exp.Round)
def rounded(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """ROUND-date: from the 16th, from July, from noon on."""
    if not ctx.is_a(node.this, "date", "timestamp"):
        return None
    fmt = node.args.get("decimals")
    unit = (common.text(fmt) or "").upper() if fmt is not None else "DD"
    name = {"MM": "ora__round_month", "MON": "ora__round_month", "MONTH": "ora__round_month",
            "YYYY": "ora__round_year", "YEAR": "ora__round_year", "DD": "ora__round_day"}.get(unit)  # fmt: skip
    if name is None:
        ctx.refuse("unfaithful", node, "This ROUND of a date is not verified", "Use 'MM', 'YYYY' or 'DD'")
    return ctx.macro(name or "ora__round_day", node.this, type="TIMESTAMP")


# Aggregates
@R.rule(exp.Stddev, exp.Variance)
def spread(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """STDDEV, VARIANCE: 0 over one row, unlike STDDEV_SAMP and VAR_SAMP."""
    if isinstance(node.parent, (exp.Window, exp.Filter)) or isinstance(node.this, exp.Distinct):
        ctx.refuse("unfaithful", node, "This is verified as a plain aggregate", "Use STDDEV_SAMP or VAR_SAMP")
    one = exp.EQ(this=ctx.call("count", node.this.copy()), expression=common.lit(1))
    name = "stddev_samp" if isinstance(node, exp.Stddev) else "var_samp"
    made = exp.Case(ifs=[exp.If(this=one, true=common.lit(0))], default=ctx.call(name, node.this))
    made.type = exp.DataType.build("DOUBLE")
    return exp.Paren(this=made)


@R.rule(exp.GroupConcat)
def listagg(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not isinstance(node.this, exp.Order):
        ctx.open("order", node, "LISTAGG without WITHIN GROUP joins in any order.")
    ordered = node.this if isinstance(node.this, exp.Order) else None
    value = ordered.this if ordered is not None else node.this
    inner = value.expressions[0] if isinstance(value, exp.Distinct) else value
    made = _text(inner, "Join", ctx)
    if isinstance(value, exp.Distinct):
        value.set("expressions", [made])
    elif ordered is not None:
        ordered.set("this", made)
    else:
        node.set("this", made)
    if node.args.get("on_overflow") is not None:
        node.set("on_overflow", None)
    if node.args.get("separator") is None or isinstance(node.args["separator"], exp.Null):
        node.set("separator", common.lit(""))
    return None


R.function("ratio_to_report")(documented.ratio_alone)


@R.rule(exp.Window)
def ratio(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """RATIO_TO_REPORT: the part of the partition's sum."""
    if str(node.args.get("over")).upper() == "KEEP":
        ctx.refuse("unfaithful", node, "KEEP is not verified", "Use ROW_NUMBER in a subquery")
    return documented.ratio_to_report(node, ctx)


# Datetime-Interval-Arithmetic
@R.rule(exp.Add, exp.Sub)
def days(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """A number counts days; an interval of months may not lead to a day that is not there."""
    left, right = node.this, node.expression
    if node.meta.get("translated"):
        return None
    moments = ("date", "timestamp")
    if isinstance(node, exp.Add) and ctx.is_a(left, "number") and ctx.is_a(right, *moments):
        left, right = right, left
    if not ctx.is_a(left, *moments):
        return None
    if ctx.is_a(right, *moments):
        if not (ctx.is_a(left, "date") and ctx.is_a(right, "date")):
            ctx.refuse("unfaithful", node, "Whether this gives days or an interval depends on the columns' types",
                       "Truncate both to days, or cast both to DATE before")  # fmt: skip
        made: exp.Expr = exp.Paren(this=exp.Sub(this=left, expression=right))
        made.type = exp.DataType.build("BIGINT")
        return made
    if isinstance(right, exp.Interval):
        unit = right.args["unit"].name.upper() if right.args.get("unit") is not None else ""
        if unit not in ("YEAR", "MONTH"):
            return None
        later = type(node)(this=left, expression=right)
        later.meta["translated"] = True
        made = ctx.macro("ora__same_day", left.copy(), exp.Paren(this=later), type="TIMESTAMP")
        return common.cast(made, "TIMESTAMP")
    sign = -1 if isinstance(node, exp.Sub) else 1
    if ctx.is_a(right, "int"):
        amount: exp.Expr = common.cast(exp.Paren(this=right), "INTEGER")
        span = ctx.call("to_days", exp.Mul(this=amount, expression=common.lit(sign)))
    elif ctx.is_a(right, "number"):
        amount = ctx.call("round", exp.Mul(this=exp.Paren(this=right), expression=common.lit(86400 * sign)))
        span = ctx.call("to_seconds", common.cast(amount, "BIGINT"))
    else:
        ctx.refuse("implicit_cast", node, "The type of what is added to a date is not known here", "Cast it")
        return None
    made = exp.Paren(this=exp.Add(this=left, expression=span))
    return common.cast(made, "DATE" if ctx.is_a(left, "date") and ctx.is_a(right, "int") else "TIMESTAMP")


_DAYS = {"mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6, "sun": 7}


@R.rule(exp.NextDay)
def next_day(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    day = _DAYS.get((common.text(node.expression) or "")[:3].lower())
    if day is None or not ctx.is_a(node.this, "date"):
        ctx.refuse("unfaithful", node, "NEXT_DAY is verified for a date and a constant day", "Name the day")
    return ctx.macro("ora__next_day", node.this, common.lit(day or 1), type="DATE")


@R.rule(exp.CurrentTimestamp, exp.Systimestamp)
def now(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return common.cast(exp.Var(this="CURRENT_TIMESTAMP"), "TIMESTAMP")


@R.function("lengthb")
def lengthb(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    ctx.refuse("bytes", node, "The bytes of a text depend on the character set", "Use LENGTH")
    return None


_PATTERN = r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*"


@R.rule(exp.Cast)
def cast(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """CAST: numbers are rounded half away from zero, texts are cut."""
    if not isinstance(node, exp.Cast):
        return None
    this, kind = node.this, node.args["to"]
    to = kind.this
    if to == _T.DATE and common.text(this):
        return None
    if to in exp.DataType.TEXT_TYPES:
        if ctx.is_a(this, "text") and kind.expressions:
            return ctx.macro("common__varchar", this, common.lit(int(kind.expressions[0].name)), type="VARCHAR")
        made = number_text(this, ctx)
        if made is not None and kind.expressions and to not in (_T.CHAR, _T.NCHAR):
            return ctx.macro("ora__fits", made, common.lit(int(kind.expressions[0].name)), type="VARCHAR")
    sizes = [int(e.name) for e in kind.expressions if e.name.lstrip("-").isdigit()]
    if to == _T.INT and not sizes:
        sizes = [38, 0]
    if to in (_T.DECIMAL, _T.INT) and ctx.is_a(this, "number", "text"):
        value = ctx.macro("ora__valid", this, common.lit(_PATTERN)) if ctx.is_a(this, "text") else this
        if not sizes:
            return common.cast(value, "DECIMAL(28, 10)") if ctx.is_a(this, "text") else this
        precision, scale = sizes[0], sizes[1] if len(sizes) > 1 else 0
        if 0 <= scale <= precision <= 38:
            if ctx.is_a(this, "float"):
                value = common.cast(value, "VARCHAR")
            return common.cast(value, f"DECIMAL({precision}, {scale})")
    if to == _T.DATE and ctx.is_a(this, "date"):
        return this
    if to == _T.TIMESTAMP and ctx.is_a(this, "date", "timestamp"):
        return common.cast(this, "TIMESTAMP")
    ctx.refuse("implicit_cast", node, "This cast is not verified for Oracle", "Give the column its type before")
    return None
