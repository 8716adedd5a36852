"""A query that passed the gates, for one set of types."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..engines.duckdb import Instance
from ..engines.empty_instance import EMPTY_INSTANCE
from ..engines.program import Program
from ..query.gate.packs import Compat

if TYPE_CHECKING:
    from ..query.reading.parsed_query import Finding, Lineage

__all__ = ["Compiled", "FewRows"]


@dataclass(frozen=True)
class FewRows:
    """Another text of the same rows.

    Attributes:
        rows: The most rows of an input that it is for.
        program: What DuckDB runs then, on the same instance.
        sql: The text as it is stored, its constants within.
    """

    rows: int
    program: Program
    sql: str


@dataclass(frozen=True)
class Compiled:
    """A query that passed the gates, for one set of types.

    Attributes:
        program: What DuckDB runs.
        instance: Where it runs.
        quick: Where it runs on few rows.
        param_types: ``{placeholder: DuckDB type}``.
        columns: ``{reference table: its columns the query uses}``.
        claims: ``{reference table: column sets}`` that must be unique for the row class to hold.
        compat: What the package installs for the dialect.
        level: ``verified``, ``documented`` or ``unverified``: what the query's own constructs rest on.
        findings: The constructs that nobody compared with the source engine.
        warnings: What the writer should know, the findings among it unless they were accepted.
        nondeterminism: What the source engine itself leaves open.
        allowed: The refusals the writer accepted and the query needed.
        lineage: Where the output columns come from, told when asked; None for a query compiled when it was saved.
        param_defaults: ``{placeholder: value as text}`` of those that the query itself sets.
        few: Another text for few rows, if there is one.
        isolated: Whether it is bound and runs in a process of its own: asked for, or not known to be small.
    """

    program: Program
    instance: Instance
    quick: Instance
    param_types: Mapping[str, str]
    columns: Mapping[str, list[str]]
    claims: Mapping[str, list[list[str]]]
    compat: Compat
    level: str
    findings: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()
    nondeterminism: tuple[Finding, ...] = ()
    allowed: tuple[str, ...] = ()
    lineage: Callable[[], Lineage] | None = None
    param_defaults: Mapping[str, str | None] = field(default_factory=dict)
    few: FewRows | None = None
    isolated: bool = False

    def close(self) -> None:
        """Closes what was opened for it alone."""
        for instance in {self.quick, self.instance} - {EMPTY_INSTANCE}:
            instance.close()
