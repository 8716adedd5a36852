"""CAST: functions/conversion of the manual."""

from __future__ import annotations

import re
from functools import partial

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build, casts

R = DialectRules("trino casts")
_T = exp.DType
_STAMPS = {_T.TIMESTAMP, _T.TIMESTAMPNTZ, _T.DATETIME}
_INT, _FLOAT = r"[+-]?[0-9]+", r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*|NaN|[+-]?Infinity"
_ELEMENTS = {*exp.DataType.INTEGER_TYPES, *exp.DataType.TEXT_TYPES, _T.DOUBLE, _T.BOOLEAN}
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_STAMP = _DATE + r"( [0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?)?"


# functions/conversion
@R.rule(exp.Cast, exp.TryCast)
def cast(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.meta.get("translated"):
        return None
    this, kind, soft = node.this, node.args["to"], isinstance(node, exp.TryCast)
    to, literal, is_text = kind.this, build.text(this), ctx.is_a(this, "text")

    done = partial(build.translated, soft=soft)

    def valid(pattern: str) -> exp.Expr:
        if not is_text or (literal is not None and re.fullmatch(pattern, literal)):
            return this
        return ctx.macro("tr__try_valid" if soft else "tr__valid", this, build.lit(pattern))

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
    if to in (_T.CHAR, _T.NCHAR):
        ctx.refuse("unfaithful", node, "CHAR(n) pads with blanks", "Use VARCHAR(n)")
    if to in exp.DataType.TEXT_TYPES and ctx.unknown(this) and node.find_ancestor(exp.Lambda) is not None:
        ctx.refuse("implicit_cast", node, "The type of this value is not known here", "Use format")
    if to in exp.DataType.TEXT_TYPES:
        found = ctx.type_of(this)
        if found is not None and found.this == _T.DOUBLE and not kind.expressions:
            return ctx.macro("tr__dbl_text", this, type="VARCHAR")
        if ctx.is_a(this, "float", "timestamp", "timestamptz", "time", "interval"):
            ctx.refuse("locale_format", node, "The text of this value is not verified", "Use format or date_format")
        if kind.expressions:
            return casts.varchar_n(node, ctx)
        return done(this, "VARCHAR")
    if ctx.unknown(this) and not isinstance(this, exp.Null):
        ctx.refuse("implicit_cast", node, "The type of this value is not known here", "Cast it to DOUBLE or VARCHAR")
    if to in exp.DataType.INTEGER_TYPES:
        return done(ctx.call("round", this) if ctx.is_a(this, "float", "decimal") else valid(_INT), kind.sql("duckdb"))
    if to in exp.DataType.FLOAT_TYPES:
        return done(valid(_FLOAT), kind.sql("duckdb"))
    if to == _T.DECIMAL:
        sizes = [p.name for p in kind.expressions] or ["38"]
        exact = re.fullmatch(r"[+-]?0*([0-9]*)\.?([0-9]*)", literal or "")
        start = this.meta.get("start")
        if exact and not kind.expressions and start and re.search(r"\b(decimal|number)\s*$", ctx.sql[:start], re.I):
            # language/types#decimal: a literal has the digits that it is written with
            whole, places = len(exact[1]), len(exact[2])
            return done(this, f"DECIMAL({max(whole + places, 1)}, {places})")
        if ctx.is_a(this, "float") and this.is_type(_T.FLOAT):
            return done(build.cast(this, "VARCHAR"), f"DECIMAL({', '.join((*sizes, '0')[:2])})")
        return done(valid(_FLOAT), f"DECIMAL({', '.join((*sizes, '0')[:2])})")
    if to == _T.BOOLEAN and is_text:
        return done(valid("(?i)true|false|t|f|1|0"), "BOOLEAN")
    if ctx.is_a(this, "timestamptz"):
        ctx.refuse("timezone", node, "The zone of this value is not kept", "Convert it with to_unixtime")
    if to in (_T.TIMESTAMPTZ, _T.TIMESTAMPLTZ) and is_text:
        return done(valid(_STAMP + r" ?(UTC|Z|[+-][0-9]{2}:[0-9]{2})"), "TIMESTAMPTZ")
    if to == _T.TIME and not kind.expressions and ctx.is_a(this, "timestamp"):
        return done(ctx.macro("tr__milli", this, type="TIMESTAMP"), "TIME")
    if to == _T.DATE or to in _STAMPS:
        return done(valid(_DATE if to == _T.DATE else _STAMP), "DATE" if to == _T.DATE else "TIMESTAMP")
    if to not in (_T.BOOLEAN, _T.INTERVAL, _T.ARRAY):
        ctx.refuse("unfaithful", node, "A cast to this type is not verified", "Use another type")
    return None
