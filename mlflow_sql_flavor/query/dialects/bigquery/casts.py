"""Casts and conversions: conversion_functions#cast."""

from __future__ import annotations

import re
from functools import partial

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build

R = DialectRules("bigquery casts")
_T = exp.DType
_STAMPS = (_T.TIMESTAMP, _T.TIMESTAMPTZ, _T.TIMESTAMPLTZ, _T.TIMESTAMPNTZ, _T.DATETIME)
# conversion_functions#cast
_INT = r"[+-]?[0-9]+"
_FLOAT = r"(?i)[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?|[+-]?inf(inity)?|nan"
_NUMERIC = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
_DATE = r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
_STAMP = _DATE + r"([ Tt][0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(\.[0-9]{0,6})?( ?(Z|z|UTC|[+-][0-9]{1,2}(:[0-9]{2})?))?)?"


def as_text(node: exp.Expr, ctx: Context) -> exp.Expr:
    if ctx.is_a(node, "float"):
        return ctx.macro("bq__dbl_text", build.cast(node, "DOUBLE"), type="VARCHAR")
    if ctx.is_a(node, "decimal"):
        return ctx.macro("bq__dec_text", node, type="VARCHAR")
    if "instant" in node.meta or ctx.is_a(node, "timestamptz"):
        return ctx.macro("bq__timestamp_text", build.cast(node, "TIMESTAMP"), type="VARCHAR")
    kind = ctx.type_of(node)
    if kind is not None and kind.this in (_T.DATETIME, _T.TIMESTAMPNTZ):
        return ctx.macro("bq__datetime_text", node, type="VARCHAR")
    if ctx.is_a(node, "timestamp", "timestamptz", "interval", "time"):
        ctx.refuse("locale_format", node, "The text of a timestamp or interval is not verified",
                   "Use FORMAT_TIMESTAMP or FORMAT_DATETIME")  # fmt: skip
    if ctx.type_of(node) is not None and not ctx.is_a(node, "text", "int", "bool", "date"):
        ctx.refuse("unfaithful", node, "The text of this value is not verified", "Format its parts")
    return build.cast(node, "VARCHAR")


@R.rule(exp.Cast, exp.TryCast)
def cast(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.meta.get("translated"):
        return None
    this, to = node.this, node.args["to"].this
    soft = isinstance(node, exp.TryCast)
    literal = build.text(this)
    if node.args.get("format") is not None:
        ctx.refuse("number_format", node, "CAST with FORMAT is not verified", "Use FORMAT_DATE or PARSE_DATE")

    done = partial(build.translated, soft=soft)

    def valid(pattern: str) -> exp.Expr:
        if literal is not None and re.fullmatch(pattern, literal):
            return this
        return ctx.macro("bq__try_valid" if soft else "bq__valid", this, build.lit(pattern))

    is_text = ctx.is_a(this, "text")
    if to in exp.DataType.INTEGER_TYPES:
        if is_text:
            return done(valid(_INT), "BIGINT")
        if ctx.is_a(this, "float", "decimal"):
            return done(ctx.call("round", this), "BIGINT")  # half away from zero
        if ctx.unknown(this) and not isinstance(this, exp.Null):
            # its type is asked when the query runs
            return ctx.macro("bq__try_any_int" if soft else "bq__any_int", this, type="BIGINT")
        return done(this, "BIGINT")
    if to in exp.DataType.TEXT_TYPES and node.args["to"].expressions:
        made = this if is_text else as_text(this, ctx)  # data-types#parameterized_string_type
        size = build.lit(int(node.args["to"].expressions[0].name))
        return ctx.macro("bq__try_size" if soft else "bq__size", made, size, type="VARCHAR")
    if to in exp.DataType.TEXT_TYPES:
        return done(this, "VARCHAR") if is_text else as_text(this, ctx)
    if to in exp.DataType.FLOAT_TYPES:
        return done(valid(_FLOAT) if is_text else this, "DOUBLE")
    if to == _T.DECIMAL:
        sizes = [p.name for p in node.args["to"].expressions]
        name = f"DECIMAL({', '.join(sizes + ['0'] * (2 - len(sizes)))})" if sizes else "DECIMAL(38, 9)"
        value = build.cast(this, "VARCHAR") if ctx.is_a(this, "float") else valid(_NUMERIC) if is_text else this
        return done(value, name)
    if to == _T.BIGDECIMAL:
        ctx.refuse("overflow", node, "DuckDB has no decimal of 76 digits", "Use NUMERIC")
    if to == _T.BOOLEAN:
        return (
            ctx.macro("bq__try_str_bool" if soft else "bq__str_bool", this, type="BOOLEAN")
            if is_text
            else done(this, "BOOLEAN")
        )
    if to == _T.DATE:
        return done(valid(_STAMP) if is_text else this, "DATE")
    if to in _STAMPS:
        if is_text and to != _T.TIMESTAMP:
            made = done(done(valid(_STAMP), "TIMESTAMPTZ"), "TIMESTAMP")
        else:
            made = done(valid(_STAMP) if is_text else this, "TIMESTAMP")
        if to in (_T.TIMESTAMPTZ, _T.TIMESTAMPLTZ):
            made.meta["instant"] = True
        return made
    if to == _T.TIME and is_text:
        return done(valid(r"([01]?[0-9]|2[0-3]):[0-5]?[0-9]:[0-5]?[0-9](\.[0-9]{0,6})?"), "TIME")
    if to == _T.ARRAY and _elements(this, ctx) != _elements(node, ctx) and (soft or ctx.is_a(this, "array")):
        inner = this.type.expressions[0] if this.type is not None and this.type.expressions else None
        if soft or inner is None or inner.is_type(*exp.DataType.TEXT_TYPES):
            ctx.refuse(
                "unfaithful", node, "A cast of an array's elements is not verified", "Cast each in ARRAY(SELECT …)"
            )
    return None


def _elements(node: exp.Expr, ctx: Context) -> str:
    found = ctx.type_of(node)
    return found.expressions[0].sql() if found is not None and found.expressions else ""


def as_stamp(node: exp.Expr, ctx: Context) -> exp.Expr:
    return node if ctx.is_a(node, "timestamp") else build.cast(node, "TIMESTAMP")


@R.rule(exp.Timestamp, exp.TsOrDsToTimestamp, exp.TsOrDsToDatetime)
def toas_stamp(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.args.get("zone") is not None or node.args.get("expression") is not None:
        ctx.refuse("timezone", node, "A conversion with a zone is not verified", "Convert to UTC before")
    made = exp.Cast(this=node.this, to=exp.DataType.build("TIMESTAMPTZ"))
    made.type = made.args["to"].copy()
    return cast(made, ctx)
