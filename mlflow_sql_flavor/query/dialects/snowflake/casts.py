"""CAST and conversions of one value, VARIANT among them: sql-reference/data-type-conversion."""

from __future__ import annotations

import re
from functools import partial

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build

R = DialectRules("snowflake casts")
_T = exp.DType


@R.rule(exp.ToBoolean)
def to_boolean(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if ctx.is_a(node.this, "text"):
        return ctx.macro("sf__try_bool" if node.args.get("safe") else "sf__bool", node.this, type="BOOLEAN")
    if not ctx.is_a(node.this, "int", "decimal", "bool"):
        ctx.refuse("implicit_cast", node, "TO_BOOLEAN of this type is not verified", "Compare it with 0")
    return build.cast(node.this, "BOOLEAN")


_STAMPS = {_T.TIMESTAMP, _T.TIMESTAMPNTZ, _T.DATETIME}
# functions/cast
_INT = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
STAMP = _DATE + r"([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?)?"
# data-types-datetime#timestamp-ltz-timestamp-ntz-timestamp-tz: TIMESTAMP is TIMESTAMP_NTZ, the time on the wall
ZONED = STAMP[:-2] + r"( ?(Z|[+-][0-9]{2}:?[0-9]{2}))?)?"


def wall(value: exp.Expr, ctx: Context) -> exp.Expr:
    """The text of a moment without its offset from UTC."""
    literal = build.text(value)
    if literal is None:
        return ctx.macro("sf__wall", value, type="VARCHAR")
    return build.lit(re.sub(r"(:[0-9.]+) ?(Z|[+-][0-9]{2}:?[0-9]{2})\s*$", r"\1", literal))


def as_json(node: exp.Expr, ctx: Context) -> bool:
    kinds = (exp.JSONExtract, exp.ParseJSON, exp.Bracket)
    return ctx.is_a(node, "json") or (isinstance(node, kinds) and not ctx.is_a(node, "text", "number", "bool"))


def as_text(node: exp.Expr, ctx: Context) -> exp.Expr:
    if isinstance(node, exp.Null):
        return node
    if as_json(node, ctx):
        return node if isinstance(node, exp.Bracket) and _split(node) else ctx.macro("sf__json_text", node)
    if ctx.is_a(node, "float"):
        return ctx.macro("sf__dbl_text", build.cast(node, "DOUBLE"), type="VARCHAR")
    if ctx.is_a(node, "timestamp"):
        return ctx.call("strftime", node, build.lit("%Y-%m-%d %H:%M:%S.%g"), type="VARCHAR")
    if ctx.type_of(node) is not None and not ctx.is_a(node, "text", "int", "decimal", "bool", "date"):
        ctx.refuse("unfaithful", node, "The text of this value is not verified", "Format its parts")
    return build.cast(node, "VARCHAR")


def _split(node: exp.Expr) -> bool:
    return isinstance(node.this, exp.Split)


@R.rule(exp.Cast, exp.TryCast)
def cast(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.meta.get("translated"):
        return None
    this, kind = node.this, node.args["to"]
    to, soft = kind.this, isinstance(node, exp.TryCast)
    literal = build.text(this)
    if node.args.get("format") is not None:
        ctx.refuse("number_format", node, "This cast with a format is not verified", "Use TO_DATE or TO_CHAR")
    if as_json(this, ctx) and to not in (_T.VARIANT, _T.JSON):
        if to in exp.DataType.NESTED_TYPES:
            ctx.refuse("unfaithful", node, "A cast of a VARIANT to this type is not verified", "Cast its elements")
        numeric = to in exp.DataType.NUMERIC_TYPES and not (isinstance(this, exp.Bracket) and _split(this))
        this = ctx.macro("sf__json_number", this) if numeric else as_text(this, ctx)
        this.type = exp.DataType.build("VARCHAR")

    done = partial(build.translated, soft=soft)

    def valid(pattern: str) -> exp.Expr:
        if not ctx.is_a(this, "text") or (literal is not None and re.fullmatch(pattern, literal)):
            return this
        return ctx.macro("sf__try_valid" if soft else "sf__valid", this, build.lit(pattern))

    if to in exp.DataType.TEXT_TYPES:
        made = this if ctx.is_a(this, "text") else as_text(this, ctx)
        if kind.expressions and not soft:
            made = ctx.macro("sf__fits", made, build.lit(int(kind.expressions[0].name)))
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
        value = wall(valid(ZONED), ctx) if ctx.is_a(this, "text") else this
        return done(value, "DATE" if to == _T.DATE else "TIMESTAMP")
    if to in (_T.VARIANT, _T.JSON, _T.INTERVAL, _T.TIME):
        return None
    ctx.refuse("timezone", node, "A cast to this type is not verified", "Use TIMESTAMP_NTZ")
    return None
