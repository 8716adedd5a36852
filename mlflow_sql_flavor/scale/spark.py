"""A model as Spark SQL: the query written for Spark, its parameters bound, its tables as DataFrames. No Python runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..engines.spark import spark_sql
from ..engines.spark.detection import is_frame
from ..errors import InputError

if TYPE_CHECKING:
    from ..compile.model_definition import Definition
    from ..compile.source_query import SourceQuery

__all__ = ["admitted", "run_spark"]


def admitted(model: Definition, session: Any, data: Any) -> Any:
    """The input as a DataFrame, where this model may run on this session at all: asked before anything is compiled.

    Args:
        model: The model.
        session: A Spark session: classic, Spark Connect or Sail.
        data: A DataFrame, or the name of a table of the session; None if there is no input.

    Raises:
        InputError: Spark cannot run the model, or has no such table.
    """
    if model.udfs:
        raise InputError(
            f"The query calls Python functions ({', '.join(model.udfs)}), which Spark SQL cannot call: use "
            "mlflow.pyfunc.spark_udf, or write them in SQL."
        )
    spark_sql.check_session(session)
    return data if data is None else spark_sql.table(session, data)


def run_spark(
    model: Definition,
    query: SourceQuery,
    session: Any,
    data: Any = None,
    params: Mapping[str, Any] | None = None,
    tables: Mapping[str, Any] | None = None,
) -> Any:
    """Runs a model's query as Spark SQL.

    Args:
        model: The model.
        query: Its own text, for this input.
        session: A session that :func:`admitted` it.
        data: The input's DataFrame, as :func:`admitted` gives it.
        params: ``{name: value}`` of the placeholders.
        tables: ``{reference table: DataFrame or name of a table}`` to read in place of the model's own.

    Returns:
        A lazy Spark DataFrame. Its rows have no order unless the query ends in ORDER BY.

    Raises:
        InputError: The data, the parameters, the tables or the session do not fit the model.
        QueryError: The query has no faithful form in Spark.
    """
    spark_sql.check_zone(session, query.types)
    given = model.by_name({**model.spark_tables, **(tables or {})})
    frames, names = {}, {}
    for number, name in enumerate(sorted(query.types)):
        if name == model.input_table:
            frame = _input(model, query, data)
        elif name in given:
            frame = _named(session, name, given[name], query)
        else:
            frame = _bundled(model, session, name, query.types[name])
        frames[f"t{number}"] = frame
        names[name] = f"{{t{number}}}"
    text, args = _text(query, names, query.parameters.values(params))
    return spark_sql.run(session, text, args, frames, query.outputs)


def _text(query: SourceQuery, names: Mapping[str, str], values: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    from ..query.targets.render import render_for
    from ..query.targets.rendered_query import Raw

    kinds = query.parameters.types
    lists = {name: len(value) for name, value in values.items() if isinstance(value, (list, tuple))}

    def marker(name: str, _kind: str, number: int) -> str:
        if name not in lists:
            return f":p{number}"
        return f"array({', '.join(f':p{number}_{place}' for place in range(lists[name]))})"

    rendered = render_for(
        query.parsed,
        "databricks",
        query.types,
        kinds,
        {name: Raw(slot) for name, slot in names.items()},
        marker,
        escape=_braces if names else str,
        unsafe="${",
        types={kind: spark_sql.spark_type(kind) for kind in kinds.values() if kind != "INTERVAL"},
        lists=lists,
    )
    args: dict[str, Any] = {}
    for number, (name, kind, value) in enumerate(rendered.values(values), 1):
        found = spark_sql.argument(name, value, kind)
        items = {f"p{number}_{place}": item for place, item in enumerate(found)} if name in lists else None
        args.update(items if items is not None else {f"p{number}": found})
    return rendered.sql, args


def _braces(text: str) -> str:
    """Doubled, since ``spark.sql`` formats a text that comes with DataFrames."""
    return text.replace("{", "{{").replace("}", "}}")


# its tables


def _input(model: Definition, query: SourceQuery, data: Any) -> Any:
    if data is None:
        raise InputError("The query reads its input: pass a Spark DataFrame, or the name of a table.")
    if data.isStreaming and query.rows != "independent":
        raise InputError(
            f"The model's rows are {query.rows!r}: they depend on rows that a stream has not yet brought. Run it on "
            "each micro-batch, which is then ranked, counted or ordered for itself: "
            "stream.writeStream.foreachBatch(lambda batch, _: model.predict(batch)...)."
        )
    return spark_sql.select(data, query.types[model.input_table])


def _named(session: Any, name: str, data: Any, query: SourceQuery) -> Any:
    """A table the caller named, with the columns the query reads; keys that must be unique are looked at."""
    frame = spark_sql.table(session, data)
    if not is_frame(frame):
        raise InputError(
            f"Reference table {name!r} is given as data of type {type(data).__name__}: name a table of the session."
        )
    frame = spark_sql.select(frame, query.types[name], f"The table given for {name!r}")
    for columns in query.claims.get(name, []):
        if spark_sql.repeats(frame, columns):
            raise InputError(
                f"The table given for {name!r} repeats values of {', '.join(columns)}, which were unique when the "
                "model was saved: its rows would be matched more than once. Remove the repeats."
            )
    return frame


def _bundled(model: Definition, session: Any, name: str, types: Mapping[str, str]) -> Any:
    import pyarrow.parquet as pq

    data = model.table(name).source(list(types)).data
    if isinstance(data, Path):
        size = spark_sql.stored_size(data, list(types))
        if size > spark_sql.REFERENCE_BYTES:
            raise spark_sql.too_large(name, size)
        data = pq.read_table(data, columns=list(types))
    return spark_sql.reference(session, name, data.select(list(types)), types)
