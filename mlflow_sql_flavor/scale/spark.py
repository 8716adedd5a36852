"""A model as Spark SQL: the query written for Spark, its parameters bound, its tables as DataFrames. No Python runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from ..engines import spark
from ..errors import InputError, ModelFileError, did_you_mean

if TYPE_CHECKING:
    from ..frames.parameters import Parameters
    from ..model import SQLModel
    from ..query.reading.types import ParsedQuery

__all__ = ["run_spark"]


@dataclass(frozen=True)
class Checked:
    """A model's own text, which passed the gates with these types.

    Attributes:
        query: The text.
        types: ``{table it reads: {column: DuckDB type}}``, the input among them.
        outputs: ``{column: DuckDB type}``.
        parameters: Its placeholders.
        rows: ``independent``, ``aligned`` or ``table``.
        claims: ``{reference table: column sets}`` that must be unique.
    """

    query: ParsedQuery
    types: Mapping[str, Mapping[str, str]]
    outputs: Mapping[str, str]
    parameters: Parameters
    rows: str
    claims: Mapping[str, list[list[str]]]


def run_spark(
    model: SQLModel,
    session: Any,
    data: Any = None,
    params: Mapping[str, Any] | None = None,
    tables: Mapping[str, Any] | None = None,
) -> Any:
    """Runs a model's query as Spark SQL.

    Args:
        model: The model.
        session: A Spark session: classic, Spark Connect or Sail.
        data: The input: a DataFrame, or the name of a table of the session.
        params: ``{name: value}`` of the placeholders.
        tables: ``{reference table: DataFrame or name of a table}`` to read in place of the model's own.

    Returns:
        A lazy Spark DataFrame. Its rows have no order unless the query ends in ORDER BY.

    Raises:
        InputError: The data, the parameters, the tables or the session do not fit the model.
        QueryError: The query has no faithful form in Spark.
    """
    if model.udfs:
        raise InputError(
            f"The query calls Python functions ({', '.join(model.udfs)}), which Spark SQL cannot call: use "
            "mlflow.pyfunc.spark_udf, or write them in SQL."
        )
    spark.check_session(session)
    if data is not None:
        data = spark.table(session, data)
    checked = _checked(model, data, params)
    spark.check_zone(session, checked.types)
    given = _given(model, {**model.spark_tables, **(tables or {})})
    frames, names = {}, {}
    for number, name in enumerate(sorted(checked.types)):
        if name == model.input_table:
            frame = _input(model, checked, data)
        elif name in given:
            frame = _named(session, name, given[name], checked)
        else:
            frame = _bundled(model, session, name, checked.types[name])
        frames[f"t{number}"] = frame
        names[name] = f"{{t{number}}}"
    text, args = _text(checked, names, checked.parameters.values(params))
    return spark.run(session, text, args, frames, checked.outputs)


def _text(checked: Checked, names: Mapping[str, str], values: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    from ..query.targets.division import check_divisions
    from ..query.targets.render import Raw, render_for

    check_divisions(checked.query, "databricks", checked.types)
    kinds = checked.parameters.types
    lists = {name: len(value) for name, value in values.items() if isinstance(value, (list, tuple))}

    def marker(name: str, kind: str, number: int) -> str:
        if name not in lists:
            return f":p{number}"
        return f"array({', '.join(f':p{number}_{place}' for place in range(lists[name]))})"

    rendered = render_for(
        checked.query,
        "databricks",
        checked.types,
        kinds,
        {name: Raw(slot) for name, slot in names.items()},
        marker,
        escape=_braces if names else str,
        unsafe="${",
        types={kind: spark.spark_type(kind) for kind in kinds.values() if kind != "INTERVAL"},
        lists=lists,
    )
    args: dict[str, Any] = {}
    for number, (name, kind, value) in enumerate(rendered.values(values), 1):
        found = spark.argument(name, value, kind)
        items = {f"p{number}_{place}": item for place, item in enumerate(found)} if name in lists else None
        args.update(items if items is not None else {f"p{number}": found})
    return rendered.sql, args


def _braces(text: str) -> str:
    """Doubled, since ``spark.sql`` formats a text that comes with DataFrames."""
    return text.replace("{", "{{").replace("}", "}}")


# the model's text


#: Stored models whose text has passed.
_PASSED: WeakKeyDictionary[SQLModel, Checked] = WeakKeyDictionary()


def _checked(model: SQLModel, data: Any, params: Mapping[str, Any] | None) -> Checked:
    if model.spec is not None:
        if model not in _PASSED:
            _PASSED[model] = _stored(model)
        return _PASSED[model]
    from ..query.reading.parse import parse

    types = model._types(data)
    bound = model.bind(types, params)
    columns = bound.compiled.columns
    schema = {n: {c: table.types[c] for c in columns[n]} for n, table in model.tables.items() if n in columns}
    if bound.program.input_schema is not None and types is not None:
        schema[model.input_table] = dict(types)
    return Checked(
        parse(model.sql, model.dialect),
        schema,
        bound.program.output_types,
        bound.parameters,
        bound.program.rows,
        bound.compiled.claims,
    )


def _stored(model: SQLModel) -> Checked:
    """A stored model's text, taken through the gates again: what MLmodel was checked for is its DuckDB text."""
    from ..compile.gates import compile_query
    from ..engines.sandbox import TableSource
    from ..frames.schema import arrow_schema
    from ..query.reading.parse import parse

    spec = model.spec
    assert spec is not None
    query = parse(spec.sql, spec.dialect)
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
        limits=model.limits,
        allow=spec.allow,
    )
    program = compiled.program
    if dict(program.output_types) != dict(spec.output_types):
        raise ModelFileError(
            "MLmodel's sql and duckdb_sql give columns of different names or types: save the model again."
        )
    read = {name: types[name] for name in compiled.columns}
    if program.input_schema is not None:
        read[spec.input_table] = dict(spec.input_types or {})
    claims = {name: table.unique for name, table in spec.tables.items()}
    return Checked(query, read, program.output_types, model.bind(None).parameters, spec.rows, claims)


# its tables


def _given(model: SQLModel, tables: Mapping[str, Any]) -> dict[str, Any]:
    folded = {name.casefold(): name for name in model.tables}
    found = {}
    for label, data in tables.items():
        name = folded.get(str(label).casefold())
        if name is None:
            known = list(model.tables)
            raise InputError(f"The model has no reference table {label!r}.{did_you_mean(str(label), known)}")
        found[name] = data
    return found


def _input(model: SQLModel, checked: Checked, data: Any) -> Any:
    if data is None:
        raise InputError("The query reads its input: pass a Spark DataFrame, or the name of a table.")
    if data.isStreaming and checked.rows != "independent":
        raise InputError(
            f"The model's rows are {checked.rows!r}: they depend on rows that a stream has not yet brought. Run it on "
            "each micro-batch, which is then ranked, counted or ordered for itself: "
            "stream.writeStream.foreachBatch(lambda batch, _: model.predict(batch)...)."
        )
    return spark.select(data, checked.types[model.input_table])


def _named(session: Any, name: str, data: Any, checked: Checked) -> Any:
    """A table the caller named, with the columns the query reads; keys that must be unique are looked at."""
    frame = spark.table(session, data)
    if not spark.is_frame(frame):
        raise InputError(
            f"Reference table {name!r} is given as data of type {type(data).__name__}: name a table of the session."
        )
    frame = spark.select(frame, checked.types[name], f"The table given for {name!r}")
    for columns in checked.claims.get(name, []):
        if spark.repeats(frame, columns):
            raise InputError(
                f"The table given for {name!r} repeats values of {', '.join(columns)}, which were unique when the "
                "model was saved: its rows would be matched more than once. Remove the repeats."
            )
    return frame


def _bundled(model: SQLModel, session: Any, name: str, types: Mapping[str, str]) -> Any:
    import pyarrow.parquet as pq

    table = next(found for known, found in model.tables.items() if known.casefold() == name.casefold())
    data = table.source(list(types)).data
    if isinstance(data, Path):
        size = spark.stored_size(data, list(types))
        if size > spark.REFERENCE_BYTES:
            raise spark.too_large(name, size)
        data = pq.read_table(data, columns=list(types))
    return spark.reference(session, name, data.select(list(types)), types)
