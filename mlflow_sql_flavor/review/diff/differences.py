"""How two models differ, as plain values: in the query, in the signature and in the rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...frames.compare import Comparison
    from ...query.facts.changes import Change

__all__ = ["Differences", "QueryDiff", "RowsDiff", "SignatureChange"]


@dataclass(frozen=True)
class QueryDiff:
    """The change in the query.

    Attributes:
        dialects: Of the old and the new query.
        changes: Part by part; None where the queries cannot be compared so.
        text: Changed lines as a unified diff.
    """

    dialects: tuple[str, str]
    changes: tuple[Change, ...] | None
    text: str

    @property
    def equal(self) -> bool:
        """Whether both say the same; layout and comments count as nothing."""
        same = self.changes == () if self.changes is not None else not self.text
        return same and self.dialects[0] == self.dialects[1]


@dataclass(frozen=True)
class SignatureChange:
    """One change in what goes in or comes out.

    Attributes:
        part: ``input``, ``output``, ``parameter``, ``table`` or ``rows``.
        name: Of the column, parameter or table.
        before: Its type (with the default of a parameter, the content of a table); None if it is new.
        after: The same in the new model; None if it is gone.
    """

    part: str
    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class RowsDiff:
    """The change in the rows that the same input gives.

    Attributes:
        comparison: Cell by cell: ``left`` is the new model, ``right`` the old one; ``added`` rows are new.
        by: The columns whose values pair the rows; empty if they are paired by their order, or not at all.
        data: Which rows went in.
        reordered: Whether the same rows come in another order, where both queries order them.
        keys: The values of ``by`` in the rows with changed cells, by their number.
    """

    comparison: Comparison
    by: tuple[str, ...]
    data: str
    reordered: bool = False
    keys: Mapping[int, tuple[Any, ...]] = field(default_factory=dict)

    @property
    def equal(self) -> bool:
        """Whether the rows are the same, and where it counts in the same order."""
        return self.comparison.equal and not self.reordered

    @property
    def changed_rows(self) -> int:
        """The number of rows that are on both sides and differ."""
        return len({cell.row for cell in self.comparison.cells})

    @property
    def columns(self) -> dict[str, int]:
        """``{column: number of changed cells}``, of the columns with any."""
        counts: dict[str, int] = {}
        for cell in self.comparison.cells:
            counts[cell.column] = counts.get(cell.column, 0) + 1
        return counts


@dataclass(frozen=True, repr=False)
class Differences:
    """What differs between an old and a new model.

    Attributes:
        names: The old and the new model, as they were given.
        query: The change in the query.
        signature: The changes in columns, parameters, tables and row behaviour.
        rows: The change in the rows; None if there was no data to run them on.
        why_no_rows: Why not.
    """

    names: tuple[str, str]
    query: QueryDiff
    signature: tuple[SignatureChange, ...]
    rows: RowsDiff | None
    why_no_rows: str | None = None

    @property
    def equal(self) -> bool:
        """Whether nothing differs."""
        return self.query.equal and not self.signature and (self.rows is None or self.rows.equal)
