"""One row of a pandas frame as Python values, to be bound as parameters."""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import schema

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["NAME", "RowReader", "readable"]

#: What the parameters' names begin with; a number follows.
NAME = "__"
#: Of more columns Arrow is read faster.
MOST = 250


def readable(types: pa.Schema | None) -> dict[str, str] | None:
    """``{column: DuckDB type}``; None where values of a column would not be the same as parameters."""
    if types is None or not 0 < len(types) <= MOST:
        return None
    found = {field.name: schema.from_arrow(field.type) for field in types}
    return found if all(kind.partition("(")[0] in _READ and kind[-1] != "]" for kind in found.values()) else None


class RowReader:
    """Reads one row.

    Args:
        types: From :func:`readable`.
    """

    def __init__(self, types: dict[str, str]) -> None:
        import pandas as pd

        none = dict.fromkeys((type(None), type(pd.NA), type(pd.NaT)), lambda _: None) | {float: _number}
        self._types, self._names = types, list(types)
        self._plan: list[tuple[str, int, dict[type, Any]]] = []
        for at, kind in enumerate(types.values()):
            made = none | _READ[kind.partition("(")[0]]
            if datetime.datetime in made:
                made[pd.Timestamp] = made[datetime.datetime]
            if decimal.Decimal in made:
                made[decimal.Decimal] = _digits(schema.to_arrow(kind).scale)
            self._plan.append((f"{NAME}{at}", at, made))

    def values(self, frame: Any) -> dict[str, Any] | None:
        """The row by the parameters' names; None where Arrow has to convert it, or to say what is wrong with it."""
        column: Any = getattr(frame, "_get_column_array", None)  # see reading.values_of
        if column is None or len(frame) != 1 or frame.columns.tolist() != self._names:
            return None
        found = {}
        try:
            for name, at, made in self._plan:
                value = column(at).tolist()[0]
                exact = made[type(value)]
                found[name] = value if exact is None else exact(value)
        except (KeyError, ValueError):
            return None
        return found

    def __reduce__(self) -> Any:
        return RowReader, (self._types,)


def _number(value: float) -> None:
    """NaN, which is NULL in any column; another number is none of a column that has no such entry of its own."""
    if value == value:
        raise ValueError
    return None


def _float(value: float) -> float | None:
    return value if value == value else None


def _whole(value: int) -> float:
    if abs(value) > 2**53:
        raise ValueError
    return float(value)


def _moment(value: Any) -> Any:
    if value.tzinfo is not None or getattr(value, "nanosecond", None):
        raise ValueError
    return value.to_pydatetime() if hasattr(value, "to_pydatetime") else value


def _day(value: Any) -> datetime.date:
    moment = _moment(value)
    if moment.time() != datetime.time():
        raise ValueError
    found: datetime.date = moment.date()
    return found


def _digits(scale: int) -> Callable[[decimal.Decimal], decimal.Decimal]:
    def exact(value: decimal.Decimal) -> decimal.Decimal:
        exponent = value.as_tuple().exponent
        if not isinstance(exponent, int) or not -scale <= exponent <= 0:
            raise ValueError
        return value

    return exact


_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
#: ``{DuckDB type: {Python type: what makes a parameter of it, None where it is one}}``; DuckDB refuses too large ones.
_READ: dict[str, dict[type, Any]] = {
    **{kind: {int: None} for kind in _INTEGERS},
    "BOOLEAN": {bool: None},
    "FLOAT": {float: _float},
    "DOUBLE": {float: _float, int: _whole},
    "VARCHAR": {str: None},
    "BLOB": {bytes: None},
    "DATE": {datetime.date: None, datetime.datetime: _day},
    "TIMESTAMP": {datetime.datetime: _moment},
    "DECIMAL": {decimal.Decimal: None},
}
