"""Keys of windows that DuckDB takes as columns only: it refuses one within which something may raise ("volatile").

``PARTITION BY CAST(s AS INT)`` is one in the dialects whose casts raise by themselves. Such a key is computed beside
the rows, in a lateral subquery with one row for each, and the window reads it as a column of that.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator
from typing import Any

from ...engines import query_check
from ...engines.empty_instance import EMPTY_INSTANCE
from ...errors import QueryError
from ...query.facts.parse_tree import is_same, statement_of
from ...query.gate.tree_parts import parts

__all__ = ["is_refused_key", "keys_apart"]

_PLAIN = {"COLUMN_REF", "CONSTANT", "PARAMETER"}
_NOWHERE = {"alias": "", "query_location": 18446744073709551615, "query_location_length": 0}
_NULL = {"class": "CONSTANT", "type": "VALUE_CONSTANT", **_NOWHERE, "literal": {"kind": "NULL_LITERAL", "text": ""}}
_SELECT = "SELECT 1 FROM (SELECT 2) AS a CROSS JOIN (SELECT 3) AS b"


def is_refused_key(error: QueryError) -> bool:
    """Whether DuckDB refused a query for a key of a window."""
    return "window expressions cannot be volatile" in error.reason


def keys_apart(statement: dict[str, Any]) -> dict[str, Any] | None:
    """A statement whose windows read columns alone; None where none of them has other keys that can be taken apart.

    Args:
        statement: DuckDB's parse of it, as JSON; not changed.
    """
    changed = copy.deepcopy(statement)
    moved = False
    for number, select in enumerate(list(_selects(changed))):
        if select["from_table"]["type"] == "EMPTY" or select.get("group_expressions") or select.get("having"):
            continue
        moved |= _move(select, f"keys_of_windows_{number}")
    return changed if moved else None


def _selects(statement: Any) -> Iterator[dict[str, Any]]:
    return (part for part in parts(statement) if part.get("type") == "SELECT_NODE")


def _move(select: dict[str, Any], alias: str) -> bool:
    """Moves the keys of a SELECT's own windows beside its rows; whether there were any."""
    own = [
        part
        for outer in (*select["select_list"], select.get("qualify"), *(select.get("modifiers") or ()))
        for part in parts(outer, inside=False)
        if part.get("class") == "WINDOW"
    ]
    places: list[tuple[Any, Any]] = []  # container and its key, of each expression
    for window in own:
        partitions = window.get("partitions") or []
        places += [(partitions, at) for at in range(len(partitions))]
        places += [(order, "expression") for order in window.get("orders") or ()]
    keys: list[dict[str, Any]] = []
    for container, at in places:
        key = container[at]
        if key["class"] in _PLAIN:
            continue
        number = next((at for at, other in enumerate(keys) if is_same(key, other)), len(keys))
        if number == len(keys):
            keys.append(key)
        name = f"{alias}_{number}"
        container[at] = {"class": "COLUMN_REF", "type": "COLUMN_REF", **_NOWHERE, "column_names": [alias, name]}
    if not keys:
        return False
    names = [f"{alias}_{at}" for at in range(len(keys))]
    with contextlib.closing(EMPTY_INSTANCE.cursor()) as cursor:
        join = statement_of(query_check.parse_tree(cursor, _SELECT))["node"]["from_table"]
    beside = join["right"]
    beside["alias"] = alias
    beside["subquery"]["node"]["select_list"] = [
        {**_guarded(key, select.get("where_clause")), "alias": name} for name, key in zip(names, keys, strict=True)
    ]
    select["from_table"] = {**join, "left": select["from_table"]}
    for item in select["select_list"]:
        if item["class"] == "STAR" and not item.get("relation_name"):
            item["exclude_list"] = [*item.get("exclude_list", ()), *names]
    return True


def _guarded(key: dict[str, Any], where: dict[str, Any] | None) -> dict[str, Any]:
    """A key that is asked for the rows of WHERE alone, so that it raises for no other."""
    if where is None or any(part.get("class") == "SUBQUERY" for part in parts(where)):
        return key
    check = {"when_expr": copy.deepcopy(where), "then_expr": key}
    return {"class": "CASE", "type": "CASE_EXPR", **_NOWHERE, "case_checks": [check], "else_expr": _NULL}
