"""Casts and conversions: conversion_functions#cast."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import partial

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all, find_first
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
_LOCAL = _DATE + r"([ Tt][0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(\.[0-9]{0,6})?)?"
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


# format-elements#format_elements_date_time_of_cast: element -> strftime; letters in capitals ask for capitals
_ELEMENTS = {
    "YYYY": "%Y", "YY": "%y", "MM": "%m", "MONTH": "%B", "MON": "%b", "DDD": "%j", "DD": "%d", "DAY": "%A", "DY": "%a",
    "HH24": "%H", "HH12": "%I", "HH": "%I", "MI": "%M", "SSSSS": "{s}", "SS": "%S",
}  # fmt: skip
_PIECE = re.compile(
    r"(?i)(MONTH|MON|YYYY|YY|MM|DDD|DD|DAY|DY|HH24|HH12|HH|MI|SSSSS|SS|FF[1-6]|[AP]\.?M\.?)|([-./,';: ])|\"([^\"\\]*)\""
)


def written_by(node: exp.Expr, ctx: Context) -> exp.Expr:
    """CAST(… AS STRING FORMAT '…') of a date or a time."""
    this, pattern = node.this, build.text(node.args["format"])
    kinds = ("date", "timestamp", "timestamptz", "time")
    dated = ctx.is_a(this, "date", "timestamp", "timestamptz")
    place, parts = 0, list[exp.Expr]()
    value = this if dated else exp.Add(this=build.cast(build.lit("1970-01-01"), "DATE"), expression=this)
    while pattern is not None and place < len(pattern):
        found = _PIECE.match(pattern, place)
        name = found[1].upper() if found is not None and found[1] else ""
        if found is None or ((not dated and name[:1] in ("Y", "D")) or (name in ("MM", "MON", "MONTH") and not dated)):
            pattern = None
            break
        place = found.end()
        part = build.lit(found[2] or found[3] or "")
        if name.startswith("FF"):
            part = ctx.call("left", ctx.call("strftime", value.copy(), build.lit("%f")), build.lit(int(name[2:])))
        elif name.startswith(("A", "P")) and name != "AM" and name != "PM":
            part = ctx.call("regexp_replace", ctx.call("strftime", value.copy(), build.lit("%p")), build.lit("(.)M"),
                            build.lit("\\1.M."))  # fmt: skip
        elif name == "SSSSS":
            part = ctx.macro("bq__second_of_day", value.copy())
        elif name:
            part = ctx.call("strftime", value.copy(), build.lit(_ELEMENTS.get(name, "%p")))
        written = found[1] or ""
        if name in ("MONTH", "MON", "DAY", "DY") and written != written.capitalize():
            part = ctx.call("upper" if written.isupper() else "lower", part)
        parts.append(part)
    if (
        pattern is None
        or not parts
        or not ctx.is_a(this, *kinds)
        or node.args["to"].this not in exp.DataType.TEXT_TYPES
    ):
        ctx.refuse("number_format", node, "This CAST with FORMAT is not verified", "Use FORMAT_DATE or PARSE_DATE")
        return node
    made = parts[0]
    for part in parts[1:]:
        made = exp.DPipe(this=made, expression=part)
    made = exp.Paren(this=made)
    made.type = exp.DataType.build("VARCHAR")
    return made


@R.rule(exp.Cast, exp.TryCast)
def cast(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.meta.get("translated"):
        return None
    this, to = node.this, node.args["to"].this
    soft = isinstance(node, exp.TryCast)
    literal = build.text(this)
    if node.args.get("format") is not None:
        return written_by(node, ctx)

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
    if to in (_T.ARRAY, _T.STRUCT) and not isinstance(this, exp.Null):
        return _nested(this, node.args["to"], ctx, soft)
    return None


def _nested(value: exp.Expr, to: exp.DataType, ctx: Context, soft: bool) -> exp.Expr | None:
    """Arrays element by element, structs field by field at their places: conversion_functions#cast-struct."""
    found = ctx.type_of(value)
    if found is not None and found.sql() == to.sql():
        return None
    if to.this == _T.STRUCT:
        to = to.copy()
        to.set("expressions", [_field(each, place) for place, each in enumerate(to.expressions)])
    fields = [field for field in to.expressions if isinstance(field, exp.ColumnDef)]
    if soft or not to.expressions or (to.this == _T.STRUCT and len(fields) != len(to.expressions)):
        return _unnamed(value, to, ctx, soft)
    made: exp.Expr
    while isinstance(value, exp.Paren):
        value = value.this
    if isinstance(value, (exp.Case, exp.If)):
        for branch in [*(value.args.get("ifs") or ()), value]:
            for key in ("true", "false", "default"):
                if isinstance(branch.args.get(key), exp.Expr):
                    branch.set(key, _as(branch.args[key], to, ctx))
        made = value
    elif isinstance(value, exp.Anonymous) and value.name == "error":
        return None
    elif isinstance(value, exp.Array) and not find_first(value, exp.Query) and to.this == _T.ARRAY:
        value.set("expressions", [_as(each, to.expressions[0], ctx) for each in value.expressions])
        made = build.translated(value, to.sql("duckdb"), False)
    elif isinstance(value, (exp.Struct, exp.Tuple)) and to.this == _T.STRUCT:
        values = [v.expression if isinstance(v, exp.PropertyEQ) else v.unalias() for v in value.expressions]
        if len(values) != len(fields):
            raise ctx.error(value, f"A struct of {len(fields)} fields has to be given {len(fields)} values.")
        made = _struct(zip(fields, values, strict=True), ctx)
    elif found is None or not found.expressions or found.this != to.this:
        return _unnamed(value, to, ctx, soft)
    elif to.this == _T.ARRAY:
        made = _each(value, found.expressions[0], to.expressions[0], ctx)
    else:
        given = [field.args["kind"] if isinstance(field, exp.ColumnDef) else field for field in found.expressions]
        if len(given) != len(fields):
            return _unnamed(value, to, ctx, soft)
        if not isinstance(value, (exp.Column, exp.Dot, exp.Identifier)):  # read once
            listed = _each(exp.Array(expressions=[value]), found, to, ctx)
            made = ctx.call("list_extract", listed, build.lit(1))
            made.type = to.copy()
            return made
        parts = []
        for place, kind in enumerate(given, 1):
            part = ctx.call("struct_extract_at", value.copy(), build.lit(place))
            part.type = kind
            parts.append(part)
        null = exp.If(this=exp.Is(this=value.copy(), expression=exp.Null()), true=exp.Null())
        made = exp.Case(ifs=[null], default=_struct(zip(fields, parts, strict=True), ctx))
    made.type = to.copy()
    return made


def _field(kind: exp.Expr, place: int) -> exp.Expr:
    return kind if isinstance(kind, exp.ColumnDef) else exp.ColumnDef(this=exp.to_identifier(f"_{place}"), kind=kind)


def _each(array: exp.Expr, given: exp.DataType, to: exp.DataType, ctx: Context) -> exp.Expr:
    name = exp.to_identifier("_cast")
    each: exp.Expr = name.copy()
    each.type = given
    return ctx.call("list_transform", array, exp.Lambda(this=_as(each, to, ctx), expressions=[name]))


def _struct(pairs: Iterable[tuple[exp.Expr, exp.Expr]], ctx: Context) -> exp.Struct:
    named = [
        exp.PropertyEQ(this=exp.to_identifier(field.name, quoted=True), expression=_as(value, field.args["kind"], ctx))
        for field, value in pairs
    ]
    return exp.Struct(expressions=named)


def _as(value: exp.Expr, kind: exp.DataType, ctx: Context) -> exp.Expr:
    if kind.is_type(_T.NULL, _T.UNKNOWN):
        return value
    made = exp.Cast(this=value, to=kind.copy())
    made.type = kind.copy()
    return cast(made, ctx) or made


def _unnamed(value: exp.Expr, to: exp.DataType, ctx: Context, soft: bool) -> exp.Expr | None:
    """What DuckDB casts as BigQuery does; by the names of fields it would not."""
    if to.this == _T.ARRAY and _elements(value, ctx) != _element(to) and (soft or ctx.is_a(value, "array")):
        inner = value.type.expressions[0] if value.type is not None and value.type.expressions else None
        if soft or inner is None or inner.is_type(*exp.DataType.TEXT_TYPES):
            ctx.refuse(
                "unfaithful", value, "A cast of an array's elements is not verified", "Cast each in ARRAY(SELECT …)"
            )
    kind = ctx.type_of(value)
    if (
        kind is not None
        and find_first(kind, exp.ColumnDef)
        and find_first(to, exp.ColumnDef)
        and not isinstance(value, exp.Struct)
    ):
        named = [[f.name.casefold() for f in find_all(each, exp.ColumnDef)] for each in (kind, to)]
        if named[0] != named[1]:
            ctx.refuse("unfaithful", value, "A cast of a struct to other names is not verified", "Write its fields")
    return None


def _element(kind: exp.DataType) -> str:
    return kind.expressions[0].sql() if kind.expressions else ""


def _elements(node: exp.Expr, ctx: Context) -> str:
    found = ctx.type_of(node)
    return _element(found) if found is not None else ""


# timestamp_functions: a zone by its name in the tz database
def check_zone(zone: exp.Expr, node: exp.Expr, ctx: Context) -> None:
    if not re.fullmatch(r"UTC|[A-Z][A-Za-z]+(/[A-Za-z_]+)+", build.text(zone) or ""):
        ctx.refuse("timezone", node, "A zone is verified as a constant name like 'America/New_York'", "Write its name")


def from_zone(local: exp.Expr, zone: exp.Expr, ctx: Context) -> exp.Expr:
    """The TIMESTAMP, kept in UTC, of a DATETIME of a zone."""
    check_zone(zone, local, ctx)
    made = build.cast(ctx.call("timezone", zone.copy(), build.cast(local, "TIMESTAMP")), "TIMESTAMP")
    made.meta["translated"] = made.meta["instant"] = True
    return made


def as_stamp(node: exp.Expr, ctx: Context) -> exp.Expr:
    return node if ctx.is_a(node, "timestamp") else build.cast(node, "TIMESTAMP")


@R.rule(exp.Timestamp, exp.TsOrDsToTimestamp, exp.TsOrDsToDatetime)
def toas_stamp(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    zone = node.args.get("zone") or node.args.get("expression")
    if zone is not None:
        local = node.this
        if ctx.is_a(local, "text"):
            local = build.cast(ctx.macro("bq__valid", local, build.lit(_LOCAL)), "TIMESTAMP")
        elif ctx.is_a(local, "date"):
            local = build.cast(local, "TIMESTAMP")
        return from_zone(local, zone, ctx)
    made = exp.Cast(this=node.this, to=exp.DataType.build("TIMESTAMPTZ"))
    made.type = made.args["to"].copy()
    return cast(made, ctx)
