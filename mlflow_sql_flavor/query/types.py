"""What the translation hands to its callers: plain records, no sqlglot in their signatures but the tree itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlglot import exp

__all__ = ["Finding", "ParsedQuery", "PlaceholderUse", "Translation"]


@dataclass(frozen=True)
class Finding:
    """A remark about a place in the query.

    Args:
        kind: Short stable name, e.g. ``"random"``.
        message: One sentence for the writer of the query.
        line: 1-based line, None when the place is not known.
        column: 1-based column.
        text: The text at that place.
    """

    kind: str
    message: str
    line: int | None = None
    column: int | None = None
    text: str = ""


@dataclass(frozen=True)
class PlaceholderUse:
    """One placeholder in the text: ``sql[start:end]``; a ``?`` is called p1, p2, ... in order."""

    name: str
    start: int
    end: int
    type_hint: str | None = None


@dataclass(frozen=True)
class ParsedQuery:
    """A query that passed the text gates.

    Args:
        sql: The text as the user wrote it.
        dialect: Canonical dialect name.
        tree: sqlglot tree; None when only DuckDB's own parser can judge the text (dialect duckdb).
        placeholders: Every use, in order of the text.
    """

    sql: str
    dialect: str
    tree: exp.Query | None
    placeholders: tuple[PlaceholderUse, ...] = ()

    @property
    def params(self) -> tuple[str, ...]:
        """Placeholder names, each once, in order of first use."""
        return tuple(dict.fromkeys(use.name for use in self.placeholders))

    @property
    def type_hints(self) -> dict[str, str]:
        """DuckDB types that the query itself declares for placeholders (ClickHouse's ``{x: Int64}``)."""
        return {use.name: use.type_hint for use in self.placeholders if use.type_hint}


@dataclass(frozen=True)
class Translation:
    """What DuckDB runs for a query, and what is known about its fidelity."""

    duckdb_sql: str
    pack: str | None = None
    pack_version: int = 1
    macros: tuple[str, ...] = ()
    settings: dict[str, str | bool] = field(default_factory=dict)
    level: str = "unverified"
    warnings: tuple[Finding, ...] = ()
    nondeterminism: tuple[Finding, ...] = ()
    allowed: tuple[str, ...] = ()
