"""Conversions: https://clickhouse.com/docs/sql-reference/functions/type-conversion-functions

Numbers are cut off towards zero and wrap around; a text must be a number as a whole. One that is not gives NULL where
its type is Nullable and an error where it is not.
"""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build
from .nulls import condition, of_argument

R = DialectRules("clickhouse casts")

R.refuses("typeof", {exp.Typeof}, "ClickHouse's types have other names", "Leave it out")
_BITS = {"TINYINT": 8, "SMALLINT": 16, "INT": 32, "BIGINT": 64}
_BITS |= {"UTINYINT": 8, "USMALLINT": 16, "UINT": 32, "UBIGINT": 64}


def to_int(value: exp.Expr, bits: int, signed: bool, found: bool | list[exp.Expr], ctx: Context) -> exp.Expr:
    """``toInt32`` and its kin of any value."""
    if ctx.is_a(value, "text"):
        made: exp.Expr = ctx.macro("ch__int_of", value, *_range(bits, signed), condition(found), type="BIGINT")
        made.meta["bits"] = (bits, signed)
        return made
    if isinstance(value, exp.Null):
        made = build.cast(value, "BIGINT")
        made.meta["bits"] = (bits, signed)
        return made
    if ctx.is_a(value, "float", "decimal"):
        whole: exp.Expr = ctx.call("trunc", value)
        if signed and bits <= 32:  # beyond it a float's is left open, and a decimal's an error
            whole = ctx.macro("ch__within", whole, exp.Literal.number(2**31))
        made = build.cast(whole, "BIGINT")
    elif ctx.is_a(value, "date"):
        made = ctx.macro("ch__days", value, type="BIGINT")
    elif ctx.is_a(value, "timestamp", "timestamptz"):
        made = ctx.macro("ch__seconds_cut", value, type="BIGINT")
    elif ctx.is_a(value, "int", "bool"):
        made = build.cast(value, "BIGINT")
    else:
        made = ctx.macro("ch__whole", value, type="BIGINT")
    if bits < 64:
        full, half = exp.Literal.number(2**bits), exp.Literal.number(2 ** (bits - 1))
        fits = isinstance(value, exp.Column) and bits >= 32 and signed and _narrow(value, ctx)
        if not fits:
            made = ctx.macro("ch__signed", made, full, half) if signed else ctx.macro("ch__unsigned", made, full)
    elif not signed:
        made = ctx.macro("ch__uint64", made)
    made.type = exp.DataType.build("BIGINT")
    made.meta["bits"] = (bits, signed)
    return made


def declared(column: exp.Column, ctx: Context) -> set[str]:
    """The types of a table's column of that name, as DuckDB names them: integers are widened when they are read."""
    return {columns[column.name] for columns in ctx.schema.values() if column.name in columns}


def _narrow(column: exp.Column, ctx: Context) -> bool:
    kinds = declared(column, ctx)
    return bool(kinds) and kinds <= {"INTEGER", "SMALLINT", "TINYINT"}


def _range(bits: int, signed: bool) -> tuple[exp.Expr, exp.Expr]:
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    return exp.Neg(this=exp.Literal.number(-low)) if low else build.lit(0), exp.Literal.number(high)


def _number(value: exp.Expr, found: bool | list[exp.Expr], ctx: Context) -> exp.Expr:
    if ctx.is_a(value, "text"):
        return ctx.macro("ch__float_of", value, condition(found), type="DOUBLE")
    if ctx.is_a(value, "date", "timestamp", "timestamptz"):
        return build.cast(to_int(value, 64, True, found, ctx), "DOUBLE")
    return build.cast(value, "DOUBLE")


def to_date(value: exp.Expr, found: bool | list[exp.Expr], node: exp.Expr, ctx: Context) -> exp.Expr:
    """``toDate`` of a text, a date, a moment or a count of days or seconds."""
    if isinstance(value, exp.Null) or re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", build.text(value) or ""):
        return build.cast(value, "DATE")
    if ctx.is_a(value, "text"):
        return ctx.macro("ch__date_of", value, condition(found), type="DATE")
    if ctx.is_a(value, "int"):
        return ctx.macro("ch__date_of_int", value, type="DATE")
    if not ctx.is_a(value, "date", "timestamp", "timestamptz"):
        raise ctx.error(node, "toDate has a counterpart for a text, a date, a moment or an integer.")
    day = build.cast(value, "DATE")
    return day if _in_seconds(value) else ctx.macro("ch__as_day", day, type="DATE")


def _in_seconds(value: exp.Expr) -> bool:
    """Whether it is a DateTime, which is within the Dates."""
    return isinstance(value.type, exp.DataType) and value.type.this == exp.DType.TIMESTAMP_S


def to_moment(value: exp.Expr, found: bool | list[exp.Expr], node: exp.Expr, ctx: Context) -> exp.Expr:
    """``toDateTime`` in UTC: whole seconds."""
    whole = r"[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}:[0-9]{2})?"
    if isinstance(value, exp.Null) or re.fullmatch(whole, build.text(value) or ""):
        constant = build.cast(value, "TIMESTAMP")
        constant.type = exp.DataType.build("TIMESTAMP_S", dialect="duckdb")
        return constant
    if ctx.is_a(value, "text"):
        return ctx.macro("ch__moment_of", value, condition(found), type="TIMESTAMP_S")
    if ctx.is_a(value, "int"):
        return ctx.macro("ch__moment_of_int", value, type="TIMESTAMP_S")
    if not ctx.is_a(value, "date", "timestamp", "timestamptz"):
        raise ctx.error(node, "toDateTime has a counterpart for a text, a date, a moment or an integer.")
    made = ctx.call("date_trunc", build.lit("second"), build.cast(value, "TIMESTAMP"), type="TIMESTAMP_S")
    return made if _in_seconds(value) else ctx.macro("ch__as_second", made, type="TIMESTAMP_S")


@R.rule(exp.Cast, exp.TryCast)
def casts(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    to, value = node.args["to"], node.this
    kind = to.this.value if isinstance(to.this, exp.DType) else ""
    if kind == "NULLABLE" or node.meta.get("translated"):
        return None
    nullable = to.args.get("nullable")
    found = of_argument(node) if nullable is None else bool(nullable)
    if isinstance(value.unnest(), exp.Literal) and not nullable:
        found = False
    if nullable is False and not isinstance(value.unnest(), exp.Literal):
        guarded = ctx.macro("ch__not_null", value)
        guarded.type = node.this.type
        value = guarded
    inner = node.this.unnest()
    written = str(inner.this.this) if isinstance(inner, exp.Cast) and isinstance(inner.this, exp.Literal) else ""
    if kind in _BITS and "." in written and f"{written}::" in ctx.sql:  # the literal's own text is read
        raise ctx.error(node, f"{written}::{kind} is an error in ClickHouse: use CAST or toInt64.")
    if kind in _BITS:
        return to_int(value, _BITS[kind], not kind.startswith("U"), found, ctx)
    if kind == "FIXEDSTRING":
        return fixed_string(to_text(value, node, ctx), to.expressions[0].this, node, ctx)
    if to.this in (exp.DType.JSON, exp.DType.JSONB, exp.DType.OBJECT, exp.DType.VARIANT, exp.DType.DYNAMIC):
        raise ctx.error(node, f"A {to.this.value} has no counterpart: keep the text, and read it with JSONExtract.")
    if to.this in exp.DataType.TEXT_TYPES:
        return to_text(value, node, ctx)
    if kind == "DOUBLE":
        return _number(value, found, ctx)
    if kind == "DATE":
        return to_date(value, found, node, ctx)
    if kind == "DATETIME":
        return to_moment(value, found, node, ctx)
    if kind == "BOOLEAN" and ctx.is_a(value, "number"):
        made = exp.NEQ(this=exp.Paren(this=value), expression=build.lit(0))
        made.type, made.meta["bool"] = exp.DataType.build("BOOLEAN"), True
        return exp.Paren(this=made)
    if kind == "MAP" and not ctx.is_a(value, "map") and not isinstance(value, exp.VarMap):
        return _to_map(node.this.unnest(), node, ctx)
    if kind == "DECIMAL" and ctx.is_a(value, "float", "text", "decimal"):
        scale = to.expressions[1].name if len(to.expressions) > 1 else "0"
        return _decimal(value, scale, int(to.expressions[0].name), found, ctx)
    if value is not node.this:
        node.set("this", value)
    return None


#: What gives back a value that it is given.
_HANDED_ON = (exp.Alias, exp.Paren, exp.If, exp.Case, exp.Array, exp.Lambda, exp.Transform)


def fixed_string(value: exp.Expr, size: exp.Expr, node: exp.Expr, ctx: Context) -> exp.Expr:
    # https://clickhouse.com/docs/sql-reference/data-types/fixedstring: filled with zero bytes, which do not count when
    # it is compared. So it is here where it is given back.
    item: exp.Expr = node
    while isinstance(item.parent, _HANDED_ON) and not (isinstance(item.parent, exp.If) and item.arg_key == "this"):
        item = item.parent
    shown = isinstance(item.parent, exp.Select) and item.arg_key == "expressions" and item.parent.parent is None
    return ctx.macro("ch__fixed_filled" if shown else "ch__fixed", value, size, type="VARCHAR")


@R.function("tofixedstring")
def to_fixed_string(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value, size = node.expressions
    return fixed_string(value, size, node, ctx)


def _to_map(value: exp.Expr, node: exp.Expr, ctx: Context) -> exp.Expr:
    # https://clickhouse.com/docs/sql-reference/data-types/map#converting-tuple-to-map: of keys and of values
    parts = [part.expression for part in value.expressions if isinstance(part, exp.PropertyEQ)]
    if not isinstance(value, exp.Struct) or len(parts) != 2:
        raise ctx.error(node, "A map has a counterpart out of a tuple of two arrays: use mapFromArrays(keys, values).")
    made = node.copy()
    made.set("this", ctx.macro("ch__map_from", *parts))
    return made


@R.normalise
def to_moments(tree: exp.Expr, ctx: Context) -> None:
    """``CAST(x AS DateTime64(3))`` is ``toDateTime64(x, 3)``."""
    for node in list(tree.find_all(exp.Cast)):
        if node.to.this == exp.DType.DATETIME64 and not isinstance(node, exp.TryCast):
            scale = [param.this for param in node.to.expressions]
            made = exp.Anonymous(this="toDateTime64", expressions=[node.this, *(scale or [exp.Literal.number("3")])])
            made.meta.update(node.meta)
            node.replace(made)


@R.rule(exp.CastToStrType)
def cast_to_name(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    name = build.text(node.args["to"])
    if name is None:
        raise ctx.error(node, "The type of CAST is not a constant: write it as a text.")
    made = exp.Cast(this=node.this, to=exp.DataType.build(name, dialect="clickhouse"))
    made.meta["argument"] = node.this.meta.get("nullable", [])
    made.type = made.to
    return casts(made, ctx) or made


def to_text(value: exp.Expr, node: exp.Expr, ctx: Context) -> exp.Expr:
    """The text of a value, where it is the same in both engines."""
    if ctx.is_a(value, "text", "int", "date"):
        return value if ctx.is_a(value, "text") else build.cast(value, "VARCHAR")
    if ctx.is_a(value, "float"):
        return ctx.macro("ch__text", value, type="VARCHAR")
    if ctx.is_a(value, "decimal"):
        return ctx.macro("ch__decimal", build.cast(value, "VARCHAR"), type="VARCHAR")
    if ctx.is_a(value, "bool"):
        plain = value.unnest()
        while isinstance(plain, exp.Not):  # of a Bool it is one, of UInt8 not
            plain = plain.this.unnest()
        if isinstance(plain, (exp.Column, exp.Boolean, exp.Cast)) or plain.meta.get("bool"):
            return build.cast(value, "VARCHAR")
        if isinstance(value.unnest(), exp.Predicate):
            return build.cast(build.cast(exp.Paren(this=value), "INTEGER"), "VARCHAR")
    fmt = _moment_format(value, ctx)
    if fmt is not None:
        return ctx.call("strftime", value, build.lit(fmt), type="VARCHAR")
    if isinstance(value, exp.Null):
        return build.cast(value, "VARCHAR")
    if ctx.is_a(value, "array") and isinstance(value.type, exp.DataType) and value.type.expressions:
        each = exp.to_identifier("__each")
        each.type = value.type.expressions[0]
        if not ctx.unknown(each):
            return _listed(value, each, node, ctx)
    if ctx.unknown(value):
        return ctx.macro("ch__any_text", value, type="VARCHAR")
    raise ctx.error(node, "The text of a value of this type is ClickHouse's own: convert a number, a date or a text.")


def _listed(value: exp.Expr, each: exp.Identifier, node: exp.Expr, ctx: Context) -> exp.Expr:
    """The text of an array: texts and moments in quotes, NULL as a word."""
    written = to_text(each, node, ctx)
    if ctx.is_a(each, "text", "date", "timestamp"):
        written = ctx.macro("ch__quoted", written, type="VARCHAR")
    made = exp.Lambda(this=exp.Coalesce(this=written, expressions=[build.lit("NULL")]), expressions=[each.copy()])
    return ctx.macro("ch__list_text", ctx.call("list_transform", value, made), type="VARCHAR")


#: Digits of a moment's seconds, by its type: those of DateTime and of DateTime64(3), DateTime64(6).
_DIGITS = {exp.DType.TIMESTAMP_S: 0, exp.DType.DATETIME: 0, exp.DType.TIMESTAMP_MS: 3, exp.DType.TIMESTAMP: 6,
           exp.DType.TIMESTAMPNTZ: 6}  # fmt: skip
_FORMATS = {0: "%Y-%m-%d %H:%M:%S", 3: "%Y-%m-%d %H:%M:%S.%g", 6: "%Y-%m-%d %H:%M:%S.%f"}
_ONE_OF = (exp.Coalesce, exp.If, exp.Case, exp.Nullif, exp.Max, exp.Min, exp.AnyValue, exp.Filter, exp.Window, exp.Lag,
           exp.Lead, exp.FirstValue, exp.LastValue, exp.Greatest, exp.Least)  # fmt: skip


def _moment_format(value: exp.Expr, ctx: Context) -> str | None:
    """The pattern of a moment's text; None where its number of digits is not known."""
    digits = _digits(value, ctx)
    return None if digits is None else _FORMATS[digits]


def _digits(value: exp.Expr, ctx: Context) -> int | None:
    plain = value.unnest()
    if isinstance(plain, _ONE_OF):  # of several types the finest
        each = [_digits(value, ctx) for value in _values(plain) if not isinstance(value, exp.Null)]
        known = [digits for digits in each if digits is not None]
        return max(known) if known and len(known) == len(each) else None
    if isinstance(plain, (exp.Add, exp.Sub)):
        unit = str(getattr(plain.expression, "unit", None) or "").upper()
        if unit.startswith(("MILLI", "MICRO", "NANO")):
            return None
        return 0 if ctx.is_a(plain.this, "date") else _digits(plain.this, ctx)
    kind = value.type.this if isinstance(value.type, exp.DataType) else None
    found = _DIGITS.get(kind) if isinstance(kind, exp.DType) else None
    return found if found != 6 or isinstance(plain, (exp.Column, exp.Anonymous)) else None


def _values(node: exp.Expr) -> list[exp.Expr]:
    """What a choice is made of."""
    if isinstance(node, exp.Case):
        return [*(branch.args["true"] for branch in node.args["ifs"]), *filter(None, [node.args.get("default")])]
    if isinstance(node, exp.If):
        return [node.args["true"], *filter(None, [node.args.get("false")])]
    if isinstance(node, (exp.Coalesce, exp.Greatest, exp.Least)):
        return [node.this, *node.expressions]
    return [node.this, *filter(None, [node.args.get("default")])]


@R.function("tostring")
def to_string(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if len(node.expressions) != 1:
        raise ctx.error(node, "toString with a time zone has no counterpart: use toTimeZone.")
    return to_text(node.expressions[0], node, ctx)


def _converters(bits: int, signed: bool) -> None:
    name = f"to{'' if signed else 'u'}int{bits}"

    @R.function(name)
    def convert(node: exp.Expr, ctx: Context) -> exp.Expr | None:
        return to_int(node.expressions[0], bits, signed, of_argument(node), ctx)

    @R.function(f"{name}ornull", f"{name}orzero", f"{name}ordefault")
    def parse(node: exp.Expr, ctx: Context) -> exp.Expr | None:
        value, *default = node.expressions
        made = ctx.macro("ch__int_null", value, *_range(bits, signed), type="BIGINT")
        if default and default[0].meta.get("bits") != (bits, signed):
            small = isinstance(default[0], exp.Literal) and bits == 8 and not signed
            if not small:  # as ClickHouse does
                raise ctx.error(node, f"The default of {node.name} has another type: write {name[0]}o{name[2:]}(...).")
        return _or(made, value, node, default, ctx)


def _or(made: exp.Expr, value: exp.Expr, node: exp.Expr, default: list[exp.Expr], ctx: Context) -> exp.Expr:
    name = node.name.lower()
    if name.endswith("ornull"):
        return made
    if name.endswith("orzero"):
        return ctx.macro("ch__or_zero", value.copy(), made, build.lit(0))
    return exp.Coalesce(this=made, expressions=[default[0] if default else build.lit(0)])  # of NULL too


for _width in (8, 16, 32, 64):
    _converters(_width, True)
    _converters(_width, False)


@R.function("tofloat64", "tofloat64ornull", "tofloat64orzero", "tofloat64ordefault")
def to_float(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value, *default = node.expressions
    if node.name.lower() == "tofloat64":
        return _number(value, of_argument(node), ctx)
    return _or(ctx.macro("ch__float_null", value, type="DOUBLE"), value, node, default, ctx)


@R.function("tofloat32")
def to_single(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return build.cast(_number(node.expressions[0], of_argument(node), ctx), "FLOAT")


@R.function("todecimal32", "todecimal64", "todecimal128", "todecimal32ornull", "todecimal64ornull", "todecimal32orzero",
            "todecimal64orzero")  # fmt: skip
def to_decimal(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Digits beyond the scale are cut off
    value, scale = node.expressions
    name = node.name.lower()
    if not isinstance(scale, exp.Literal) or not (ctx.is_a(value, "number", "text")):
        raise ctx.error(node, "toDecimal has a counterpart for a number or a text and a constant scale.")
    digits = {"todecimal32": 9, "todecimal64": 18}.get(name[:11], 38)
    if name.endswith(("null", "zero")):
        made = ctx.macro("ch__decimal_null", value, scale.copy())
        made = _or(made, value, node, [], ctx)  # type: ignore[assignment]
        return build.cast(made, f"DECIMAL({digits},{scale.this})")
    return _decimal(value, scale.name, digits, of_argument(node), ctx)


def _decimal(value: exp.Expr, scale: str, digits: int, found: bool | list[exp.Expr], ctx: Context) -> exp.Expr:
    if ctx.is_a(value, "text"):
        value = ctx.macro("ch__float_text", value, condition(found), type="VARCHAR")
    exact = build.cast(build.cast(value, "VARCHAR"), "DECIMAL(38,18)")
    return build.cast(ctx.macro("ch__cut", exact, build.lit(int(scale))), f"DECIMAL({digits},{scale})")


@R.function("tobool")
def to_bool(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value = node.expressions[0]
    if ctx.is_a(value, "number"):
        value = exp.Paren(this=exp.NEQ(this=exp.Paren(this=value), expression=build.lit(0)))
    made = build.cast(value, "BOOLEAN")
    made.meta["bool"] = True
    return made


@R.function("accuratecastornull")
def accurate_cast(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value, kind = node.expressions
    name = (build.text(kind) or "").lower()
    bits = {"int8": (8, True), "int16": (16, True), "int32": (32, True), "int64": (64, True), "uint8": (8, False),
            "uint16": (16, False), "uint32": (32, False)}.get(name)  # fmt: skip
    if name == "float64":
        return ctx.macro("ch__float_null", build.cast(value, "VARCHAR"), type="DOUBLE")
    if bits is None or not ctx.is_a(value, "text", "int"):
        raise ctx.error(node, "accurateCastOrNull has a counterpart for a text or an integer to an integer or Float64.")
    return ctx.macro("ch__int_null", build.cast(value, "VARCHAR"), *_range(*bits), type="BIGINT")


@R.function("todate", "todate32")
def convert_date(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if len(node.expressions) > 1:
        raise ctx.error(node, "toDate with a time zone has no counterpart: use toTimeZone.")
    return to_date(node.expressions[0], of_argument(node), node, ctx)


@R.function("fromunixtimestamp")
def from_unix(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if len(node.expressions) != 1:
        raise ctx.error(node, "fromUnixTimestamp with a format has no counterpart: use formatDateTime.")
    return ctx.macro("ch__moment_of_int", node.expressions[0], type="TIMESTAMP_S")


@R.function("todatetime64")
def to_datetime64(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value, *scale = node.expressions
    zone = build.text(scale[1]) if len(scale) == 2 else "UTC"
    if zone != "UTC" and not (zone and ctx.is_a(value, "text")):
        raise ctx.error(node, "toDateTime64 has a counterpart with a constant zone for a text: use toTimeZone.")
    scale = scale[:1]
    units = {"0": ("second", "TIMESTAMP_S"), "3": ("millisecond", "TIMESTAMP_MS"), "6": ("microsecond", "TIMESTAMP")}
    unit, kind = units.get(scale[0].name if len(scale) == 1 else "", (None, ""))
    if unit is not None and ctx.is_a(value, "int") and zone == "UTC":
        return ctx.macro("ch__fine_moment_of_int", value, type=kind)
    if unit is None or not ctx.is_a(value, "date", "timestamp", "text"):
        raise ctx.error(node, "toDateTime64 has a counterpart for a text or a moment and 0, 3 or 6 digits.")
    made = ctx.call("date_trunc", build.lit(unit), build.cast(value, "TIMESTAMP"), type=kind)
    return made if zone == "UTC" else ctx.macro("ch__wall", made, build.lit(zone or ""), type=kind)


@R.function("todatetime")
def convert_moment(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    zone = [build.text(arg) for arg in node.expressions[1:]]
    if zone not in ([], ["UTC"]):
        if len(zone) > 1 or zone[0] is None:
            raise ctx.error(node, "toDateTime has a counterpart with a constant zone: write it as a text.")
        if not ctx.is_a(node.expressions[0], "text"):
            return ctx.call("timezone", node.expressions[1], _instant(node, ctx), type="TIMESTAMP_S")
        made = to_moment(node.expressions[0], of_argument(node), node, ctx)
        return ctx.macro("ch__wall", made, node.expressions[1], type="TIMESTAMP_S")
    return to_moment(node.expressions[0], of_argument(node), node, ctx)


def _instant(node: exp.Expr, ctx: Context) -> exp.Expr:
    """The moment that is converted, as DuckDB's with a zone."""
    moment = to_moment(node.expressions[0], of_argument(node), node, ctx)
    return ctx.call("timezone", build.lit("UTC"), build.cast(moment, "TIMESTAMP"))
