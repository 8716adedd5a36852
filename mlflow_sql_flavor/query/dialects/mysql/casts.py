"""CAST: https://dev.mysql.com/doc/refman/8.0/en/cast-functions.html"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build
from .coercions import by_bytes, number, text, whole
from .times import time

R = DialectRules("mysql casts")


@R.rule(exp.Cast, exp.TryCast)
def casts(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://dev.mysql.com/doc/refman/8.0/en/cast-functions.html
    to, value = node.args["to"], node.this
    if to.this == exp.DType.UBIGINT:
        if ctx.is_a(value, "decimal"):  # below 0 it is out of range: 0
            value = ctx.macro("my__from_0", value)
            return build.cast(ctx.call("round", value), "UBIGINT")
        return ctx.macro("my__unsigned", whole(value, ctx), type="UBIGINT")
    if to.this in exp.DataType.INTEGER_TYPES:
        return whole(value, ctx)
    if to.this in exp.DataType.TEXT_TYPES:
        made = text(value, ctx)
        if to.expressions:
            return ctx.macro("common__varchar", made, to.expressions[0].this.copy(), type="VARCHAR")
        return made if ctx.is_a(made, "text") else build.cast(made, "VARCHAR")
    if to.this == exp.DType.DECIMAL:
        return _decimal(value, to, ctx)
    if to.this == exp.DType.FLOAT and len(to.expressions) == 0:
        single = build.cast(build.cast(number(value, ctx), "REAL"), "DOUBLE")
        holder = node.parent.parent if isinstance(node.parent, exp.Alias) else node.parent
        shown = isinstance(holder, exp.Select) and holder.parent is None  # a FLOAT is shown with six digits
        return build.cast(ctx.call("printf", build.lit("%.6g"), single), "DOUBLE") if shown else single
    if to.this in exp.DataType.FLOAT_TYPES:
        return build.cast(number(value, ctx), "DOUBLE")
    if to.this == exp.DType.DATE and ctx.is_a(value, "text", "int"):
        return ctx.macro("my__date", text(value, ctx), type="DATE")
    if to.this == exp.DType.TIME:  # without digits of a second, which are rounded
        return ctx.macro("my__whole_time", time(value, ctx), type="INTERVAL")
    if to.this in (exp.DType.DATETIME, exp.DType.TIMESTAMP):
        if ctx.is_a(value, "text", "int"):
            return ctx.macro("my__datetime", text(value, ctx), type="TIMESTAMP")
        return ctx.macro("my__seconds", value, type="TIMESTAMP")
    if to.this in (exp.DType.BINARY, exp.DType.VARBINARY, exp.DType.BLOB):
        holder = node.parent.parent if isinstance(node.parent, exp.Paren) else node.parent
        if isinstance(holder, (exp.EQ, exp.NEQ, exp.NullSafeEQ, exp.In, exp.Like, exp.Ordered)):
            return by_bytes(text(value, ctx))
        ctx.refuse("collation", node, "A binary text compares by bytes, others ignore case and accents", "Leave it out")
    return None


def _decimal(value: exp.Expr, to: exp.Expr, ctx: Context) -> exp.Expr:
    # DECIMAL is DECIMAL(10,0); a value beyond it becomes the largest one
    digits = [int(param.name) for param in to.expressions] or [10]
    precision, scale = digits[0], digits[1] if len(digits) > 1 else 0
    if ctx.is_a(value, "text"):
        value = ctx.macro("my__numeral", value, type="VARCHAR")
    else:
        value = number(value, ctx)
        if ctx.is_a(value, "float"):
            value = build.cast(value, "VARCHAR")  # its shortest digits are what is rounded
    most = "9" * (precision - scale) + ("." + "9" * scale if scale else "")
    wide = ctx.call(
        "round", build.cast(value, f"DECIMAL(38,{min(38 - (precision - scale) - 1, 18)})"), build.lit(scale)
    )
    bound = build.cast(build.lit(most or "0"), f"DECIMAL({precision},{scale})")
    clamped = ctx.macro("my__between", wide, bound)
    return build.cast(clamped, f"DECIMAL({precision},{scale})")
