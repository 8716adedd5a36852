"""Snowflake: https://docs.snowflake.com/en/sql-reference (the pages named at the rules are below it)."""

from __future__ import annotations

import re

from sqlglot import exp
from sqlglot.dialects.snowflake import Snowflake

from ...facts.context import Context
from .. import DialectRules
from ..databricks.dates import argument_count
from ..shared import common, documented, unpivot
from . import arrays, functions

D = DialectRules("snowflake", level="documented", pack="snowflake")

_VERIFIED = """
    abs acos add_months any_value approx_count_distinct array_construct array_size asin atan atan2 avg bitand bitor
    bitxor case cast ceil char chr coalesce concat concat_ws contains corr cos count count_if countif covar_pop
    covar_samp cume_dist current_date current_timestamp date date_part date_trunc dateadd datediff day dayname
    dayofmonth dayofweek dayofweekiso dayofyear decode degrees dense_rank div0 div0null endswith equal_null exists exp
    extract first_value floor flatten generator greatest grouping hour iff ifnull initcap is_null_value lag
    last_day last_value lead least left len length listagg ln log lower lpad ltrim max max_by md5 median min min_by
    minute mod month monthname nth_value ntile nullif nullifzero nvl nvl2 object_construct parse_json percent_rank
    percentile_cont percentile_disc pi position power pow quarter radians rank regexp_like regexp_replace
    regexp_substr regr_slope regr_intercept regr_r2 repeat replace reverse right rlike round row_number rpad rtrim
    second seq4 sign sin split split_part split_to_table sqrt square startswith stddev stddev_pop stddev_samp strlen
    substr substring sum tan time_slice timestampadd timestampdiff to_char to_date to_decimal to_double to_number
    to_numeric to_timestamp to_timestamp_ntz to_varchar translate trim trunc truncate try_cast try_to_date
    try_to_decimal try_to_double try_to_number try_to_numeric upper uuid_string var_pop var_samp variance week weekiso
    year zeroifnull charindex booland_agg boolor_agg explode str_position timestamp_trunc
    date_add date_sub ts_or_ds_add ts_or_ds_diff group_concat datetrunc date_diff
    str_to_date str_to_time ts_or_ds_to_date time_to_str if str_split strposition arg_min arg_max hash any all
    json_extract decode_case nvl2 lateral parse_json
"""
documented.standard(D, [*_VERIFIED.split(), *functions.NAMES, *arrays.NAMES])
D.use(arrays.R)
D.use(functions.R)
D.use(unpivot.R)
D.rule(exp.Add, exp.Sub)(documented.keep_date)
_T = exp.DType
_STAMPS = {_T.TIMESTAMP, _T.TIMESTAMPNTZ, _T.DATETIME}


# operators-arithmetic: a quotient has six more digits than the dividend, up to 12
@D.rule(exp.Div)
def division(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    left, right = node.this, node.expression
    if node.meta.get("translated"):
        return None
    scale = documented.scale(left, ctx)
    if scale is None or documented.scale(right, ctx) is None:
        return common.plain_division(node, ctx)
    node.meta["translated"] = True
    made = common.plain_division(node, ctx)
    assert made is not None
    return common.cast(exp.Paren(this=made), f"DECIMAL(38, {max(scale, min(scale + 6, 12))})")


# functions/avg: a mean of integers has six digits
@D.rule(exp.Avg)
def mean(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if ctx.is_a(node.this, "int") and not node.meta.get("translated"):
        node.meta["translated"] = True
        if not isinstance(node.parent, (exp.Window, exp.Filter)):
            return common.cast(node, "DECIMAL(38, 6)")
    return None


# functions/cast
_INT = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_STAMP = _DATE + r"([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?)?"


def _json(node: exp.Expr, ctx: Context) -> bool:
    kinds = (exp.JSONExtract, exp.ParseJSON, exp.Bracket)
    return ctx.is_a(node, "json") or (isinstance(node, kinds) and not ctx.is_a(node, "text", "number", "bool"))


def _text(node: exp.Expr, ctx: Context) -> exp.Expr:
    if isinstance(node, exp.Null):
        return node
    if _json(node, ctx):
        return node if isinstance(node, exp.Bracket) and _split(node) else ctx.macro("sf__json_text", node)
    if ctx.is_a(node, "float"):
        return ctx.macro("sf__dbl_text", common.cast(node, "DOUBLE"), type="VARCHAR")
    if ctx.is_a(node, "timestamp"):
        return ctx.call("strftime", node, common.lit("%Y-%m-%d %H:%M:%S.%g"), type="VARCHAR")
    if ctx.type_of(node) is not None and not ctx.is_a(node, "text", "int", "decimal", "bool", "date"):
        ctx.refuse("unfaithful", node, "The text of this value is not verified", "Format its parts")
    return common.cast(node, "VARCHAR")


def _split(node: exp.Expr) -> bool:
    return isinstance(node.this, exp.Split)


@D.rule(exp.Cast, exp.TryCast)
def cast(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.meta.get("translated"):
        return None
    this, kind = node.this, node.args["to"]
    to, soft = kind.this, isinstance(node, exp.TryCast)
    literal = common.text(this)
    if node.args.get("format") is not None:
        ctx.refuse("number_format", node, "This cast with a format is not verified", "Use TO_DATE or TO_CHAR")
    if _json(this, ctx) and to not in (_T.VARIANT, _T.JSON):
        if to in exp.DataType.NESTED_TYPES:
            ctx.refuse("unfaithful", node, "A cast of a VARIANT to this type is not verified", "Cast its elements")
        numeric = to in exp.DataType.NUMERIC_TYPES and not (isinstance(this, exp.Bracket) and _split(this))
        this = ctx.macro("sf__json_number", this) if numeric else _text(this, ctx)
        this.type = exp.DataType.build("VARCHAR")

    def done(value: exp.Expr, type_: str) -> exp.Expr:
        made = (exp.TryCast if soft else exp.Cast)(this=value, to=exp.DataType.build(type_, dialect="duckdb"))
        made.type, made.meta["translated"] = made.args["to"].copy(), True
        return made

    def valid(pattern: str) -> exp.Expr:
        if not ctx.is_a(this, "text") or (literal is not None and re.fullmatch(pattern, literal)):
            return this
        return ctx.macro("sf__try_valid" if soft else "sf__valid", this, common.lit(pattern))

    if to in exp.DataType.TEXT_TYPES:
        made = this if ctx.is_a(this, "text") else _text(this, ctx)
        if kind.expressions and not soft:
            made = ctx.macro("sf__fits", made, common.lit(int(kind.expressions[0].name)))
        elif kind.expressions:
            ctx.refuse("unfaithful", node, "TRY_CAST to a text of limited length is not verified", "Use LEFT")
        return done(made, "VARCHAR")
    if ctx.unknown(this) and not isinstance(this, exp.Null):
        ctx.refuse("implicit_cast", node, "The type of this value is not known here", "Cast it to DOUBLE or VARCHAR")
    if to in exp.DataType.INTEGER_TYPES or to == _T.DECIMAL:
        sizes = [int(p.name) for p in kind.expressions] or [38, 0]
        value = done(this, "INTEGER") if ctx.is_a(this, "bool") else valid(_INT)
        if to != _T.DECIMAL or len(sizes) < 2 or sizes[1] == 0:
            if ctx.is_a(this, "text"):
                value = done(value, "DECIMAL(38, 10)")
            value = ctx.call("round", value)
            if to != _T.DECIMAL or sizes[0] > 18:
                return done(value, "BIGINT")
            return done(value, f"DECIMAL({sizes[0]}, 0)")
        return done(value, f"DECIMAL({sizes[0]}, {sizes[1]})")
    if to in exp.DataType.FLOAT_TYPES:
        return done(valid(_INT), "DOUBLE")
    if to == _T.BOOLEAN:
        if ctx.is_a(this, "text"):
            return ctx.macro("sf__try_bool" if soft else "sf__bool", this, type="BOOLEAN")
        return done(this, "BOOLEAN")
    if to == _T.DATE or to in _STAMPS:
        if ctx.is_a(this, "number", "bool"):
            ctx.refuse("implicit_cast", node, "A number as a date is not verified", "Use DATEADD from a date")
        return done(valid(_STAMP), "DATE" if to == _T.DATE else "TIMESTAMP")
    if to in (_T.VARIANT, _T.JSON, _T.INTERVAL, _T.TIME):
        return None
    ctx.refuse("timezone", node, "A cast to this type is not verified", "Use TIMESTAMP_NTZ")
    return None


@D.rule(exp.DPipe, exp.Concat)
def joined(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if isinstance(node, exp.Concat):
        node.set("expressions", [a if ctx.is_a(a, "text") else _text(a, ctx) for a in node.expressions])
        return None
    for key in ("this", "expression"):
        side = node.args[key]
        if not ctx.is_a(side, "text"):
            node.set(key, _text(side, ctx))
    return None


@D.rule(
    exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.In, exp.Between, exp.Like, exp.ILike, exp.Add, exp.Sub,
    exp.Mul, exp.Sum, exp.Avg, exp.Min, exp.Max, exp.Ordered, exp.Coalesce, exp.Upper, exp.Lower, exp.Round, exp.Abs,
    exp.Replace, exp.Trim, exp.Length, exp.Split, exp.Nullif,
)  # fmt: skip
def variants(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    for side in (node.this, node.args.get("expression")):
        if side is not None and isinstance(side, exp.Expr) and _json(side, ctx) and not side.meta.get("translated"):
            ctx.refuse("implicit_cast", node, "A VARIANT is used without a cast", "Cast it, as in v:key::INT")
    return None


# functions/listagg: '' over nothing
@D.rule(exp.GroupConcat)
def listagg(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if isinstance(node.parent, exp.Filter):
        ctx.refuse("unfaithful", node, "LISTAGG with FILTER is not verified", "Aggregate in a subquery")
    if not isinstance(node.this, exp.Order):
        ctx.open("order", node, "LISTAGG without WITHIN GROUP joins in any order.")
    if node.args.get("separator") is None:
        node.set("separator", common.lit(""))
    if isinstance(node.parent, exp.Window):
        node.parent.meta["listagg"] = True
        return None
    return exp.Coalesce(this=node, expressions=[common.lit("")])


@D.rule(exp.Window)
def listagg_over(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """LISTAGG over the whole partition; it takes no order and no frame there. A mean of integers has six digits."""
    if isinstance(node.this, exp.Avg) and ctx.is_a(node.this.this, "int"):
        return common.cast(node.copy(), "DECIMAL(38, 6)")
    if not node.meta.get("listagg"):
        return None
    if node.args.get("order") or node.args.get("spec"):
        ctx.refuse("unfaithful", node, "LISTAGG OVER takes a partition alone", "Leave the order out")
    made = exp.Coalesce(this=node.copy(), expressions=[common.lit("")])
    made.type = exp.DataType.build("VARCHAR")
    return made


# functions/split_to_table: places from 1
@D.rule(exp.Lateral)
def split_to_table(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    call, alias = node.this, node.args.get("alias")
    if isinstance(call, (exp.Subquery, exp.Select, exp.Explode)):
        return None
    if not isinstance(call, exp.SplitToTable) or node.args.get("outer"):
        ctx.refuse("unfaithful", node, "LATERAL is verified for FLATTEN, SPLIT_TO_TABLE and subqueries", "Use FLATTEN")
        return None
    if not common.text(call.expression):
        raise ctx.error(node, "The separator has to be a constant text.")
    parts = ctx.call("string_split", call.this, call.expression)
    places = ctx.call("generate_series", common.lit(1), ctx.call("len", parts.copy()))
    columns = [exp.alias_(ctx.call("unnest", parts), "value"), exp.alias_(ctx.call("unnest", places), "index")]
    made = exp.Lateral(this=exp.Subquery(this=exp.Select(expressions=columns)))
    made.set("alias", exp.TableAlias(this=exp.to_identifier(alias.name if alias is not None else "_flat")))
    return made


@D.rule(exp.Initcap)
def initcap(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    delimiters: exp.Expr = common.lit(' \t\n\r\f\v!?@"^#$&~_,.:;+-*%/|\\[](){}<>')
    given = node.args.get("expression")  # sqlglot writes the default out
    if given is not None and common.text(given) != Snowflake.INITCAP_DEFAULT_DELIMITER_CHARS:
        return ctx.macro("sf__initcap_by", node.this, given, type="VARCHAR")
    return ctx.macro("sf__initcap", node.this, delimiters, type="VARCHAR")


# functions/substr
@D.rule(exp.Substring)
def substring(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    this, start, size = node.this, node.args.get("start"), node.args.get("length")
    assert start is not None
    first, count = documented.literal_int(start), documented.literal_int(size)
    if first is not None and first > 0 and (size is None or (count is not None and count >= 0)):
        return None
    if size is None:
        return ctx.macro("sf__substr2", this, start, type="VARCHAR")
    return ctx.macro("sf__substr", this, start, size, type="VARCHAR")


@D.rule(exp.SplitPart)
def split_part(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    part = documented.literal_int(node.args.get("part_index"))
    if part is None or not common.text(node.args.get("delimiter")):
        ctx.refuse("unfaithful", node, "SPLIT_PART is verified for a constant separator and a constant part",
                   "Write the number of the part")  # fmt: skip
    return ctx.call("split_part", node.this, node.args["delimiter"], common.lit(part or 1), type="VARCHAR")


@D.rule(exp.RegexpReplace, exp.RegexpExtract, exp.RegexpLike, exp.RegexpFullMatch)
def regexp(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    most = 3 if isinstance(node, exp.RegexpReplace) else 2
    count = argument_count(node, ctx)
    if count > most and isinstance(node, exp.RegexpExtract):
        return functions.regexp_substr(node, ctx)
    insensitive = count == 3 and isinstance(node, exp.RegexpLike) and common.text(node.args.get("flag")) == "i"
    if (count > most and not insensitive) or common.text(node.expression) is None:
        ctx.refuse("unfaithful", node, "This is verified for a constant pattern and no further arguments",
                   "Leave the others out")  # fmt: skip
    if isinstance(node, exp.RegexpReplace):
        return ctx.call("regexp_replace", node.this, node.expression, node.args.get("replacement") or common.lit(""),
                        common.lit("g"), type="VARCHAR")  # fmt: skip
    if isinstance(node, exp.RegexpExtract):
        return ctx.macro("sf__regexp_substr", node.this, node.expression, type="VARCHAR")
    options = [common.lit("i")] if insensitive else []
    return ctx.call("regexp_full_match", node.this, node.expression, *options, type="BOOLEAN")


@D.rule(exp.Anonymous)
def hash_(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.name.lower() == "hash" and not isinstance(node.parent, exp.Is) and not node.meta.get("translated"):
        ctx.refuse("hash", node, "This hash belongs to Snowflake", "Use MD5")
    return None


@D.rule(exp.Round)
def round_(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if argument_count(node, ctx) > 2:
        ctx.refuse("unfaithful", node, "ROUND with a mode is not verified", "Leave the mode out")
    return None


@D.rule(exp.ApproxDistinct)
def approx_distinct(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    ctx.open("approximate", node, "An approximation; here it is computed exactly.")
    return ctx.call("count", exp.Distinct(expressions=[node.this]), type="BIGINT")


# functions-date-time
_UNITS = ("YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND")


@D.rule(exp.DateDiff, exp.TsOrDsDiff, exp.TimestampDiff)
def date_diff(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Boundaries; weeks start on a Monday."""
    unit = _unit(node, ctx)
    args = [common.cast(a, "TIMESTAMP") for a in (node.expression, node.this)]
    if unit == "WEEK":
        return ctx.macro("sf__weeks", *args, type="BIGINT")
    return ctx.call("date_diff", common.lit(unit.lower()), *args, type="BIGINT")


def _unit(node: exp.Expr, ctx: Context) -> str:
    unit = node.args.get("unit")
    name = unit.name.upper() if unit is not None else "DAY"
    if name not in _UNITS:
        raise ctx.error(node, f"The unit {name} is not supported here.")
    return str(name)


@D.rule(exp.DateAdd, exp.TsOrDsAdd, exp.TimestampAdd)
def date_add(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.meta.get("translated"):
        return None
    unit, this = _unit(node, ctx), node.this
    if not ctx.is_a(node.expression, "int"):
        ctx.refuse("implicit_cast", node, "A number that is not whole is added to a date", "Round it")
    if common.text(this) is not None and re.fullmatch(_STAMP, common.text(this) or ""):
        this = common.cast(this, "TIMESTAMP")
    if ctx.is_a(this, "text"):
        ctx.refuse("implicit_cast", node, "A text is used as a date", "Cast it to DATE or TIMESTAMP")
    return documented.shifted(this, node.expression, unit, ctx)


@D.rule(exp.DateTrunc, exp.TimestampTrunc)
def date_trunc(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    unit, this = _unit(node, ctx), node.this
    if not ctx.is_a(this, "date", "timestamp"):
        ctx.refuse("timezone", node, "DATE_TRUNC is verified for DATE and TIMESTAMP_NTZ", "Cast it")
    made = ctx.call("date_trunc", common.lit(unit.lower()), this)
    return common.cast(made, "DATE" if ctx.is_a(this, "date") else "TIMESTAMP")


_PARSE = {"YYYY": "%Y", "YY": "%y", "MM": "%m", "MON": "%b", "DD": "%d", "HH24": "%H", "HH12": "%I", "MI": "%M",
          "SS": "%S", "AM": "%p", "PM": "%p"}  # fmt: skip
_PRINT = {**_PARSE, "MMMM": "%B", "DY": "%a", "FF3": "%g", "FF6": "%f"}


@D.rule(exp.ToChar, exp.TimeToStr)
def to_char(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    count = argument_count(node, ctx)
    if count == 1:
        return _text(node.this, ctx)
    if not count or not ctx.is_a(node.this, "date", "timestamp"):
        ctx.refuse("number_format", node, "TO_CHAR with a format is verified for DATE and TIMESTAMP_NTZ", "Cast it")
    fmt = documented.formatted(node, ctx, 1, _PRINT, quote='"', fold=True)
    return ctx.call("strftime", node.this, common.lit(fmt), type="VARCHAR")


@D.rule(exp.StrToDate, exp.StrToTime)
def parse_date(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if argument_count(node, ctx) != 2 or node.args.get("safe"):
        ctx.refuse("unfaithful", node, "This form of parsing is not verified", "Use TO_DATE with a format")
    fmt = documented.formatted(node, ctx, 1, _PARSE, quote='"', fold=True)
    made = ctx.call("strptime", node.this, common.lit(fmt), type="TIMESTAMP")
    return common.cast(made, "DATE") if isinstance(node, exp.StrToDate) else made
