"""DuckDB's optimized plan of a query: what is left to compute once all that depends on no row is decided."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..engines.sandbox import quote
from ..query.reading.duckdb_tree import loads

if TYPE_CHECKING:
    from ..engines.duckdb import Instance
    from ..engines.program import Program

__all__ = ["MOST_CHARACTERS", "Plan", "optimized_plan"]

#: Longer texts take DuckDB's optimizer as long as all else of a save.
MOST_CHARACTERS = 10_000
#: What computes a part of itself for some rows only, or gives NULL where it fails.
_SELDOM = ("CASE_EXPR", "OPERATOR_TRY")
_NESTED = frozenset({dict, list})
#: What of an expression is no expression: types and names.
_NO_PARTS = frozenset({"arguments", "qname", "return_type"})
#: What gives the columns of the one below it, and fewer rows or in another order.
_SAME_COLUMNS = ("LOGICAL_FILTER", "LOGICAL_LIMIT", "LOGICAL_ORDER_BY", "LOGICAL_TOP_N")
#: What computes its expressions from the columns of the one below it.
_COMPUTING = ("LOGICAL_PROJECTION", "LOGICAL_FILTER", "LOGICAL_AGGREGATE_AND_GROUP_BY")
#: Where an expression has parts that read the same columns; a lambda's body has columns of its own.
_WITH_REFS = ("children", "case_checks", "when_expr", "then_expr", "else_expr", "filter")
#: Columns of an operator: what is the same in each row; None as a whole where DuckDB's order of them is not known.
_Columns = list[Any] | None


@dataclass(frozen=True)
class Plan:
    """A plan.

    Attributes:
        tree: As DuckDB writes it down; None where it does not.
    """

    tree: Any

    @functools.cached_property
    def expressions(self) -> list[tuple[dict[str, Any], bool]]:
        """Each expression but constants, from the outside in, and whether it is computed wherever a row gets to it.

        In a branch of a CASE and under TRY it is not.
        """
        return list(_expressions(self.tree))

    def with_constants(self, constant: Callable[[Any], bool]) -> Plan:
        """The plan in which constants stand where they are read through columns, as those of a CTE or of VALUES.

        Args:
            constant: Whether a part is one.
        """
        if not isinstance(self.tree, dict) or "plans" not in self.tree:
            return self
        plans = [_handed(operator, constant)[0] for operator in self.tree["plans"]]
        same = all(new is old for new, old in zip(plans, self.tree["plans"], strict=True))
        return self if same else Plan({**self.tree, "plans": plans})


def optimized_plan(instance: Instance, program: Program, types: Mapping[str, str] | None) -> Plan:
    """The plan as DuckDB writes it down; one of nothing where it cannot.

    The optimizer computes constants, and looks at no limit then: this is for queries that are known to be small.

    Args:
        instance: Where the query was bound.
        program: What runs.
        types: ``{column: DuckDB type}`` of the input; None if it reads none.
    """
    import duckdb

    if len(program.sql) > MOST_CHARACTERS:
        return Plan(None)
    with contextlib.closing(instance.cursor()) as cursor:
        try:
            if types is not None:  # a plan over Arrow data cannot be written
                columns = ", ".join(f"{quote(name)} {kind}" for name, kind in types.items())
                cursor.execute(f"CREATE TEMPORARY TABLE {quote(program.input_table)} ({columns})")
            row = cursor.execute(
                "SELECT json_serialize_plan($sql, optimize := true, skip_default := true, skip_null := true, "
                "skip_empty := true)",
                {"sql": program.sql},
            ).fetchone()
        except duckdb.Error:
            return Plan(None)
    with contextlib.suppress(ValueError):  # DuckDB writes a constant nan or inf as no JSON
        return Plan(loads(row[0]) if row else None)
    return Plan(None)


def _expressions(tree: Any) -> Iterator[tuple[dict[str, Any], bool]]:
    waiting: list[tuple[Any, bool]] = [(tree, True)] if tree.__class__ in _NESTED else []
    while waiting:
        part, always = waiting.pop()
        if part.__class__ is list:
            waiting += [(each, always) for each in reversed(part) if each.__class__ in _NESTED]
            continue
        kind = part.get("type")
        if kind == "VALUE_CONSTANT":
            continue
        if "expression_class" not in part:
            waiting += [(value, always) for value in reversed(part.values()) if value.__class__ in _NESTED]
            continue
        yield part, always
        first = always and kind == "OPERATOR_COALESCE"
        always = always and not first and kind not in _SELDOM
        for key, value in reversed(part.items()):
            if value.__class__ in _NESTED and key not in _NO_PARTS:
                if first and key == "children":
                    waiting += [(each, not at) for at, each in reversed([*enumerate(value)])]
                else:
                    waiting.append((value, always))


def _handed(operator: dict[str, Any], constant: Callable[[Any], bool]) -> tuple[dict[str, Any], _Columns]:
    below = [_handed(child, constant) for child in operator.get("children", [])]
    changed = any(new is not old for (new, _), old in zip(below, operator.get("children", []), strict=True))
    found = {**operator, "children": [child for child, _ in below]} if changed else operator
    given = [columns for _, columns in below]
    kind = operator.get("type")
    if kind in _COMPUTING and len(given) == 1 and given[0] and any(given[0]):
        found = {**found, "expressions": _in_place(operator.get("expressions", []), given[0])}
    return found, _columns(kind, found, given, constant)


def _columns(kind: Any, operator: dict[str, Any], given: list[_Columns], constant: Callable[[Any], bool]) -> _Columns:
    if kind == "LOGICAL_PROJECTION":
        return [each if constant(each) else None for each in operator.get("expressions", [])]
    if kind == "LOGICAL_EXPRESSION_GET":
        rows = operator.get("expressions", [])
        return [each if len(rows) == 1 and constant(each) else None for each in rows[0]] if rows else None
    if kind == "LOGICAL_GET":
        return [None] * len(operator.get("projection_ids") or operator.get("column_indexes") or [])
    if kind in _SAME_COLUMNS and len(given) == 1:
        return None if operator.get("projection_map") else given[0]
    if len(given) != 2 or operator.get("left_projection_map") or operator.get("right_projection_map"):
        return None
    left, right = given
    if left is None or right is None:
        return None
    if kind == "LOGICAL_CROSS_PRODUCT" or (kind == "LOGICAL_COMPARISON_JOIN" and operator.get("join_type") == "INNER"):
        return left + right
    if kind == "LOGICAL_COMPARISON_JOIN" and operator.get("join_type") == "LEFT":
        return left + [None] * len(right)  # NULL where nothing matches
    return None


def _in_place(part: Any, columns: list[Any]) -> Any:
    if isinstance(part, list):
        return [_in_place(each, columns) for each in part]
    if not isinstance(part, dict):
        return part
    if part.get("type") == "BOUND_REF":
        at = part.get("index", 0)
        return columns[at] if at < len(columns) and columns[at] is not None else part
    return {key: _in_place(value, columns) if key in _WITH_REFS else value for key, value in part.items()}
