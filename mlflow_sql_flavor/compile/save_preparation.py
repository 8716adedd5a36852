"""A model on its way into a file: taken through the gates with the example, types and rows that its writer gave."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from ..artifact.example import saved
from ..artifact.query_files import QueryFiles
from ..artifact.spec import FewRowsSpec
from ..engines.duckdb import Runner
from ..errors import InputError, QueryError, SQLModelError, did_you_mean
from ..frames import reading, schema
from ..query.evidence import NO_EVIDENCE
from .failing_constants import first_sentence
from .gates import compile_query
from .gates.constant_failures import place_of_failure, refuse_closed_queries, refuse_constants
from .gates.few_rows_query import same_answers
from .gates.strictness import refuse_unverified
from .signature import check_defaults, signature_of, values_given

if TYPE_CHECKING:
    import pyarrow as pa
    from mlflow.models import ModelInputExample, ModelSignature

    from ..query.reading.parsed_query import Finding
    from .bound_query import Bound
    from .compiled_model import CompiledModel
    from .compiled_query import Compiled
    from .model_definition import Definition

__all__ = ["Prepared", "prepare"]

#: So long a query that nobody gave data for may run without a row.
_SECONDS = 0.5


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

    def contents(self, model: Definition) -> QueryFiles:
        """What is stored of the model."""
        compiled = self.bound.compiled
        program, few = compiled.program, compiled.few
        accepted = NO_EVIDENCE in compiled.allowed
        return QueryFiles(
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
    compiled_model: CompiledModel,
    signature: ModelSignature | bool | None,
    input_example: ModelInputExample | None,
    expected_output: reading.Data | None = None,
    strict: bool = False,
) -> Prepared:
    """Takes a model through the gates with what its writer gave.

    Args:
        compiled_model: The model.
        signature: A ``ModelSignature``, None to make one, False for none in MLmodel.
        input_example: MLflow's: the data, or ``(data, params)``.
        expected_output: The rows the source engine gave for the example.
        strict: Whether a query is refused of which something was not compared with the source engine.

    Raises:
        QueryError: The query fails a gate, or does not run on the example.
        InputError: The example does not fit the signature.
    """
    model = compiled_model.definition
    data, params = _split(input_example)
    _check_labels(data)
    given: ModelSignature | None = model.signature if isinstance(signature, bool) else signature or model.signature
    types = _input_types(model, given, data)
    bound = compiled_model.bind(types, values_given(given, params))
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
        output = _run(data if types is not None else None, params, made, bound, compiled_model)
    else:
        _run_on_nothing(bound, compiled_model)
    expected = None
    if expected_output is not None:
        if output is None:
            raise InputError("expected_output needs input_example: the data for which the source engine gave it.")
        from ..frames.compare import against
        from .gates.row_number import orders_rows

        expected = against(output, expected_output, model.dialect, orders_rows(bound.program))
    if strict and expected is None:
        refuse_unverified(bound.compiled.level, bound.compiled.findings, model.sql, model.dialect, model.allow)
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


def _run(data: Any, params: Any, signature: ModelSignature, bound: Bound, compiled_model: CompiledModel) -> pa.Table:
    """Gate 7: the query runs on the example, or without one if it reads no input; in Arrow and as pandas."""
    from ..frames.parameters import Parameters

    declared = signature.params
    defaults = {spec.name: spec.default for spec in declared.params} if declared is not None else {}
    values = Parameters(bound.parameters.types, defaults, compiled_model.definition.texts).values(params or {})
    frame = reading.read(data, bound.program.input_schema) if data is not None else None
    table = frame.table if frame is not None else None
    try:
        result = bound.runner.arrow(table, values)
        if bound.columns.by_rows:
            bound.columns.pandas(result)
        else:
            bound.columns.pandas(bound.runner.arrow(table, values, bound.columns.projection))
    except InputError as error:
        refuse_constants(compiled_model.definition.query, compiled_model.definition.limits, compile_query)
        _refuse_closed(error, compiled_model)
        found, said = bound.explained(error, values, table), first_sentence(error.__cause__)
        told = not error.__cause__ or (said and said in found.message)
        cause = "" if told else f" DuckDB says: {said or str(error.__cause__).splitlines()[0]}"
        on = "on the input example" if data is not None else "with the default parameters" if values else "as it is"
        place = _place(said, bound, compiled_model, table, values) if "\n" not in found.message and said else None
        message = f"The query does not run {on}: {found.message}{cause}"
        text = compiled_model.definition.query.sql
        raise (QueryError(message, text, *place) if place is not None else QueryError(message)) from error
    if not same_answers(bound.compiled, bound.few, table, values, result):
        raise QueryError("few_rows gives other rows than the query on the input example: it must answer the same.")
    return result


def _place(
    said: str, bound: Bound, compiled_model: CompiledModel, table: pa.Table | None, values: Mapping[str, Any]
) -> tuple[int, int] | None:
    if not isinstance(bound.runner, Runner):
        return None
    columns = bound.program.input_schema
    types = {field.name: schema.from_arrow(field.type) for field in columns} if columns is not None else None

    def run(compiled: Compiled) -> None:
        runner = cast("Runner", bound.runner).beside(compiled.instance, compiled.program, _SECONDS)
        with contextlib.closing(runner):
            read, known = compiled.program.input_schema, compiled.program.parameters
            data = table.select(read.names) if table is not None and read is not None else None
            runner.arrow(data, {name: value for name, value in values.items() if name in known})

    asked = compiled_model.asked(types, bound.parameters.types)
    return place_of_failure(compiled_model.definition.query, said, asked, compile_query, run)


def _run_on_nothing(bound: Bound, compiled_model: CompiledModel) -> None:
    """Where no data was given: what fails without a row may do so by a part of the query that reads no input."""
    program = bound.program
    if program.input_schema is None or not isinstance(bound.runner, Runner):
        return
    runner = bound.runner.beside(bound.compiled.instance, program, _SECONDS)
    try:
        runner.arrow(program.input_schema.empty_table(), dict.fromkeys(bound.parameters.types))
    except InputError as error:
        _refuse_closed(error, compiled_model)
    except SQLModelError:
        return
    finally:
        runner.close()


def _refuse_closed(error: InputError, compiled_model: CompiledModel) -> None:
    said = first_sentence(error.__cause__)
    if said:
        refuse_closed_queries(compiled_model.definition.query, said, compiled_model.asked(None, {}), compile_query)
