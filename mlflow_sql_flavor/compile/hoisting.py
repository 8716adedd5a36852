"""The parts of a query that are literals alone, taken out of it to be made once and not at each call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..engines.query_check import text_of
from ..query.facts.parse_tree import statement_of
from ..query.gate.policy import fold
from ..query.gate.query_bounds import is_small

__all__ = ["Apart", "without_constants"]


@dataclass(frozen=True)
class Apart:
    """A query without its constants.

    Attributes:
        sql: Its text.
        tree: Of that text.
        constants: ``{name: SELECT}`` of what it reads besides.
        small: Whether these are known to need little.
    """

    sql: str
    tree: dict[str, Any]
    constants: Mapping[str, str] = field(default_factory=dict)
    small: bool = True


def without_constants(cursor: Any, tree: dict[str, Any], sql: str) -> Apart:
    """The query and, apart from it, its common table expressions that select casts of literals and nothing else.

    Args:
        cursor: Of any instance, for its parser.
        tree: From ``parse_tree``.
        sql: The text that it is of.
    """
    node = statement_of(tree)["node"]
    entries = (node.get("cte_map") or {}).get("map") or []
    found = [entry for entry in entries if _is_constant(entry["value"])]
    names = {fold(entry["key"]) for entry in entries}
    if not found or len(names) < len(entries):
        return Apart(sql, tree)
    rest = {**node, "cte_map": {**node["cte_map"], "map": [entry for entry in entries if entry not in found]}}
    own = {entry["key"]: _tree(entry["value"]["query_node"]) for entry in found}
    small = all(is_small(each) for each in own.values())
    kept = _tree(rest)
    texts = {name: text_of(cursor, statement_of(each)) for name, each in own.items()}
    return Apart(text_of(cursor, statement_of(kept)), kept, texts, small)


def _is_constant(value: dict[str, Any]) -> bool:
    node = value.get("query_node") or {}
    plain = {"type", "cte_map", "select_list", "from_table", "aggregate_handling"}
    return (
        not value.get("aliases")
        and not set(node) - plain
        and node.get("type") == "SELECT_NODE"
        and not (node.get("cte_map") or {}).get("map")
        and (node.get("from_table") or {}).get("type") == "EMPTY"
        and all(
            item.get("class") == "CAST" and (item.get("child") or {}).get("class") == "CONSTANT"
            for item in node.get("select_list") or [{}]
        )
    )


def _tree(node: dict[str, Any]) -> dict[str, Any]:
    return {"error": False, "statements": [{"node": node}]}
