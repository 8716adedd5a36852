"""Another text of the same rows, for inputs of so few rows that planning takes longer than running."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..artifact.spec import FewRowsSpec, SqlSpec
from ..engines import query_check
from ..engines.duckdb import Runner
from ..engines.empty_instance import EMPTY_INSTANCE
from ..engines.program import Program
from ..errors import InputError, ModelFileError, QueryError
from ..query.gate.query_bounds import is_small
from .binding import bind
from .compiled import Compiled, FewRows
from .hoisting import without_constants
from .stored_checks import check_rows, unlike

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["few_rows_of", "restored_few_rows", "same_answers", "with_few_rows"]


def few_rows_of(given: tuple[int, str] | FewRowsSpec | None) -> FewRowsSpec | None:
    """What a model's maker gave, ``(rows, sql)``.

    Raises:
        InputError: It is not of that form.
    """
    if given is None or isinstance(given, FewRowsSpec):
        return given
    if not (isinstance(given, tuple) and len(given) == 2 and type(given[0]) is int and given[0] > 0):
        raise InputError("few_rows is (most rows, DuckDB's SQL): (2000, 'SELECT …').")
    return FewRowsSpec(rows=given[0], duckdb_sql=given[1])


def with_few_rows(compiled: Compiled, few: FewRowsSpec, **asked: Any) -> Compiled:
    """The compiled query with the other text, which passes the same gates.

    Args:
        compiled: The query.
        few: The other text.
        asked: What it is compiled for, as of ``compile_query``.

    Raises:
        QueryError: The text fails a gate, or has other columns, rows or parameters.
    """
    from ..query.reading.parse import parse
    from .gates import compile_query

    other = compile_query(parse(few.duckdb_sql, "duckdb"), **asked)
    other.instance.close()  # it runs where the other one does
    program, whole = compiled.program, other.program
    with contextlib.closing(EMPTY_INSTANCE.cursor()) as cursor:
        apart = without_constants(cursor, query_check.parse_tree(cursor, whole.sql), whole.sql)
    mine = bind(compiled.instance, replace(whole, sql=apart.sql, constants=apart.constants))
    same = list(program.output_types.items()) == list(mine.output_types.items())
    if not same or program.rows != mine.rows or program.parameters != mine.parameters or other.columns:
        raise QueryError(
            "few_rows has other columns, rows, parameters or tables than the query, whose answers it gives."
        )
    return replace(compiled, few=FewRows(few.rows, mine, whole.sql))


def restored_few_rows(
    spec: SqlSpec,
    compiled: Compiled,
    known: Mapping[str, list[str]],
    functions: list[str],
    macro: Callable[[str], Any],
    kind: Callable[[str], str],
) -> Compiled:
    """The same of a stored model, its text judged like the other one.

    Args:
        spec: The section.
        compiled: What its ``duckdb_sql`` became.
        known: The tables it may read, with their columns.
        functions: Names of macros and functions that it may call.
        macro: The bodies of macros.
        kind: A function's kind by its name.

    Raises:
        ModelFileError: It has other columns, rows or parameters than the query.
        QueryError: It is not a query that may run here.
    """
    few = spec.few_rows
    if few is None or compiled.isolated:  # in a process of its own one text runs
        return compiled
    with contextlib.closing(compiled.instance.cursor()) as cursor:
        tree = query_check.parse_tree(cursor, few.duckdb_sql)
        facts = query_check.judge(cursor, tree, few.duckdb_sql, tables=known, functions=functions)
        plain = check_rows(spec, tree, kind)
        apart = without_constants(cursor, tree, few.duckdb_sql)
        if not (apart.small and is_small(apart.tree, macro)):
            return compiled
    main = compiled.program
    mine = Program(
        apart.sql,
        main.input_table,
        main.input_schema,
        {},
        spec.rows,
        0 if spec.rows != "table" else None,
        frozenset(facts.parameters),
        apart.constants,
    )
    mine = bind(compiled.instance, mine)
    if mine.id_position is None and not plain:
        raise unlike(spec)
    if dict(mine.output_types) != dict(main.output_types) or mine.parameters != main.parameters:
        raise ModelFileError("MLmodel's few_rows has other columns than its query: save the model again.")
    return replace(compiled, few=FewRows(few.rows, mine, few.duckdb_sql))


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
