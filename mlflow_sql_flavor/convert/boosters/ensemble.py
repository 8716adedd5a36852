"""What a booster is made of, whichever library fitted it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from ...errors import QueryError
from ..builder import Column, literal, number
from ..trees.sums import Sum, real

__all__ = ["Ensemble", "Link", "Reader", "codes", "float32", "link_of", "number_of"]

Link = Literal[
    "identity",
    "exp",
    "sigmoid",
    "32-bit sigmoid",
    "softmax",
    "32-bit softmax",
    "each sigmoid",
    "squared",
    "log1p exp",
    "step",
]

#: From here on a number rounds to an infinite 32-bit float.
_INFINITE = number(3.4028235677973366e38)


@dataclass
class Ensemble:
    """A fitted booster.

    Attributes:
        seen: Each feature as its trees compare it, as SQL; NULL where the library takes it as missing.
        total: The trees, and what their sums start from.
        link: How an answer follows from the sums.
        classes: The labels of a classifier; None where the answer is a number.
        slope: What a score is multiplied by before its sigmoid.
        trees: By how many trees the sums are divided, where the library answers with means; else None.
        refused: A test that is true for rows the library answers; None where it answers all.
    """

    seen: list[str]
    total: Sum
    link: Link
    classes: Any = None
    slope: float = 1.0
    trees: int | None = None
    refused: str | None = None


class Reader(Protocol):
    """What reads a library's models."""

    def __call__(self, model: Any, columns: list[Column], data: Any) -> Ensemble:
        """What a model is made of.

        Args:
            model: The fitted model.
            columns: The features.
            data: The features' values, if the model sees them as they come: a DataFrame.

        Raises:
            QueryError: What it cannot be converted for, without its name.
        """
        ...


def link_of(objective: str | None, links: Mapping[str, Link]) -> Link:
    """The link of an objective; None is one of the user's own.

    Raises:
        QueryError: It is none that is known.
    """
    if objective is None:
        raise QueryError("its objective is a function of your own")
    if objective not in links:
        raise QueryError(f"its objective is {objective}")
    return links[objective]


def number_of(column: Column) -> str:
    """A feature that has to be a number.

    Raises:
        QueryError: It is text.
    """
    if column.text:
        raise QueryError(f"its feature {column.name!r} is text")
    return column.sql


def float32(column: Column) -> str:
    """A number as a 32-bit float, held in DOUBLE.

    What would become infinite stays as it is, since some engines refuse the cast: it compares with any threshold as
    infinity does.
    """
    x = number_of(column)
    return f"CASE WHEN ABS({x}) >= {_INFINITE} THEN {x} ELSE {real(x)} END"


def codes(column: Column, categories: list[Any]) -> str:
    """The place of a category in the list that the library was fitted with; NULL for any other."""
    whens = " ".join(f"WHEN {literal(value)} THEN {number(code)}" for code, value in enumerate(categories))
    return f"CAST(CASE {column.sql} {whens} END AS DOUBLE)" if categories else "CAST(NULL AS DOUBLE)"
