"""What the translation hands to its callers: plain records, no sqlglot in their signatures but the tree itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlglot import exp

__all__ = [
    "Edit",
    "Finding",
    "Lineage",
    "LineageEdge",
    "ParsedQuery",
    "PlaceholderUse",
    "Relation",
    "Translation",
]


#: ``sql[start:end]`` becomes a text.
Edit = tuple[int, int, str]


@dataclass(frozen=True)
class Finding:
    """A remark about a place in the query.

    Args:
        kind: Short stable name, e.g. ``"random"``.
        message: One sentence for the writer of the query.
        line: 1-based line, None when the place is not known.
        column: 1-based column.
        text: The text at that place.
        feature: The construct, as the index of evidence names it, where something is missing there.
    """

    kind: str
    message: str
    line: int | None = None
    column: int | None = None
    text: str = ""
    feature: str = ""


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
        edits: What makes the text read its tables by the names that `tree` has, in order; see :mod:`.table_names`.
        defaults: ``{placeholder: its value as text, None for NULL}`` of those that the text itself sets.
        folded: Whether `tree` was folded from a script or is a part of the query, so that it is no parse of the text.
    """

    sql: str
    dialect: str
    tree: exp.Query | None
    placeholders: tuple[PlaceholderUse, ...] = ()
    edits: tuple[Edit, ...] = ()
    defaults: Mapping[str, str | None] = field(default_factory=dict)
    folded: bool = False

    @property
    def params(self) -> tuple[str, ...]:
        """Placeholder names, each once, in order of first use."""
        return tuple(dict.fromkeys(use.name for use in self.placeholders))

    @property
    def type_hints(self) -> dict[str, str]:
        """DuckDB types that the query itself declares for placeholders (ClickHouse's ``{x: Int64}``)."""
        return {use.name: use.type_hint for use in self.placeholders if use.type_hint}

    def declare(self, types: Mapping[str, str]) -> ParsedQuery:
        """The same query, its placeholders declared to be of DuckDB types; case does not count."""
        folded = {name.casefold(): kind for name, kind in types.items()}
        uses = (replace(use, type_hint=folded.get(use.name.casefold(), use.type_hint)) for use in self.placeholders)
        return replace(self, placeholders=tuple(uses))


@dataclass(frozen=True)
class Translation:
    """What DuckDB runs for a query, and what is known about its fidelity."""

    duckdb_sql: str
    pack: str | None = None
    pack_version: int = 1
    macros: tuple[str, ...] = ()
    settings: dict[str, str | bool] = field(default_factory=dict)
    warnings: tuple[Finding, ...] = ()
    nondeterminism: tuple[Finding, ...] = ()
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Relation:
    """Something with columns; its kind is ``input``, ``table``, ``parameters``, ``step`` (a CTE) or ``output``."""

    name: str
    kind: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class LineageEdge:
    """A column, or the rows (None), of one relation goes into a column, or the rows, of another.

    Args:
        source: Index of the relation it comes from.
        source_column: Its column there.
        target: Index of the relation it goes to.
        column: The column there.
    """

    source: int
    source_column: str | None
    target: int
    column: str | None


@dataclass(frozen=True)
class Lineage:
    """Where a query's columns come from.

    Args:
        relations: Sources, steps and the output, each after those it reads.
        edges: Between their columns.
        partial: Whether some column could not be followed.
        reason: Why there is no lineage; None when there is.
    """

    relations: tuple[Relation, ...] = ()
    edges: tuple[LineageEdge, ...] = ()
    partial: bool = False
    reason: str | None = None

    def origins(self, *, rows: bool = False) -> dict[str, tuple[tuple[str, str | None], ...]]:
        """``{output: ((source relation, column), ...)}`` through all steps.

        Args:
            rows: Whether to tell, under the key ``""``, what the output's rows depend on; a None column is the
                relation's rows themselves.
        """
        if not self.relations:
            return {}
        incoming: dict[tuple[int, str | None], list[tuple[int, str | None]]] = {}
        for edge in self.edges:
            incoming.setdefault((edge.target, edge.column), []).append((edge.source, edge.source_column))
        steps = {n for n, relation in enumerate(self.relations) if relation.kind in ("step", "output")}
        found: dict[str, tuple[tuple[str, str | None], ...]] = {}
        last = len(self.relations) - 1
        for column in (*self.relations[last].columns, *([None] if rows else [])):
            seen: dict[tuple[int, str | None], None] = {}
            waiting = [(last, column)]
            while waiting:
                for place in incoming.get(waiting.pop(), ()):
                    if place not in seen:
                        seen[place] = None
                        waiting.append(place)
            found[column or ""] = tuple(
                (self.relations[n].name, name) for n, name in sorted(seen, key=lambda p: p[0]) if n not in steps
            )
        return found
