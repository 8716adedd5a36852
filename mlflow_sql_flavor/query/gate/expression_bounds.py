"""Bounds on what an expression takes, and what operations make of them; `query_bounds` carries them through a query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .constant_sizes import asks_arguments, pattern_width
from .number_bounds import Number, hull

__all__ = [
    "DATA", "DATUM", "Answer", "Bound", "Large", "as_column", "copies_of", "count_of", "element_of", "formatted",
    "larger", "largest", "length_of", "number_below", "one_of", "small", "together",
]  # fmt: skip


#: How long a value of the data is taken to be where its length becomes a number, and how many rows have one.
DATA = 1_000


class Large(Exception):
    """Not known to be small."""


class Bound(NamedTuple):
    """Of an expression: bytes of the query's own, multiples of data, bounds on its number, steps, no data in it.

    ``growth`` is what each character of the data may have become, ``nested`` whether it may be a list or a struct,
    ``whole`` whether it was collected from all rows, ``element`` the bytes of the query's own that one of it may have
    where ``own`` is the middle of a list, ``flat`` whether it is known to be no list.
    """

    own: float = 8
    times: float = 0
    number: Number | None = None
    steps: float = 1
    constant: bool = False
    text: str | None = None
    growth: float = 1
    nested: bool = False
    whole: bool = False
    element: float = 0
    flat: bool = False

    def of(self, own: float, times: float, steps: float | None = None) -> Bound:
        """A value made of this one, of another size."""
        return self._replace(own=own, times=times, number=None, steps=self.steps if steps is None else steps, text=None)

    def grown(self, by: float) -> Bound:
        """The same with so many characters for each one."""
        return self._replace(own=by * self.own, growth=by * self.growth, element=by * self.element, text=None)


DATUM = Bound(0, 1)


class Answer(NamedTuple):
    """Of the widest row that any SELECT of a query gives: bytes of the query's own, and multiples of a value of data.

    ``each`` is the most copies in one column, ``whole`` whether one holds values of all rows, ``cell`` the bytes of the
    largest value that does not come with a call, ``uses`` how often each placeholder stands in the query.
    """

    own: float = 0
    times: float = 0
    each: float = 0
    whole: bool = False
    cell: int = 0
    uses: Mapping[str, int] = {}

    def beside(self, bound: Bound, columns: float) -> Answer:
        """With so many columns more."""
        each = bound.times * bound.growth
        return self._replace(
            own=self.own + columns * (bound.own + 16),
            times=self.times + columns * each,
            each=max(self.each, each),
            whole=self.whole or bound.whole,
        )

    def wider(self, other: Answer) -> Answer:
        """What covers both."""
        return self._replace(
            own=max(self.own, other.own),
            times=max(self.times, other.times),
            each=max(self.each, other.each),
            whole=self.whole or other.whole,
        )


def small(steps: float = 1, number: Number | None = None, constant: bool = False, text: str | None = None) -> Bound:
    """Of a value of a few bytes, whatever it was made of."""
    return Bound(8, 0, number, steps, constant, text, flat=True)


def count_of(bound: Bound) -> float:
    """The number that it is, at most."""
    if bound.number is None:
        raise Large
    return bound.number.most


def number_below(bounds: list[Bound], most: float, name: str) -> bool:
    """Whether no argument asks for more; one that is a column orders or measures, and asks for nothing."""
    if name in ("arg_max", "arg_min", "max_by", "min_by"):
        bounds = bounds[1:]
    return all(bound.number is not None and bound.number.most <= most and bound.constant for bound in bounds)


def copies_of(bound: Bound, count: float, total: Bound) -> Bound:
    own = max(bound.own, 1) * count if bound.own or not bound.times else 0
    return total.of(own, bound.times * max(count, 1), total.steps + count)


def element_of(over: Bound) -> Bound:
    """Of one of a list: all of them together are as long as the list."""
    return Bound(8, min(over.times, 1), growth=over.growth, element=max(over.own, over.element))


def length_of(bound: Bound) -> float:
    """Its characters, at most."""
    return max(bound.own, bound.element) + DATA * bound.times


def formatted(pattern: str, total: Bound, numbers: Sequence[Number | None]) -> Bound:
    """What a pattern of ``format`` or ``printf`` gives: each of its fields may be any argument, as wide as it says.

    Args:
        pattern: The text; empty where it is not known.
        total: Of all arguments, the pattern among them.
        numbers: Bounds on those after the pattern.
    """
    if not pattern or (asks_arguments(pattern) and None in numbers):
        raise Large
    fields = max(1, pattern.count("{") + pattern.count("%"))
    widths = [None if number is None else number.most for number in numbers]
    own = fields * (total.own + pattern_width(pattern, widths) + 400)
    return total.of(own, fields * total.times, total.steps + fields)


def as_column(bound: Bound) -> Bound:
    """As a column of rows: not constant."""
    return bound._replace(times=max(bound.times, 0 if bound.own > 8 else 1), steps=1, constant=False, text=None)


def larger(known: Bound | None, bound: Bound) -> Bound:
    return bound if known is None else largest([known, bound])


def largest(bounds: list[Bound]) -> Bound:
    first = bounds[0]
    if len(bounds) == 1:
        return first._replace(steps=1, constant=False, text=None)
    own, times, growth, element = first.own, first.times, first.growth, first.element
    nested, whole, flat = first.nested, first.whole, first.flat
    for b in bounds[1:]:
        own, times, growth, element = (
            max(own, b.own),
            max(times, b.times),
            max(growth, b.growth),
            max(element, b.element),
        )
        nested, whole, flat = nested or b.nested, whole or b.whole, flat and b.flat
    number = hull([bound.number for bound in bounds])
    return Bound(own, times, number, growth=growth, nested=nested, whole=whole, element=element, flat=flat)


def one_of(bounds: list[Bound], total: Bound) -> Bound:
    """Of a value that is one of several.

    Args:
        bounds: Of each.
        total: Of all ``together``, which takes their steps.
    """
    own, times = (max((getattr(bound, name) for bound in bounds), default=0) for name in ("own", "times"))
    number = hull([bound.number for bound in bounds])
    return total._replace(own=own, times=times, number=number, text=None, flat=all(b.flat for b in bounds))


def together(bounds: list[Bound]) -> Bound:
    if len(bounds) == 1:
        one = bounds[0]
        return one._replace(own=one.own or 8, steps=1 + one.steps, growth=max(one.growth, 1), flat=False)
    own, times, steps, growth, element = 0.0, 0.0, 1.0, 1.0, 0.0
    constant, nested, whole = True, False, False
    for b in bounds:
        own, times, steps = own + b.own, times + b.times, steps + b.steps
        growth, element = max(growth, b.growth), max(element, b.element)
        constant, nested, whole = constant and b.constant, nested or b.nested, whole or b.whole
    return Bound(own or 8, times, None, steps, constant, None, growth, nested, whole, element)
