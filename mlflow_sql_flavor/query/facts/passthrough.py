"""Which output columns are input columns, unchanged and in the same rows: no engine has to hand those back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from ..gate.identifiers import fold
from .parse_tree import is_plain_star, items, walk

__all__ = ["passthrough_columns"]

_Tree = dict[str, Any]
#: What a star has that leaves nothing out and replaces nothing.
_PLAIN = {"class", "type", "query_location", "query_location_length", "relation_name"}


def passthrough_columns(statement: _Tree, input_table: str, columns: Sequence[str]) -> list[str | None]:
    """For each output column of a query the input column it is, or None.

    Only names that can mean nothing else are taken for the input's; where one might, the answer is None.

    Args:
        statement: One entry of ``statements`` of DuckDB's ``json_serialize_sql``, of a query that binds and that keeps
            the input's rows (``independent`` or ``aligned``).
        input_table: The name the query reads the input by.
        columns: The input's columns.

    Returns:
        One entry for each output column; no entries where their number cannot be told.
    """
    node = statement["node"]
    known = {fold(name): name for name in columns}
    shadows = {fold(entry["key"]) for entry in items(node.get("cte_map") or {}, "map")}
    found = _input_of(node.get("from_table") or {}, fold(input_table))
    if node["type"] != "SELECT_NODE" or fold(input_table) in shadows or found is None:
        return []
    alias, alone, shared = found
    outputs: list[str | None] = []
    for item in items(node, "select_list"):
        if alone and is_plain_star(item) and not item.keys() - _PLAIN:
            outputs += columns
            continue
        if any(part.get("class") == "STAR" for part in walk(item)):
            return []
        outputs.append(_column(item, alias, known, shared))
    return outputs


def _column(item: _Tree, alias: str, known: dict[str, str], shared: Collection[str]) -> str | None:
    path = [fold(name) for name in items(item, "column_names")] if item.get("class") == "COLUMN_REF" else []
    if len(path) == 2 and path[0] == alias:
        return known.get(path[1])
    # A bare name that another table has too would not bind, but for USING.
    return known.get(path[0]) if len(path) == 1 and path[0] not in shared else None


def _input_of(ref: _Tree, input_table: str) -> tuple[str, bool, set[str]] | None:
    """The alias of the input in a FROM clause, whether it is alone there, and columns that USING may give to others."""
    if ref.get("type") == "BASE_TABLE":
        if fold(ref["table_name"]) != input_table or items(ref, "column_name_alias"):
            return None
        return fold(ref.get("alias", "") or ref["table_name"]), True, set()
    if ref.get("type") != "JOIN":
        return None
    left = _input_of(ref["left"], input_table)
    found = left or _input_of(ref["right"], input_table)
    if found is None:
        return None
    alias, _, shared = found
    if left is None or ref.get("join_type", "INNER") != "LEFT":  # of a LEFT JOIN, USING gives the left table's column
        shared = shared | {fold(name) for name in items(ref, "using_columns")}
    return alias, False, shared
