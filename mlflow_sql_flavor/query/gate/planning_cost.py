"""What DuckDB's planner takes for one SELECT beyond its nodes, as nodes of `query_bounds`: no limit looks there.

Measured on DuckDB 2.0.1: it takes the square of the conditions of a filter (3,000 of ``s NOT LIKE …``: 5 GB; 3,000
pairs joined by OR: more than 10 s) and of windows, the cube of relations, subqueries and DISTINCT aggregates (300 of
them: 2 s). A column that reads another one of the same SELECT by its name is that one written out: 25 of them can be
2^25 nodes.
"""

from __future__ import annotations

from typing import Any

from .identifiers import fold
from .small_sizes import MAX_NODES, MAX_RELATIONS
from .tree_parts import parts

__all__ = ["COLUMN", "RELATION", "planning_cost"]

_Tree = dict[str, Any]

#: Of whatever stands in FROM, and of a subquery elsewhere.
RELATION = MAX_NODES / MAX_RELATIONS
#: Of a column of a SELECT: stars make more of them than are written.
COLUMN = 10.0

_CONDITION = 4_000.0  # of a filter: those of nested SELECTs are put together
_CONDITIONS = 12.0  # of the square of those of one expression, if they are more than:
_FEW = 50
_DISTINCT = 10_000.0
_WINDOW = 2_000.0
_KEY = 1_000.0  # of ORDER BY, GROUP BY and DISTINCT ON
_GROUPING = 4_000.0
_GROUPING_KEY = 100.0
_WRITTEN_OUT = 60.0

_FILTERS = ("where_clause", "having", "qualify", "condition")
_KEYS = ("group_expressions", "distinct_on_targets", "orders")
_CLAUSES = frozenset((*_FILTERS, *_KEYS))
_LOGIC = ("CONJUNCTION_AND", "CONJUNCTION_OR", "OPERATOR_NOT")


def planning_cost(node: _Tree) -> float:
    """Of a node of a query, without the queries inside of it."""
    cost = _written_out(node)
    inner: set[int] = set()
    for part in parts(node, inside=False):
        if not part.keys().isdisjoint(_CLAUSES):
            for key in _FILTERS:
                if isinstance(part.get(key), dict):
                    cost += _CONDITION * _conditions(part[key])
            for key in _KEYS:
                if isinstance(part.get(key), list):
                    cost += _KEY * len(part[key])
        kind = part.get("class")
        if kind == "SUBQUERY":
            cost += RELATION
        elif kind == "WINDOW":
            cost += _WINDOW
        elif kind == "FUNCTION" and part.get("distinct"):
            cost += _DISTINCT
        elif part.get("type") in _LOGIC and id(part) not in inner:  # the outermost comes first
            count = _conditions(part, inner)
            cost += _CONDITIONS * count**2 if count > _FEW else 0.0
    sets = node.get("group_sets") or []
    if len(sets) > 1:
        cost += _GROUPING * len(sets) + _GROUPING_KEY * sum(map(len, sets))
    return cost


def _conditions(tree: _Tree, inner: set[int] | None = None) -> int:
    """How many AND, OR and NOT join, however nested; adds these to ``inner``."""
    count, stack = 0, [tree]
    while stack:
        part = stack.pop()
        if part.get("type") in _LOGIC:
            if inner is not None:
                inner.add(id(part))
            stack += [child for child in part.get("children") or [] if isinstance(child, dict)]
        else:
            count += 1
    return count


def _written_out(node: _Tree) -> float:
    """Nodes of columns in the places that read them by their names in the same SELECT."""
    sizes: dict[str, float] = {}
    total = 0.0
    items = node.get("select_list") or []
    named = {fold(item.get("alias") or "") for item in items if item.get("class") != "COLUMN_REF"} - {""}
    if not named:
        return 0.0
    clauses = [node.get(key) for key in ("where_clause", "group_expressions", "having", "qualify", "modifiers")]
    for item in [*items, *clauses]:
        size = read = 0.0
        for part in parts(item):
            size += 1
            if part.get("class") == "COLUMN_REF":
                read += sizes.get(fold(str(part["column_names"][-1])), 0.0)
        total += read
        alias = fold(item.get("alias") or "") if isinstance(item, dict) else ""
        if alias in named and item.get("class") not in ("COLUMN_REF", "CONSTANT"):
            sizes[alias] = max(sizes.get(alias, 0.0), size + read)
    return _WRITTEN_OUT * total
