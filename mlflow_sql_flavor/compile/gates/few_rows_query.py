"""The other text for few rows, as a query passes the gates with it and its answers are compared.

It is no copy of the query: its maker wrote it in DuckDB's words, and nothing is taken from the one for the other. So it
is parsed once itself, and passes every gate alone.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...artifact.spec import FewRowsSpec
from ...engines import query_check
from ...engines.duckdb import Runner
from ...engines.empty_instance import EMPTY_INSTANCE
from ...errors import QueryError
from ...query.gate.query_bounds import is_small
from ..compiled_query import Compiled, FewRows
from ..duckdb_binding import bind
from ..hoisting import without_constants

if TYPE_CHECKING:
    import pyarrow as pa

    from .state import CompileRequest

__all__ = ["same_answers", "with_few_rows"]


def with_few_rows(compiled: Compiled, few: FewRowsSpec, asked: CompileRequest) -> Compiled:
    """The compiled query with the other text, which passes the same gates.

    Args:
        compiled: The query.
        few: The other text.
        asked: What it is compiled for.

    Raises:
        QueryError: The text fails a gate, or has other columns, rows or parameters.
    """
    from ...query.reading.parse import parse
    from . import compile_query

    with contextlib.closing(EMPTY_INSTANCE.cursor()) as cursor:
        own = without_constants(cursor, query_check.parse_tree(cursor, few.duckdb_sql), few.duckdb_sql)
    if own.small and is_small(own.tree, tables=asked.schema, parameters=asked.param_types):
        asked = replace(asked, apart=False)  # as it is when it is loaded
    other = compile_query(parse(few.duckdb_sql, "duckdb"), asked)
    other.quick.close()  # it runs where the other one does
    program, whole = compiled.program, other.program
    with contextlib.closing(EMPTY_INSTANCE.cursor()) as cursor:
        apart = without_constants(cursor, query_check.parse_tree(cursor, whole.sql), whole.sql)
    mine = bind(compiled.quick, replace(whole, sql=apart.sql, constants=apart.constants))
    same = list(program.output_types.items()) == list(mine.output_types.items())
    if not same or program.rows != mine.rows or program.parameters != mine.parameters or other.columns:
        raise QueryError(
            "few_rows has other columns, rows, parameters or tables than the query, whose answers it gives."
        )
    return replace(compiled, few=FewRows(few.rows, mine, whole.sql))


def same_answers(compiled: Compiled, few: Runner | None, table: pa.Table | None, values: Any, found: pa.Table) -> bool:
    """Whether the other text gives the very same rows for the first rows of an input.

    Args:
        compiled: The query, whose rows depend on their own input row only.
        few: Runs the other text; None if there is none.
        table: The input.
        values: Of the placeholders.
        found: The query's result for all of it.
    """
    if compiled.few is None or few is None or table is None or compiled.program.rows == "table":
        return True
    part = table.slice(0, compiled.few.rows)
    return bool(few.arrow(part, values).equals(found.slice(0, part.num_rows)))
