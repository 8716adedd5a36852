"""CAST: functions/conversion of the manual."""

from __future__ import annotations

import re
from itertools import count

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all
from .. import DialectRules
from ..shared import build, casts
from . import dates, json

R = DialectRules("trino casts")
_T = exp.DType
_STAMPS = {_T.TIMESTAMP, _T.TIMESTAMPNTZ, _T.DATETIME}
_INT, _FLOAT = r"[+-]?[0-9]+", r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*|NaN|[+-]?Infinity"
_DATE = r"\s*[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}\s*"
_CLOCK = r"[0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
_STAMP = rf"{_DATE[:-3]}( {_CLOCK})?"
_ZONED = re.compile(
    rf"({_DATE[:-3]}(?: [0-9]{{1,2}}:[0-9]{{2}}(?::[0-9]{{2}}(?:\.[0-9]{{1,12}})?)?)?) ?"
    r"([A-Za-z_]+(?:/[A-Za-z_+-]+[0-9]*)*|[+-][0-9]{2}:[0-9]{2})"
)


# language/types#decimal: a literal has the digits that it is written with
@R.normalise
def literals(tree: exp.Expr, ctx: Context) -> None:
    for node in list(find_all(tree, exp.Cast)):
        text, kind = build.text(node.this), node.args["to"]
        start = node.this.meta.get("start")
        if text is None or not start or kind.this != _T.DECIMAL or kind.expressions:
            continue
        digits = re.fullmatch(r"[+-]?0*([0-9]*)\.?([0-9]*)", text)
        if digits and re.search(r"\b(decimal|number)\s*$", ctx.sql[:start], re.I):
            sizes = (max(len(digits[1]) + len(digits[2]), 1), len(digits[2]))
            kind.set("expressions", [exp.DataTypeParam(this=build.lit(n)) for n in sizes])
            node.type = kind.copy()


# functions/conversion
@R.rule(exp.Cast, exp.TryCast)
def cast(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.meta.get("translated"):
        return None
    cast = casts.Conversion.of(node, ctx, "tr")
    this, kind, done, valid = cast.this, cast.kind, cast.done, cast.valid
    to = kind.this

    if to == _T.JSON and ctx.is_a(this, "json"):
        return this
    if to == _T.JSON and (ctx.type_of(this) is not None or isinstance(this, exp.Null)):
        return json.to_json(node, ctx)
    if ctx.is_a(this, "json") and (to in exp.DataType.NESTED_TYPES or to in exp.DataType.TEXT_TYPES):
        if cast.soft:
            ctx.refuse("unfaithful", node, "TRY_CAST of JSON is not verified", "Use CAST")
        return json.from_json(this, kind, node, ctx, count(1))
    if ctx.is_a(this, "json"):
        if to not in exp.DataType.INTEGER_TYPES and to not in exp.DataType.FLOAT_TYPES and to != _T.BOOLEAN:
            ctx.refuse("unfaithful", node, "A cast of JSON to this type is not verified", "Use json_extract_scalar")
        this = ctx.macro("tr__json_bool" if to == _T.BOOLEAN else "tr__json_number", this, type="VARCHAR")
        cast.this, cast.is_text = this, True
    if ctx.is_a(this, "array", "map") or (ctx.is_a(this, "struct") and to not in exp.DataType.STRUCT_TYPES):
        ctx.refuse("unfaithful", node, "A cast of this value is not verified", "Cast its elements")
    if to in exp.DataType.STRUCT_TYPES:
        return done(this, kind.sql("duckdb"))
    if to in (_T.CHAR, _T.NCHAR):
        return _char(node, this, kind, ctx)
    if to == _T.UUID and cast.is_text:
        return done(valid("[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"), "UUID")
    if to in (_T.VARBINARY, _T.BINARY, _T.BLOB) and cast.is_text:
        return ctx.call("encode", this, type="BLOB")
    if to == _T.TIME and not ctx.unknown(this) and node.args["to"].this == _T.TIME:
        return _time(cast)
    if to in exp.DataType.TEXT_TYPES and ctx.unknown(this) and node.find_ancestor(exp.Lambda) is not None:
        ctx.refuse("implicit_cast", node, "The type of this value is not known here", "Use format")
    if to in exp.DataType.TEXT_TYPES:
        found = ctx.type_of(this)
        if found is not None and found.this == _T.DOUBLE and not kind.expressions:
            return ctx.macro("tr__dbl_text", this, type="VARCHAR")
        if ctx.is_a(this, "interval") and not kind.expressions:
            return ctx.macro("tr__interval_text", this, type="VARCHAR")
        if ctx.is_a(this, "float", "timestamp", "timestamptz", "time", "interval"):
            ctx.refuse("locale_format", node, "The text of this value is not verified", "Use format or date_format")
        if ctx.is_a(this, "decimal"):  # DuckDB writes no zero before the point where all digits are behind it
            this = cast.this = ctx.macro("tr__decimal_text", this, type="VARCHAR")
            node.set("this", this)
        if kind.expressions:
            return casts.varchar_n(node, ctx)
        return done(this, "VARCHAR")
    if ctx.unknown(this) and not (isinstance(this, exp.Null) or this.is_type(_T.NULL) or _null_step(this, ctx)):
        ctx.refuse("implicit_cast", node, "The type of this value is not known here", "Cast it to DOUBLE or VARCHAR")
    if to in exp.DataType.INTEGER_TYPES:
        return done(ctx.call("round", this) if ctx.is_a(this, "float", "decimal") else valid(_INT), kind.sql("duckdb"))
    if to in exp.DataType.FLOAT_TYPES:
        return done(valid(_FLOAT), kind.sql("duckdb"))
    if to == _T.DECIMAL:
        sizes = [p.name for p in kind.expressions] or ["38"]
        if ctx.is_a(this, "float") and this.is_type(_T.FLOAT):
            return done(build.cast(this, "VARCHAR"), f"DECIMAL({', '.join((*sizes, '0')[:2])})")
        return done(valid(_FLOAT), f"DECIMAL({', '.join((*sizes, '0')[:2])})")
    if to == _T.BOOLEAN and cast.is_text:
        return done(valid("(?i)true|false|t|f|1|0"), "BOOLEAN")
    if ctx.is_a(this, "timestamptz"):
        this = cast.this = dates.local(this, node, ctx)
    zoned = _ZONED.fullmatch(cast.literal or "")
    if zoned and to in (_T.TIMESTAMPTZ, _T.TIMESTAMPLTZ, *_STAMPS) and zoned[2] not in ("UTC", "Z"):
        return dates.zoned(zoned[1], zoned[2], node, ctx)
    if to in (_T.TIMESTAMPTZ, _T.TIMESTAMPLTZ) and cast.is_text:
        return done(valid(_STAMP + r" ?(UTC|Z|[+-][0-9]{2}:[0-9]{2})"), "TIMESTAMPTZ")
    if to in _STAMPS and kind.expressions and ctx.is_a(this, "timestamp", "date"):
        return _steps(done(this, "TIMESTAMP"), kind, ctx)
    if to == _T.DATE or to in _STAMPS:
        return done(valid(_DATE if to == _T.DATE else _STAMP), "DATE" if to == _T.DATE else "TIMESTAMP")
    if to not in (_T.BOOLEAN, _T.INTERVAL, _T.ARRAY):
        ctx.refuse("unfaithful", node, "A cast to this type is not verified", "Use another type")
    return None


def _null_step(node: exp.Expr, ctx: Context) -> bool:
    """A column for which the step that it is of writes NULL."""
    made = ctx.origin(node) if isinstance(node, exp.Column) else None
    above = made.find_ancestor(exp.Select) if made is not None else None
    return isinstance(made, exp.Null) and above is not None and not isinstance(above.parent, exp.SetOperation)


def _steps(stamp: exp.Expr, kind: exp.Expr, ctx: Context) -> exp.Expr:
    """language/types#timestamp: rounded to so many digits of a second."""
    digits = int(kind.expressions[0].name) if kind.expressions else 3
    if digits >= 6:
        return stamp
    return ctx.macro("tr__steps", stamp, build.lit(10 ** (6 - digits)), type="TIMESTAMP")


def _char(node: exp.Expr, this: exp.Expr, kind: exp.Expr, ctx: Context) -> exp.Expr:
    """language/types#char: filled with blanks to its length, which is 1 unless said."""
    if not ctx.is_a(this, "text") and not isinstance(this, exp.Null):
        ctx.refuse("unfaithful", node, "A CHAR of this value is not verified", "Cast it to VARCHAR before")
    start = this.meta.get("start")
    literal = build.text(this)
    size = int(kind.expressions[0].name) if kind.expressions else 1
    if literal is not None and not kind.expressions and start and re.search(r"\bchar\s*$", ctx.sql[:start], re.I):
        size = len(literal)  # CHAR 'abc' has the length that is written
    made = ctx.call("rpad", this, build.lit(size), build.lit(" "))
    made.type = exp.DataType(this=_T.CHAR, expressions=[exp.DataTypeParam(this=build.lit(size))])
    return made


def _time(cast: casts.Conversion) -> exp.Expr:
    """language/types#time: a literal has its digits, else three unless said; past midnight it starts anew."""
    this, kind, done, ctx = cast.this, cast.kind, cast.done, cast.ctx
    literal, start = build.text(this), this.meta.get("start")
    if literal is not None and re.fullmatch(_CLOCK, literal):
        made = done(this, "TIME")
        if not kind.expressions or (start and re.search(r"\btime\s*$", ctx.sql[:start], re.I)):
            return made
        this = made
    elif ctx.is_a(this, "text"):
        this = done(cast.valid(_CLOCK), "TIME")
    if ctx.is_a(this, "time"):
        this = exp.Paren(this=exp.Add(this=build.cast(build.lit("1970-01-01"), "DATE"), expression=this))
    elif not ctx.is_a(this, "timestamp"):
        ctx.refuse("unfaithful", cast.node, "A TIME of this value is not verified", "Cast it to TIMESTAMP before")
    return done(_steps(build.cast(this, "TIMESTAMP"), kind, ctx), "TIME")


# functions/conversion#typeof
_NAMES = {_T.TINYINT: "tinyint", _T.SMALLINT: "smallint", _T.INT: "integer", _T.BIGINT: "bigint", _T.DOUBLE: "double",
          _T.FLOAT: "real", _T.BOOLEAN: "boolean", _T.DATE: "date", _T.JSON: "json", _T.UUID: "uuid"}  # fmt: skip


@R.rule(exp.Typeof)
def typeof(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    kind = ctx.type_of(node.this)
    if kind is None or kind.this not in _NAMES:
        ctx.refuse("typeof", node, "The name of this type is not known here", "Write the name")
        return None
    return build.cast(build.lit(_NAMES[kind.this]), "VARCHAR")
