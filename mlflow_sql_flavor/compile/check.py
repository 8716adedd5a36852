"""Whether a query can be a model, before there is one: the gates of ``save_model``, as far as types are known."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..artifact.tables import ReferenceTable, read_tables
from ..engines import sandbox
from ..engines.scratch import SCRATCH
from ..errors import QueryError
from ..frames.schema import canonical
from .gates import check_source_tables, compile_query

if TYPE_CHECKING:
    from ..query.reading.types import Finding, ParsedQuery

__all__ = ["Report", "check"]


@dataclass(frozen=True)
class Report:
    """What is known of an accepted query.

    Attributes:
        dialect: The dialect it was read in.
        level: How far the dialect is verified.
        duckdb_sql: What DuckDB would run.
        rows: The row class; None if the types of the input are not known.
        output_types: ``{column: DuckDB type}``; None as above.
        allowed: The refusals that were accepted and that it needs.
        warnings: What the writer should know.
        nondeterminism: What the source engine itself leaves open.
        unchecked: What could not be checked, and why; None if all was.
    """

    dialect: str
    level: str
    duckdb_sql: str
    rows: str | None
    output_types: Mapping[str, str] | None
    allowed: tuple[str, ...]
    warnings: tuple[Finding, ...]
    nondeterminism: tuple[Finding, ...]
    unchecked: str | None = None


def check(
    sql: str,
    dialect: str = "duckdb",
    *,
    tables: Mapping[str, Any] | None = None,
    input_types: Mapping[str, str] | None = None,
    param_types: Mapping[str, str] | None = None,
    input_table: str = "input",
    allow: Collection[str] = (),
) -> Report:
    """Takes a query through the gates.

    Args:
        sql: The text.
        dialect: The dialect it is written in.
        tables: Reference tables, as for ``save_model``.
        input_types: ``{column: DuckDB type}`` of the input. Without them a query that reads the input is not bound.
        param_types: ``{placeholder: DuckDB type}``.
        input_table: The name of the input.
        allow: Named refusals to accept.

    Raises:
        QueryError: The query is refused: what, where, and what to write instead.
        InputError: A type or a table is none.
    """
    from ..query.reading.parse import parse

    query = parse(sql, dialect).declare({name: canonical(kind) for name, kind in (param_types or {}).items()})
    references = read_tables(tables)
    types = {name: canonical(kind) for name, kind in input_types.items()} if input_types is not None else None
    if types is None and _reads(query, input_table, references):
        return _untyped(query, references, input_table, allow)
    compiled = compile_query(
        query,
        input_table=input_table,
        input_types=types,
        param_types=query.type_hints,
        tables={name: table.types for name, table in references.items()},
        source=lambda name, columns: references[name].source(columns),
        unique=lambda name, columns, loose: _named(references, name).unique(columns, loose),
        udfs={},
        limits=sandbox.Limits.default(),
        allow=allow,
    )
    program = compiled.program
    return Report(
        query.dialect,
        compiled.level,
        program.sql,
        program.rows,
        dict(program.output_types),
        compiled.allowed,
        compiled.warnings,
        compiled.nondeterminism,
    )


def _named(references: Mapping[str, ReferenceTable], name: str) -> ReferenceTable:
    return next(table for known, table in references.items() if known.casefold() == name.casefold())


def _reads(query: ParsedQuery, input_table: str, references: Mapping[str, ReferenceTable]) -> bool:
    from ..query.reading.tables import table_uses

    if query.tree is not None:
        names = [name for name, _, _ in table_uses(query)]
    else:  # only DuckDB reads this text
        with contextlib.closing(SCRATCH.cursor()) as cursor:
            names = list(sandbox.check(cursor, query.sql, tables=[input_table, *references]).tables)
    return any(name.casefold() == input_table.casefold() for name in names)


def _untyped(
    query: ParsedQuery, references: Mapping[str, ReferenceTable], input_table: str, allow: Collection[str]
) -> Report:
    """The gates that need no types of the input: the text, the tables, the translation, what DuckDB would run."""
    from ..query.translation.transpile import to_duckdb

    known = {name: table.types for name, table in references.items()}
    check_source_tables(query, [*known, input_table], input_table)
    untyped = [name for name in query.params if name not in query.type_hints]
    # A parameter of unknown type stands as text: it is the binding, which is not reached, that would mind.
    kinds = {name: query.type_hints.get(name, "VARCHAR") for name in query.params}
    try:
        translation = to_duckdb(query, known, kinds, allow)
    except QueryError as error:
        raise QueryError(f"{error.message}\n(The input's types were not given: --input-types may settle it.)") from None
    with contextlib.closing(SCRATCH.cursor()) as cursor:
        tables, macros = [*known, input_table], list(translation.macros)
        sandbox.check(cursor, translation.duckdb_sql, tables=tables, functions=macros)
    missing = f" and of parameters {', '.join(untyped)} (--param-types)" if untyped else ""
    note = (
        f"types of the input (--input-types){missing} are unknown, so columns, output types and what the translation "
        "makes of them are left to the saving of the model."
    )
    return Report(
        query.dialect,
        translation.level,
        translation.duckdb_sql,
        None,
        None,
        translation.allowed,
        translation.warnings,
        translation.nondeterminism,
        note,
    )
