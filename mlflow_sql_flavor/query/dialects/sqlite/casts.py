"""CAST and typeof: https://sqlite.org/lang_expr.html#castexpr"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build
from .coercions import either, integer, is_json, number, text

R = DialectRules("sqlite casts")
_TYPES = {"int": "integer", "bool": "integer", "float": "real", "decimal": "real", "text": "text"}


@R.rule(exp.Typeof)
def typeof(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://sqlite.org/lang_corefunc.html#typeof
    value = node.this
    if isinstance(value, exp.Null):
        return build.lit("null")
    kind = next((name for family, name in _TYPES.items() if ctx.is_a(value, family)), None)
    if kind is None or is_json(value) or either(value):
        ctx.refuse("typeof", node, "The type of this value is known to SQLite only", "Leave it out")
        return None
    made = exp.Case(
        ifs=[exp.If(this=exp.Is(this=value, expression=exp.Null()), true=build.lit("null"))], default=build.lit(kind)
    )
    made.type = exp.DataType.build("VARCHAR")
    return made


@R.rule(exp.Cast, exp.TryCast)
def casts(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Affinity by the declared type's name: https://sqlite.org/datatype3.html#determination_of_column_affinity
    to, value = node.args["to"].this, node.this
    if to in exp.DataType.INTEGER_TYPES:
        return integer(value, ctx)
    if to in exp.DataType.TEXT_TYPES:
        return text(value, ctx)
    if to in (exp.DType.BLOB, exp.DType.BINARY, exp.DType.VARBINARY):
        ctx.refuse("unfaithful", node, "A cast to BLOB keeps the bytes of the value's text", "Leave the cast out")
        return None
    found = number(value, ctx)
    if to in exp.DataType.FLOAT_TYPES:
        return build.cast(found, "DOUBLE")
    return found if ctx.is_a(found, "int") else build.cast(found, "DOUBLE")
