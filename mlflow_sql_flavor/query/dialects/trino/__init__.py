"""Trino: https://trino.io/docs/current/ (the pages named at the rules are below it)."""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..databricks.dates import argument_count
from ..shared import common, documented
from . import collections, functions

D = DialectRules("trino", level="documented", pack="trino")

_VERIFIED = """
    abs acos any_value approx_distinct arbitrary array array_agg array_distinct array_join array_max array_min
    array_sort array_to_string asin atan atan2 avg bitwise_and bitwise_not bitwise_or bitwise_xor bool_and bool_or
    cardinality case cast ceil ceiling chr coalesce concat contains corr cos count count_if covar_pop covar_samp
    cume_dist current_date current_timestamp date date_add date_diff date_format date_parse date_trunc day
    day_of_month day_of_week day_of_year degrees dense_rank dow doy element_at every exists exp extract filter
    first_value floor format greatest grouping hour if is_finite is_infinite is_nan json_extract_scalar lag last_value
    last_day_of_month lead least length levenshtein_distance listagg ln log10 log2 lower lpad ltrim max max_by min
    min_by minute mod month nth_value ntile now nullif parse_datetime percent_rank pi position pow power quarter
    radians random rank reduce regexp_extract regexp_like regexp_replace replace reverse round row_number rpad rtrim
    second sign sin split split_part sqrt starts_with stddev stddev_pop stddev_samp strpos substr substring sum tan
    transform trim truncate try_cast unnest upper uuid var_pop var_samp variance week week_of_year year
    str_position strposition time_to_str str_to_time json_extract logical_and logical_or array_size
    group_concat array_contains array_filter
"""
documented.standard(D, [*_VERIFIED.split(), *functions.NAMES])
D.use(collections.R)
D.use(functions.R)
D.rule(exp.Add, exp.Sub)(documented.keep_date)
_T = exp.DType
_STAMPS = {_T.TIMESTAMP, _T.TIMESTAMPNTZ, _T.DATETIME}


# functions/decimal: a quotient has the digits of the operand that has more; of doubles it may be Infinity or NaN
@D.rule(exp.Div)
def division(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    left, right = node.this, node.expression
    if node.meta.get("translated"):
        return None
    if ctx.is_a(left, "float") or ctx.is_a(right, "float"):
        return ctx.macro("tr__divide", *(common.cast(a, "DOUBLE") for a in (left, right)), type="DOUBLE")
    node.meta["translated"] = True
    made = common.plain_division(node, ctx)
    assert made is not None
    if ctx.is_a(left, "int") and ctx.is_a(right, "int"):
        return made
    scales = [documented.scale(a, ctx) for a in (left, right)]
    known = [s for s in scales if s is not None]
    if len(known) < 2:
        ctx.refuse("unfaithful", node, "The digits of this quotient are not known here", "CAST both to DOUBLE")
        return made
    return common.cast(exp.Paren(this=made), f"DECIMAL(38, {max(known)})")


@D.rule(exp.Avg)
def mean(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """functions/aggregate: a mean of decimals has their digits."""
    if not ctx.is_a(node.this, "decimal") or node.meta.get("translated"):
        return None
    node.meta["translated"] = True
    digits = documented.scale(node.this, ctx)
    if digits is None or isinstance(node.parent, (exp.Window, exp.Filter)):
        ctx.refuse("unfaithful", node, "The digits of this mean are not known here", "CAST its argument to DOUBLE")
        return None
    return common.cast(node, f"DECIMAL(38, {digits})")


_INT, _FLOAT = r"[+-]?[0-9]+", r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*|NaN|[+-]?Infinity"
_ELEMENTS = {*exp.DataType.INTEGER_TYPES, *exp.DataType.TEXT_TYPES, _T.DOUBLE, _T.BOOLEAN}
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_STAMP = _DATE + r"( [0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?)?"


# functions/conversion
@D.rule(exp.Cast, exp.TryCast)
def cast(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.meta.get("translated"):
        return None
    this, kind, soft = node.this, node.args["to"], isinstance(node, exp.TryCast)
    to, literal, is_text = kind.this, common.text(this), ctx.is_a(this, "text")

    def done(value: exp.Expr, type_: str) -> exp.Expr:
        made = (exp.TryCast if soft else exp.Cast)(this=value, to=exp.DataType.build(type_, dialect="duckdb"))
        made.type, made.meta["translated"] = made.args["to"].copy(), True
        return made

    def valid(pattern: str) -> exp.Expr:
        if not is_text or (literal is not None and re.fullmatch(pattern, literal)):
            return this
        return ctx.macro("tr__try_valid" if soft else "tr__valid", this, common.lit(pattern))

    if ctx.is_a(this, "json"):
        if to in exp.DataType.TEXT_TYPES and not kind.expressions:
            return ctx.macro("tr__json_value", this, type="VARCHAR")
        if to in exp.DataType.ARRAY_TYPES and kind.expressions and kind.expressions[0].this in _ELEMENTS:
            return done(this, kind.sql("duckdb"))
        if to not in exp.DataType.INTEGER_TYPES and to not in exp.DataType.FLOAT_TYPES and to != _T.BOOLEAN:
            ctx.refuse("unfaithful", node, "A cast of JSON to this type is not verified", "Use json_extract_scalar")
        this = ctx.macro("tr__json_value" if to == _T.BOOLEAN else "tr__json_number", this, type="VARCHAR")
        is_text = True
    if ctx.is_a(this, "array", "map") or (ctx.is_a(this, "struct") and to not in exp.DataType.STRUCT_TYPES):
        ctx.refuse("unfaithful", node, "A cast of this value is not verified", "Cast its elements")
    if to in exp.DataType.STRUCT_TYPES:
        return done(this, kind.sql("duckdb"))
    if to in exp.DataType.TEXT_TYPES:
        found = ctx.type_of(this)
        if found is not None and found.this == _T.DOUBLE and not kind.expressions:
            return ctx.macro("tr__dbl_text", this, type="VARCHAR")
        if ctx.is_a(this, "float", "timestamp", "timestamptz", "time", "interval"):
            ctx.refuse("locale_format", node, "The text of this value is not verified", "Use format or date_format")
        if kind.expressions:
            return common.varchar_n(node, ctx)
        return done(this, "VARCHAR")
    if ctx.unknown(this) and not isinstance(this, exp.Null):
        ctx.refuse("implicit_cast", node, "The type of this value is not known here", "Cast it to DOUBLE or VARCHAR")
    if to in exp.DataType.INTEGER_TYPES:
        return done(ctx.call("round", this) if ctx.is_a(this, "float", "decimal") else valid(_INT), kind.sql("duckdb"))
    if to in exp.DataType.FLOAT_TYPES:
        return done(valid(_FLOAT), kind.sql("duckdb"))
    if to == _T.DECIMAL:
        sizes = [p.name for p in kind.expressions] or ["38"]
        return done(valid(_FLOAT), f"DECIMAL({', '.join((*sizes, '0')[:2])})")
    if to == _T.BOOLEAN and is_text:
        return done(valid("(?i)true|false|t|f|1|0"), "BOOLEAN")
    if to == _T.DATE or to in _STAMPS:
        return done(valid(_DATE if to == _T.DATE else _STAMP), "DATE" if to == _T.DATE else "TIMESTAMP")
    if to not in (_T.BOOLEAN, _T.INTERVAL, _T.ARRAY):
        ctx.refuse("unfaithful", node, "A cast to this type is not verified", "Use another type")
    return None


# functions/string
@D.rule(exp.Substring)
def substring(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    this, start, size = node.this, node.args.get("start"), node.args.get("length")
    assert start is not None
    return ctx.macro("tr__substr" if size else "tr__substr2", this, start, *([size] if size else []), type="VARCHAR")


@D.rule(exp.SplitPart)
def split_part(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if (documented.literal_int(node.args.get("part_index")) or 0) < 1 or not common.text(node.args.get("delimiter")):
        ctx.refuse("unfaithful", node, "split_part is verified for constants", "Write the separator and the number")
    return ctx.macro("tr__split_part", node.this, node.args["delimiter"], node.args["part_index"], type="VARCHAR")


@D.rule(exp.RegexpReplace, exp.RegexpExtract, exp.RegexpLike)
def regexp(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    fill = common.text(node.args.get("replacement")) if node.args.get("replacement") is not None else ""
    group = node.args.get("group")
    number = documented.literal_int(group) if group is not None else 0
    if common.text(node.expression) is None or fill is None or "\\" in fill or number is None:
        ctx.refuse("unfaithful", node, "This is verified for constants without a backslash", "Use another way")
    if fill is not None and re.search(r"\$(?![0-9](?![0-9]))", fill):
        ctx.refuse("unfaithful", node, "Groups are verified as $1 to $9", "Number the groups")
    fill = re.sub(r"\$([0-9])", r"\\\1", fill or "")
    if isinstance(node, exp.RegexpReplace):
        return ctx.call("regexp_replace", node.this, node.expression, common.lit(fill or ""), common.lit("g"),
                        type="VARCHAR")  # fmt: skip
    if isinstance(node, exp.RegexpExtract):
        return ctx.macro("tr__regexp_extract", node.this, node.expression, common.lit(number or 0), type="VARCHAR")
    return ctx.call("regexp_matches", node.this, node.expression, type="BOOLEAN")


_SPEC = re.compile(r"%(?:(%)|(0\d+|,|\d+)?(d)|(-?\d+)?(s)|(,)?\.(\d+)f)")


@D.rule(exp.Format)
def format_(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """functions/conversion#format, as Java formats: digits are rounded half away from zero."""
    found, args = common.text(node.this), list(node.expressions)
    specs = [m for m in _SPEC.finditer(found or "") if not m[1]]
    families = [("int",) if m[3] else ("text", "int") if m[5] else ("float", "decimal") for m in specs]
    if (
        found is None
        or "%" in _SPEC.sub("", found)
        or len(specs) != len(args)
        or not all(ctx.is_a(a, *f) for a, f in zip(args, families, strict=False))
    ):
        ctx.refuse(
            "number_format", node, "This format is not verified", "Use %d, %05d, %,d, %s and %.2f of fitting values"
        )
    for i, m in enumerate(specs[: len(args)]):
        if m[7]:
            args[i] = common.cast(common.cast(args[i], "VARCHAR"), f"DECIMAL(38, {m[7]})")
            if m[6]:
                args[i] = ctx.call("format", common.lit(f"{{:,.{m[7]}f}}"), common.cast(args[i], "DOUBLE"))
        elif m[2] == ",":
            args[i] = ctx.call("format", common.lit("{:,}"), common.cast(args[i], "BIGINT"))
        elif m[2]:
            args[i] = ctx.call("printf", common.lit(f"%{m[2]}d"), common.cast(args[i], "BIGINT"))
        args[i] = common.cast(args[i], "VARCHAR")
    pattern = _SPEC.sub(lambda m: "%%" if m[1] else f"%{m[4] or ''}s", found or "")
    return ctx.macro("tr__format", ctx.call("printf", common.lit(pattern), *args), exp.Array(expressions=[
        a.copy() for a in args]), type="VARCHAR")  # fmt: skip


@D.rule(exp.JSONExtractScalar)
def json_scalar(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    path = node.expression
    return ctx.macro("tr__json_scalar", exp.JSONExtract(this=node.this, expression=path), type="VARCHAR")


# functions/array: beyond the end [] raises, element_at gives NULL
@D.rule(exp.Bracket)
def subscript(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if ctx.is_a(node.this, "map") and len(node.expressions) == 1:
        kind, key = ctx.type_of(node.this), node.expressions[0]
        if node.args.get("offset") != 1 and isinstance(key, exp.Literal) and key.is_int:
            key = common.lit(int(key.name) + 1)
        made = ctx.call("map_extract_value", node.this, key) if node.args.get("safe") else ctx.macro(
            "tr__map_at", node.this, key)  # fmt: skip
        if kind is not None and len(kind.expressions) > 1:
            made.type = kind.expressions[1].copy()
        return made
    if ctx.is_a(node.this, "struct"):
        return None
    if len(node.expressions) != 1 or ctx.is_a(node.this, "json") or ctx.is_a(node.expressions[0], "text"):
        ctx.refuse("unfaithful", node, "A subscript of this value is not verified", "Use arrays with whole numbers")
    index, number = node.expressions[0], documented.literal_int(node.expressions[0])
    if node.args.get("offset") != 1:
        one = exp.Paren(this=exp.Add(this=exp.Paren(this=index), expression=common.lit(1)))
        index = common.lit(number + 1) if number is not None and number >= 0 else one
    return ctx.macro("tr__element_at" if node.args.get("safe") else "tr__at", node.this, index)


@D.rule(exp.Reduce)
def reduce_(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    finish = node.args.get("finish")
    made: exp.Expr = ctx.call("list_reduce", node.this, node.args["merge"], node.args["initial"])
    if not isinstance(finish, exp.Lambda):
        return made
    state, whole = finish.expressions[0].name, exp.Paren(this=finish.this)
    for found in list(whole.find_all(exp.Identifier)):
        if found.name == state:
            (found.parent if isinstance(found.parent, exp.Column) else found).replace(made.copy())
    return whole.this if isinstance(whole.this, exp.Anonymous) else whole


@D.rule(exp.ApproxDistinct)
def approx_distinct(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    ctx.open("approximate", node, "An approximation; here it is computed exactly.")
    return ctx.call("count", exp.Distinct(expressions=[node.this]), type="BIGINT")


# functions/datetime
_UNITS = {"SECOND": 10**6, "MINUTE": 6 * 10**7, "HOUR": 36 * 10**8, "DAY": 864 * 10**8, "WEEK": 7 * 864 * 10**8,
          "MILLISECOND": 1000}  # fmt: skip
_MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}


def _unit(node: exp.Expr, ctx: Context) -> str:
    unit = node.args.get("unit")
    name = unit.name.upper() if unit is not None else ""
    if name not in _UNITS and name not in _MONTHS:
        raise ctx.error(node, f"The unit {name} is not supported here.")
    return str(name)


@D.rule(exp.DateDiff)
def date_diff(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Complete units."""
    unit, args = _unit(node, ctx), [common.cast(a, "TIMESTAMP") for a in (node.expression, node.this)]
    size = _MONTHS.get(unit) or _UNITS[unit]
    name = "tr__months" if unit in _MONTHS else "tr__micros"
    return exp.Paren(this=exp.IntDiv(this=ctx.macro(name, *args, type="BIGINT"), expression=common.lit(size)))


@D.rule(exp.DateAdd)
def date_add(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    unit = _unit(node, ctx)
    if unit == "MILLISECOND" or ctx.is_a(node.this, "text") or ctx.is_a(node.expression, "float", "decimal"):
        ctx.refuse("implicit_cast", node, "This date_add is not verified", "Use whole numbers of other units")
    return documented.shifted(node.this, node.expression, unit, ctx)


@D.rule(exp.DateTrunc, exp.TimestampTrunc)
def date_trunc(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    unit, this = _unit(node, ctx), node.this
    if not ctx.is_a(this, "date", "timestamp"):
        ctx.refuse("timezone", node, "date_trunc is verified for date and timestamp", "Cast it")
    made = ctx.call("date_trunc", common.lit(unit.lower()), this)
    return common.cast(made, "DATE" if ctx.is_a(this, "date") else "TIMESTAMP")


_PARSE = {"%Y": "%Y", "%m": "%m", "%d": "%d", "%H": "%H", "%i": "%M", "%s": "%S", "%S": "%S", "%T": "%H:%M:%S",
          "%e": "%d", "%c": "%m", "%b": "%b", "%M": "%B", "%y": "%y", "%p": "%p", "%h": "%I", "%I": "%I",
          "%%": "%%"}  # fmt: skip
_PRINT = {**_PARSE, "%a": "%a", "%W": "%A", "%e": "%-d", "%c": "%-m", "%k": "%-H", "%l": "%-I", "%j": "%j",
          "%f": "%f", "%v": "%V", "%x": "%G", "%r": "%I:%M:%S %p"}  # fmt: skip


@D.rule(exp.TimeToStr)
def date_format(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    fmt = documented.formatted(node, ctx, 1, _PRINT, letters=False)
    return ctx.call("strftime", node.this, common.lit(fmt), type="VARCHAR")


@D.rule(exp.StrToTime)
def date_parse(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if argument_count(node, ctx) != 2:
        ctx.refuse("unfaithful", node, "This form of parsing is not verified", "Use date_parse")
    fmt = documented.formatted(node, ctx, 1, _PARSE, letters=False)
    return ctx.call("strptime", node.this, common.lit(fmt), type="TIMESTAMP")
