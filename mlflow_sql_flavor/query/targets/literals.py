"""Values written into a text, where an engine takes no parameters: in the body of a view."""

from __future__ import annotations

import datetime
import decimal
import math
from typing import Any

from sqlglot import exp

from ...errors import InputError
from .conditions import NO_BOOLEANS

__all__ = ["literal"]


def literal(value: Any, dialect: str) -> str:
    """A value as a literal of an engine; what casts it stands around it.

    Args:
        value: None, a bool, a number, text, bytes, a date, a moment, a time, an interval, or a list of these.
        dialect: The engine's dialect.

    Raises:
        InputError: It is of another kind.
    """
    return _node(value, dialect).sql(dialect)


def _node(value: Any, dialect: str) -> exp.Expr:
    if value is None:
        return exp.null()
    if isinstance(value, bool):
        return exp.Literal.number(int(value)) if dialect in NO_BOOLEANS else exp.convert(value)
    if isinstance(value, (int, decimal.Decimal)):
        return exp.convert(value)
    if isinstance(value, float):
        return exp.convert(value) if math.isfinite(value) else _not_finite(value, dialect)
    if isinstance(value, str):
        if "\0" in value:
            raise InputError("A parameter's text has the character U+0000, which no engine takes in a literal.")
        national = dialect == "tsql" and not value.isascii()  # else it is of the database's code page
        return exp.National(this=value) if national else exp.Literal.string(value)
    if isinstance(value, (bytes, bytearray)):
        return exp.Var(this=_BYTES.get(dialect, "X'{}'").format(bytes(value).hex()))
    if isinstance(value, datetime.datetime):
        said = value.isoformat(" ")
        if dialect == "oracle" and value.tzinfo is not None:
            said = value.isoformat(" ").replace("+", " +")
        return exp.Var(this=f"TIMESTAMP '{said}'") if dialect == "oracle" else exp.Literal.string(said)
    if isinstance(value, datetime.date) and dialect == "oracle":  # whose sessions say how a text is read as a date
        return exp.Var(this=f"DATE '{value.isoformat()}'")
    if isinstance(value, (datetime.date, datetime.time)):
        return exp.Literal.string(value.isoformat())
    if isinstance(value, datetime.timedelta):
        return exp.Literal.string(str(value).replace(",", ""))
    if isinstance(value, (list, tuple)):
        return exp.Array(expressions=[_node(item, dialect) for item in value])
    raise InputError(f"A parameter of type {type(value).__name__} has no literal in {dialect}.")


def _not_finite(value: float, dialect: str) -> exp.Expr:
    if dialect in _FINITE:
        raise InputError(f"A parameter is {value}, and {dialect} has finite numbers only: give another value, or NULL.")
    own = _OWN_NOT_FINITE.get(dialect)
    return exp.Literal.string(_NOT_FINITE[str(value)]) if own is None else exp.Var(this=own[str(value)])


_NOT_FINITE = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
#: Engines whose numbers are all finite, and in which a cast of such a text is 0 or an error.
_FINITE = {"mysql", "tsql"}
_OWN_NOT_FINITE = {
    "sqlite": {"nan": "NULL", "inf": "9e999", "-inf": "-9e999"},  # a cast of their texts is 0
    "oracle": {"nan": "BINARY_DOUBLE_NAN", "inf": "BINARY_DOUBLE_INFINITY", "-inf": "-BINARY_DOUBLE_INFINITY"},
    "snowflake": {"nan": "'NaN'", "inf": "'inf'", "-inf": "'-inf'"},
}
#: How bytes are written, from their digits.
_BYTES = {
    "postgres": r"'\x{}'",
    "duckdb": "UNHEX('{}')",
    "clickhouse": "unhex('{}')",
    "tsql": "0x{}",
    "oracle": "HEXTORAW('{}')",
    "redshift": "TO_VARBYTE('{}', 'hex')",
    "bigquery": "FROM_HEX('{}')",
}
