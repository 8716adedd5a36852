"""The order of a model's rows: whose word it is, and the input's row number carried through the query to keep it."""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from ..engines import sandbox
from ..engines.duckdb import Instance, Program
from ..engines.scratch import SCRATCH
from ..errors import SQLModelError
from ..query.facts.rows import RowPlan
from ..query.reading.tree import dumps
from .binding import bind

__all__ = ["orders_rows", "statement_of", "with_row_id"]


def statement_of(tree: dict[str, Any]) -> dict[str, Any]:
    """The one statement of DuckDB's parse of a query."""
    found: dict[str, Any] = tree["statements"][0]
    return found


def orders_rows(program: Program) -> bool:
    """Whether the order of a program's rows is the query's word: an ORDER BY at its top, or the input's order."""
    if program.rows != "table":
        return True
    cursor = SCRATCH.cursor()
    try:
        node = statement_of(sandbox.parse_tree(cursor, program.sql))["node"]
    finally:
        cursor.close()
    return any(modifier["type"] == "ORDER_MODIFIER" for modifier in node.get("modifiers") or ())


_LOCATION = {"query_location", "query_location_length"}


def _without_places(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {k: _without_places(v) for k, v in tree.items() if k not in _LOCATION}
    if isinstance(tree, list):
        return [_without_places(v) for v in tree]
    return tree


def with_row_id(
    program: Program, plan: RowPlan, tables: Collection[str], functions: list[str], instance: Instance
) -> tuple[Program, RowPlan]:
    """A bound program of the planned row class, its row number carried through where the plan asks for one.

    What is carried is DuckDB's own rendering of its own parse, believed only if DuckDB parses it back to the same tree;
    else the rows are a ``table``.

    Args:
        program: What was bound.
        plan: From ``plan_rows``.
        tables: The tables it may read.
        functions: The macros and Python functions it may call.
        instance: Where it was bound.
    """
    import duckdb

    if plan.tree is None:
        return replace(program, rows=plan.rows), plan
    try:
        with contextlib.closing(SCRATCH.cursor()) as cursor:
            text = cursor.execute(
                "SELECT json_deserialize_sql($tree::JSON)",
                {"tree": dumps({"error": False, "statements": [plan.tree]})},
            ).fetchone()[0]
            tree = sandbox.parse_tree(cursor, text)
            if _without_places(statement_of(tree)) == _without_places(plan.tree):
                sandbox.judge(cursor, tree, text, tables=tables, functions=functions)
                found = bind(instance, replace(program, sql=text, rows=plan.rows, id_position=0))
                # A row number that is not handed on, or that is seen by the query, shows in the outputs.
                if found.id_position is not None and found.output_types == program.output_types:
                    return found, plan
    except (SQLModelError, duckdb.Error):
        pass
    return program, RowPlan("table", "the row number cannot be carried through the query")
