"""When two results count as the same: the rule of data/README.md, and nothing looser."""

from __future__ import annotations

import datetime as dt
import math
import uuid
from decimal import Decimal
from typing import Any

__all__ = ["Written", "decode", "same_rows"]


class Written(str):
    """A text out of the documented cases, where a date is written as text too."""

    def moment(self) -> dt.datetime | None:
        try:
            return _moment(dt.datetime.fromisoformat(self))
        except ValueError:
            return None


def decode(value: Any) -> Any:
    """A recorded value as Python's."""
    if isinstance(value, list):
        return [decode(v) for v in value]
    if not isinstance(value, dict):
        return value
    ((kind, raw),) = value.items()
    if kind == "f":
        return float(raw)
    if kind == "d":
        return Decimal(raw)
    if kind == "date":
        return dt.date.fromisoformat(raw)
    if kind == "ts":
        return dt.datetime.fromisoformat(raw)
    if kind == "time":
        return dt.time.fromisoformat(raw)
    if kind == "td":
        return dt.timedelta(seconds=float(raw))
    if kind == "b":
        return bytes.fromhex(raw)
    if kind == "struct":
        return {k: decode(v) for k, v in raw.items()}
    raise ValueError(kind)


def _same(a: Any, b: Any) -> bool:
    if a is None or b is None:
        return a is None and b is None
    if isinstance(a, bool):
        a = int(a)
    if isinstance(b, bool):
        b = int(b)
    if isinstance(a, (int, float, Decimal)) and isinstance(b, (int, float, Decimal)):
        return _same_number(a, b)
    if isinstance(a, (dt.date, dt.datetime)) and isinstance(b, (dt.date, dt.datetime)):
        return _moment(a) == _moment(b)
    if isinstance(a, Written) and isinstance(b, (dt.date, dt.datetime)):
        return a.moment() == _moment(b)
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(_same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, list) and isinstance(b, dict) and list(b) == [str(place) for place in range(1, len(a) + 1)]:
        return all(_same(x, y) for x, y in zip(a, b.values(), strict=True))  # a tuple of ClickHouse, a struct in Arrow
    if isinstance(a, dict) and isinstance(b, list) and all(isinstance(pair, (list, tuple)) for pair in b):
        pairs = zip(a.items(), b, strict=False)  # a map of ClickHouse, its keys written as text
        return len(a) == len(b) and all(str(pair[0]) == str(k) and _same(v, pair[1]) for (k, v), pair in pairs)
    if isinstance(a, dict) and isinstance(b, dict):
        return list(a) == list(b) and all(_same(a[k], b[k]) for k in a)
    if isinstance(a, uuid.UUID) or isinstance(b, uuid.UUID):
        return str(a) == str(b)
    if isinstance(a, (bytes, bytearray)) and isinstance(b, (bytes, bytearray)):
        return bytes(a) == bytes(b)
    return isinstance(a, type(b)) and bool(a == b)


def _same_number(expected: float | Decimal, got: float | Decimal) -> bool:
    if isinstance(expected, int) and isinstance(got, int):
        return expected == got
    x, y = float(expected), float(got)
    if math.isnan(x) or math.isnan(y):
        return math.isnan(x) and math.isnan(y)
    if expected == got:
        return True
    if (isinstance(expected, float) or isinstance(got, float)) and math.isclose(x, y, rel_tol=1e-9):
        return True
    scale = -int(expected.as_tuple().exponent) if isinstance(expected, Decimal) else 0
    return scale > 0 and math.isfinite(y) and abs(Decimal(got) - Decimal(expected)) * 2 <= Decimal(1).scaleb(-scale)


def _moment(value: dt.date | dt.datetime) -> dt.datetime:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).replace(tzinfo=None) if value.tzinfo else value
    return dt.datetime(value.year, value.month, value.day)


def same_rows(expected: list[list[Any]], got: list[list[Any]], ordered: bool) -> bool:
    """Whether two results are the same rows, as a list or as a bag."""
    if len(expected) != len(got):
        return False
    if ordered:
        return all(_same(list(a), list(b)) for a, b in zip(expected, got, strict=True))
    rest = [list(row) for row in got]
    for row in expected:
        at = next((i for i, other in enumerate(rest) if _same(list(row), other)), None)
        if at is None:
            return False
        rest.pop(at)
    return True
