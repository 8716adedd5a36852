"""A part of many cases in the quick runs, drawn by a seed; the whole of them behind the marker ``full``."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import pytest

__all__ = ["SHARES", "drawn", "params"]

T = TypeVar("T")
#: What a test of many cases looks at in ``ci``, and in ``full``.
SHARES = [0.2, pytest.param(1.0, marks=pytest.mark.full)]


def drawn(cases: Iterable[T], share: float, seed: int = 19) -> list[T]:
    """A share of cases, at least one, in their order."""
    found = list(cases)
    count = max(1, round(share * len(found)))
    return [found[at] for at in sorted(random.Random(seed).sample(range(len(found)), count))]


def params(cases: Iterable[Any], share: float, always: Sequence[Any] = ()) -> list[Any]:
    """All cases as parameters, those that are not drawn marked ``full``; ``always`` are of those that are not."""
    found = list(cases)
    kept = drawn(range(len(found)), share)
    return [
        each if at in kept or each in always else pytest.param(*(each if isinstance(each, tuple) else (each,)),
                                                               marks=pytest.mark.full)
        for at, each in enumerate(found)
    ]  # fmt: skip
