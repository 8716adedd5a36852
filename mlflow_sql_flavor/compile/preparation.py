"""A model on its way into a file: taken through the gates with the example, types and rows that its writer gave."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..artifact.contents import Contents
from ..artifact.example import saved
from ..artifact.spec import FewRowsSpec
from ..errors import InputError, QueryError, did_you_mean
from ..frames import reading, schema
from ..query.evidence import NO_EVIDENCE
from .constant_failures import refuse_constants
from .few_rows_query import same_answers
from .signature import check_defaults, signature_of, values_given
from .strictness import refuse_unverified

if TYPE_CHECKING:
    import pyarrow as pa
    from mlflow.models import ModelInputExample, ModelSignature

    from ..query.reading.types import Finding
    from .binder import Binder
    from .bound import Bound
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
        program, few = compiled.program, compiled.few
        accepted = NO_EVIDENCE in compiled.allowed
        return Contents(
            sql=model.sql,
            dialect=model.dialect,
            duckdb_sql=program.sql,
            input_table=model.input_table,
            input_types=self.input_types,
            output_types=program.output_types,
            param_types=compiled.param_types,
            param_defaults=compiled.param_defaults,
            tables=model.tables,
            columns=compiled.columns,
            unique=compiled.claims,
            keys=model.keys,
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
            about=model.about,
            few_rows=FewRowsSpec(rows=few.rows, duckdb_sql=few.sql) if few is not None else None,
        )


def prepare(
    binder: Binder,
    signature: ModelSignature | bool | None,
    input_example: ModelInputExample | None,
    expected_output: reading.Data | None = None,
    strict: bool = False,
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
    _check_labels(data)
    given: ModelSignature | None = model.signature if isinstance(signature, bool) else signature or model.signature
    types = _input_types(model, given, data)
    bound = binder.bind(types, values_given(given, params))
    if bound.program.input_schema is None:
        types = None
    texts = {name.casefold(): text for name, text in model.texts.items()}
    made = signature_of(bound, given, data, params, types, texts)
    _check_prediction_column(model.prediction_column, bound)
    check_defaults(bound, made, texts)
    if signature is False and any(name.casefold() not in texts for name in bound.parameters.types):
        raise InputError(
            "signature=False leaves no place for the parameters' types and defaults, and MLflow passes on no parameter "
            "without them: leave signature out."
        )
    output = None
    if data is not None or bound.program.input_schema is None:
        output = _run(data if types is not None else None, params, made, bound, binder)
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


def _check_labels(data: Any) -> None:
    """MLflow's signature and JSON have names of columns that are text, and no others."""
    labels = list(data.columns) if hasattr(data, "iloc") and hasattr(data, "columns") else []
    others = [label for label in labels if not isinstance(label, str)]
    if others:
        raise InputError(
            f"The input example has a column labelled {others[0]!r}, which is not text: MLflow finds no such column in "
            "a request or by mlflow.pyfunc. Name the columns: example.columns = [...]."
        )


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


def _check_prediction_column(column: str | None, bound: Bound) -> None:
    names = list(bound.program.output_types)
    if column is not None and column not in names:
        raise InputError(
            f"prediction_column {column!r} is not an output of the query.{did_you_mean(column, names)} "
            f"Its outputs: {', '.join(names)}."
        )


def _run(data: Any, params: Any, signature: ModelSignature, bound: Bound, binder: Binder) -> pa.Table:
    """Gate 7: the query runs on the example, or without one if it reads no input; in Arrow and as pandas."""
    from ..frames.parameters import Parameters

    declared = signature.params
    defaults = {spec.name: spec.default for spec in declared.params} if declared is not None else {}
    values = Parameters(bound.parameters.types, defaults, binder.definition.texts).values(params or {})
    frame = reading.read(data, bound.program.input_schema) if data is not None else None
    table = frame.table if frame is not None else None
    try:
        result = bound.runner.arrow(table, values)
        if bound.columns.by_rows:
            bound.columns.pandas(result)
        else:
            bound.columns.pandas(bound.runner.arrow(table, values, bound.columns.projection))
    except InputError as error:
        refuse_constants(binder.definition.query, binder.definition.limits)
        cause = f" DuckDB says: {str(error.__cause__).splitlines()[0]}" if error.__cause__ else ""
        on = "on the input example" if data is not None else "with the default parameters" if values else "as it is"
        raise QueryError(f"The query does not run {on}: {error.message}{cause}") from error
    if not same_answers(bound.compiled, bound.few, table, values, result):
        raise QueryError("few_rows gives other rows than the query on the input example: it must answer the same.")
    return result
