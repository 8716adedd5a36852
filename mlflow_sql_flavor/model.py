"""``SQLModel``: a query, its reference tables, parameters and functions; what ``predict`` and ``to_sql`` do."""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .artifact.functions import Udf, read_udfs
from .artifact.spec import SqlSpec
from .artifact.tables import ReferenceTable, read_tables, source_of, stored_table
from .compile.gates import Compiled, bind, compile_query
from .compile.input_types import declared_types, types_of_input
from .compile.stored import restored, with_newer
from .engines import sandbox, spark
from .engines.duckdb import Program, Runner
from .engines.sandbox import Limits, effective_limits
from .engines.worker import ProcessRunner
from .errors import InputError, QueryError
from .frames import reading, writing
from .frames.parameters import Parameters, types_of_schema, types_of_values
from .mlflow_errors import public, public_reader

if TYPE_CHECKING:
    import pyarrow as pa

    from .frames.compare import Comparison
    from .query.reading.types import ParsedQuery
    from .scale.batches import Written

__all__ = ["SQLModel"]

#: For so many sets of types a model stays compiled; each is a DuckDB instance.
_MOST = 32
_OUTPUTS = ("pandas", "arrow", "polars")


@dataclass(frozen=True)
class Bound:
    """A query ready to run on inputs of one set of types."""

    compiled: Compiled
    runner: Runner | ProcessRunner
    columns: writing.Columns
    parameters: Parameters

    @property
    def program(self) -> Program:
        """What runs."""
        return self.compiled.program


@public
class SQLModel:
    """A SQL query as a model.

    Standing alone it compiles once for each set of input types it meets; loaded from a model it is already compiled,
    and what was tested when it was saved is what runs.

    Args:
        sql: One query: text, the path of a .sql file, or a sqlglot expression.
        dialect: The dialect it is written in, by sqlglot's name or a usual alias.
        tables: Reference tables: ``{name in the query: pandas, polars or Arrow table, or path of .parquet or .csv}``.
        udfs: Python functions the query calls, with type hints.
        input_table: The name by which the query reads the input of ``predict``.
        input_types: Exact types of input columns, as DuckDB or Arrow types: ``{"amount": "DECIMAL(10,2)"}`` or a
            ``pyarrow.Schema``. Columns left out have the type of the data.
        signature: ``mlflow.models.ModelSignature``: types of inputs, and types and defaults of parameters.
        prediction_column: The one output column that ``pyfunc`` returns, as a Series; None returns all.
        limits: The model's own limits (``timeout_seconds``, ``memory_limit``, ``threads``, ``max_rows``,
            ``isolation``): they can only tighten the loader's.
        allow: Refusals the writer accepts, by name.

    Raises:
        QueryError: The text is not one query of its dialect; the message points at the place.
    """

    prediction_column: str | None
    signature: Any
    input_types: dict[str, str]
    model_limits: dict[str, Any]
    limits: Limits
    allow: tuple[str, ...]
    spec: SqlSpec | None
    spark_tables: dict[str, Any]
    _folder: Path | None
    _tables: dict[str, ReferenceTable]
    _udfs: dict[str, Udf]
    _query: ParsedQuery | None
    _bound: dict[Any, Bound]
    _seen: dict[Any, Bound]

    def __init__(
        self,
        sql: Any,
        dialect: str = "duckdb",
        tables: Mapping[str, Any] | None = None,
        udfs: Sequence[Callable[..., Any]] | None = None,
        input_table: str = "input",
        input_types: Any = None,
        signature: Any = None,
        *,
        prediction_column: str | None = None,
        limits: Mapping[str, Any] | None = None,
        allow: Collection[str] = (),
    ) -> None:
        from .query.reading.parse import parse

        query = parse(_text(sql), dialect)
        self._init(query.sql, query.dialect, input_table)
        self._query = query
        sandbox.quote(input_table)
        self._tables = read_tables(tables)
        for name in self._tables:
            if name.casefold() == input_table.casefold():
                raise InputError(
                    f"A reference table has the input's name {input_table!r}: rename it or set input_table."
                )
        self._udfs = read_udfs(udfs)
        self.input_types = declared_types(input_types)
        self.signature = signature or None
        self.prediction_column = prediction_column
        self.model_limits = sandbox.validate_limits(limits, "limits")
        self.limits = effective_limits(self.model_limits)
        self.allow = tuple(allow)

    def _init(self, sql: str, dialect: str, input_table: str) -> None:
        self.sql = sql
        self.dialect = dialect
        self.input_table = input_table
        self.prediction_column = None
        self.signature = None
        self.input_types = {}
        self.model_limits = {}
        self.limits = Limits.default()
        self.allow = ()
        self.spec = None
        self.spark_tables = {}
        self._folder = None
        self._tables = {}
        self._udfs = {}
        self._query = None
        self._bound = {}
        self._seen = {}
        self._lock = threading.Lock()

    @classmethod
    def from_spec(
        cls,
        spec: SqlSpec,
        folder: Path,
        *,
        limits: Limits,
        signature: Any = None,
        udfs: Mapping[str, Udf] | None = None,
        tables: Mapping[str, Any] | None = None,
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
        model = cls.__new__(cls)
        model._init(spec.sql, spec.dialect, spec.input_table)
        model.spec, model.signature, model.limits, model._folder = spec, signature, limits, folder
        model.prediction_column, model.input_types = spec.prediction_column, dict(spec.input_types or {})
        model.model_limits, model.allow = spec.limits.model_dump(exclude_none=True), tuple(spec.allow)
        model._udfs = dict(udfs or {})
        if isinstance(tables, Mapping):
            model.spark_tables = {name: data for name, data in tables.items() if spark.is_table(data)}
            tables = {name: data for name, data in tables.items() if name not in model.spark_tables}
        model._tables = with_newer({n: stored_table(n, t, folder) for n, t in spec.tables.items()}, tables, spec)
        compiled = restored(spec, model._tables, model._udfs, limits)
        model._bound[None] = model._ready(compiled, model._defaults())
        return model

    def _ready(self, compiled: Compiled, defaults: Mapping[str, Any]) -> Bound:
        runner: Runner | ProcessRunner
        if self.limits.isolation == "process":
            runner = ProcessRunner(compiled.instance, compiled.program, self.limits, bind)
        else:
            runner = Runner(compiled.instance, compiled.program, self.limits)
        return Bound(
            compiled,
            runner,
            writing.Columns(compiled.program.output_types),
            Parameters(compiled.param_types, defaults),
        )

    def _defaults(self) -> dict[str, Any]:
        params = getattr(self.signature, "params", None)
        return {spec.name: spec.default for spec in params.params} if params is not None else {}

    # predict

    def predict(self, data: Any = None, params: Mapping[str, Any] | None = None, *, output: str | None = None) -> Any:
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
        if spark.is_frame(data):
            if output is not None:
                raise InputError("A Spark DataFrame gives a Spark DataFrame: call toPandas() or toArrow() on that.")
            from .scale.spark import run_spark

            return run_spark(self, data.sparkSession, data, params)
        if self.spark_tables:
            raise InputError(
                f"Reference table {next(iter(self.spark_tables))!r} was given as a table of Spark's: pass a Spark "
                "DataFrame to predict, or load the model without it."
            )
        frame, bound = self._prepare(data, params)
        values = bound.parameters.values(params)
        kind = output or (frame.kind if frame is not None else "pandas")
        program = bound.program
        table = frame.table if frame is not None and program.input_schema is not None else None
        index = frame.index if frame is not None and program.rows != "table" and frame.kind == "pandas" else None
        count = table.num_rows if table is not None else 0
        if kind == "pandas" and bound.columns.by_rows and count <= bound.runner.small:
            try:
                return bound.columns.pandas_rows(bound.runner.rows(table, values), index)
            except writing.NotByRows:
                pass
        projection = bound.columns.projection if kind == "pandas" else bound.columns.arrow_projection
        # Arrow that is made of a pandas frame shares its memory, which the caller may write to.
        hand_on = kind == "pandas" or (frame is not None and frame.kind != "pandas")
        result = bound.runner.arrow(table, values, projection, hand_on)
        if kind == "arrow":
            return writing.exact(result, program.output_types)
        if kind == "polars":
            import polars

            return polars.from_arrow(result)
        return bound.columns.pandas(result, index)

    def predict_batches(
        self,
        data: Any,
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
        from .scale.batches import predict_batches

        return public_reader(predict_batches(self, data, params, output=output, batch_rows=batch_rows, resume=resume))

    def _prepare(self, data: Any, params: Mapping[str, Any] | None) -> tuple[reading.Frame | None, Bound]:
        loaded = self._bound.get(None)
        if loaded is not None:
            if loaded.program.input_schema is None:
                return None, loaded
            if data is None:
                raise InputError("The query reads its input: pass the data to predict.")
            return reading.read(data, loaded.program.input_schema, any_text=True), loaded
        bound = self._bound_for(data, params)
        if bound.program.input_schema is None:
            return None, bound
        if data is None:
            raise InputError("The query reads its input: pass the data to predict.")
        return reading.read(data, bound.program.input_schema, any_text=True), bound

    def _bound_for(self, data: Any, params: Mapping[str, Any] | None) -> Bound:
        """The query compiled for this data and these values; a frame of a known shape is not looked at again."""
        fixed = getattr(self.signature, "inputs", None) is not None
        shape = "signature" if fixed else reading.shape_of(data)
        if shape is None:
            return self.bind(self._types(data), params)
        kinds = tuple(types_of_values(params).items()) if params else ()
        bound = self._seen.get((shape, kinds))
        if bound is None:
            bound = self._seen[(shape, kinds)] = self.bind(self._types(data), params)
        return bound

    def _types(self, data: Any) -> dict[str, str] | None:
        return types_of_input(data, self.signature, self.input_types)

    def bind(self, types: Mapping[str, str] | None, params: Mapping[str, Any] | None = None) -> Bound:
        """The query compiled for an input of these types; compiled once for each.

        Args:
            types: ``{column: DuckDB type}``; None if there is no input.
            params: Values whose types the placeholders take, where no signature gives them.

        Raises:
            QueryError: The query fails a gate.
        """
        if self._query is None:
            return self._bound[None]
        declared = types_of_schema(getattr(self.signature, "params", None))
        found = {**self._query.type_hints, **types_of_values(params), **declared}
        folded = {name.casefold(): kind for name, kind in found.items()}
        kinds = {name: folded[name.casefold()] for name in self._query.params if name.casefold() in folded}
        key = (None if types is None else tuple(types.items()), tuple(kinds.items()))
        bound = self._bound.get(key)
        if bound is None:
            with self._lock:
                bound = self._bound.get(key) or self._compile(types, kinds)
                if len(self._bound) >= _MOST:
                    self._bound.pop(next(iter(self._bound)))
                    self._seen.clear()
                self._bound[key] = bound
        return bound

    def _compile(self, types: Mapping[str, str] | None, kinds: Mapping[str, str]) -> Bound:
        assert self._query is not None
        for name in self._query.params:
            if name not in kinds:
                use = next(use for use in self._query.placeholders if use.name == name)
                raise QueryError(
                    f"Parameter {name!r} has no type: give it a value that is not None, in params or in "
                    "input_example's params, or declare it in the signature.",
                    self.sql,
                    use.start,
                    use.end - use.start,
                )
        compiled = compile_query(
            self._query,
            input_table=self.input_table,
            input_types=types,
            param_types=kinds,
            tables={name: table.types for name, table in self._tables.items()},
            source=functools.partial(source_of, self._tables),
            unique=lambda name, columns, loose: self._table(name).unique(columns, loose),
            udfs=self._udfs,
            limits=self.limits,
            allow=self.allow,
        )
        return self._ready(compiled, self._defaults())

    def _table(self, name: str) -> ReferenceTable:
        return next(table for known, table in self._tables.items() if known.casefold() == name.casefold())

    @property
    def tables(self) -> dict[str, ReferenceTable]:
        """The reference tables by name."""
        return dict(self._tables)

    @property
    def udfs(self) -> dict[str, Udf]:
        """The Python functions by name."""
        return dict(self._udfs)

    # against the source engine

    def verify(self, data: Any = None, params: Mapping[str, Any] | None = None, expected: Any = None) -> Comparison:
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
        from .artifact.example import stored, stored_output
        from .compile.gates import orders_rows
        from .frames.compare import compare

        if expected is None:
            section = self.spec.expected_output if self.spec is not None else None
            if section is None or section.path is None or self._folder is None:
                raise InputError(
                    "The model stores no rows of its source engine: pass expected=..., or save it with expected_output."
                )
            expected = stored_output(self._folder, section)
        else:
            expected = reading.read(expected).table
        if data is None and params is None and self._folder is not None:
            data, params = stored(self._folder)
        _, bound = self._prepare(data, params)
        result = self.predict(data, params, output="arrow")
        return compare(result, expected, ordered=orders_rows(bound.program))

    # on other engines

    def run_on(
        self,
        connection: Any,
        *,
        input: Any = None,
        tables: Mapping[str, Any] | None = None,
        params: Mapping[str, Any] | None = None,
        into: str | Sequence[str] | None = None,
        dialect: str | None = None,
    ) -> Any:
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
        from .scale.database import run_on

        return public_reader(
            run_on(self, connection, input=input, tables=tables, params=params, into=into, dialect=dialect)
        )

    def verify_on(
        self,
        connection: Any,
        data: Any = None,
        *,
        params: Mapping[str, Any] | None = None,
        tables: Mapping[str, Any] | None = None,
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
            The comparison, the engine's rows on the left: ``.equal`` says whether nothing differs, ``.text()`` shows
            what does. The order of rows counts where the query ends in ORDER BY.
        """
        from .scale.database import verify_on

        return verify_on(self, connection, data, params=params, tables=tables, dialect=dialect)

    # other dialects

    def to_sql(self, dialect: str, data: Any = None, params: Mapping[str, Any] | None = None) -> str:
        """The query in another dialect, its parameters in that dialect's form.

        Args:
            dialect: The target, by sqlglot's name or a usual alias; the model's own gives the text as written.
            data: Standing alone and without declared types: data whose types the input has.
            params: Standing alone: values whose types the parameters have.

        Raises:
            QueryError: The query has no faithful form there.
        """
        from .query.reading.parse import parse, resolve_dialect
        from .query.targets.render import render

        target = resolve_dialect(dialect)
        query = self._query or parse(self.sql, self.dialect)
        if target == query.dialect:
            return self.sql
        known: dict[str, Mapping[str, str]] = {name: table.types for name, table in self._tables.items()}
        types = dict(self.spec.input_types or {}) if self.spec is not None else self._types(data)
        if types:
            known[self.input_table] = types
        if self.spec is not None:
            kinds = dict(self.spec.param_types)
        else:
            kinds = {
                **query.type_hints,
                **types_of_values(params),
                **types_of_schema(getattr(self.signature, "params", None)),
            }
        return render(query, target, known, kinds, self.allow)

    def __repr__(self) -> str:
        first = self.sql.strip().split("\n")[0]
        return f"SQLModel({first[:60]!r}{'…' if len(self.sql.strip()) > 60 else ''}, dialect={self.dialect!r})"

    def _repr_html_(self) -> str:
        from .report.html import model_html

        return model_html(self)

    def copy(self, signature: Any = None) -> SQLModel:
        """The same model, to be compiled anew from its text.

        Args:
            signature: Takes the place of the model's own; None keeps it.
        """
        return SQLModel(
            self.sql,
            self.dialect,
            {name: table.data for name, table in self._tables.items()},
            [udf.function for udf in self._udfs.values()],
            self.input_table,
            self.input_types,
            signature if signature is not None else self.signature,
            prediction_column=self.prediction_column,
            limits=self.model_limits,
            allow=self.allow,
        )

    def __getstate__(self) -> dict[str, Any]:
        state = dict(self.__dict__)
        del state["_lock"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._lock = threading.Lock()


def _text(sql: Any) -> Any:
    if isinstance(sql, Path):
        if not sql.is_file():
            raise QueryError(f"There is no file {sql.name!r} at the path given.")
        try:
            return sql.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError:
            raise QueryError(f"The file {sql.name!r} is not UTF-8 text: save it as UTF-8.") from None
    return sql
