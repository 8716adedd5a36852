"""Casts and the text of values: https://www.postgresql.org/docs/15/datatype.html and typeconv.html."""

from __future__ import annotations

import json
import math
import re
from contextlib import suppress
from decimal import Decimal

from sqlglot import exp

from ...facts.context import Context
from ...reading.numerals import INTEGER, whole_number
from .. import DialectRules
from ..shared import row_comparisons
from ..shared.build import cast, lit, text
from ..shared.exact_numbers import TIMES
from ..shared.postgres_moments import iso_of
from .numbers import as_exact_text, is_real
from .types import category, is_exact, parameter

R = DialectRules("postgres casts")
T = exp.DType
_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


def as_text(node: exp.Expr, ctx: Context, *, letters: bool = False) -> exp.Expr:
    """A value as the text postgres gives it; ``letters``: a boolean as t or f, as in concat()."""
    if ctx.is_a(node, "text") or text(node) is not None or isinstance(node, exp.Null):
        return node
    if ctx.is_a(node, "bool") and letters:
        return ctx.macro("pg__bool_letter", node, type="VARCHAR")
    if ctx.is_a(node, "float"):
        if node.type is not None and node.type.this == T.FLOAT:
            ctx.refuse("number_format", node, "The text of a real has other digits", "Cast to double precision first")
        return ctx.macro("pg__float_text", node, type="VARCHAR")
    if ctx.is_a(node, "decimal") and not is_exact(node):
        ctx.refuse(
            "number_format", node,
            "Postgres writes this numeric with a number of digits that depends on its value",
            "Round it first: round(x, 2)",
        )  # fmt: skip
    if ctx.is_a(node, "interval"):
        return ctx.macro("pg__interval_text", node, type="VARCHAR")
    if _is_binary(node):  # bytea_output = hex: datatype-binary.html
        return ctx.macro("pg__bytea_text", node, type="VARCHAR")
    item = array_item(node, ctx)
    if item is not None:
        each = as_text(item, ctx, letters=True)
        texts = ctx.call("list_transform", node, exp.Lambda(this=each, expressions=[exp.to_identifier(item.name)]))
        return ctx.macro("pg__array_text", node if each is item else texts, type="VARCHAR")
    values = row_comparisons.fields(node)
    if values is not None:  # rowtypes.html#ROWTYPES-IO-SYNTAX
        parts: list[exp.Expr] = [lit("(")]
        for number, value in enumerate(values):
            shown = as_text(value, ctx, letters=True)
            parts += [*([lit(",")] if number else []), ctx.macro("pg__field", shown, type="VARCHAR")]
        return ctx.call("concat", *parts, lit(")"), type="VARCHAR")
    if ctx.is_a(node, "array", "struct", "map"):
        ctx.refuse("unfaithful", node, "The text of an array or a row differs", "Use array_to_string()")
    if ctx.is_a(node, "json"):
        return text_of_json(node, ctx)
    if ctx.is_a(node, "timestamptz"):
        return cast(cast(node, "TIMESTAMPTZ"), "VARCHAR")
    if ctx.unknown(node):
        return ctx.macro("pg__text", node, type="VARCHAR")
    return cast(node, "VARCHAR")


def _is_binary(node: exp.Expr) -> bool:
    return node.type is not None and node.type.this in (T.VARBINARY, T.BINARY, T.BLOB)


def made_json(node: exp.Expr) -> str | None:
    """json or jsonb where DuckDB has the very text of this JSON value that PostgreSQL has."""
    if isinstance(node, exp.Coalesce):
        found = {made_json(value) for value in (node.this, *node.expressions)}
        return found.pop() if len(found) == 1 else None
    if isinstance(node, exp.Subquery):
        outputs = node.this.expressions if isinstance(node.this, exp.Select) else []
        return made_json(outputs[0].unalias()) if len(outputs) == 1 else None
    return node.unnest().meta.get("made_json")


def json_literal(node: exp.Cast, ctx: Context) -> exp.Expr | None:
    """jsonb has a text of its own: the keys in order, a blank behind colons and commas."""
    written = text(node.this)
    if written is not None and node.to.this == T.JSONB:
        try:
            value = json.loads(written, parse_float=_Number, parse_int=_Number, parse_constant=_Number)
        except (ValueError, RecursionError):
            raise ctx.error(node, f"{written!r} is no JSON.") from None
        node.set("this", lit(_binary_text(value)))
    if written is not None or (node.to.this == T.JSON and ctx.is_a(node.this, "text")):
        node.meta["made_json"] = "jsonb" if node.to.this == T.JSONB else "json"
    return None


class _Number(str):
    """A number of JSON as it is written."""


def _binary_text(value: object) -> str:
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
        return "{" + ", ".join(f"{quoted(key)}: {_binary_text(value[key])}" for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_binary_text, value)) + "]"
    if isinstance(value, _Number):
        digits = format(Decimal(value), "f")
        return digits.lstrip("-") if not Decimal(value) else digits
    if isinstance(value, str):
        return quoted(value)
    return json.dumps(value)


def quoted(value: str) -> str:
    """A text as JSON."""
    return json.dumps(value, ensure_ascii=False)


def array_item(node: exp.Expr, ctx: Context) -> exp.Column | None:
    """What stands for an item of an array of one dimension, None for anything else."""
    kind = ctx.type_of(node)
    inner = kind.expressions[0] if kind is not None and kind.this in (T.ARRAY, T.LIST) and kind.expressions else None
    item = exp.column("item")
    item.type = inner
    return item if isinstance(inner, exp.DataType) and not ctx.is_a(item, "array") and not ctx.unknown(item) else None


def json_root(node: exp.Expr) -> exp.Expr:
    """What a JSON value was taken from."""
    while isinstance(node, (exp.JSONExtract, exp.JSONBExtract, exp.JSONExtractScalar, exp.Paren)) or (
        isinstance(node, exp.Anonymous) and node.meta.get("json")
    ):
        node = node.expressions[0] if isinstance(node, exp.Anonymous) else node.this
    return node


def text_of_json(node: exp.Expr, ctx: Context) -> exp.Expr:
    """The text of a JSON value: jsonb has one form, json keeps what was written."""
    root = json_root(node)
    if made_json(node) or (root is node.unnest() and node.type is not None and node.type.this == T.JSON):
        return cast(node, "VARCHAR")
    binary = node.type is not None and node.type.this == T.JSONB
    if node.unnest().meta.get("plain"):
        return ctx.macro("pg__jsonb_whole", node, type="VARCHAR")
    return ctx.macro("pg__jsonb_text" if binary else "pg__json_part", node, root.copy(), type="VARCHAR")


def equal_text(node: exp.Expr, ctx: Context) -> exp.Expr:
    """A text of a jsonb that is the same for equal values: of numbers only those that have one text."""
    shown = text_of_json(node, ctx)
    if not made_json(node):
        return shown
    return ctx.macro("pg__jsonb_doc", shown, shown.copy(), type="VARCHAR")


@R.rule(exp.Cast)
def cast_(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    assert isinstance(node, exp.Cast)
    value, to = node.this, node.to
    if parameter(node) or isinstance(value, exp.Null):
        return None
    if to.this == T.BIT:
        ctx.refuse("unfaithful", node, "DuckDB makes a bit string of another length", "Use & and >> on integers")
        return None
    if ctx.is_a(value, "json") and to.this in exp.DataType.NUMERIC_TYPES:
        value = exp.JSONExtractScalar(this=value, expression=lit("$"))
        value.type = exp.DataType.build("VARCHAR")
        if to.this in exp.DataType.INTEGER_TYPES:
            return cast(cast(value, "DECIMAL(38,10)"), to.sql("duckdb"))
        node.set("this", value)
    if to.this in (T.JSON, T.JSONB):
        return json_literal(node, ctx)
    if to.this in exp.DataType.TEXT_TYPES:
        return _to_text(node, ctx)
    if to.this in exp.DataType.INTEGER_TYPES:
        return _to_int(node, ctx)
    if to.this == T.DECIMAL:
        return _to_numeric(node, ctx)
    if to.this == T.BOOLEAN:
        return _to_bool(node, ctx)
    literal = text(value)
    if to.this in exp.DataType.FLOAT_TYPES and literal is not None and re.search(r"\d", literal):
        with suppress(ValueError):
            if math.isinf(float(literal)):
                raise ctx.error(node, f"{literal!r} is out of range for double precision.")
    if to.this in exp.DataType.FLOAT_TYPES and ctx.is_a(value, "bool"):
        raise ctx.error(node, f"{ctx.rules.name} cannot cast boolean to double precision. Cast to integer first.")
    if to.this in (T.TIME, T.TIMETZ):
        return _to_time(node, ctx)
    if to.this in (T.DATE, *TIMES) and (ctx.is_a(value, "text") or literal is not None):
        return _to_date(node, ctx)
    if isinstance(value, exp.ByteString) and to.this == T.VARBINARY:  # E'…' was read when it was parsed
        return ctx.macro("pg__bytea", lit(value.name), type="BLOB")
    if to.this == T.VARBINARY and ctx.is_a(value, "text"):
        return ctx.macro("pg__bytea", value, type="BLOB")
    if to.this == T.USERDEFINED and isinstance(to.args.get("kind"), exp.Identifier) and to.args["kind"].name == "char":
        if literal is None and not ctx.is_a(value, "text"):
            raise ctx.error(node, '"char" has a counterpart of a text.')
        return ctx.macro("pg__byte", value, type="VARCHAR")  # datatype-character.html: one byte
    if to.this in (T.DATE, *TIMES) and category(value) == "number":
        raise ctx.error(node, f"{ctx.rules.name} cannot cast a number to a date. Use to_timestamp().")
    return None


def _to_text(node: exp.Cast, ctx: Context) -> exp.Expr:
    # varchar(n) keeps n characters; char(n) pads to n with blanks that no operation but output sees: datatype-character
    value, to = as_text(node.this, ctx), node.to
    size = to.expressions[0].this if to.expressions else None
    if to.this in (T.CHAR, T.NCHAR, T.BPCHAR) and (size is not None or to.this != T.BPCHAR):
        size = size or lit(1)
        above = node.parent.parent if isinstance(node.parent, exp.Alias) else node.parent
        if isinstance(above, exp.Select):
            if above.parent is not None:
                ctx.refuse("unfaithful", node, "char(n) is padded with blanks that comparisons ignore", "Use varchar")
            return ctx.macro("pg__char", value, size.copy(), type="VARCHAR")
        return ctx.macro("pg__bare_char", value, size.copy(), type="VARCHAR")
    if size is not None:
        return ctx.call("substring", _plain(value), lit(1), size.copy(), type="VARCHAR")
    if text(value) is not None:
        return cast(value, "VARCHAR")  # unlike a bare literal it is a text, which is compared with texts only
    return value if ctx.is_a(value, "text") else cast(value, "VARCHAR")


_PLAIN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?)?")


#: Words of the clock, and how many days from today: datatype-datetime.html#DATATYPE-DATETIME-SPECIAL-VALUES
_CLOCK = {"now": 0, "today": 0, "tomorrow": 1, "yesterday": -1}


def _to_date(node: exp.Cast, ctx: Context) -> exp.Expr | None:
    # datatype-datetime.html#DATATYPE-DATETIME-INPUT: with DateStyle's default, month before day
    if _PLAIN.fullmatch(text(node.this) or ""):
        return None
    word = (text(node.this) or "").strip().lower()
    if word in _CLOCK:
        ctx.open("clock", node, f"{word!r} reads the clock: two runs differ.")
        now: exp.Expr = exp.CurrentTimestamp() if word == "now" and node.to.this != T.DATE else exp.CurrentDate()
        if _CLOCK[word]:
            now = exp.Paren(this=exp.Add(this=now, expression=lit(_CLOCK[word])))
        return cast(now, node.to.sql("duckdb"))
    if word == "+infinity":
        node.set("this", lit("infinity"))
        return None
    known = iso_of(text(node.this) or "", day=node.to.this == T.DATE, zone=node.to.this == T.TIMESTAMPTZ)
    if known is not None:
        node.set("this", lit(known))
        return None
    if node.to.this == T.DATE:
        return cast(ctx.macro("pg__moment", node.this, type="VARCHAR"), "DATE")
    return timestamp(node.this, ctx, zone=node.to.this == T.TIMESTAMPTZ)


def timestamp(value: exp.Expr, ctx: Context, *, zone: bool = False) -> exp.Expr:
    """A text as the timestamp that postgres reads it as."""
    known = iso_of(text(value) or "", day=False, zone=zone)
    if known is not None:
        return cast(lit(known), "TIMESTAMPTZ" if zone else "TIMESTAMP")
    return ctx.macro(f"pg__timestamp{'tz' if zone else ''}", value, type="TIMESTAMPTZ" if zone else "TIMESTAMP")


def _plain(value: exp.Expr) -> exp.Expr:
    return value


def _to_time(node: exp.Cast, ctx: Context) -> exp.Expr | None:
    value = node.this
    if ctx.is_a(value, "date"):
        raise ctx.error(node, f"{ctx.rules.name} cannot cast date to time.")
    if ctx.is_a(value, "timestamptz") or isinstance(value, exp.CurrentTimestamp):
        node.set("this", cast(cast(value, "TIMESTAMPTZ"), "TIMESTAMP"))
    if ctx.is_a(value, "text") or text(value) is not None:
        node.set("this", ctx.macro("pg__time", value, type="VARCHAR"))
    return None


def _to_int(node: exp.Cast, ctx: Context) -> exp.Expr | None:
    value, to = node.this, node.to.sql("duckdb")
    literal = text(value)
    if literal is not None:
        if not INTEGER.fullmatch(literal):
            raise ctx.error(node, f"{literal!r} is not an integer: {ctx.rules.name} gives an error here.")
        return cast(lit(str(whole_number(literal))), to)
    if ctx.is_a(value, "text"):
        return cast(ctx.macro("pg__integer", value, type="VARCHAR"), to)
    if ctx.is_a(value, "decimal") and not is_exact(value):
        return cast(cast(as_exact_text(value, ctx), "DECIMAL(38,0)"), to)  # ties away from zero
    if category(value) in ("date or timestamp", "interval", "array"):
        raise ctx.error(node, f"{ctx.rules.name} cannot cast {category(value)} to an integer.")
    if category(value) == "boolean" and node.to.this != T.INT:
        raise ctx.error(node, f"{ctx.rules.name} casts boolean to integer only. Cast to integer first.")
    return None


def _to_numeric(node: exp.Cast, ctx: Context) -> exp.Expr | None:
    value, to = node.this, node.to
    if isinstance(value, exp.IntDiv) or (value.meta.get("translated") and str(value.name) == "pg__div"):
        return cast(value, "DECIMAL(38,0)")
    if category(value) in ("boolean", "date or timestamp", "interval"):
        raise ctx.error(node, f"{ctx.rules.name} cannot cast {category(value)} to numeric.")
    if to.expressions:
        if ctx.is_a(value, "float") or (ctx.is_a(value, "decimal") and not is_exact(value)):
            node.set("this", as_exact_text(value, ctx))  # double precision has 15 digits as numeric
        return None
    literal = text(value)
    if literal is not None and re.fullmatch(r"\s*[+-]?\d*\.?\d*\s*", literal):
        return cast(lit(literal.strip()), f"DECIMAL(38,{len(literal.strip().partition('.')[2])})")
    if ctx.is_a(value, "text") and literal is None:
        return _untyped(cast(ctx.macro("pg__numeric", value), "DECIMAL(38,10)"))
    if ctx.is_a(value, "int"):
        return cast(value, "DECIMAL(20,0)")
    if ctx.is_a(value, "decimal"):
        return value
    if is_real(value):  # six digits
        return _untyped(cast(ctx.call("printf", lit("%.6g"), cast(value, "DOUBLE")), "DOUBLE"))
    return _untyped(cast(value, "DOUBLE"))


def _untyped(node: exp.Expr) -> exp.Expr:
    node.type = exp.DataType.build("DECIMAL")  # its scale is not postgres' own
    return node


def _to_bool(node: exp.Cast, ctx: Context) -> exp.Expr | None:
    # datatype-boolean.html: true, yes, on, 1 and what they begin with, in any case
    value = node.this
    literal = text(value)
    if ctx.is_a(value, "json"):
        return ctx.macro("pg__json_boolean", value, type="BOOLEAN")
    if literal is not None:
        return boolean_literal(value, ctx)
    if ctx.is_a(value, "text"):
        return ctx.macro("pg__boolean", value, type="BOOLEAN")
    if ctx.is_a(value, "float", "decimal") or (value.type is not None and value.type.this in (T.BIGINT, T.SMALLINT)):
        raise ctx.error(node, f"{ctx.rules.name} casts only integer to boolean. Compare with 0 instead.")
    return None


def boolean_literal(node: exp.Expr, ctx: Context) -> exp.Expr:
    """A quoted literal as the boolean postgres reads it as."""
    word = (text(node) or "").strip().lower()
    for words, value in ((_TRUE, True), (_FALSE, False)):
        if word and word != "o" and any(w.startswith(word) for w in words):
            return exp.Boolean(this=value)
    raise ctx.error(node, f"{text(node)!r} is no boolean: {ctx.rules.name} gives an error here.")


@R.rule(exp.DPipe)
def concatenate(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # functions-string.html: one side must be text; the other takes its text form.
    left, right = node.this, node.expression
    if ctx.is_a(left, "array") or ctx.is_a(right, "array"):
        return None  # arrays.py
    if ctx.is_a(left, "json") or ctx.is_a(right, "json"):
        raise ctx.error(node, "A json beside || has no counterpart. Cast both to jsonb, or to text.")
    if _is_binary(left) or _is_binary(right):  # an untyped text beside bytea is one too
        made = [side if text(side) is None else ctx.macro("pg__bytea", side, type="BLOB") for side in (left, right)]
        if all(map(_is_binary, made)):
            node.set("this", made[0])
            node.set("expression", made[1])
            return None
    kinds = (category(left), category(right))
    if None not in kinds and "text" not in kinds:
        raise ctx.error(node, f"{ctx.rules.name} has no {kinds[0]} || {kinds[1]}. Cast one side to text.")
    node.set("this", as_text(left, ctx))
    node.set("expression", as_text(right, ctx))
    return None


@R.rule(exp.Concat, exp.ConcatWs)
def concat(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if any(ctx.is_a(e, "array", "json") for e in node.expressions):
        raise ctx.error(node, "concat() of an array or JSON has no counterpart. Use array_to_string() or ->>.")
    node.set("expressions", [as_text(e, ctx, letters=True) for e in node.expressions])
    return None


@R.rule(exp.ArrayToString)
def array_to_string(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # The items' own text: t and f, 2 and not 2.0.
    kind = ctx.type_of(node.this)
    item = kind.expressions[0] if kind is not None and kind.expressions else None
    if isinstance(item, exp.DataType) and item.this in (exp.DataType.TEXT_TYPES | exp.DataType.INTEGER_TYPES):
        return None
    if isinstance(node.this, exp.Array) and any(ctx.is_a(e, "decimal") for e in node.this.expressions):
        ctx.refuse("number_format", node, "Postgres keeps each numeric's own digits here", "Write the items as text")
    node.set("this", ctx.macro("pg__item_texts", node.this, type="VARCHAR[]"))
    return None


R.refuses("typeof", {"pg_typeof"}, "The names of types differ", "Leave the column out")
