"""Bounds on what an expression takes, and what operations make of them; `query_bounds` carries them through a query."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from .constant_sizes import PLURAL, arithmetic, asks_arguments, pattern_width

__all__ = [
    "DATUM", "Bound", "Large", "as_column", "copies_of", "formatted", "known_number", "larger", "largest",
    "number_after", "number_below", "together",
]  # fmt: skip


class Large(Exception):
    """Not known to be small."""


@dataclass(frozen=True, slots=True)
class Bound:
    """Of an expression: bytes of the query's own, multiples of data, a bound on its number, steps, no data in it.

    ``growth`` is what each character of the data may have become, ``nested`` whether it may be a list or a struct,
    ``whole`` whether it was collected from all rows.
    """

    own: float = 8
    times: float = 0
    number: float | None = None
    steps: float = 1
    constant: bool = False
    text: str | None = None
    growth: float = 1
    nested: bool = False
    whole: bool = False

    def of(self, own: float, times: float, steps: float | None = None) -> Bound:
        """A value made of this one, of another size."""
        return replace(self, own=own, times=times, number=None, steps=self.steps if steps is None else steps, text=None)

    def grown(self, by: float) -> Bound:
        """The same with so many characters for each one."""
        return replace(self, own=by * self.own, growth=by * self.growth, text=None)


DATUM = Bound(0, 1)


def known_number(number: float | None) -> float:
    if number is None or math.isnan(number):
        raise Large
    return abs(number) if number < 0 else number


def number_below(bounds: list[Bound], most: float, name: str) -> bool:
    """Whether no argument asks for more; one that is a column orders or measures, and asks for nothing."""
    if name in ("arg_max", "arg_min", "max_by", "min_by"):
        bounds = bounds[1:]
    return all(bound.number is not None and abs(bound.number) <= most and bound.constant for bound in bounds)


def number_after(name: str, given: list[Bound]) -> float | None:
    numbers = [bound.number for bound in given]
    if name in PLURAL and len(given) == 1 and numbers[0] is not None:
        return numbers[0] * PLURAL[name]
    if not given or any(n is None for n in numbers):
        if name in ("%", "mod") and len(given) == 2:
            return numbers[1]
        return None
    known = [n for n in numbers if n is not None]
    if all(bound.constant for bound in given):
        return arithmetic(name, [*known])
    # A bound on the amount, not the value itself.
    sizes = [abs(n) for n in known]
    match name, len(sizes):
        case (("+" | "-" | "add" | "subtract"), _):
            return sum(sizes)
        case (("*" | "multiply"), 2):
            return sizes[0] * sizes[1]
        case (("%" | "mod"), 2):
            return sizes[1]
        case (("abs" | "round" | "floor" | "ceil" | "ceiling" | "trunc" | "@"), _):
            return sizes[0] + 1
    return None


def copies_of(bound: Bound, count: float, total: Bound) -> Bound:
    own = max(bound.own, 1) * count if bound.own or not bound.times else 0
    return total.of(own, bound.times * max(count, 1), total.steps + count)


def formatted(pattern: str, total: Bound, numbers: list[float | None]) -> Bound:
    """What a pattern of ``format`` or ``printf`` gives: each of its fields may be any argument, as wide as it says.

    Args:
        pattern: The text; empty where it is not known.
        total: Of all arguments, the pattern among them.
        numbers: Bounds on those after the pattern.
    """
    if not pattern or (asks_arguments(pattern) and None in numbers):
        raise Large
    fields = max(1, pattern.count("{") + pattern.count("%"))
    own = fields * (total.own + pattern_width(pattern, numbers) + 400)
    return total.of(own, fields * total.times, total.steps + fields)


def as_column(bound: Bound) -> Bound:
    """As a column of rows: not constant, its value not known to be this one."""
    return replace(bound, times=max(bound.times, 0 if bound.own > 8 else 1), steps=1, constant=False, text=None)


def larger(known: Bound | None, bound: Bound) -> Bound:
    return bound if known is None else largest([known, bound])


def largest(bounds: list[Bound]) -> Bound:
    numbers = [bound.number for bound in bounds]
    number = None if None in numbers else max((abs(n) for n in numbers if n is not None), default=None)
    growth = max(b.growth for b in bounds)
    return Bound(
        max(b.own for b in bounds),
        max(b.times for b in bounds),
        number,
        growth=growth,
        nested=any(b.nested for b in bounds),
        whole=any(b.whole for b in bounds),
    )


def together(bounds: list[Bound]) -> Bound:
    return Bound(
        sum(b.own for b in bounds) or 8,
        sum(b.times for b in bounds),
        bounds[0].number if len(bounds) == 1 else None,
        1 + sum(b.steps for b in bounds),
        all(b.constant for b in bounds),
        bounds[0].text if len(bounds) == 1 else None,
        max((b.growth for b in bounds), default=1),
        any(b.nested for b in bounds),
        any(b.whole for b in bounds),
    )
