"""``SQLModel``: the object a user holds. What it does lies below; here is how it is called."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .compile.binder import Binder
from .compile.definition import define, define_stored
from .engines.spark_signs import is_frame
from .errors import InputError
from .frames import reading
from .mlflow_errors import public, public_reader

if TYPE_CHECKING:
    import pyarrow as pa
    from mlflow.models import ModelSignature
    from pyspark.sql import DataFrame as SparkFrame
    from sqlglot import exp

    from .artifact.about import About
    from .artifact.functions import Udf
    from .artifact.keys import Key
    from .artifact.spec import FewRowsSpec, SqlSpec
    from .artifact.tables import ReferenceTable
    from .compile.bound import Bound
    from .compile.definition import Definition
    from .compile.own_text import Statement
    from .engines.database import Connectable
    from .engines.limits import Limits
    from .frames.compare import Comparison
    from .frames.reading import Data
    from .frames.sources import Batches
    from .scale.batches import Written
    from .scale.database import Placed

__all__ = ["SQLModel", "binder_of", "definition_of", "with_about"]

_OUTPUTS = ("pandas", "arrow", "polars")


@public
class SQLModel:
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
        allow: Collection[str] = (),
        keys: Mapping[str, Key] | None = None,
        few_rows: tuple[int, str] | FewRowsSpec | None = None,
    ) -> None:
        from .compile.own_text import text_of
        from .query.reading.parse import parse

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
        self._binder = Binder(definition)

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
        model._binder = Binder(definition)
        return model

    # what it is made of

    @property
    def sql(self) -> str:
        """The query, as written."""
        return self._binder.definition.sql

    @property
    def dialect(self) -> str:
        """The dialect it is written in, by sqlglot's name."""
        return self._binder.definition.dialect

    @property
    def input_table(self) -> str:
        """The name by which the query reads the input."""
        return self._binder.definition.input_table

    @property
    def tables(self) -> dict[str, ReferenceTable]:
        """The reference tables by name."""
        return dict(self._binder.definition.tables)

    @property
    def udfs(self) -> dict[str, Udf]:
        """The Python functions by name."""
        return dict(self._binder.definition.udfs)

    @property
    def input_types(self) -> dict[str, str]:
        """``{column: DuckDB type}`` that the writer declared; of a stored model, of all of its input."""
        return dict(self._binder.definition.input_types)

    @property
    def signature(self) -> ModelSignature | None:
        """``mlflow.models.ModelSignature`` or None."""
        return self._binder.definition.signature

    @property
    def prediction_column(self) -> str | None:
        """The one column that ``pyfunc`` returns; None for all."""
        return self._binder.definition.prediction_column

    @property
    def model_limits(self) -> dict[str, Any]:
        """The limits that the model itself sets."""
        return dict(self._binder.definition.own_limits)

    @property
    def limits(self) -> Limits:
        """What it may take: the smaller of the model's own limits and the loader's."""
        return self._binder.definition.limits

    @property
    def allow(self) -> tuple[str, ...]:
        """Refusals that the writer accepts, by name."""
        return self._binder.definition.allow

    @property
    def spec(self) -> SqlSpec | None:
        """The ``sql`` section of its MLmodel; None of a model that is not stored."""
        return self._binder.definition.spec

    # predict

    def bind(self, data: Data | None = None, params: Mapping[str, Any] | None = None) -> Bound:
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
        return self._binder.bound_for(data, params)

    def predict(
        self,
        data: Data | SparkFrame | None = None,
        params: Mapping[str, Any] | None = None,
        *,
        output: str | None = None,
    ) -> Any:
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
            from .compile.source_query import source_query
            from .scale.spark import admitted, run_spark

            model, session = self._binder.definition, data.sparkSession
            data = admitted(model, session, data)
            return run_spark(model, source_query(self._binder, data, params), session, data, params)
        return self._binder.answer(data, params, output)

    def predict_batches(
        self,
        data: Batches | None,
        params: Mapping[str, Any] | None = None,
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
        from .frames.sources import open_source
        from .scale.batches import predict_batches

        source = open_source(data) if data is not None else None
        _, bound = self._binder.read(source.schema.empty_table() if source is not None else None, params)
        model = self._binder.definition
        return public_reader(
            predict_batches(model, bound, source, params, output=output, batch_rows=batch_rows, resume=resume)
        )

    # on other engines, and against them

    def verify(
        self, data: Data | None = None, params: Mapping[str, Any] | None = None, expected: Data | None = None
    ) -> Comparison:
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
        from .scale.verification import case_of, of_record

        data, params, rows = case_of(self._binder.definition, data, params, expected)
        program = self._binder.read(data, params)[1].program
        return of_record(program, self.predict(data, params, output="arrow"), rows)

    def run_on(
        self,
        connection: Connectable,
        *,
        input: Placed | None = None,
        tables: Mapping[str, Placed] | None = None,
        params: Mapping[str, Any] | None = None,
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
        from .compile.source_query import source_query
        from .scale.database import admitted, run_on

        model = self._binder.definition
        input = admitted(model, connection, input, dialect)
        query = source_query(self._binder, input, params)
        return public_reader(
            run_on(model, query, connection, input=input, tables=tables, params=params, into=into, dialect=dialect)
        )

    def verify_on(
        self,
        connection: Connectable,
        data: Data | None = None,
        *,
        params: Mapping[str, Any] | None = None,
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
        from .scale.database import sample
        from .scale.verification import of_engine

        frame, bound = self._binder.read(data, params)
        expected, rows = bound.run(frame, bound.parameters.values(params), "arrow"), None
        if frame is not None:
            rows = sample(connection, self.input_table, reading.read(data, bound.program.input_schema).table)
        result = self.run_on(connection, input=rows, params=params, tables=tables, dialect=dialect)
        return of_engine(bound.program, result, expected)

    def to_sql(self, dialect: str, data: Data | None = None, params: Mapping[str, Any] | None = None) -> str:
        """The query in another dialect, its parameters in that dialect's form.

        Args:
            dialect: The target, by sqlglot's name or a usual alias; the model's own gives the text as written.
            data: Standing alone and without declared types: data whose types the input has.
            params: Standing alone: values whose types the parameters have.

        Raises:
            QueryError: The query has no faithful form there.
        """
        from .compile.rendering import rendered

        return rendered(self._binder, dialect, data, params)

    def __repr__(self) -> str:
        first = self.sql.strip().split("\n")[0]
        return f"SQLModel({first[:60]!r}{'…' if len(self.sql.strip()) > 60 else ''}, dialect={self.dialect!r})"

    def _repr_html_(self) -> str:
        from .report.facts import of_definition
        from .report.html import model_html

        return model_html(of_definition(self._binder.definition, (self._binder.bound or (None,))[-1]))

    @property
    def about(self) -> About | None:
        """What its maker tells of it beside the query; None of a model that a user wrote."""
        return self._binder.definition.about

    def copy(self, signature: ModelSignature | None = None) -> SQLModel:
        """The same model, to be compiled anew from its text.

        Args:
            signature: Takes the place of the model's own; None keeps it.
        """
        given = self._binder.definition.given()
        return with_about(SQLModel(**{**given, **({} if signature is None else {"signature": signature})}), self.about)


def definition_of(model: SQLModel) -> Definition:
    """What a model is made of, as plain values."""
    return model._binder.definition


def binder_of(model: SQLModel) -> Binder:
    """What compiles a model, for the flavor that saves it."""
    return model._binder


def with_about(model: SQLModel, about: About | None) -> SQLModel:
    """The same model, with what its maker tells of it: a description, an example, verdicts."""
    made = SQLModel.__new__(SQLModel)
    made._binder = Binder(replace(model._binder.definition, about=about))
    return made
