"""The columns of a project's relations: of the catalog, of rows at hand, or of the text that makes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...artifact.tables import open_table
from ...compile.check import check
from ...errors import SQLModelError
from ...frames.schema import arrow_schema
from .project import Node, Project
from .reads import reads
from .rows import seed
from .types import ANY_DIGITS, duckdb_types

__all__ = ["Columns", "columns_of"]


@dataclass(frozen=True)
class Columns:
    """The columns of a relation.

    Attributes:
        types: ``{column: DuckDB type}``; None where it is not known.
        whole: Whether these are all of its columns.
    """

    types: Mapping[str, str | None] = field(default_factory=dict)
    whole: bool = False

    @property
    def known(self) -> bool:
        """Whether all of them have their type."""
        return self.whole and all(self.types.values())


def columns_of(project: Project, nodes: Iterable[Node], rows: Mapping[str, Any]) -> dict[str, Columns]:
    """``{unique id: columns}`` of relations.

    Args:
        project: Their project.
        nodes: Models, seeds, snapshots and sources.
        rows: ``{unique id: Arrow table or path}`` of those whose rows are at hand.
    """
    found = _Found(project, rows)
    return {node.unique_id: found.columns(node) for node in nodes}


class _Found:
    """What was looked up by now."""

    def __init__(self, project: Project, rows: Mapping[str, Any]) -> None:
        self._project, self._rows = project, rows
        self._known: dict[str, Columns] = {}

    def columns(self, node: Node) -> Columns:
        if node.unique_id not in self._known:
            self._known[node.unique_id] = Columns()  # of what reads itself
            self._known[node.unique_id] = self._look_up(node)
        return self._known[node.unique_id]

    def _look_up(self, node: Node) -> Columns:
        project = self._project
        declared = duckdb_types(project.columns(node), project.dialect)
        if project.has_catalog(node):
            return Columns(declared, True)
        if node.unique_id in self._rows:
            return Columns({**declared, **open_table(node.name, self._rows[node.unique_id]).types})
        try:
            if node.resource_type == "seed":
                return Columns(open_table(node.name, seed(project, node)).types, True)
            if node.resource_type == "model" and (made := self._made(node)):
                return Columns(made, True)
        except SQLModelError:  # a text or a file that is not read: what is declared has to do
            pass
        return Columns(declared)

    def _made(self, node: Node) -> Mapping[str, str] | None:
        """The outputs of a model's own text, where the columns of all that it reads are known."""
        project = self._project
        sql = project.compiled(node)
        parents, others = reads(sql, project.dialect, project.parents(node))
        tables: dict[str, Any] = {}
        for parent in parents:
            columns = self.columns(parent)
            types = {name: kind for name, kind in columns.types.items() if kind and kind != ANY_DIGITS}
            if others or not types or len(types) < len(columns.types):
                return None
            tables[str(parent.relation_name)] = arrow_schema(types).empty_table()
        return check(sql, project.dialect, tables=tables).output_types
