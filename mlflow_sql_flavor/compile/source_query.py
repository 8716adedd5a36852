"""A model's query as its writer wrote it, for engines other than DuckDB; it passed the gates with its types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from ..errors import InputError, ModelFileError
from ..frames.parameters import Parameters

if TYPE_CHECKING:
    from ..artifact.spec import SqlSpec
    from ..query.reading.parsed_query import ParsedQuery
    from .compiled_model import CompiledModel
    from .model_definition import Definition

__all__ = ["SourceQuery", "source_query", "stored_query"]


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
_PASSED: WeakKeyDictionary[Definition, SourceQuery] = WeakKeyDictionary()


def source_query(compiled_model: CompiledModel, data: Any, params: Mapping[str, Any] | None) -> SourceQuery:
    """The text of a model, with the types of this data and these values.

    Args:
        compiled_model: The model.
        data: The input, of which the types are read where the model does not know them; None if there is none, a
            text or tuple if it is the name of a table.
        params: ``{name: value}`` of the placeholders, of which the types are read.

    Raises:
        QueryError: The query fails a gate.
        ModelFileError: A stored model's text gives other columns than what DuckDB runs of it.
    """
    model = compiled_model.definition
    if model.spec is not None:
        return stored_query(model)
    types = model.types_of(None if isinstance(data, (str, tuple)) else data)
    bound = compiled_model.bind(types, params)
    columns = bound.compiled.columns
    schema = {n: {c: table.types[c] for c in columns[n]} for n, table in model.tables.items() if n in columns}
    if bound.program.input_schema is not None and types is not None:
        schema[model.input_table] = dict(types)
    return SourceQuery(
        model.query,
        schema,
        bound.program.output_types,
        bound.parameters,
        bound.program.rows,
        bound.compiled.claims,
    )


def stored_query(model: Definition) -> SourceQuery:
    """A stored model's text, taken through the gates again, once: MLmodel was checked for its DuckDB text.

    Raises:
        InputError: The model is not stored.
        QueryError, ModelFileError: As of :func:`source_query`.
    """
    if model.spec is None:
        raise InputError("The model is not stored: save it first, and load it from there.")
    if model not in _PASSED:
        _PASSED[model] = _passed(model, model.spec)
    return _PASSED[model]


def _passed(model: Definition, spec: SqlSpec) -> SourceQuery:
    from ..engines.sandbox import TableSource
    from ..frames.schema import arrow_schema
    from .gates import compile_query
    from .gates.state import CompileRequest

    query = model.query
    types: dict[str, Mapping[str, str]] = {name: dict(table.columns) for name, table in spec.tables.items()}
    compiled = compile_query(
        query,
        CompileRequest(
            input_table=spec.input_table,
            input_types=spec.input_types,
            param_types=spec.param_types,
            tables=types,
            source=lambda name, columns: TableSource(arrow_schema(types[name]).empty_table(), columns),
            unique=lambda name, columns, loose: True,
            udfs={},
            limits=model.limits,
            allow=spec.allow,
            required={name: table.required for name, table in model.tables.items()},
        ),
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
    parameters = Parameters(spec.param_types, model.defaults, model.texts)
    return SourceQuery(query, read, program.output_types, parameters, spec.rows, claims)
