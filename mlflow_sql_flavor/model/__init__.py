"""``SQLModel``: the object a user holds. What it does lies below; here is how it is called."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from ..compile.compiled_model import CompiledModel
from ..compile.model_definition import define, define_stored
from ..engines.spark.detection import is_frame
from ..errors import InputError
from ..frames import reading
from ..mlflow_errors import public, public_reader
from .properties import Properties

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa
    from mlflow.models import ModelSignature
    from pyspark.sql import DataFrame as SparkFrame
    from pyspark.sql import SparkSession
    from sqlglot import exp

    from ..artifact.functions import Udf
    from ..artifact.keys import Key
    from ..artifact.model_description import ModelDescription
    from ..artifact.spec import FewRowsSpec, SqlSpec
    from ..compile.bound_query import Bound
    from ..compile.expression_text import Statement
    from ..compile.model_definition import Definition
    from ..engines.databases.drivers import Connectable
    from ..engines.limits import Limits
    from ..frames.compare import Comparison
    from ..frames.reading import Data
    from ..frames.sources import Batches
    from ..scale.batches import Written
    from ..scale.database import Placed
    from .types import ArrowLike, Frame, Output, PandasLike, Params

__all__ = ["SQLModel", "compiled_model_of", "definition_of", "with_description"]

_OUTPUTS = ("pandas", "arrow", "polars")


@public
class SQLModel(Properties):
    """A SQL query as a model.

    Standing alone it compiles once for each set of input types; a loaded one is compiled, and runs what was tested.

    Args:
        sql: One query: text, the path of a .sql file, a sqlglot or ibis expression, a SQLAlchemy or DuckDB one.
        dialect: The dialect it is written in, by sqlglot's name or a usual alias.
        tables: Reference tables: ``{name in the query: pandas, polars or Arrow table, or path of .parquet or .csv}``.
        udfs: Python functions the query calls, with type hints.
        input_table: The name by which the query reads the input of ``predict``.
        input_types: ``{"amount": "DECIMAL(10,2)"}`` or a ``pyarrow.Schema``; columns left out are as the data has them.
        signature: ``mlflow.models.ModelSignature``: types of inputs, and types and defaults of parameters.
        prediction_column: The one output column that ``pyfunc`` returns, as a Series; None returns all.
        limits: The model's own limits (``timeout_seconds`` and others): they can only tighten the loader's.
        allow: Refusals the writer accepts, by name.
        keys: Columns that identify the rows of a reference table: ``{"customers": ["id"]}``, or a list of such lists
            where it has several. Checked on the table: no two rows share the values, none is NULL.
        few_rows: ``(rows, sql)``: DuckDB's text of the same rows for inputs of at most so many rows.

    Raises:
        QueryError: The text is not one query of its dialect; the message points at the place.
    """

    def __init__(
        self,
        sql: str | Path | exp.Expr | Statement,
        dialect: str = "duckdb",
        tables: Mapping[str, Data | str | os.PathLike[str]] | None = None,
        udfs: Sequence[Callable[..., Any] | Udf] | None = None,
        input_table: str = "input",
        input_types: Mapping[str, str | pa.DataType] | pa.Schema | None = None,
        signature: ModelSignature | None = None,
        *,
        prediction_column: str | None = None,
        limits: Mapping[str, Any] | None = None,
        allow: Collection[str] | None = None,
        keys: Mapping[str, Key] | None = None,
        few_rows: tuple[int, str] | FewRowsSpec | None = None,
    ) -> None:
        from ..compile.expression_text import text_of
        from ..query.reading.parse import parse

        definition = define(
            parse(text_of(sql, dialect), dialect),
            tables=tables,
            udfs=udfs,
            input_table=input_table,
            input_types=input_types,
            signature=signature,
            prediction_column=prediction_column,
            limits=limits,
            allow=allow,
            keys=keys,
            few_rows=few_rows,
        )
        self._compiled_model = CompiledModel(definition)

    @classmethod
    def from_spec(
        cls,
        spec: SqlSpec,
        folder: Path,
        *,
        limits: Limits,
        signature: ModelSignature | None = None,
        udfs: Mapping[str, Udf] | None = None,
        tables: Mapping[str, Data | str | os.PathLike[str] | SparkFrame] | None = None,
    ) -> SQLModel:
        """The model of an MLmodel file's ``sql`` section, checked as hostile text before anything of it runs.

        Args:
            spec: The section.
            folder: The model's folder, for its tables.
            limits: What it may take, from the loader.
            signature: The model's signature, for the defaults of parameters.
            udfs: Its Python functions, if the loader allowed them.
            tables: Newer data for reference tables: ``{name: frame or path}``, from the loader; for Spark also
                ``"spark:catalog.schema.table"`` or a Spark DataFrame.

        Raises:
            ModelFileError: A file is missing or altered.
            QueryError: The query is not one that may run here.
        """
        definition = define_stored(spec, folder, limits=limits, signature=signature, udfs=udfs, tables=tables)
        model = cls.__new__(cls)
        model._compiled_model = CompiledModel(definition)
        return model

    # predict

    def bind(self, data: Data | None = None, params: Params = None) -> Bound:
        """The query as it would run on this data: its text for DuckDB, its types, what is remarked on it.

        Args:
            data: Data whose types the input has; None where they are declared, or the query reads no input.
            params: Values whose types the placeholders take, where no signature gives them.

        Returns:
            The compiled query, of which nothing ran: ``.program.sql``, ``.program.output_types``, ``.program.rows``,
            ``.compiled.level``, ``.compiled.warnings``. A stored model gives what was compiled when it was saved.

        Raises:
            QueryError: The query cannot run on data of these types.
        """
        return self._compiled_model.bound_for(data, params)

    @overload
    def predict(self, data: PandasLike | None = None, params: Params = None) -> pd.DataFrame: ...
    @overload
    def predict(self, data: pl.DataFrame, params: Params = None) -> pl.DataFrame: ...
    @overload
    def predict(self, data: SparkFrame, params: Params = None) -> SparkFrame: ...
    @overload
    def predict(self, data: ArrowLike, params: Params = None) -> pa.Table: ...
    @overload
    def predict(
        self, data: Data | None = None, params: Params = None, *, output: Literal["pandas"]
    ) -> pd.DataFrame: ...
    @overload
    def predict(
        self, data: Data | None = None, params: Params = None, *, output: Literal["polars"]
    ) -> pl.DataFrame: ...
    @overload
    def predict(self, data: Data | None = None, params: Params = None, *, output: Literal["arrow"]) -> pa.Table: ...
    @overload
    def predict(
        self, data: Data | SparkFrame | None = None, params: Params = None, *, output: Output | None = None
    ) -> Frame: ...
    def predict(
        self, data: Data | SparkFrame | None = None, params: Params = None, *, output: Output | None = None
    ) -> Frame:
        """Runs the query.

        Args:
            data: The input table: pandas, polars, Arrow or Spark, a dict of columns, a list of records. None for a
                query that reads only its reference tables.
            params: ``{name: value}`` of the placeholders; those with a default may be left out.
            output: ``"pandas"``, ``"arrow"`` or ``"polars"``; None gives the kind of frame that came in, and pandas
                for anything else. Arrow keeps the query's exact types; the others follow the table of types.

        Returns:
            The result. If every input row gives one output row, in the input's order and, in pandas, with its index.
            For a Spark DataFrame, streaming ones included, a lazy Spark DataFrame: the query run by Spark SQL.

        Raises:
            InputError: The data or the parameters do not fit the query, or make it fail.
            LimitError: A limit stopped the query.
            QueryError: Standing alone: the query cannot run on data of these types.
        """
        if output is not None and output not in _OUTPUTS:
            raise InputError(f"output is one of {', '.join(_OUTPUTS)}, not {output!r}.")
        if is_frame(data):
            if output is not None:
                raise InputError("A Spark DataFrame gives a Spark DataFrame: call toPandas() or toArrow() on that.")
            from ..compile.source_query import source_query
            from ..scale.spark import admitted, run_spark

            model, session = self._compiled_model.definition, data.sparkSession
            data = admitted(model, session, data)
            return run_spark(model, source_query(self._compiled_model, data, params), session, data, params)
        return self._compiled_model.answer(data, params, output)

    @overload
    def predict_batches(
        self, data: Batches | None, params: Params = None, *, batch_rows: int = ..., resume: bool = ...
    ) -> pa.RecordBatchReader: ...
    @overload
    def predict_batches(
        self,
        data: Batches | None,
        params: Params = None,
        *,
        output: str | os.PathLike[str],
        batch_rows: int = ...,
        resume: bool = ...,
    ) -> Written: ...
    def predict_batches(
        self,
        data: Batches | None,
        params: Params = None,
        *,
        output: str | os.PathLike[str] | None = None,
        batch_rows: int = 500_000,
        resume: bool = False,
    ) -> pa.RecordBatchReader | Written:
        """Runs the query on data larger than memory.

        Rows that depend on nothing but themselves (``independent`` models) are scored batch by batch. Any other query
        runs once over the whole input as it streams by, and what it must hold counts against ``memory_limit``.

        Args:
            data: Path or URI of a Parquet file or of a folder of them, ``pyarrow.dataset.Dataset``,
                ``pyarrow.RecordBatchReader``, or a frame. A query that reads its input twice cannot take a reader.
            params: As for :meth:`predict`.
            output: A path that ends in .parquet, or a folder, which gets one file for each file of the input (one in
                all if the model is not ``independent``). A file appears when it is complete, or not at all.
            batch_rows: Rows given to the query at a time.
            resume: Keep the files of a folder that an earlier run made of the same query, parameters, tables and input
                file, and write the others.

        Returns:
            Without ``output`` the result as a ``pyarrow.RecordBatchReader``; else what was written.

        Raises:
            InputError, LimitError, QueryError: As :meth:`predict`; while a reader is read, where there is one.
        """
        from ..frames.sources import open_source
        from ..scale.batches import predict_batches

        source = open_source(data) if data is not None else None
        _, bound = self._compiled_model.read(source.schema.empty_table() if source is not None else None, params)
        model = self._compiled_model.definition
        return public_reader(
            predict_batches(model, bound, source, params, output=output, batch_rows=batch_rows, resume=resume)
        )

    # on other engines, and against them

    def verify(self, data: Data | None = None, params: Params = None, expected: Data | None = None) -> Comparison:
        """Runs the query again and compares with the rows its source engine gave.

        Args:
            data: The input; None takes the stored input example.
            params: Values of the parameters; None takes the stored example's.
            expected: The engine's rows; None takes those stored by ``expected_output``.

        Returns:
            The comparison; ``.equal`` says whether nothing differs, ``.text()`` shows what does.

        Raises:
            InputError: Nothing is stored to compare with, and nothing given.
        """
        from ..scale.verification import case_of, of_record

        data, params, rows = case_of(self._compiled_model.definition, data, params, expected)
        program = self._compiled_model.read(data, params)[1].program
        return of_record(program, self.predict(data, params, output="arrow"), rows)

    @overload
    def run_on(
        self,
        connection: SparkSession,
        *,
        input: Placed | None = None,
        tables: Mapping[str, Placed] | None = None,
        params: Params = None,
        dialect: str | None = None,
    ) -> SparkFrame: ...
    @overload
    def run_on(
        self,
        connection: Connectable,
        *,
        input: Placed | None = None,
        tables: Mapping[str, Placed] | None = None,
        params: Params = None,
        into: str | Sequence[str],
        dialect: str | None = None,
    ) -> None: ...
    @overload
    def run_on(
        self,
        connection: Connectable,
        *,
        input: Placed | None = None,
        tables: Mapping[str, Placed] | None = None,
        params: Params = None,
        dialect: str | None = None,
    ) -> pa.RecordBatchReader: ...
    def run_on(
        self,
        connection: Connectable,
        *,
        input: Placed | None = None,
        tables: Mapping[str, Placed] | None = None,
        params: Params = None,
        into: str | Sequence[str] | None = None,
        dialect: str | None = None,
    ) -> pa.RecordBatchReader | SparkFrame | None:
        """Runs the query in a database, or on Spark, where the tables are.

        The query is written in the engine's dialect with the types of the model's input, its parameters are bound in
        the driver's own form, and every name is quoted. Another engine may still mean a construct differently:
        :meth:`verify_on` compares.

        Args:
            connection: ADBC or DB-API connection, SQLAlchemy engine or connection, DuckDB connection, DataFusion
                context, chDB session, or SparkSession.
            input: Name of the input's table there, as ``"schema.events"`` or ``("schema", "events")``; or a frame,
                which is loaded as a temporary table.
            tables: The same for reference tables: ``{name in the query: name there}``. Those left out are loaded from
                the model as temporary tables, up to 100 MB.
            params: ``{name: value}`` of the placeholders.
            into: Name of a table to make of the result (``CREATE TABLE AS``), so that no row leaves the engine. Nothing
                is committed, except for an SQLAlchemy engine.
            dialect: The engine's dialect, where the driver does not tell (ODBC, Flight SQL).

        Returns:
            The result as a ``pyarrow.RecordBatchReader`` of the model's output types, fetched as it is read; on Spark a
            lazy DataFrame; with ``into`` None.

        Raises:
            InputError: The connection, a table or the parameters do not fit the model.
            QueryError: The query has no faithful form in the engine's dialect.
            RunError: The engine refused it, or answered with values that are not of the model's types.
        """
        from ..compile.source_query import source_query
        from ..scale.database import admitted, run_on

        model = self._compiled_model.definition
        input = admitted(model, connection, input, dialect)
        query = source_query(self._compiled_model, input, params)
        return public_reader(
            run_on(model, query, connection, input=input, tables=tables, params=params, into=into, dialect=dialect)
        )

    def verify_on(
        self,
        connection: Connectable,
        data: Data | None = None,
        *,
        params: Params = None,
        tables: Mapping[str, Placed] | None = None,
        dialect: str | None = None,
    ) -> Comparison:
        """Runs the query on the same rows here, on DuckDB, and on another engine, and compares cell by cell.

        Args:
            connection: As for :meth:`run_on`.
            data: A sample of the input, which is loaded there as a temporary table.
            params: ``{name: value}`` of the placeholders.
            tables: Names of reference tables there, with the same rows as the model's; the others are loaded.
            dialect: The engine's dialect, where the driver does not tell.

        Returns:
            As of :meth:`verify`, the engine's rows on the left. Their order counts where the query ends in ORDER BY.
        """
        from ..scale.database import sample
        from ..scale.verification import of_engine

        frame, bound = self._compiled_model.read(data, params)
        expected, rows = bound.run(frame, bound.parameters.values(params), "arrow"), None
        if frame is not None:
            rows = sample(connection, self.input_table, reading.read(data, bound.program.input_schema).table)
        result = self.run_on(connection, input=rows, params=params, tables=tables, dialect=dialect)
        return of_engine(bound.program, result, expected)

    def to_sql(self, dialect: str, data: Data | None = None, params: Params = None) -> str:
        """The query in another dialect, its parameters in that dialect's form.

        Args:
            dialect: The target, by sqlglot's name or a usual alias; the model's own gives the text as written.
            data: Standing alone and without declared types: data whose types the input has.
            params: Standing alone: values whose types the parameters have.

        Raises:
            QueryError: The query has no faithful form there.
        """
        from ..compile.rendering import rendered

        return rendered(self._compiled_model, dialect, data, params)

    def __repr__(self) -> str:
        first = self.sql.strip().split("\n")[0]
        return f"SQLModel({first[:60]!r}{'…' if len(self.sql.strip()) > 60 else ''}, dialect={self.dialect!r})"

    def _repr_html_(self) -> str:
        from ..report.facts import of_definition
        from ..report.html import model_html

        return model_html(of_definition(self._compiled_model.definition, (self._compiled_model.bound or (None,))[-1]))

    def copy(self, signature: ModelSignature | None = None) -> SQLModel:
        """The same model, to be compiled anew from its text.

        Args:
            signature: Takes the place of the model's own; None keeps it.
        """
        given = self._compiled_model.definition.given()
        return with_description(
            SQLModel(**{**given, **({} if signature is None else {"signature": signature})}), self.about
        )


def definition_of(model: SQLModel) -> Definition:
    """What a model is made of, as plain values."""
    return model._compiled_model.definition


def compiled_model_of(model: SQLModel) -> CompiledModel:
    """What compiles a model, for the flavor that saves it."""
    return model._compiled_model


def with_description(model: SQLModel, about: ModelDescription | None) -> SQLModel:
    """The same model, with what its maker tells of it: a description, an example, verdicts."""
    made = SQLModel.__new__(SQLModel)
    made._compiled_model = CompiledModel(replace(model._compiled_model.definition, about=about))
    return made
