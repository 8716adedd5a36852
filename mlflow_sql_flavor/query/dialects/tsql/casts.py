"""CAST, TRY_CAST, and whether a text converts."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build

R = DialectRules("tsql casts")

R.macros({"isdate": ("ts__isdate", "INTEGER")})
_T = exp.DType


@R.function("isnumeric")
def isnumeric(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    this = node.expressions[0]
    if ctx.is_a(this, "number"):
        return exp.Case(ifs=[exp.If(this=exp.Is(this=this, expression=exp.Null()), true=build.lit(0))],
                        default=build.lit(1))  # fmt: skip
    return ctx.macro("ts__isnumeric", this, type="INTEGER")


_FLOAT = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
_STAMP = r"[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?)?"
STAMPS = {_T.DATETIME, _T.DATETIME2, _T.TIMESTAMP, _T.TIMESTAMPNTZ, _T.SMALLDATETIME}


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
        return ctx.macro("ts__fits", this, build.lit(int(size)), type="VARCHAR")
    return ctx.macro("common__varchar", this, build.lit(int(size)), type="VARCHAR")


# functions/cast-and-convert-transact-sql
@R.rule(exp.Cast, exp.TryCast)
def cast(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.meta.get("translated"):
        return None
    this, kind, soft = node.this, node.args["to"], isinstance(node, exp.TryCast)
    to, is_text, literal = kind.this, ctx.is_a(this, "text"), build.text(this)

    def done(value: exp.Expr, type_: str) -> exp.Expr:
        made = (exp.TryCast if soft else exp.Cast)(this=value, to=exp.DataType.build(type_, dialect="duckdb"))
        made.type, made.meta["translated"] = made.args["to"].copy(), True
        return made

    def valid(pattern: str) -> exp.Expr:
        if not is_text or (literal is not None and re.fullmatch(pattern, literal)):
            return this
        return ctx.macro("ts__try_valid" if soft else "ts__valid", this, build.lit(pattern))

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
    if to == _T.DATE or to in STAMPS:
        if ctx.is_a(this, "number"):
            ctx.refuse("implicit_cast", node, "A number as a date is not verified", "Use DATEADD")
        return done(valid(_STAMP), "DATE" if to == _T.DATE else "TIMESTAMP")
    ctx.refuse("unfaithful", node, "A cast to this type is not verified", "Use another type")
    return None
