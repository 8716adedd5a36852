"""One decision tree with one question a level as one list, for models of tens of thousands of leaves.

The answers are the bits of a leaf's place. A CASE has a condition for each leaf but one, this has one for each level: a
third of the text, and of what an engine plans.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..builder import Column, number

__all__ = ["Level", "TableTree"]


@dataclass(frozen=True)
class Level:
    """A question.

    Attributes:
        feature: The column it reads.
        border: What is above it answers yes.
        missing: Whether a missing value does.
        kinds: Of categories, the codes that answer yes; the border then says nothing.
    """

    feature: int
    border: float
    missing: bool
    kinds: Sequence[float] | None = None

    def bit(self, columns: Sequence[Column], value: int) -> str:
        """SQL of a value for yes, 0 for no."""
        x = columns[self.feature].sql
        if self.kinds is not None:
            test = f"{x} {'NOT ' if self.missing else ''}IN ({', '.join(map(number, self.kinds))})"
        else:
            test = f"{x} {'<=' if self.missing else '>'} {number(self.border)}"
        # A comparison with a missing value is not true, which ELSE takes.
        yes, no = (0, value) if self.missing else (value, 0)
        return f"CASE WHEN {test} THEN {yes} ELSE {no} END"


@dataclass(frozen=True)
class TableTree:
    """A tree.

    Attributes:
        levels: Its questions, the first the lowest bit of a leaf's number.
        leaves: What each leaf answers: one value for each output.
    """

    levels: Sequence[Level]
    leaves: Sequence[tuple[float, ...]]

    def sql(self, columns: Sequence[Column], output: int) -> str:
        """The value of an output."""
        values = [number(leaf[output]) for leaf in self.leaves]
        if len(values) == 1:
            return values[0]
        bits = [level.bit(columns, 1 << at) for at, level in enumerate(self.levels)]
        return f"[{', '.join(values)}][1 + {' + '.join(bits)}]"
