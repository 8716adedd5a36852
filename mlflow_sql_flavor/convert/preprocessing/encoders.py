"""OneHotEncoder, OrdinalEncoder, TargetEncoder as CASE expressions, read from what the fitted encoder itself answers.

The encoder is shown each category, a missing value and a value it has not seen; ``drop``, infrequent categories and
``handle_unknown`` need no rules of their own then. A value it refuses makes the row's prediction NULL.
"""

from __future__ import annotations

from typing import Any

from ...errors import QueryError
from ..builder import Column, Query, is_missing, literal, number, unique

__all__ = ["encode"]

_Answer = tuple[float, ...]


class _Feature:
    """What an encoder answers for one of its columns: the part of its output that belongs to it."""

    def __init__(self, step: Any, place: int, start: int, width: int, path: str) -> None:
        self.step, self.place, self.part = step, place, slice(start, start + width)
        kinds = step.categories_[place].tolist()
        self.known = [value for value in kinds if not is_missing(value)]
        self.answers: list[_Answer] = self._answers(self.known) or []
        # A column of objects may have learnt NaN or None as its missing value, or both; SQL has one NULL.
        learnt = [value for value in kinds if is_missing(value)]
        if len(learnt) > 1:
            raise QueryError(
                f"step {path!r} was fitted on both None and NaN, which are one NULL in SQL: keep one of them."
            )
        missing = self._answers(learnt or [float("nan")])
        unknown = self._answers([_unseen(self.known)])
        self.missing: _Answer | None = missing[0] if missing else None
        self.unknown: _Answer | None = unknown[0] if unknown else None

    def _answers(self, values: list[Any]) -> list[_Answer] | None:
        """The outputs for these values; None if the encoder refuses them."""
        import numpy as np
        import pandas as pd

        names = getattr(self.step, "feature_names_in_", range(len(self.step.categories_)))
        frame = pd.DataFrame(
            {
                name: pd.Series(values if i == self.place else [kinds[0]] * len(values), dtype=object)
                for i, (name, kinds) in enumerate(zip(names, self.step.categories_, strict=True))
            }
        )
        try:
            found = self.step.transform(frame if hasattr(self.step, "feature_names_in_") else frame.to_numpy())
        except (ValueError, TypeError):
            return None
        found = found.toarray() if hasattr(found, "toarray") else np.asarray(found)
        return [tuple(row) for row in found[:, self.part].astype(float).tolist()]


def _unseen(known: list[Any]) -> Any:
    if all(isinstance(value, str) for value in known):
        return "".join(known)[:1000] + "\x00"
    return max(float(value) for value in known) + 1.0


def _widths(step: Any) -> list[int]:
    if not hasattr(step, "drop_idx_"):
        # A TargetEncoder has a column for each of several classes.
        width = len(step.classes_) if getattr(step, "target_type_", "") == "multiclass" else 1
        return [width] * len(step.categories_)
    infrequent = getattr(step, "infrequent_categories_", None) or [None] * len(step.categories_)
    dropped = step.drop_idx_ if step.drop_idx_ is not None else [None] * len(step.categories_)
    return [
        len(kinds) - (len(rare) - 1 if rare is not None else 0) - (drop is not None)
        for kinds, rare, drop in zip(step.categories_, infrequent, dropped, strict=True)
    ]


def encode(query: Query, step: Any, columns: list[Column], keep: list[Column], path: str) -> list[Column]:
    """Adds the layer of an encoder; its columns are its outputs in order."""
    items: list[tuple[str, str]] = []
    refusals: list[str] = []
    out: list[Column] = []
    taken = query.taken(keep)
    start = 0
    for place, (column, width) in enumerate(zip(columns, _widths(step), strict=True)):
        feature = _Feature(step, place, start, width, path)
        start += width
        _check(feature, column, path)
        if feature.unknown is None:
            refusals.append(_accepted(feature, column))
        for part in range(width):
            out.append(Column(unique(_name(column, feature, part), taken)))
            items.append((_case(feature, column, part), out[-1].name))
    query.layer(path, [*query.refusing(refusals, keep, taken), *items])
    return out


def _check(feature: _Feature, column: Column, path: str) -> None:
    for value in feature.known:
        if isinstance(value, str) != column.text:
            raise QueryError(f"step {path!r}: categories of {column.name!r} are not of the column's type in X.")
        if not column.text and abs(float(value)) > 2**53:
            raise QueryError(f"step {path!r}: category {value} of {column.name!r} has no exact DOUBLE.")


def _accepted(feature: _Feature, column: Column) -> str:
    known = f"{column.sql} IN ({', '.join(map(literal, feature.known))})"
    return known if feature.missing is None else f"({known} OR {column.sql} IS NULL)"


def _name(column: Column, feature: _Feature, part: int) -> str:
    if not hasattr(feature.step, "drop_idx_"):
        return column.name
    ones = [value for value, answer in zip(feature.known, feature.answers, strict=True) if answer[part]]
    if len(ones) == 1:
        return f"{column.name}_{' '.join(str(ones[0]).split())[:30]}"
    return f"{column.name}_{'infrequent' if ones else 'missing'}"


def _case(feature: _Feature, column: Column, part: int) -> str:
    """One output of a feature: the values that differ from the commonest answer, and that answer for the rest."""
    answers: dict[float, list[Any]] = {}
    for value, answer in zip(feature.known, feature.answers, strict=True):
        answers.setdefault(answer[part], []).append(value)
    # Where an unseen value is refused, the row's mark makes up for it, and any answer may be that of the rest.
    rest = max(answers, key=lambda v: (len(answers[v]), v == 0)) if feature.unknown is None else feature.unknown[part]
    missing = rest if feature.missing is None else feature.missing[part]
    whens = []
    for output, values in answers.items():
        if not _same(output, rest):
            test = f"IN ({', '.join(map(literal, values))})" if len(values) > 1 else f"= {literal(values[0])}"
            whens.append(f"WHEN {column.sql} {test} THEN {_number(output)}")
    if not _same(missing, rest):
        whens.append(f"WHEN {column.sql} IS NULL THEN {_number(missing)}")
    text = f"CASE {' '.join(whens)} ELSE {_number(rest)} END" if whens else _number(rest)
    return f"CAST({text} AS DOUBLE)"


def _same(left: float, right: float) -> bool:
    return left == right or (left != left and right != right)


def _number(value: float) -> str:
    return number(value) if value == value else "NULL"
