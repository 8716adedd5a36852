"""Times that can be compared on a machine others use too: rounds in turn, medians, and ratios within a round."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Ratio:
    """How much longer one thing takes than another: the median over the rounds, and the middle half of them."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f}-{self.high:.2f})"


class Times:
    """Seconds a call took, for each case and round."""

    def __init__(self, seconds: Mapping[str, list[float]]) -> None:
        self.seconds = dict(seconds)

    def median(self, case: str) -> float:
        """Seconds."""
        return statistics.median(self.seconds[case])

    def ratio(self, case: str, to: str) -> Ratio:
        """Of two cases in the same round, over the rounds."""
        found = sorted(a / b for a, b in zip(self.seconds[case], self.seconds[to], strict=True))
        if len(found) < 3:
            return Ratio(statistics.median(found), found[0], found[-1])
        low, middle, high = statistics.quantiles(found, n=4)
        return Ratio(middle, low, high)


def interleaved(cases: Mapping[str, Callable[[], Any]], rounds: int, calls: int = 1, warm: int = 2) -> Times:
    """Runs every case in every round, so that all of them meet the same machine.

    Args:
        cases: What to call, by name. What a call returns is freed after the clock stopped.
        rounds: Samples of each case.
        calls: Calls a sample, of which it is the mean.
        warm: Calls of each case before the first round.
    """
    for case in cases.values():
        for _ in range(warm):
            case()
    seconds: dict[str, list[float]] = {name: [] for name in cases}
    names = list(cases)
    for number in range(rounds):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:  # nobody always runs after the same one
            case = cases[name]
            gc.collect()
            result = None
            start = time.perf_counter()
            for _ in range(calls):
                result = case()
            seconds[name].append((time.perf_counter() - start) / calls)
            del result
    return Times(seconds)


def duration(seconds: float) -> str:
    """A time as people read it."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e6:.3g} µs"


def table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table, padded to be read as text too."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    lines = [header, ["-" * width for width in widths], *rows]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    )
