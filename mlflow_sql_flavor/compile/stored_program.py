"""From an MLmodel's ``sql`` section to what DuckDB runs: nothing is translated, everything is checked again."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..artifact.functions import Udf
from ..artifact.keys import check_key
from ..artifact.spec import SqlSpec
from ..artifact.tables import ReferenceTable, open_table, source_of
from ..engines import query_check
from ..engines.cells import largest_cell
from ..engines.empty_instance import EMPTY_INSTANCE
from ..engines.limits import Limits
from ..engines.program import Program
from ..errors import InputError, ModelFileError, did_you_mean
from ..frames import schema
from ..query.gate import packs
from ..query.gate.query_bounds import answer_of
from ..query.reading.qualified_names import known_name
from .compiled_query import Compiled
from .duckdb_binding import bind
from .duckdb_instance import instances_for
from .few_rows import restored_few_rows
from .function_kinds import function_kinds, macro_bodies
from .stored_checks import check_compat, check_fields, check_rows, unlike

__all__ = ["restored", "with_newer"]


def restored(spec: SqlSpec, tables: Mapping[str, ReferenceTable], udfs: Mapping[str, Udf], limits: Limits) -> Compiled:
    """The query as it was compiled at save, once it passed the gates that it passed then.

    Args:
        spec: The section.
        tables: The reference tables by name.
        udfs: The Python functions, if the loader allowed them.
        limits: What the query may take.

    Raises:
        ModelFileError: The section contradicts itself or the query.
        QueryError: The query is not one that may run here.
    """
    check_compat(spec.compat)
    compat = packs.Compat(**spec.compat.model_dump())
    check_fields(spec)
    columns = {name: list(table.columns) for name, table in spec.tables.items()}
    rows = sum(table.rows for table in spec.tables.values())  # the files are read where they are loaded
    instance, quick = instances_for(
        columns, functools.partial(source_of, tables), compat, udfs, limits, rows, stored=True
    )
    apart = limits.isolation == "process"
    known = {name: dict(table.columns) for name, table in spec.tables.items()}
    if spec.input_types is not None:
        known[spec.input_table] = dict(spec.input_types)
    # A model with a process of its own is opened there only: any parser serves for the gate.
    with contextlib.closing((EMPTY_INSTANCE if apart else quick).cursor()) as cursor:
        tree = query_check.parse_tree(cursor, spec.duckdb_sql)
        functions = [*udfs, *spec.compat.macros]
        facts = query_check.judge(cursor, tree, spec.duckdb_sql, tables=known, functions=functions, stored=True)
        bodies = macro_bodies(compat, cursor)
        cell = 0 if apart else largest_cell(cursor, tables)
        # Binding folds constants, where DuckDB looks at no limit.
        answer = None if apart else answer_of(tree, bodies, udfs, known, spec.param_types, cell)
        isolated = answer is None
        if answer is not None and answer.whole:
            answer = answer._replace(cell=largest_cell(cursor, tables, together=True))
        kind = function_kinds(bodies, udfs)
        plain = check_rows(spec, tree, kind)
    wanted = {name.casefold() for name in facts.parameters}
    if wanted != {name.casefold() for name in spec.param_types}:
        raise ModelFileError("MLmodel's param_types are not the parameters of its query: save the model again.")
    read = any(t.casefold() == spec.input_table.casefold() for t in facts.tables)
    if read and not spec.input_types:  # nothing is registered by its name: another table might answer
        raise ModelFileError("MLmodel has no input_types, and its query reads the input: save the model again.")
    types = schema.arrow_schema(spec.input_types) if read and spec.input_types else None
    position = 0 if spec.rows != "table" else None
    program = Program(
        spec.duckdb_sql, spec.input_table, types, {}, spec.rows, position, frozenset(facts.parameters), answer=answer
    )
    if isolated:  # it is bound where it runs, and compared there
        quick.close()
        program = replace(program, output_types=dict(spec.output_types))
    else:
        program = bind(quick, program)
    if dict(program.output_types) != dict(spec.output_types):
        raise ModelFileError(
            "The query gives other output types than MLmodel says: it was saved with DuckDB "
            f"{spec.duckdb_version}. Install that version, or save the model again."
        )
    if program.input_schema is None and spec.rows != "table":
        raise ModelFileError("MLmodel says that the query's rows are the input's, which it does not read.")
    if isolated:
        program = replace(program, id_position=None if plain else 0)
    elif program.id_position is None and not plain:
        raise unlike(spec)
    compiled = Compiled(program, instance, quick, spec.param_types, columns, {}, compat, spec.level, isolated=isolated)
    return restored_few_rows(spec, compiled, known, functions, bodies, kind, cell)


def with_newer(
    tables: dict[str, ReferenceTable], newer: Mapping[str, Any] | None, spec: SqlSpec
) -> dict[str, ReferenceTable]:
    """The model's tables with the loader's newer data in their place, where it has the columns the query reads.

    Args:
        tables: The model's own, by name.
        newer: ``{name: frame or path}``.
        spec: The section that says which columns are read and which are unique.

    Raises:
        InputError: No such table, a column is missing, or values repeat that were unique at save.
    """
    if newer is None:
        return tables
    if not isinstance(newer, Mapping):
        raise InputError("model_config's tables is a dict: {'name of a reference table': path or table}.")
    own = list(tables)
    for label, data in newer.items():
        name = known_name(str(label), own, spec.dialect)
        if name is None:
            raise InputError(f"The model has no reference table {label!r}.{did_you_mean(str(label), own)}")
        table = open_table(name, data, spec.tables[name].columns)
        for columns in spec.tables[name].unique:
            if not table.unique(columns):
                raise InputError(
                    f"The data given for reference table {name!r} repeats values of {', '.join(columns)}, which were "
                    "unique when the model was saved: its rows would be matched more than once. Remove the repeats, "
                    "or save the model with this table."
                )
        for columns in spec.keys.get(name, []):
            if missing := [column for column in columns if column not in table.arrow_schema.names]:
                raise InputError(f"The data given for reference table {name!r} lacks column {missing[0]!r} of its key.")
            check_key(name, table, columns)
        tables[name] = table
    return tables
