"""How two models differ, in words: a notebook's, a terminal's, a program's."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from . import view
from .differences import Differences

__all__ = ["Diff"]


@dataclass(frozen=True, repr=False)
class Diff(Differences):
    """What :func:`diff` finds; shows itself in a notebook, as text and as JSON.

    Attributes:
        names: The old and the new model, as they were given.
        query: The change in the query.
        signature: The changes in columns, parameters, tables and row behaviour.
        rows: The change in the rows; None if there was no data to run them on.
        why_no_rows: Why not.
    """

    def text(self, most: int = 10) -> str:
        """The differences in lines of text.

        Args:
            most: The most rows and cells of each kind to show.
        """
        return view.text(self, most)

    def to_dict(self, most: int | None = None) -> dict[str, Any]:
        """Plain values for JSON; dates, decimals and the like as text.

        Args:
            most: The most rows and cells of each kind to list; None lists all. The counts are always of all.
        """
        plain = view.plain
        rows: dict[str, Any] | None = None
        if self.rows is not None:
            found = self.rows.comparison
            rows = {
                "equal": self.rows.equal,
                "data": self.rows.data,
                "by": list(self.rows.by),
                "old": found.rows[1],
                "new": found.rows[0],
                "counts": {
                    "added": len(found.added),
                    "removed": len(found.removed),
                    "changed": self.rows.changed_rows,
                },
                "reordered": self.rows.reordered,
                "columns": self.rows.columns,
                "columns_added": list(found.extra),
                "columns_removed": list(found.missing),
                "added": [plain(row) for row in found.added[:most]],
                "removed": [plain(row) for row in found.removed[:most]],
                "cells": [
                    {
                        "row": c.row,
                        "key": plain(self.rows.keys.get(c.row)),
                        "column": c.column,
                        "old": plain(c.right),
                        "new": plain(c.left),
                    }
                    for c in found.cells[:most]
                ],
            }
        changes = self.query.changes
        return {
            "equal": self.equal,
            "old": self.names[0],
            "new": self.names[1],
            "query": {
                "equal": self.query.equal,
                "dialects": list(self.query.dialects),
                "changes": None if changes is None else [asdict(change) for change in changes],
                "text": self.query.text,
            },
            "signature": [asdict(change) for change in self.signature],
            "rows": rows,
            "why_no_rows": self.why_no_rows,
        }

    def to_json(self, most: int | None = None) -> str:
        """:meth:`to_dict` as JSON."""
        return json.dumps(self.to_dict(most), ensure_ascii=False, indent=2, allow_nan=False)

    def _repr_html_(self) -> str:
        return view.html(self)

    def __repr__(self) -> str:
        return self.text()
