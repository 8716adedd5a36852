"""Two results cell by cell: what ``expected_output``, ``verify`` and ``diff`` rest on.

Numbers are equal whatever their width, floats to a relative 1e-9, decimals to the coarser scale; true is 1, a date is
its midnight. Row order counts only where the query orders its rows.
"""

from __future__ import annotations

import datetime
import decimal
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..errors import InputError, QueryError
from . import reading

if TYPE_CHECKING:
    import pyarrow as pa


__all__ = ["Cell", "Comparison", "against", "compare", "same"]

_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Cell:
    """A cell that differs: its row (0-based, of the right side), its column and both values."""

    row: int
    column: str
    left: Any
    right: Any


@dataclass(frozen=True)
class Comparison:
    """What differs between two results.

    Attributes:
        rows: Number of rows, left and right.
        missing: Columns only the right side has.
        extra: Columns only the left side has.
        cells: Cells that differ, of rows that are on both sides.
        added: Rows only the left side has, as dicts.
        removed: Rows only the right side has, as dicts.
    """

    rows: tuple[int, int]
    missing: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    cells: tuple[Cell, ...] = ()
    added: tuple[dict[str, Any], ...] = field(default=())
    removed: tuple[dict[str, Any], ...] = field(default=())

    @property
    def equal(self) -> bool:
        """Whether nothing differs."""
        return not (self.missing or self.extra or self.cells or self.added or self.removed)

    def text(self, left: str = "got", right: str = "expected", most: int = 10) -> str:
        """The differences in lines of text."""
        lines = []
        if self.missing:
            lines.append(f"columns missing: {', '.join(self.missing)}")
        if self.extra:
            lines.append(f"columns not {right}: {', '.join(self.extra)}")
        if self.rows[0] != self.rows[1]:
            lines.append(f"{self.rows[0]} rows {left}, {self.rows[1]} {right}")
        lines += [
            f"row {c.row}, column {c.column}: {left} {_shown(c.left)}, {right} {_shown(c.right)}"
            for c in self.cells[:most]
        ]
        lines += [f"row only {left}: {_shown_row(row)}" for row in self.added[:most]]
        lines += [f"row only {right}: {_shown_row(row)}" for row in self.removed[:most]]
        total = len(self.cells) + len(self.added) + len(self.removed)
        shown = min(most, len(self.cells)) + min(most, len(self.added)) + min(most, len(self.removed))
        if total > shown:
            lines.append(f"… and {total - shown} more")
        return "\n".join(lines)


def _shown(value: Any) -> str:
    return "NULL" if value is None else repr(value)[:80]


def _shown_row(row: dict[str, Any]) -> str:
    return ", ".join(f"{name} = {_shown(value)}" for name, value in row.items())


def same(one: Any, two: Any) -> bool:
    """Whether two values are the same, by the rules at the top of this module."""
    if one is None or two is None:
        return one is None and two is None
    if isinstance(one, (int, float, decimal.Decimal)) and isinstance(two, (int, float, decimal.Decimal)):
        return _same_number(one, two)
    if isinstance(one, (datetime.date, str)) and isinstance(two, (datetime.date, str)):
        return one == two or _moment(one) == _moment(two)
    if isinstance(one, (list, tuple)) and isinstance(two, (list, tuple)):
        return len(one) == len(two) and all(map(same, one, two))
    if isinstance(one, dict) and isinstance(two, dict):
        return one.keys() == two.keys() and all(same(one[key], two[key]) for key in one)
    return bool(one == two)


def _same_number(one: Any, two: Any) -> bool:
    if isinstance(one, float) or isinstance(two, float):
        a, b = float(one), float(two)
        if math.isnan(a) or math.isnan(b):
            return math.isnan(a) and math.isnan(b)
        return a == b or math.isclose(a, b, rel_tol=_TOLERANCE)
    if isinstance(one, decimal.Decimal) and isinstance(two, decimal.Decimal):
        scale = max(int(one.as_tuple().exponent), int(two.as_tuple().exponent))
        return abs(one - two) < decimal.Decimal(1).scaleb(scale)
    return bool(one == two)


def _moment(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return value.replace(tzinfo=None) if value.tzinfo is datetime.UTC else value
    if isinstance(value, datetime.date):
        return datetime.datetime(value.year, value.month, value.day)
    return value


def _sort_key(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(_order(value) for value in row)


def _order(value: Any) -> tuple[int, Any]:
    if value is None:
        return (0, "")
    if isinstance(value, (bool, int, float, decimal.Decimal)):
        number = float(value)
        return (1, "nan") if math.isnan(number) else (2, float(f"{number:.8e}"))
    if isinstance(value, datetime.date):
        return (3, str(_moment(value)))
    return (4, str(value))


def compare(
    left: pa.Table,
    right: pa.Table,
    *,
    ordered: bool = False,
    by: Sequence[str] = (),
    only: Sequence[str] | None = None,
    pair: bool = True,
) -> Comparison:
    """Compares two results.

    Args:
        left: One result.
        right: The other.
        ordered: Whether the order of rows counts.
        by: Key columns, by which rows are paired; rows whose key is on one side only are added or removed.
        only: The columns to compare; None takes all, and a column on one side only is a difference.
        pair: Whether rows without order or key that are as many on both sides are paired as they sort, and differ in
            cells; else they are on one side only.

    Raises:
        InputError: A key column is missing or its values repeat.
    """
    names_left, names_right = left.column_names, right.column_names
    extra = tuple(n for n in names_left if n not in names_right) if only is None else ()
    missing = tuple(n for n in names_right if n not in names_left) if only is None else ()
    names = [n for n in names_right if n in names_left and (only is None or n in only)]
    rows = (left.num_rows, right.num_rows)
    a, b = _rows(left, names), _rows(right, names)
    if by:
        return _by_key(a, b, names, by, rows, missing, extra)
    if not ordered:
        a.sort(key=_sort_key)
        b.sort(key=_sort_key)
        if len(a) != len(b) or not pair:
            return _as_sets(a, b, names, rows, missing, extra)
    cells = tuple(
        Cell(number, name, x, y)
        for number, (one, two) in enumerate(zip(a, b, strict=False))
        for name, x, y in zip(names, one, two, strict=True)
        if not same(x, y)
    )
    added = tuple(dict(zip(names, row, strict=True)) for row in a[len(b) :])
    removed = tuple(dict(zip(names, row, strict=True)) for row in b[len(a) :])
    return Comparison(rows, missing, extra, cells, added, removed)


def _rows(table: pa.Table, names: Sequence[str]) -> list[tuple[Any, ...]]:
    columns = [table.column(name).to_pylist() for name in names]
    return list(zip(*columns, strict=True)) if columns else [()] * table.num_rows


def _as_sets(a: Any, b: Any, names: Any, rows: Any, missing: Any, extra: Any) -> Comparison:
    """Sorted rows merged: those on one side only."""
    i = j = 0
    added, removed = [], []
    while i < len(a) or j < len(b):
        if i < len(a) and j < len(b) and all(map(same, a[i], b[j])):
            i, j = i + 1, j + 1
        elif j >= len(b) or (i < len(a) and _sort_key(a[i]) < _sort_key(b[j])):
            added.append(dict(zip(names, a[i], strict=True)))
            i += 1
        else:
            removed.append(dict(zip(names, b[j], strict=True)))
            j += 1
    return Comparison(rows, missing, extra, (), tuple(added), tuple(removed))


def _by_key(a: Any, b: Any, names: Any, by: Any, rows: Any, missing: Any, extra: Any) -> Comparison:
    for name in by:
        if name not in names:
            raise InputError(f"The key column {name!r} is not in both results.")
    places = [names.index(name) for name in by]

    def keyed(side: Any) -> dict[Any, tuple[Any, ...]]:
        found: dict[Any, tuple[Any, ...]] = {}
        for row in side:
            key = tuple(_order(row[place]) for place in places)
            if key in found:
                raise InputError(f"The key {', '.join(by)} repeats in a result: name columns whose values do not.")
            found[key] = row
        return found

    one, two = keyed(a), keyed(b)
    cells = tuple(
        Cell(number, name, x, y)
        for number, (key, row) in enumerate(two.items())
        if key in one
        for name, x, y in zip(names, one[key], row, strict=True)
        if not same(x, y)
    )
    added = tuple(dict(zip(names, row, strict=True)) for key, row in one.items() if key not in two)
    removed = tuple(dict(zip(names, row, strict=True)) for key, row in two.items() if key not in one)
    return Comparison(rows, missing, extra, cells, added, removed)


def against(output: pa.Table, expected: Any, dialect: str, ordered: bool = False) -> tuple[pa.Table, str]:
    """Holds a model's output against the rows its source engine gave.

    Args:
        output: What the model gives.
        expected: The engine's rows, as any frame ``predict`` takes.
        dialect: The engine's, for the words.
        ordered: Whether the order of rows counts.

    Returns:
        The expected rows as Arrow, and the verdict in words.

    Raises:
        QueryError: They differ; the message shows the cells.
    """
    table = reading.read(expected).table
    found = compare(output, table, ordered=ordered)
    if not found.equal:
        raise QueryError(
            f"The model does not give the expected output of {dialect}: correct the query, or the rows if they "
            f"are not what the engine gave.\n{found.text()}"
        )
    return table, f"verified on {table.num_rows} rows against {dialect}"
