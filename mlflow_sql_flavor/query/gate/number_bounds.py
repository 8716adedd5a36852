"""Between which bounds the number, the moment or the span of time lies that says how long something is.

Interval arithmetic: what is not known to be exact is widened, what has no bounds is None and counts as anything.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from .constant_sizes import INTERVAL, arithmetic

__all__ = ["Number", "after", "at_most", "cast", "elements", "hull", "literal"]

PLAIN, MOMENT, SPAN = "number", "moment", "span"

_DAY = 86_400.0
#: The fewest and the most seconds of a unit, in the plural that DuckDB's functions have.
_UNITS = {
    "microseconds": (1e-6, 1e-6), "milliseconds": (1e-3, 1e-3), "seconds": (1.0, 1.0), "minutes": (60.0, 60.0),
    "hours": (3600.0, 3600.0), "days": (_DAY, _DAY), "weeks": (7 * _DAY, 7 * _DAY), "months": (28 * _DAY, 31 * _DAY),
    "quarters": (90 * _DAY, 92 * _DAY), "years": (365 * _DAY, 366 * _DAY), "decades": (3652 * _DAY, 3653 * _DAY),
    "centuries": (36_524 * _DAY, 36_525 * _DAY), "millennia": (365_242 * _DAY, 365_243 * _DAY),
}  # fmt: skip
_EXACT = 2.0**53

_WHOLE = frozenset(
    {
        "bigint", "hugeint", "int", "int1", "int2", "int4", "int8", "integer", "long", "short", "smallint", "tinyint",
        "ubigint", "uhugeint", "uinteger", "usmallint", "utinyint",
    }
)  # fmt: skip
_NUMBERS = frozenset({"bignum", "decimal", "double", "float8", "numeric", "string", "text", "varchar"})
_MOMENTS = frozenset({"date", "datetime"})

#: Numbers of constants: what they give is as wide as rounding may make it.
_OF_CONSTANTS = frozenset(["**", "^", "pow", "power", "<<", "exp", "factorial", "!__postfix"])


class Number(NamedTuple):
    """Bounds, in seconds where it is a moment (since 1970) or a span."""

    low: float
    high: float
    unit: str = PLAIN

    @property
    def most(self) -> float:
        """Its amount, at most."""
        return max(abs(self.low), abs(self.high))

    @property
    def known(self) -> bool:
        """Whether it is one number, to the last digit."""
        return self.low == self.high


def at_most(most: float) -> Number:
    """A number from none to so many."""
    return Number(0.0, float(most))


def _wide(low: float, high: float, unit: str = PLAIN, by: float = 1e-12) -> Number | None:
    """Bounds, wider where a float or DuckDB's own arithmetic may have rounded."""
    if math.isnan(low) or math.isnan(high):
        return None
    exact = low.is_integer() and high.is_integer() and max(abs(low), abs(high)) < _EXACT
    return Number(low, high, unit) if exact else Number(low - by * abs(low), high + by * abs(high), unit)


def literal(text: str) -> Number | None:
    """The number that a constant is."""
    try:
        found = float(text)
    except ValueError:
        return None
    return _wide(found, found)


def cast(number: Number | None, text: str | None, kind: str) -> Number | None:
    """Of a value once it is of another type.

    Args:
        number: Its bounds before.
        text: The constant that it is, if it is one.
        kind: The type's name in lower case, without arguments.
    """
    if kind in _MOMENTS or kind.startswith("timestamp"):
        found = number if number is not None and number.unit == MOMENT else _moment(text)
        return None if found is None else Number(found.low - (_DAY if kind == "date" else 1), found.high + 1, MOMENT)
    if kind == "interval":
        return number if number is not None and number.unit == SPAN else _span(text)
    if number is None or number.unit != PLAIN:
        return None
    if kind == "boolean":
        return Number(0.0, 1.0)
    if kind in _WHOLE:
        return Number(_down(number.low), _up(number.high))
    if kind in ("float", "real", "float4"):
        return _wide(number.low - 1e-6 * abs(number.low), number.high + 1e-6 * abs(number.high))
    if kind in ("decimal", "numeric") and not (number.low.is_integer() and number.high.is_integer()):
        return Number(number.low - 1, number.high + 1)
    return number if kind in _NUMBERS else None


def _moment(text: str | None) -> Number | None:
    try:
        found = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    seconds = (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    return Number(seconds, seconds, MOMENT)


def _span(text: str | None) -> Number | None:
    low = high = 0.0
    parts = INTERVAL.findall(text or "")
    for amount, unit in parts:
        unit = unit.lower()
        plural = {"century": "centuries", "millennium": "millennia"}.get(unit, f"{unit}s")
        if plural not in _UNITS:
            return None
        ends = sorted(float(amount) * each for each in _UNITS[plural])
        low, high = low + ends[0], high + ends[1]
    return Number(low, high, SPAN) if parts else None


def _down(value: float) -> float:
    return float(math.floor(value)) if math.isfinite(value) else value


def _up(value: float) -> float:
    return float(math.ceil(value)) if math.isfinite(value) else value


def hull(numbers: Sequence[Number | None]) -> Number | None:
    """Of a value that is one of several."""
    if None in numbers:
        return None
    known = [number for number in numbers if number is not None]
    if not known or len({number.unit for number in known}) > 1:
        return None
    return Number(min(n.low for n in known), max(n.high for n in known), known[0].unit)


def after(name: str, given: Sequence[Number | None]) -> Number | None:
    """Of what an operator or a function gives; None if nothing is known.

    Args:
        name: Its name in lower case.
        given: Of its arguments.
    """
    if name in ("%", "mod") and len(given) == 2 and given[1] is not None:
        return Number(-given[1].most, given[1].most)
    known = [number for number in given if number is not None]
    if not known or len(known) < len(given):
        return None
    if len(known) == 1:
        return _of_one(name, known[0])
    units = tuple(number.unit for number in known)
    if len(known) != 2:
        return None
    left, right = known
    try:
        match name:
            case "+" | "add":
                return _sum(left, right)
            case "-" | "subtract" if units != (MOMENT, MOMENT):
                return None if units == (SPAN, MOMENT) else _sum(left, Number(-right.high, -right.low, right.unit))
            case "*" | "multiply" if MOMENT not in units and units != (SPAN, SPAN):
                ends = [a * b for a in (left.low, left.high) for b in (right.low, right.high)]
                return _wide(min(ends), max(ends), SPAN if SPAN in units else PLAIN)
            case "/" | "//" | "divide" if right.unit == PLAIN and left.unit != MOMENT and right.low * right.high > 0:
                ends = [a / b for a in (left.low, left.high) for b in (right.low, right.high)]
                return Number(_down(min(ends)) - 1, _up(max(ends)) + 1, left.unit)
            case "round" | "trunc" if left.unit == PLAIN:  # to so many digits before the point
                return Number(-2 * left.most - 1, 2 * left.most + 1)
    except (OverflowError, ZeroDivisionError):
        return Number(-math.inf, math.inf)
    return _of_constants(name, known)


def _sum(left: Number, right: Number) -> Number | None:
    units = {left.unit, right.unit}
    if left.unit == right.unit == MOMENT:
        return None
    if units == {MOMENT, PLAIN}:  # a date and so many days
        left, right = (Number(n.low * _DAY, n.high * _DAY, SPAN) if n.unit == PLAIN else n for n in (left, right))
    elif units == {SPAN, PLAIN}:
        return None
    unit = MOMENT if MOMENT in units else left.unit
    return _wide(left.low + right.low, left.high + right.high, unit)


def _of_one(name: str, number: Number) -> Number | None:
    if name == "-":
        return Number(-number.high, -number.low, number.unit) if number.unit != MOMENT else None
    if number.unit != PLAIN:
        return None
    if name.startswith("to_") and (name[3:] in _UNITS):
        ends = [n * each for n in (number.low, number.high) for each in _UNITS[name[3:]]]
        return Number(min(ends), max(ends), SPAN)
    if name == "+":
        return number
    if name in ("abs", "@"):
        return Number(0.0 if number.low <= 0 <= number.high else min(abs(number.low), abs(number.high)), number.most)
    if name in _ROUNDED:
        return Number(_down(number.low), _up(number.high))
    if name in ("even", "round_even", "roundbankers"):
        return Number(number.low - 2, number.high + 2)
    return _of_constants(name, [number])


_ROUNDED = frozenset(["round", "floor", "ceil", "ceiling", "trunc"])


def _of_constants(name: str, known: Sequence[Number]) -> Number | None:
    if name not in _OF_CONSTANTS or not all(number.unit == PLAIN and number.known for number in known):
        return None
    found = arithmetic("factorial" if name == "!__postfix" else name, [number.low for number in known])
    return None if found is None else _wide(found - 1, found + 1, by=1e-6)


def elements(given: Sequence[Number | None]) -> tuple[float, Number] | None:
    """How many ``range`` gives of these arguments, at most, and between which bounds they lie; None if not known."""
    known = [number for number in given[:3] if number is not None]
    if not known or len(known) < len(given):
        return None
    start, stop = (Number(0.0, 0.0), known[0]) if len(known) == 1 else (known[0], known[1])
    step = known[2] if len(known) == 3 else Number(1.0, 1.0)
    units = (start.unit, stop.unit, step.unit)
    if units not in ((PLAIN, PLAIN, PLAIN), (MOMENT, MOMENT, SPAN)) or step.low * step.high <= 0:
        return None
    far = stop.high - start.low if step.low > 0 else start.high - stop.low
    count = max(far, 0.0) / min(abs(step.low), abs(step.high)) + 1
    return count, Number(min(start.low, stop.low), max(start.high, stop.high), start.unit)
