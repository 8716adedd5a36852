"""A model's query as its writer wrote it, for engines other than DuckDB; it passed the gates with its types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from ..errors import ModelFileError
from .binder import Binder

if TYPE_CHECKING:
    from ..frames.parameters import Parameters
    from ..query.reading.types import ParsedQuery

__all__ = ["SourceQuery", "source_query"]


@dataclass(frozen=True)
class SourceQuery:
    """A model's own text, which passed the gates with these types.

    Attributes:
        parsed: The text.
        types: ``{table it reads: {column: DuckDB type}}``, the input among them.
        outputs: ``{column: DuckDB type}``.
        parameters: Its placeholders.
        rows: ``independent``, ``aligned`` or ``table``.
        claims: ``{reference table: column sets}`` that must be unique.
    """

    parsed: ParsedQuery
    types: Mapping[str, Mapping[str, str]]
    outputs: Mapping[str, str]
    parameters: Parameters
    rows: str
    claims: Mapping[str, list[list[str]]]


#: Stored models whose text has passed.
_PASSED: WeakKeyDictionary[Binder, SourceQuery] = WeakKeyDictionary()


def source_query(binder: Binder, data: Any, params: Mapping[str, Any] | None) -> SourceQuery:
    """The text of a model, with the types of this data and these values.

    Args:
        binder: The model.
        data: The input, of which the types are read where the model does not know them; None if there is none, a
            text or tuple if it is the name of a table.
        params: ``{name: value}`` of the placeholders, of which the types are read.

    Raises:
        QueryError: The query fails a gate.
        ModelFileError: A stored model's text gives other columns than what DuckDB runs of it.
    """
    model = binder.definition
    if model.spec is not None:
        if binder not in _PASSED:
            _PASSED[binder] = _stored(binder)
        return _PASSED[binder]
    from ..query.reading.parse import parse

    types = model.types_of(None if isinstance(data, (str, tuple)) else data)
    bound = binder.bind(types, params)
    columns = bound.compiled.columns
    schema = {n: {c: table.types[c] for c in columns[n]} for n, table in model.tables.items() if n in columns}
    if bound.program.input_schema is not None and types is not None:
        schema[model.input_table] = dict(types)
    return SourceQuery(
        binder.query or parse(model.sql, model.dialect, [*model.tables, model.input_table]),
        schema,
        bound.program.output_types,
        bound.parameters,
        bound.program.rows,
        bound.compiled.claims,
    )


def _stored(binder: Binder) -> SourceQuery:
    """A stored model's text, taken through the gates again: what MLmodel was checked for is its DuckDB text."""
    from ..engines.sandbox import TableSource
    from ..frames.schema import arrow_schema
    from ..query.reading.parse import parse
    from .gates import compile_query

    spec = binder.definition.spec
    assert spec is not None
    query = parse(spec.sql, spec.dialect, [*spec.tables, spec.input_table])
    types: dict[str, Mapping[str, str]] = {name: dict(table.columns) for name, table in spec.tables.items()}
    compiled = compile_query(
        query,
        input_table=spec.input_table,
        input_types=spec.input_types,
        param_types=spec.param_types,
        tables=types,
        source=lambda name, columns: TableSource(arrow_schema(types[name]).empty_table(), columns),
        unique=lambda name, columns, loose: True,
        udfs={},
        limits=binder.definition.limits,
        allow=spec.allow,
        required={name: table.required for name, table in binder.definition.tables.items()},
    )
    program = compiled.program
    if dict(program.output_types) != dict(spec.output_types):
        raise ModelFileError(
            "MLmodel's sql and duckdb_sql give columns of different names or types: save the model again."
        )
    read = {name: types[name] for name in compiled.columns}
    if program.input_schema is not None:
        read[spec.input_table] = dict(spec.input_types or {})
    claims = {
        name: [*table.unique, *(key for key in spec.keys.get(name, []) if set(key) <= set(table.columns))]
        for name, table in spec.tables.items()
    }
    return SourceQuery(query, read, program.output_types, binder.bind(None).parameters, spec.rows, claims)
