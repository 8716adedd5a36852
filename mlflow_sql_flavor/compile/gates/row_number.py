"""The order of a model's rows: whose word it is, and the input's row number carried through the query to keep it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ...engines import query_check
from ...engines.duckdb import Instance
from ...engines.empty_instance import EMPTY_INSTANCE
from ...engines.program import Program
from ...errors import LimitError, SQLModelError
from ...query.facts.parse_tree import is_same, statement_of
from ...query.facts.rows import RowPlan
from ..duckdb_binding import bind

__all__ = ["orders_rows", "with_row_id"]


def orders_rows(program: Program) -> bool:
    """Whether the order of a program's rows is the query's word: an ORDER BY at its top, or the input's order."""
    if program.rows != "table":
        return True
    cursor = EMPTY_INSTANCE.cursor()
    try:
        node = statement_of(query_check.parse_tree(cursor, program.sql))["node"]
    finally:
        cursor.close()
    while (inner := _within_casts(node)) is not None:
        node = inner
    return any(modifier["type"] == "ORDER_MODIFIER" for modifier in node.get("modifiers") or ())


def _within_casts(node: Any) -> Any:
    """The query that a node only gives types to, as ``bind`` writes it; None of any other."""
    items, source = node.get("select_list") or [], node.get("from_table") or {}
    plain = not node.get("modifiers") and not node.get("where_clause") and not node.get("qualify")
    if not (plain and len(items) == 1 and items[0].get("replace_list") and source.get("type") == "SUBQUERY"):
        return None
    return source["subquery"]["node"]


def with_row_id(
    program: Program, plan: RowPlan, instance: Instance, binds: Callable[..., Program] = bind
) -> tuple[Program, RowPlan]:
    """A bound program of the planned row class, its row number carried through where the plan asks for one.

    What is carried is DuckDB's own rendering of its own parse, which was judged, believed only if DuckDB parses it back
    to the same tree; else the rows are a ``table``.

    Args:
        program: What was bound.
        plan: From ``plan_rows``.
        instance: Where it was bound.
        binds: What bound it.

    Raises:
        LimitError: It does not bind within time and memory.
    """
    import duckdb

    if plan.tree is None:
        return replace(program, rows=plan.rows), plan
    try:
        with contextlib.closing(EMPTY_INSTANCE.cursor()) as cursor:
            text = query_check.text_of(cursor, plan.tree)
            same = is_same(statement_of(query_check.parse_tree(cursor, text)), plan.tree)
        if same:
            found = binds(instance, replace(program, sql=text, rows=plan.rows, id_position=0))
            # A row number that is not handed on, or that is seen by the query, shows in the outputs.
            if found.id_position is not None and found.output_types == program.output_types:
                return found, plan
    except LimitError:  # of a busy machine, which makes no other model
        raise
    except (SQLModelError, duckdb.Error):
        pass
    return program, RowPlan("table", "the row number cannot be carried through the query")
