"""Input example, signature and types of a model being saved: each known from the others where one is not given."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..artifact.example import parameter, saved
from ..artifact.files import Contents
from ..errors import InputError, QueryError, did_you_mean
from ..frames import reading, schema
from ..query.evidence import NO_EVIDENCE
from .strictness import refuse_unverified

if TYPE_CHECKING:
    import pyarrow as pa
    from mlflow.models import ModelSignature

    from ..query.reading.types import Finding
    from .binder import Binder, Bound
    from .definition import Definition

__all__ = ["Prepared", "prepare"]


@dataclass(frozen=True)
class Prepared:
    """What is known of a model once it passed the gates.

    Attributes:
        bound: The compiled query.
        input_types: ``{column: DuckDB type}`` of the input; None if the query reads none.
        signature: For MLmodel; None if the writer asked for none.
        saved_example: What MLflow stores, in the form it understands; None if there is no example.
        output: The example's result; None if it was not run.
        expected: The rows of the source engine, and the verdict on them.
    """

    bound: Bound
    input_types: Mapping[str, str] | None
    signature: ModelSignature | None
    saved_example: Any
    output: pa.Table | None = None
    expected: tuple[pa.Table, str] | None = None

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What the writer should know; what was compared on the example stands in the verdict instead."""
        found = self.bound.compiled
        settled = set(found.findings) if self.expected is not None else set()
        return (*(each for each in found.warnings if each not in settled), *found.nondeterminism)

    def contents(self, model: Definition) -> Contents:
        """What is stored of the model."""
        compiled = self.bound.compiled
        program = compiled.program
        accepted = NO_EVIDENCE in compiled.allowed
        return Contents(
            sql=model.sql,
            dialect=model.dialect,
            duckdb_sql=program.sql,
            input_table=model.input_table,
            input_types=self.input_types,
            output_types=program.output_types,
            param_types=compiled.param_types,
            tables=model.tables,
            columns=compiled.columns,
            unique=compiled.claims,
            udfs=model.udfs,
            prediction_column=model.prediction_column,
            rows=program.rows,
            limits=model.own_limits,
            compat=compiled.compat,
            level=compiled.level,
            findings=compiled.findings,
            settled="expected_output" if self.expected is not None else "allow" if accepted else None,
            nondeterminism=compiled.nondeterminism,
            allow=compiled.allowed,
            expected=self.expected,
        )


def prepare(
    binder: Binder, signature: Any, input_example: Any, expected_output: Any = None, strict: bool = False
) -> Prepared:
    """Takes a model through the gates with what its writer gave.

    Args:
        binder: The model.
        signature: A ``ModelSignature``, None to make one, False for none in MLmodel.
        input_example: MLflow's: the data, or ``(data, params)``.
        expected_output: The rows the source engine gave for the example.
        strict: Whether a query is refused of which something was not compared with the source engine.

    Raises:
        QueryError: The query fails a gate, or does not run on the example.
        InputError: The example does not fit the signature.
    """
    model = binder.definition
    data, params = _split(input_example)
    given = signature or model.signature
    types = _input_types(model, given, data)
    bound = binder.bind(types, _values(given, params))
    if bound.program.input_schema is None:
        types = None
    made = _signature(bound, given, data, params, types)
    _check_prediction_column(model.prediction_column, bound)
    _check_defaults(bound, made)
    if signature is False and bound.parameters.types:
        raise InputError(
            "signature=False leaves no place for the parameters' types and defaults, and MLflow passes on no parameter "
            "without them: leave signature out."
        )
    output = None
    if data is not None or bound.program.input_schema is None:
        output = _run(data if types is not None else None, params, made, bound)
    expected = None
    if expected_output is not None:
        if output is None:
            raise InputError("expected_output needs input_example: the data for which the source engine gave it.")
        from ..frames.compare import against
        from .row_number import orders_rows

        expected = against(output, expected_output, model.dialect, orders_rows(bound.program))
    if strict and expected is None:
        refuse_unverified(bound.compiled, model)
    example = None
    if data is not None or (input_example is not None and bound.program.input_schema is None):
        example = saved(data, params)
    return Prepared(bound, types, None if signature is False else made, example, output, expected)


def _split(example: Any) -> tuple[Any, dict[str, Any] | None]:
    params = None
    if isinstance(example, tuple):
        if len(example) != 2 or not isinstance(example[1], dict):
            raise InputError("input_example is the data, or a pair: (data, {'parameter': value}).")
        example, params = example
    if example is None:
        return None, params
    return example, params


def _input_types(model: Definition, signature: Any, data: Any) -> dict[str, str] | None:
    inputs = getattr(signature, "inputs", None)
    types = model.types_of(data)
    if inputs is None and data is not None and types is not None:
        types = {name: _widened(kind) if name not in model.input_types else kind for name, kind in types.items()}
    if data is not None and types is not None and inputs is not None:
        reading.read(data, schema.arrow_schema(types))  # the example fits the signature
    return types


def _widened(kind: str) -> str:
    """Digits of a sample's decimals say little of the column's: at least 18."""
    found = re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", kind)
    return f"DECIMAL({max(18, int(found[1]))},{found[2]})" if found else kind


def _values(signature: Any, params: Mapping[str, Any] | None) -> dict[str, Any]:
    declared = getattr(signature, "params", None)
    defaults = {spec.name: spec.default for spec in declared.params} if declared is not None else {}
    return {**defaults, **(params or {})}


def _signature(
    bound: Bound, given: Any, data: Any, params: Mapping[str, Any] | None, types: Mapping[str, str] | None
) -> ModelSignature:
    from mlflow.models import ModelSignature

    inputs = getattr(given, "inputs", None)
    if inputs is None and types is not None:
        inputs = _inferred(data, types)
    declared: Any = getattr(given, "params", None)
    if declared is None and bound.parameters.types:
        declared = _param_schema(bound, params or {})
    types_out = bound.program.output_types
    return ModelSignature(inputs=inputs, outputs=schema.mlflow_schema(types_out), params=declared)


def _inferred(data: Any, types: Mapping[str, str]) -> Any:
    """The inputs of an example's columns: as in MLflow's own inference, one with a NULL is optional."""
    from mlflow.types import ColSpec, Schema

    own = schema.mlflow_schema(types)
    if data is None:
        return own
    table = reading.read(data, schema.arrow_schema(types)).table
    return Schema([ColSpec(s.type, s.name, required=table.column(s.name).null_count == 0) for s in own.inputs])


def _param_schema(bound: Bound, params: Mapping[str, Any]) -> Any:
    from mlflow.types import ParamSchema, ParamSpec
    from mlflow.types.schema import Array, DataType

    folded = {str(name).casefold(): value for name, value in params.items()}
    specs = []
    for name, kind in bound.parameters.types.items():
        mlflow_type = schema.to_mlflow(kind)
        shape = None
        if isinstance(mlflow_type, Array):
            mlflow_type, shape = mlflow_type.dtype, (-1,)
        if not isinstance(mlflow_type, DataType):
            raise InputError(f"Parameter {name!r} is of type {kind}, which MLflow has no parameter type for.")
        if name.casefold() in folded:
            default = parameter(folded[name.casefold()])
            specs.append(ParamSpec(name=name, dtype=mlflow_type, default=default, shape=shape))
    return ParamSchema(specs)


def _check_defaults(bound: Bound, signature: ModelSignature) -> None:
    known = {spec.name.casefold() for spec in signature.params.params} if signature.params is not None else set()
    for name in bound.parameters.types:
        if name.casefold() not in known:
            raise QueryError(
                f"Parameter {name!r} has no default value: give one in input_example's params "
                f"(input_example=(data, {{{name!r}: value}})) or in the signature's params."
            )


def _check_prediction_column(column: str | None, bound: Bound) -> None:
    names = list(bound.program.output_types)
    if column is not None and column not in names:
        raise InputError(
            f"prediction_column {column!r} is not an output of the query.{did_you_mean(column, names)} "
            f"Its outputs: {', '.join(names)}."
        )


def _run(data: Any, params: Any, signature: ModelSignature, bound: Bound) -> pa.Table:
    """Gate 7: the query runs on the example, or without one if it reads no input; in Arrow and as pandas."""
    from ..frames.parameters import Parameters

    declared = signature.params
    defaults = {spec.name: spec.default for spec in declared.params} if declared is not None else {}
    values = Parameters(bound.parameters.types, defaults).values(params or {})
    frame = reading.read(data, bound.program.input_schema) if data is not None else None
    table = frame.table if frame is not None else None
    try:
        result = bound.runner.arrow(table, values)
        if bound.columns.by_rows:
            bound.columns.pandas(result)
        else:
            bound.columns.pandas(bound.runner.arrow(table, values, bound.columns.projection))
    except InputError as error:
        cause = f" DuckDB says: {str(error.__cause__).splitlines()[0]}" if error.__cause__ else ""
        on = "on the input example" if data is not None else "with the default parameters" if values else "as it is"
        raise QueryError(f"The query does not run {on}: {error.message}{cause}") from error
    return result
