"""What this version makes of the text of a stored model, to be held against what MLmodel says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..artifact.functions import Udf
from ..artifact.packaging import sources_digest
from ..artifact.spec import SqlSpec
from ..artifact.spec_fields import MAX_FINDINGS
from ..artifact.tables import stored_table
from ..engines.limits import Limits
from ..engines.sandbox import TableSource
from ..frames.schema import arrow_schema
from .compiled_query import Compiled
from .gates import compile_query
from .gates.state import CompileRequest

if TYPE_CHECKING:
    from ..query.reading.parsed_query import ParsedQuery

__all__ = ["recompile", "recompiled_section", "same_versions", "section_of", "stored_section"]


def same_versions(spec: SqlSpec) -> bool:
    """Whether the sources, sqlglot and DuckDB that translate here are those that did when the model was saved."""
    import duckdb

    saved = (spec.translation.digest if spec.translation else None, spec.sqlglot_version, spec.duckdb_version)
    return saved == (sources_digest(), version("sqlglot"), duckdb.__version__)


def stored_section(spec: SqlSpec) -> dict[str, Any]:
    """What MLmodel says, under the keys of :func:`recompiled_section`."""
    return {
        "duckdb_sql": spec.duckdb_sql,
        "rows": spec.rows,
        "output_types": spec.output_types,
        "param_types": spec.param_types,
        "param_defaults": spec.param_defaults,
        "compat": spec.compat.model_dump(),
        "level": spec.level,
        "findings": [[f.kind, f.feature, f.line, f.column, f.message] for f in spec.findings],
        "nondeterminism": [[f.kind, f.line, f.column, f.message] for f in spec.nondeterminism],
    }


def recompiled_section(spec: SqlSpec, folder: Path, query: ParsedQuery | None = None) -> dict[str, Any]:
    """The keys of the ``sql`` section that follow from its text, compiled again from its types.

    Args:
        spec: The section.
        folder: The model, for the types of its tables.
        query: Its text, where it is parsed already.

    Raises:
        SQLModelError: This version refuses the text.
    """
    return section_of(recompile(spec, folder, query=query))


def recompile(spec: SqlSpec, folder: Path, apart: bool = True, query: ParsedQuery | None = None) -> Compiled:
    """The text of a section, compiled from the stored types of its tables and of its functions.

    Args:
        spec, folder, query: As of :func:`recompiled_section`.
        apart: Whether what is not known to be small is bound in a process of its own.
    """
    from ..query.reading.parse import parse

    stored = {name: stored_table(name, table, folder, content=False) for name, table in spec.tables.items()}
    tables = {name: table.types for name, table in stored.items()}
    claims = {
        name.casefold(): [set(map(str.casefold, key)) for key in (*t.unique, *spec.keys.get(name, []))]
        for name, t in spec.tables.items()
    }
    return compile_query(
        query or parse(spec.sql, spec.dialect),
        CompileRequest(
            input_table=spec.input_table,
            input_types=spec.input_types,
            param_types=spec.param_types,
            tables=tables,
            source=lambda name, columns: _empty(_of(tables, name), columns),
            # What was unique when it was saved is recorded as far as the rows rest on it.
            unique=lambda name, columns, loose: any(
                key <= set(map(str.casefold, columns)) for key in claims.get(name.casefold(), [])
            ),
            udfs=_functions(spec),
            limits=replace(Limits.default(), threads=1),
            allow=spec.allow,
            keys=spec.keys,
            apart=apart,
            required={name: table.required for name, table in stored.items()},
        ),
    )


def section_of(compiled: Compiled) -> dict[str, Any]:
    """What MLmodel's section says of a compiled query, under the keys of :func:`stored_section`."""
    return {
        "duckdb_sql": compiled.program.sql,
        "rows": compiled.program.rows,
        "output_types": dict(compiled.program.output_types),
        "param_types": dict(compiled.param_types),
        "param_defaults": dict(compiled.param_defaults),
        "compat": asdict(compiled.compat),
        "level": compiled.level,
        "findings": [[f.kind, f.feature, f.line, f.column, f.message] for f in compiled.findings[:MAX_FINDINGS]],
        "nondeterminism": [[f.kind, f.line, f.column, f.message] for f in compiled.nondeterminism],
    }


def _of(tables: Mapping[str, Mapping[str, str]], name: str) -> Mapping[str, str]:
    return next(types for known, types in tables.items() if known.casefold() == name.casefold())


def _empty(types: Mapping[str, str], columns: list[str] | None) -> TableSource:
    return TableSource(arrow_schema(types).empty_table(), columns)


def _functions(spec: SqlSpec) -> dict[str, Udf]:
    """Functions of the stored types in the place of the model's own, none of whose code is read."""

    def unknown(*_: Any) -> Any:
        raise ValueError("the model's functions are not run here")

    return {name: Udf(name, unknown, udf) for name, udf in (spec.udfs.functions if spec.udfs else {}).items()}
