"""SQL Server: https://learn.microsoft.com/en-us/sql/t-sql/ (the pages named at the rules are below it).

Texts compare as in the default collation of an installation: without case, with accents, without trailing blanks.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..databricks.dates import argument_count
from ..databricks.formats import written_text
from ..shared import blanks, common, documented
from . import decimals, functions, relations

D = DialectRules("tsql", level="documented", pack="tsql")

_VERIFIED = """
    abs acos any_value ascii asin atan avg case cast ceil ceiling char charindex choose coalesce concat concat_ws
    convert cos count count_big cume_dist current_timestamp datalength dateadd datediff datefromparts datepart day
    degrees dense_rank eomonth exists exp first_value floor format getdate getutcdate if iif isnull lag last_value
    lead left len length lower ltrim max min month nullif ntile parsename patindex percent_rank percentile_cont
    percentile_disc pi power pow radians rank replace replicate repeat reverse right round row_number rtrim sign sin
    space sqrt square stdev stdevp string_agg string_split stuff substring sum tan time_to_str trim try_cast
    try_convert upper var varp year last_day str_position strposition date_add date_diff date_from_parts ts_or_ds_diff
    ts_or_ds_add group_concat extract stddev stddev_pop stddev_samp variance var_pop variance_pop date_part any all
    number_to_str lateral
"""
documented.standard(D, [*_VERIFIED.split(), *functions.NAMES])
D.use(decimals.R)
D.use(functions.R)
D.use(relations.R)
D.use(blanks.rules("ts__flat"))
_T = exp.DType


# language-elements/string-concatenation-transact-sql
def _joined(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    sides = (node.this, node.expression)
    texts = all(ctx.is_a(s, "text") or isinstance(s, exp.Null) for s in sides)
    if not isinstance(node, exp.Add) or not texts or not any(ctx.is_a(s, "text") for s in sides):
        return None
    made = exp.DPipe(this=sides[0], expression=sides[1])
    made.type = exp.DataType.build("VARCHAR")
    return made


D.rules[exp.Add].clear()
D.rule(exp.Add)(_joined)
D.rule(exp.Add)(functions.days)
D.rule(exp.Add)(documented.arithmetic)


_FLOAT = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
_STAMP = r"[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?)?"
_STAMPS = {_T.DATETIME, _T.DATETIME2, _T.TIMESTAMP, _T.TIMESTAMPNTZ, _T.SMALLDATETIME}


def _cut(
    node: exp.Expr, this: exp.Expr, kind: exp.Expr, done: Callable[[exp.Expr, str], exp.Expr], ctx: Context
) -> exp.Expr:
    """A cast to text of at most some characters, 30 unless said."""
    to, is_text = kind.this, ctx.is_a(this, "text")
    if not ctx.is_a(this, "text", "int", "decimal", "date") and not isinstance(this, exp.Null):
        ctx.refuse("locale_format", node, "The text of this value is not verified", "Use FORMAT or CONVERT")
    size = kind.expressions[0].name if kind.expressions else "30"
    if to in (_T.CHAR, _T.NCHAR) and not kind.name:
        ctx.refuse("unfaithful", node, "CHAR(n) pads with blanks", "Use VARCHAR(n)")
    if size.upper() == "MAX":
        return done(this, "VARCHAR")
    if is_text and isinstance(this, exp.Null):
        return done(this, "VARCHAR")
    if not is_text and int(size) < 30:
        return ctx.macro("ts__fits", this, common.lit(int(size)), type="VARCHAR")
    return ctx.macro("common__varchar", this, common.lit(int(size)), type="VARCHAR")


# functions/cast-and-convert-transact-sql
@D.rule(exp.Cast, exp.TryCast)
def cast(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.meta.get("translated"):
        return None
    this, kind, soft = node.this, node.args["to"], isinstance(node, exp.TryCast)
    to, is_text, literal = kind.this, ctx.is_a(this, "text"), common.text(this)

    def done(value: exp.Expr, type_: str) -> exp.Expr:
        made = (exp.TryCast if soft else exp.Cast)(this=value, to=exp.DataType.build(type_, dialect="duckdb"))
        made.type, made.meta["translated"] = made.args["to"].copy(), True
        return made

    def valid(pattern: str) -> exp.Expr:
        if not is_text or (literal is not None and re.fullmatch(pattern, literal)):
            return this
        return ctx.macro("ts__try_valid" if soft else "ts__valid", this, common.lit(pattern))

    if ctx.unknown(this) and not isinstance(this, exp.Null):
        ctx.refuse("implicit_cast", node, "The type of this value is not known here", "Use a column or a CAST of one")
    if to in exp.DataType.TEXT_TYPES:
        made = _cut(node, this, kind, done, ctx)
        if kind.expressions and kind.expressions[0].name.isdigit():
            made.meta["length"] = int(kind.expressions[0].name)
        return made
    if to == _T.BIT or to == _T.BOOLEAN:
        return ctx.macro("ts__text_bit" if is_text else "ts__bit", this, type="INTEGER")
    if to in exp.DataType.INTEGER_TYPES:
        # a text is trimmed; an empty one is 0
        if is_text:
            return done(ctx.macro("ts__int_text", valid(r"\s*[+-]?[0-9]+\s*|\s*")), kind.sql("duckdb"))
        value = ctx.call("trunc", this) if ctx.is_a(this, "float", "decimal") else this
        return done(value, kind.sql("duckdb"))
    if to in exp.DataType.FLOAT_TYPES:
        return done(valid(_FLOAT), "DOUBLE")
    if to == _T.MONEY:
        return done(valid(_FLOAT.split("([eE]")[0]), "DECIMAL(19, 4)")
    if to == _T.DECIMAL:
        sizes = [p.name for p in kind.expressions] or ["18"]
        return done(valid(_FLOAT.split("([eE]")[0]), f"DECIMAL({', '.join([*sizes, '0'][:2])})")
    if to == _T.DATE or to in _STAMPS:
        if ctx.is_a(this, "number"):
            ctx.refuse("implicit_cast", node, "A number as a date is not verified", "Use DATEADD")
        return done(valid(_STAMP), "DATE" if to == _T.DATE else "TIMESTAMP")
    ctx.refuse("unfaithful", node, "A cast to this type is not verified", "Use another type")
    return None


_STYLES = {"101": "%m/%d/%Y", "103": "%d/%m/%Y", "104": "%d.%m.%Y", "105": "%d-%m-%Y", "110": "%m-%d-%Y",
           "102": "%Y.%m.%d", "106": "%d %b %Y", "107": "%b %d, %Y", "1": "%m/%d/%y", "3": "%d/%m/%y",
           "121": "%Y-%m-%d %H:%M:%S.%g",
           "126": "%Y-%m-%dT%H:%M:%S", "20": "%Y-%m-%d %H:%M:%S", "8": "%H:%M:%S", "111": "%Y/%m/%d", "112": "%Y%m%d",
           "23": "%Y-%m-%d", "108": "%H:%M:%S",
           "120": "%Y-%m-%d %H:%M:%S"}  # fmt: skip


@D.rule(exp.Convert)
def convert(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    to, this, style = node.this, node.expression, node.args.get("style")
    soft = bool(node.args.get("safe"))
    if style is None:
        plain = (exp.TryCast if soft else exp.Cast)(this=this, to=to)
        plain.type = to
        return cast(plain, ctx)
    fmt = _STYLES.get(style.name)
    if ctx.is_a(this, "text") and (to.this == _T.DATE or to.this in _STAMPS):
        return _parsed(this, to, style, fmt, soft, node, ctx)
    if to.this in (_T.CHAR, _T.NCHAR) and fmt is not None and to.expressions:
        shown = fmt if ctx.is_a(this, "timestamp") else fmt.split(" %H")[0].split("T%H")[0]
        if int(to.expressions[0].name) > len(datetime.now().strftime(shown)) or "%b" in shown or "%g" in shown:
            ctx.refuse("unfaithful", node, "CHAR(n) pads with blanks", "Use VARCHAR(n)")
    if to.this not in exp.DataType.TEXT_TYPES or fmt is None or not ctx.is_a(this, "date", "timestamp"):
        ctx.refuse("locale_format", node, "This style of CONVERT is not verified", "Use FORMAT, or style 120")
    if ctx.is_a(this, "date"):
        fmt = (fmt or "").split(" %H")[0].split("T%H")[0]
        if "%H" in fmt:
            raise ctx.error(node, "This style shows a time, which a DATE does not have.")
    made = ctx.call("strftime", this, common.lit(fmt or ""), type="VARCHAR")
    if to.expressions and to.expressions[0].name.upper() != "MAX":
        return ctx.macro("common__varchar", made, common.lit(int(to.expressions[0].name)), type="VARCHAR")
    return made if to.expressions else ctx.macro("common__varchar", made, common.lit(30), type="VARCHAR")


_READ = {"%Y": "[0-9]{4}", "%m": "[0-9]{1,2}", "%d": "[0-9]{1,2}", "%H": "[0-9]{2}", "%M": "[0-9]{2}", "%S": "[0-9]{2}"}


def _parsed(
    this: exp.Expr, to: exp.Expr, style: exp.Expr, fmt: str | None, soft: bool, node: exp.Expr, ctx: Context
) -> exp.Expr:
    if fmt is None or set(re.findall("%.", fmt)) - set(_READ) or "%Y" not in fmt:
        ctx.refuse("locale_format", node, "This style of CONVERT is not verified", "Use style 103, 112 or 120")
        return this
    if "%H" in fmt and to.this == _T.DATE:
        fmt = fmt.split("T%H")[0].split(" %H")[0]
    pattern = re.sub("%.", lambda m: _READ[m[0]], re.escape(fmt).replace("\\ ", " "))
    text = ctx.macro("ts__try_valid" if soft else "ts__valid", this, common.lit(pattern))
    made = ctx.call("try_strptime" if soft else "strptime", text, common.lit(fmt), type="TIMESTAMP")
    return common.cast(made, "DATE" if to.this == _T.DATE else "TIMESTAMP")


# functions/format-transact-sql
_NET = {"yyyy": "%Y", "yy": "%y", "MMMM": "%B", "MMM": "%b", "MM": "%m", "M": "%-m", "dddd": "%A", "ddd": "%a",
        "dd": "%d", "d": "%-d", "HH": "%H", "hh": "%I", "mm": "%M", "ss": "%S", "fff": "%g", "tt": "%p"}  # fmt: skip


@D.rule(exp.TimeToStr, exp.NumberToStr)
def format_(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if functions.is_datename(node, ctx):
        return functions.datename(node, ctx)
    if ctx.is_a(node.this.this if isinstance(node.this, exp.Cast) else node.this, "number"):
        return functions.format_number(node, ctx)
    start = node.meta.get("start")
    written = written_text(ctx.sql, start, 1, "tsql") if start is not None else None
    source = node.this.this if isinstance(node.this, exp.Cast) else node.this
    if argument_count(node, ctx) != 2 or written is None or len(written) < 2 or isinstance(node, exp.NumberToStr):
        ctx.refuse("locale_format", node, "This is verified for FORMAT of dates with a pattern", "Use DATEPART")
    if not (ctx.is_a(source, "date", "timestamp") or ctx.is_a(node.this, "date", "timestamp")):
        ctx.refuse("locale_format", node, "FORMAT is verified for dates", "Cast it")
    fmt = documented.formatted(node, ctx, 1, _NET, quote="'\"", escape="\\")
    return ctx.call("strftime", node.this, common.lit(fmt), type="VARCHAR")


# functions: text
@D.rule(exp.Substring)
def substring(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    size = node.args.get("length")
    if size is None:
        raise ctx.error(node, "SUBSTRING needs a length.")
    return ctx.macro("ts__substring", node.this, node.args["start"], size, type="VARCHAR")


@D.rule(exp.Length)
def length(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not ctx.is_a(node.this, "text") and not isinstance(node.this, exp.Cast):
        ctx.refuse("implicit_cast", node, "LEN of another value than a text is not verified", "Cast it to VARCHAR")
    inner = node.this.this if isinstance(node.this, exp.Cast) and ctx.is_a(node.this.this, "text") else node.this
    return ctx.call("length", ctx.call("rtrim", inner), type="INTEGER")


@D.rule(exp.Concat)
def concat(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if isinstance(node, exp.ConcatWs):
        return None
    if not all(ctx.is_a(a, "text", "int", "decimal", "date") or isinstance(a, exp.Null) for a in node.expressions):
        ctx.refuse("locale_format", node, "The text of this value is not verified", "Use FORMAT or CONVERT")
    return ctx.call("concat", *node.expressions, type="VARCHAR")


@D.function("datalength")
def datalength(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if isinstance(node.expressions[0], exp.National):
        return common.lit(2 * len(node.expressions[0].name))
    if not ctx.is_a(node.expressions[0], "text"):
        ctx.refuse("bytes", node, "DATALENGTH is verified for texts", "Use LEN")
    return ctx.macro("ts__ascii_length", node.expressions[0], type="INTEGER")


@D.function("choose")
def choose(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    index, *values = node.expressions
    if not ctx.is_a(index, "int"):
        ctx.refuse("implicit_cast", node, "CHOOSE is verified for a whole number", "Cast it to INT")
    ifs = [exp.If(this=exp.EQ(this=exp.Paren(this=index.copy()), expression=common.lit(i)), true=v)
           for i, v in enumerate(values, 1)]  # fmt: skip
    return exp.Case(ifs=ifs)


@D.rule(exp.Stuff)
def stuff(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.macro("ts__stuff", node.this, node.args["start"], node.args["length"], node.expression, type="VARCHAR")


_SPREAD = {"varp": "var_pop", "var": "var_samp", "stdevp": "stddev_pop", "stdev": "stddev_samp"}


@D.function(*_SPREAD)
def spread(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.call(_SPREAD[node.name.lower()], *node.expressions, type="DOUBLE")


# functions: dates
_UNITS = ("YEAR", "QUARTER", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "WEEK", "MILLISECOND")


def _unit(node: exp.Expr, ctx: Context) -> str:
    name = node.args["unit"].name.upper() if node.args.get("unit") is not None else "DAY"
    if name not in _UNITS:
        raise ctx.error(node, f"The unit {name} is not supported here.")
    return str(name)


@D.normalise
def moments(tree: exp.Expr, ctx: Context) -> None:
    """YEAR, EOMONTH, DATEDIFF take a date as it is; sqlglot writes a conversion around it, for texts."""
    for node in list(tree.find_all(exp.TsOrDsToDate, exp.TimeStrToTime)):
        inner = node.this
        node.replace(common.cast(inner.copy(), "TIMESTAMP") if common.text(inner) is not None else inner.copy())


_PARTS = {"YEAR", "QUARTER", "MONTH", "DAY", "DAYOFYEAR", "HOUR", "MINUTE", "SECOND"}


@D.rule(exp.Extract)
def datepart(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """functions/datepart-transact-sql: weekday and week by DATEFIRST 7, the default of U.S. English."""
    part, moment = node.this.name.upper(), functions.moment(node.expression, ctx)
    node.set("expression", moment)
    if part == "DAYOFWEEK":
        return ctx.macro("ts__weekday", moment, type="INTEGER")
    if part == "WEEK":
        return ctx.macro("ts__week", moment, type="INTEGER")
    if part == "WEEKISO":
        return ctx.call("weekofyear", moment, type="INTEGER")
    if part not in _PARTS:
        ctx.refuse("unfaithful", node, f"DATEPART of {part} is not verified", "Use a part from year to second")
    return None


@D.rule(exp.DateDiff, exp.TsOrDsDiff)
def date_diff(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Boundaries; weeks start on a Sunday, whatever DATEFIRST says."""
    unit = _unit(node, ctx)
    args = [common.cast(functions.moment(a, ctx), "TIMESTAMP") for a in (node.expression, node.this)]
    if unit == "WEEK":
        return ctx.macro("ts__weeks", *args, type="BIGINT")
    return ctx.call("date_diff", common.lit(unit.lower()), *args, type="BIGINT")


@D.rule(exp.DateAdd, exp.TsOrDsAdd)
def date_add(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    this = node.this.this if isinstance(node.this, exp.Cast) and ctx.is_a(node.this.this, "date") else node.this
    this = functions.moment(this, ctx)
    if ctx.is_a(node.expression, "float", "decimal"):
        return documented.shifted(this, ctx.call("trunc", node.expression), _unit(node, ctx), ctx)
    return documented.shifted(this, node.expression, _unit(node, ctx), ctx)
