"""How large a value a query builds out of constants alone.

DuckDB looks at its limits between vectors, so one call such as ``repeat('x', 2000000000)`` passes both the time and the
memory limit, at bind time even. Where the size stands in the query it can be seen beforehand. What depends on data can
not; the wall for that is a process of its own (``isolation="process"``).
"""

import math
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

__all__ = [
    "INTERVAL",
    "MAX_CELLS",
    "MAX_ELEMENTS",
    "MAX_TEXT",
    "PLURAL",
    "Sizes",
    "arithmetic",
    "asks_arguments",
    "number_of",
    "pattern_width",
]

MAX_TEXT = 10_000_000
"""Longest text built from constants, in characters."""
MAX_ELEMENTS = 1_000_000
"""Longest list built from constants."""
MAX_CELLS = 1_000_000_000
"""Most steps of a function whose cost is the product of its arguments' lengths."""


class _Value(NamedTuple):
    """Of an expression: its value if it is a constant (dates and intervals in seconds), and its length."""

    number: float | None = None
    length: float = 0
    text: str = ""


_UNKNOWN = _Value()
_SECONDS = {"microsecond": 1e-6, "millisecond": 1e-3, "second": 1, "minute": 60, "hour": 3600, "day": 86400}
_SECONDS |= {
    "week": 604800,
    "month": 2592000,
    "quarter": 7776000,
    "year": 31536000,
    "decade": 3.15e8,
    "century": 3.15e9,
}
PLURAL = {f"to_{unit}s": seconds for unit, seconds in _SECONDS.items()} | {"to_centuries": 3.15e9}
INTERVAL = re.compile(r"(-?\d+(?:\.\d+)?)\s*([a-z]+?)s?(?=[\s\d-]|$)", re.IGNORECASE)

_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "add": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "subtract": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "multiply": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "//": lambda a, b: a / b,
    "divide": lambda a, b: a / b,
    "**": lambda a, b: a**b,
    "^": lambda a, b: a**b,
    "pow": lambda a, b: a**b,
    "power": lambda a, b: a**b,
    "<<": lambda a, b: a * 2.0**b,
    "greatest": max,
    "least": min,
}
_ONE: dict[str, Callable[[float], float]] = {
    "-": lambda a: -a,
    "abs": abs,
    "@": abs,
    "exp": math.exp,
    "factorial": lambda a: math.gamma(a + 1),
}
_SAME = frozenset(["+", "ceil", "ceiling", "floor", "round", "trunc", "round_even", "roundbankers", "even"])
_LENGTH = frozenset(["length", "len", "strlen", "char_length", "character_length", "array_length", "octet_length"])
_SERIES = frozenset(["range", "generate_series"])
# Where the argument stands that says how long the result is.
_SIZED = {"lpad": 1, "rpad": 1, "list_resize": 1, "array_resize": 1, "bitstring": 1, "equi_width_bins": 2}
_LISTS = frozenset(["list_resize", "array_resize", "equi_width_bins"])
_PATTERNS = frozenset(["format", "printf"])
_PAIRWISE = frozenset(
    ["levenshtein", "editdist3", "damerau_levenshtein", "jaccard", "jaro_similarity", "jaro_winkler_similarity"]
)


class Sizes:
    """Sizes of the values in one tree; each node is looked at once."""

    def __init__(self) -> None:
        self._known: dict[int, _Value] = {}

    def excess(self, call: dict[str, Any], name: str) -> str | None:
        """What a call builds that is too large, in words, or None.

        Args:
            call: A FUNCTION node.
            name: Its function, in lower case.
        """
        if name in _SERIES or name in _SIZED or name in _PATTERNS or name in _PAIRWISE or name == "repeat":
            arguments = [self._of(a) for a in _arguments(call)]
            if name in _PAIRWISE:
                if len(arguments) > 1 and arguments[0].length * arguments[1].length > MAX_CELLS:
                    return f"{name} of two texts this long takes too long"
                return None
            length = _call(name, arguments).length
            first_is_list = name == "repeat" and _is_list(_arguments(call)[:1])
            if name in _SERIES or name in _LISTS or first_is_list:
                if length > MAX_ELEMENTS:
                    return f"{name} builds a list of {_count(length)} elements; the most is {MAX_ELEMENTS:,}"
            elif length > MAX_TEXT:
                return f"{name} builds a text of {_count(length)} characters; the most is {MAX_TEXT:,}"
        return None

    def _of(self, node: dict[str, Any]) -> _Value:
        # Children before parents, without recursion.
        todo = [node]
        while todo:
            item = todo[-1]
            if id(item) in self._known:
                todo.pop()
                continue
            children = _children(item)
            missing = [child for child in children if id(child) not in self._known]
            if missing:
                todo.extend(missing)
                continue
            self._known[id(item)] = _value(item, [self._known[id(child)] for child in children])
            todo.pop()
        return self._known[id(node)]


def _arguments(call: dict[str, Any]) -> list[dict[str, Any]]:
    found = [a.get("expression") for a in call.get("arguments") or [] if isinstance(a, dict)]
    return [a for a in found if isinstance(a, dict)]


def _children(node: dict[str, Any]) -> list[dict[str, Any]]:
    kind = node.get("class")
    if kind == "FUNCTION":
        return _arguments(node)
    if kind in ("CAST", "COLLATE"):
        return [node["child"]] if isinstance(node.get("child"), dict) else []
    return []


def _is_list(nodes: list[dict[str, Any]]) -> bool:
    return bool(nodes) and nodes[0].get("function_name") in ("list_value", "range", "generate_series")


def _value(node: dict[str, Any], children: list[_Value]) -> _Value:
    kind = node.get("class")
    if kind == "CONSTANT":
        literal = node.get("literal")
        text = literal.get("text") if isinstance(literal, dict) else None
        if not isinstance(text, str):
            return _UNKNOWN
        return _Value(number_of(text) if len(text) <= 100 else None, len(text), text)
    if kind == "FUNCTION":
        return _call(str(node.get("function_name")).lower(), children)
    return children[0] if children else _UNKNOWN


def _call(name: str, arguments: list[_Value]) -> _Value:
    numbers = [a.number for a in arguments]
    lengths = [a.length for a in arguments]
    at = _SIZED.get(name)
    if at is not None:
        return _Value(None, (numbers[at] or 0) if at < len(numbers) else 0)
    if name == "repeat" and len(arguments) > 1:
        return _Value(None, max(lengths[0], 1) * max(numbers[1] or 0, 0))
    if name in _SERIES:
        return _Value(None, _series(numbers))
    if name in _PATTERNS:
        return _Value(None, max(sum(lengths), pattern_width(arguments[0].text if arguments else "", numbers[1:])))
    if name in _LENGTH and arguments and lengths[0]:
        return _Value(lengths[0])
    if name in PLURAL and len(arguments) == 1:
        return _Value(None if numbers[0] is None else numbers[0] * PLURAL[name])
    return _Value(arithmetic(name, numbers), sum(lengths))


def asks_arguments(pattern: str) -> bool:
    """Whether an argument says how wide another one is written."""
    return re.search(r"\{[^{}]*\{|%[^a-zA-Z%]*\*", pattern) is not None


def pattern_width(pattern: str, numbers: list[float | None]) -> float:
    """The widest field a pattern asks for, in its own text or, by ``{:{}}`` or ``%*d``, in an argument."""
    if asks_arguments(pattern):
        return max((abs(number) for number in numbers if number is not None), default=0)
    fields = re.findall(r":[^:{}]*\}|%[^a-zA-Z%]*", pattern)
    return max((float(run) for field in fields for run in re.findall(r"\d+", field)), default=0)


def arithmetic(name: str, numbers: list[float | None]) -> float | None:
    """The result of an operator or function on known numbers; None if it is not known."""
    known = [n for n in numbers if n is not None]
    if not known or len(known) != len(numbers):
        return None
    try:
        if len(known) == 1:
            return known[0] if name in _SAME else _ONE[name](known[0]) if name in _ONE else None
        if name in _ARITHMETIC and len(known) == 2:
            result = _ARITHMETIC[name](*known)
            return result if isinstance(result, float | int) else None
    except ZeroDivisionError:
        return None
    except (OverflowError, ValueError):
        return math.inf
    return known[0] if name in _SAME else None


def _series(numbers: list[float | None]) -> float:
    if not numbers or None in numbers:
        return 0
    known = [n for n in numbers if n is not None]
    start, stop = (0.0, known[0]) if len(known) == 1 else (known[0], known[1])
    step = known[2] if len(known) > 2 else 1.0
    return max((stop - start) / step, 0) if step else 0


def number_of(text: str) -> float | None:
    """The number a literal stands for, a date or an interval in seconds; None if it stands for none."""
    try:
        return float(text)  # underscores between digits too
    except ValueError:
        pass
    try:
        return (datetime.fromisoformat(text.strip()).replace(tzinfo=None) - datetime(1970, 1, 1)).total_seconds()
    except ValueError:
        pass
    parts = [(float(n), unit.lower()) for n, unit in INTERVAL.findall(text)]
    if parts and all(unit in _SECONDS for _, unit in parts):
        return sum(n * _SECONDS[unit] for n, unit in parts)
    return None


def _count(length: float) -> str:
    return f"{length:,.0f}" if length < 1e15 else f"{length:.0e}"
