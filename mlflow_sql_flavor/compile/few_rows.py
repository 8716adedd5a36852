"""Another text of the same rows, for inputs of so few rows that planning takes longer than running."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ..artifact.spec import FewRowsSpec, SqlSpec
from ..engines import query_check
from ..engines.program import Program
from ..errors import InputError, ModelFileError
from ..query.gate.query_bounds import answer_of
from .compiled_query import Compiled, FewRows
from .duckdb_binding import bind
from .hoisting import without_constants
from .stored_checks import check_rows, unlike

__all__ = ["few_rows_of", "restored_few_rows"]


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


def restored_few_rows(
    spec: SqlSpec,
    compiled: Compiled,
    known: Mapping[str, Mapping[str, str]],
    functions: list[str],
    macro: Callable[[str], Any],
    kind: Callable[[str], str],
    cell: int,
) -> Compiled:
    """The same of a stored model, its text judged like the other one.

    Args:
        spec: The section.
        compiled: What its ``duckdb_sql`` became.
        known: The tables it may read, with their columns.
        functions: Names of macros and functions that it may call.
        macro: The bodies of macros.
        kind: A function's kind by its name.
        cell: Bytes of the largest value of its reference tables.

    Raises:
        ModelFileError: It has other columns, rows or parameters than the query.
        QueryError: It is not a query that may run here.
    """
    few = spec.few_rows
    if few is None or compiled.isolated:  # in a process of its own one text runs
        return compiled
    with contextlib.closing(compiled.quick.cursor()) as cursor:
        tree = query_check.parse_tree(cursor, few.duckdb_sql)
        facts = query_check.judge(cursor, tree, few.duckdb_sql, tables=known, functions=functions, stored=True)
        plain = check_rows(spec, tree, kind)
        apart = without_constants(cursor, tree, few.duckdb_sql)
        answer = answer_of(apart.tree, macro, tables=known, parameters=spec.param_types, cell=cell)
        if answer is None or not apart.small:
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
        answer,
    )
    mine = bind(compiled.quick, mine)
    if mine.id_position is None and not plain:
        raise unlike(spec)
    if dict(mine.output_types) != dict(main.output_types) or mine.parameters != main.parameters:
        raise ModelFileError("MLmodel's few_rows has other columns than its query: save the model again.")
    return replace(compiled, few=FewRows(few.rows, mine, few.duckdb_sql))
