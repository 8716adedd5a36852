"""Whether the value of a variable is a constant that a parameter can stand for, and of which type."""

from __future__ import annotations

import re

from sqlglot import exp

__all__ = ["constant"]

_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)?\Z")
#: Types of parameters; of others a variable is its expression.
_PARAMETERS = {
    exp.DType.BOOLEAN, exp.DType.DATE, exp.DType.TIMESTAMP, exp.DType.TIMESTAMPTZ, exp.DType.TIMESTAMPNTZ,
    exp.DType.DATETIME, exp.DType.DATETIME2, *exp.DataType.TEXT_TYPES, *exp.DataType.INTEGER_TYPES,
    exp.DType.FLOAT, exp.DType.DOUBLE, exp.DType.DECIMAL, exp.DType.BIGDECIMAL,
}  # fmt: skip
_DECIMALS = {"bigquery": "38,9", "snowflake": "38,0", "databricks": "10,0", "tsql": "18,0", "mysql": "10,0"}


def constant(value: exp.Expr, kind: exp.DataType | None, dialect: str) -> tuple[str, str | None] | None:
    """``(DuckDB type, text)`` of a literal; None if it is none that a parameter can stand for."""
    node: exp.Expr = value.unnest() if isinstance(value, exp.Paren) else value
    if isinstance(node, exp.Cast) and kind is None and isinstance(node.this, exp.Literal):
        kind = node.args["to"]
        node = node.this
    if isinstance(node, exp.Null):
        return (_type_text(kind, "", dialect), None) if kind is not None and kind.this in _PARAMETERS else None
    negative = isinstance(node, exp.Neg)
    node = node.this if isinstance(node, exp.Neg) else node
    if isinstance(node, exp.Boolean):
        fits = kind is None or kind.is_type(exp.DType.BOOLEAN)
        return ("BOOLEAN", str(bool(node.this)).lower()) if fits and not negative else None
    if not isinstance(node, exp.Literal) or (kind is not None and kind.this not in _PARAMETERS):
        return None
    text = ("-" if negative else "") + str(node.this)
    if node.is_string:
        if kind is None:
            return ("VARCHAR", text) if not negative else None
        if kind.is_type(*exp.DataType.TEXT_TYPES):
            return "VARCHAR", text
        if kind.is_type("date", "timestamp", "timestamptz", "datetime", "timestampntz", "datetime2") and _ISO.match(
            text
        ):
            return _type_text(kind, text, dialect), text
        return None
    whole = re.fullmatch(r"-?\d{1,18}", text) is not None
    if kind is None:
        if whole:
            return "BIGINT", text
        double = "e" in text.lower() or dialect in ("bigquery", "duckdb")
        return ("DOUBLE" if double else _digits(text)), text
    if kind.is_type(*exp.DataType.INTEGER_TYPES) and whole:
        return _type_text(kind, text, dialect), text
    if kind.is_type("double", "float", "decimal", "bigdecimal"):
        return _type_text(kind, text, dialect), text
    return None


def _type_text(kind: exp.DataType | None, text: str, dialect: str) -> str:
    assert kind is not None
    if kind.is_type(*exp.DataType.TEXT_TYPES):
        return "VARCHAR"
    if kind.is_type("decimal", "bigdecimal") and not kind.expressions:
        return f"DECIMAL({_DECIMALS[dialect]})" if dialect in _DECIMALS else _digits(text)
    plain = kind.copy()
    if not kind.is_type("decimal"):
        plain.set("expressions", [])
    return plain.sql("duckdb")


def _digits(text: str) -> str:
    after = len(text.partition(".")[2])
    return f"DECIMAL({max(18, len(text))},{after})"
