"""Whether a query can be a model, before there is one: the gates of ``save_model``, as far as types are known."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..artifact.keys import read_keys
from ..artifact.tables import ReferenceTable, read_tables
from ..errors import NotGivenError, QueryError
from ..frames.schema import canonical
from .gates import pass_through
from .gates.state import CompileRequest, CompileState
from .gates.strictness import refuse_unverified

if TYPE_CHECKING:
    from ..query.reading.parsed_query import Finding

__all__ = ["Report", "check"]


@dataclass(frozen=True)
class Report:
    """What is known of an accepted query.

    Attributes:
        dialect: The dialect it was read in.
        level: What the query's constructs rest on: ``verified``, ``documented`` or ``unverified``.
        duckdb_sql: What DuckDB would run.
        rows: The row class; None if the types of the input are not known.
        output_types: ``{column: DuckDB type}``; None as above.
        allowed: The refusals that were accepted and that it needs.
        findings: The constructs that nobody compared with the source engine.
        warnings: What the writer should know, the findings among it unless they were accepted.
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
    findings: tuple[Finding, ...] = ()


def check(
    sql: str,
    dialect: str = "duckdb",
    *,
    tables: Mapping[str, Any] | None = None,
    input_types: Mapping[str, str] | None = None,
    param_types: Mapping[str, str] | None = None,
    input_table: str = "input",
    allow: Collection[str] = (),
    keys: Mapping[str, Any] | None = None,
    strict: bool = False,
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
        keys: Columns that identify the rows of a reference table, as for ``save_model``.
        strict: Whether a query is refused of which something was not compared with its engine, as by ``save_model``.

    Raises:
        QueryError: The query is refused: what, where, and what to write instead.
        InputError: A type or a table is none, or a key is none of its table's rows.
    """
    references = read_tables(tables)
    types = {name: canonical(kind) for name, kind in input_types.items()} if input_types is not None else None
    declared = {name: canonical(kind) for name, kind in (param_types or {}).items()}
    asked = CompileRequest(
        input_table,
        types,
        declared,
        {name: table.types for name, table in references.items()},
        lambda name, columns: references[name].source(columns),
        lambda name, columns, loose: _named(references, name).unique(columns, loose),
        allow=allow,
        required={name: table.required for name, table in references.items()},
        untyped=types is None,
        keys=read_keys(keys, references, dialect),
    )
    state = CompileState(asked, sql, dialect)
    try:
        try:
            pass_through(state)
        except NotGivenError:  # what can be told without types is told
            state = CompileState(replace(asked, input_types=None, untyped=True), sql, dialect)
            pass_through(state)
    except QueryError as error:
        if state.translation is None and state.needs_types and types is None:
            raise QueryError(
                f"{error.message}\n(The input's types were not given: --input-types may settle it.)"
            ) from None
        raise
    query, found, compiled = state.query, state.translation, state.compiled
    evidence = state.evidence
    assert query is not None and found is not None and evidence is not None
    given = {name.casefold() for name in (*query.type_hints, *declared)}
    untyped = [name for name in query.params if name.casefold() not in given]
    missing = ["the input (--input-types)"] if types is None else []
    missing += [f"parameters {', '.join(untyped)} (--param-types)"] if untyped else []
    if strict:
        if compiled is None:
            of = " and of ".join(missing)
            raise QueryError(f"Strict: what of the query was compared is known by its types: give those of {of}.")
        refuse_unverified(evidence.level, evidence.findings, sql, query.dialect, allow)
    return Report(
        query.dialect,
        evidence.level,
        compiled.program.sql if compiled else found.duckdb_sql,
        compiled.program.rows if compiled else None,
        dict(compiled.program.output_types) if compiled else None,
        state.allowed,
        state.warnings,
        found.nondeterminism,
        None
        if compiled
        else f"types of {' and of '.join(missing)} are unknown, so columns, output types, what the translation makes "
        "of them and the evidence for it are left to the saving of the model.",
        evidence.findings,
    )


def _named(references: Mapping[str, ReferenceTable], name: str) -> ReferenceTable:
    return next(table for known, table in references.items() if known.casefold() == name.casefold())
