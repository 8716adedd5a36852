"""Values written into a text, where an engine takes no parameters: in the body of a view."""

from __future__ import annotations

import datetime
import decimal
import math
from typing import Any

from sqlglot import exp

from ...errors import InputError

__all__ = ["literal"]

#: Engines in which a condition is no value.
_NO_BOOLEANS = {"tsql", "oracle"}


def literal(value: Any, dialect: str) -> str:
    """A value as a literal of an engine; what casts it stands around it.

    Args:
        value: None, a bool, a number, text, a date, a moment, a time, an interval, or a list of these.
        dialect: The engine's dialect.

    Raises:
        InputError: It is of another kind.
    """
    return _node(value, dialect).sql(dialect)


def _node(value: Any, dialect: str) -> exp.Expr:
    if value is None:
        return exp.null()
    if isinstance(value, bool):
        return exp.Literal.number(int(value)) if dialect in _NO_BOOLEANS else exp.convert(value)
    if isinstance(value, (int, decimal.Decimal)):
        return exp.convert(value)
    if isinstance(value, float):
        return exp.convert(value) if math.isfinite(value) else exp.Literal.string(_NOT_FINITE[str(value)])
    if isinstance(value, str):
        if "\0" in value:
            raise InputError("A parameter's text has the character U+0000, which no engine takes in a literal.")
        return exp.Literal.string(value)
    if isinstance(value, datetime.datetime):
        return exp.Literal.string(value.isoformat(" "))
    if isinstance(value, (datetime.date, datetime.time)):
        return exp.Literal.string(value.isoformat())
    if isinstance(value, datetime.timedelta):
        return exp.Literal.string(str(value).replace(",", ""))
    if isinstance(value, (list, tuple)):
        return exp.Array(expressions=[_node(item, dialect) for item in value])
    raise InputError(f"A parameter of type {type(value).__name__} has no literal in {dialect}.")


_NOT_FINITE = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
