"""Which of a project's relations a compiled text reads."""

from __future__ import annotations

from collections.abc import Iterable

from ...query.reading.parse import parse
from ...query.reading.qualified_names import folded_parts, split_name
from ...query.reading.table_names import with_names
from ...query.reading.tables import table_uses
from .project import Node

__all__ = ["reads"]


def reads(sql: str, dialect: str, nodes: Iterable[Node]) -> tuple[list[Node], list[str]]:
    """The nodes whose relations a text reads, and the names of other tables.

    Args:
        sql: The text.
        dialect: Its dialect.
        nodes: Those that it may read; of two with one relation the first counts.

    Raises:
        QueryError: The text is not one query.
    """
    relations: dict[tuple[str, ...], Node] = {}
    for node in nodes:
        if node.relation_name:
            relations.setdefault(folded_parts(split_name(node.relation_name, dialect)), node)
    query = parse(sql, dialect)
    if query.tree is None:  # a text that only DuckDB's parser reads
        return list(relations.values()), []
    by_name = {str(node.relation_name): node for node in relations.values()}
    query, found = with_names(query, list(by_name))
    served = {name.casefold() for name in found.values()}
    others = sorted({use for use, _, _ in table_uses(query) if use.casefold() not in served})
    return [by_name[name] for name in by_name if name in found], others
