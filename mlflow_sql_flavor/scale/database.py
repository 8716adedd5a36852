"""A model run where the tables are: its query in another engine's words, its answer in the model's types."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..engines.databases import drivers
from ..engines.databases.connection import Bind, failing
from ..engines.databases.results import as_model, output_schema, typed
from ..engines.spark import spark_sql
from ..errors import InputError
from ..frames import reading, schema
from ..query.reading.qualified_names import split_name
from . import spark as on_spark

if TYPE_CHECKING:
    from typing import TypeAlias

    import pyarrow as pa
    from pyspark.sql import DataFrame as SparkFrame
    from sqlglot import exp

    #: A table where the query runs: its name there, its parts, or rows that are loaded.
    Placed: TypeAlias = "str | tuple[str, ...] | reading.Data | SparkFrame"

    from ..compile.model_definition import Definition
    from ..compile.source_query import SourceQuery
    from ..engines.databases.drivers import Connectable
    from ..query.targets.rendered_query import Raw, Rendered

__all__ = ["admitted", "answer", "run_on", "sample"]

#: Rows of a batch of the result, about.
BATCH_ROWS = 100_000


def admitted(model: Definition, connection: Connectable, input: Placed | None, dialect: str | None) -> Placed | None:
    """The input, where this model may run on this engine at all: asked before anything is compiled.

    Args:
        model: The model.
        connection: As of :meth:`SQLModel.run_on`, as are the others.
        input: A frame, or a table's name there.
        dialect: The engine's dialect, where the caller says it.

    Returns:
        The input; for Spark its DataFrame.

    Raises:
        InputError: The engine cannot run the model.
        QueryError: There is no such dialect.
    """
    if _is_spark(connection):
        return on_spark.admitted(model, connection, input)
    if model.udfs:
        raise InputError(
            f"The query calls Python functions ({', '.join(model.udfs)}), which a database cannot call: write them in "
            "SQL."
        )
    if dialect is not None:
        _resolved(dialect)
    return input


def run_on(
    model: Definition,
    query: SourceQuery,
    connection: Connectable,
    *,
    input: Placed | None = None,
    tables: Mapping[str, Placed] | None = None,
    params: Mapping[str, Any] | None = None,
    into: str | Sequence[str] | None = None,
    dialect: str | None = None,
) -> pa.RecordBatchReader | SparkFrame | None:
    """What :meth:`SQLModel.run_on` does, with a model's own text for an input that was :func:`admitted`."""
    if _is_spark(connection):
        result = on_spark.run_spark(model, query, connection, input, params, tables)
        if into is None:
            return result
        spark_sql.store(result, into)
        return None
    return _Run(model, query, connection, _resolved(dialect), input, tables, params, into).start()


def _resolved(dialect: str | None) -> str | None:
    from ..query.reading.parse import resolve_dialect

    return resolve_dialect(dialect) if dialect is not None else None


def _is_spark(connection: object) -> bool:
    return type(connection).__module__.startswith("pyspark.sql") and type(connection).__name__ == "SparkSession"


class _Run:
    """One query on one database."""

    def __init__(
        self,
        model: Definition,
        query: SourceQuery,
        connection: Connectable,
        dialect: str | None,
        input: Placed | None,
        tables: Mapping[str, Placed] | None,
        params: Mapping[str, Any] | None,
        into: str | Sequence[str] | None,
    ) -> None:
        self._allow = model.allow
        self._query = query
        self._given = _tables(model, query, input, tables)
        self._values = self._query.parameters.values(params)
        self._schema = output_schema(self._query.outputs)
        self._loaded: list[str] = []
        self._restore: list[str] = []
        self._database = drivers.connect(connection, dialect)
        self._dialect = self._database.dialect
        self._into = _name(into, self._dialect) if into is not None else None

    def start(self) -> pa.RecordBatchReader | None:
        """Loads what is to be loaded and runs the query."""
        import pyarrow as pa

        try:
            with failing(self._database):
                names = {name: self._read(name, self._place(name)) for name in self._query.types}
                rendered = self._text(names)
                binds = self._binds(rendered)
                numbers = {name: at for at, name in enumerate(rendered.parameters)}
                uses = [numbers[name] for name in rendered.uses]
                if self._into is not None:
                    head, tail = self._around(rendered)
                    self._database.run(f"{head}{rendered.sql}{tail}", binds, uses)
                    self._end(True)
                    return None
                batches = self._batches(rendered.sql, binds, uses)
                first = next(batches, None)  # what the engine refuses is said here, not at the first read
        except BaseException:
            self._end(False)
            raise
        return pa.RecordBatchReader.from_batches(self._schema, _with(first, batches))

    def _batches(self, sql: str, binds: list[Bind], uses: list[int]) -> Iterator[pa.RecordBatch]:
        try:
            with failing(self._database):
                yield from as_model(self._database.pieces(sql, binds, uses, BATCH_ROWS), self._schema)
        finally:
            self._end(False)

    def _end(self, done: bool) -> None:
        from ..query.targets.statements import drop

        for name in self._loaded:
            self._database.unload(name, drop(name, self._dialect))
        for statement in self._restore:
            self._database.run(statement)
        self._loaded, self._restore = [], []
        self._database.finish(done)

    # tables

    def _place(self, name: str) -> Sequence[str]:
        """A table's name in the engine: the caller's, or that of a temporary one."""
        given = self._given[name]
        if isinstance(given, (str, tuple)):
            found = _name(given, self._dialect)
            self._check_keys(name, found)
            return found
        return (self._load(name, given),)

    def _check_keys(self, name: str, table: Sequence[str]) -> None:
        from ..query.targets.statements import column_names, repeated

        for columns in self._query.claims.get(name, []):
            folded = column_names(columns, self._query.parsed, self._dialect)
            sql = self._database.escape(repeated(table, [folded[column] for column in columns], self._dialect))
            if any(len(piece) for piece in self._database.pieces(sql, [], [], 1)):
                raise InputError(
                    f"The table given for {name!r} repeats values of {', '.join(columns)}, which were unique when the "
                    "model was saved: its rows would be matched more than once. Remove the repeats."
                )

    def _load(self, name: str, data: reading.Data) -> str:
        from ..query.targets.statements import column_names, create_temporary, insert

        types = self._query.types[name]
        table = reading.read(data, schema.arrow_schema(types)).table
        _check_size(name, table.nbytes)
        names = column_names(list(types), self._query.parsed, self._dialect)
        columns = {names[column]: kind for column, kind in types.items()}
        temporary = f"mlflow_sql_{secrets.token_hex(8)}"
        self._loaded.append(temporary)
        self._database.load(
            temporary,
            table.rename_columns(list(columns)),
            lambda: create_temporary(temporary, columns, self._dialect),
            lambda marks, escape: insert(temporary, marks, self._dialect, escape),
        )
        return temporary

    # text

    def _read(self, name: str, place: Sequence[str]) -> Sequence[str] | Raw:
        """A table as the query reads it: of the caller's own none but the model's columns."""
        from ..query.targets.columns import only_its_columns, reference
        from ..query.targets.rendered_query import Raw

        if not isinstance(self._given[name], (str, tuple)):
            return place
        there = reference(place, self._dialect)
        text = only_its_columns(there, self._query.types[name], self._query.parsed, self._dialect)
        return Raw(self._database.escape(text))

    def _text(self, names: Mapping[str, Sequence[str] | Raw]) -> Rendered:
        from ..query.targets.render import render_for
        from ..query.targets.statements import type_in

        kinds = self._query.parameters.types
        query = self._query.parsed
        tree = self._for_duckdb() if self._dialect == "duckdb" and query.dialect != "duckdb" else None
        kinds_of_lists = {name for name, kind in kinds.items() if kind.endswith("]")}
        lists = {name: len(self._values[name] or ()) for name in kinds_of_lists}
        found = render_for(
            query,
            self._dialect,
            self._query.types,
            kinds,
            names,
            lambda name, kind, number: self._database.marker(number, kind, lambda k: type_in(k, self._dialect)),
            escape=self._database.escape,
            lists=None if self._database.lists else lists,
            tree=tree,
        )
        whole = kinds_of_lists & set(found.parameters)
        if whole and not self._database.lists:
            raise InputError(
                f"Parameter {min(whole)!r} is a list, which {self._database.title} takes in IN (:{min(whole)}) only."
            )
        return found

    def _for_duckdb(self) -> exp.Query:
        """The query as DuckDB runs it for the source dialect, with its macros and, until the end, settings."""
        from ..query.gate import packs
        from ..query.translation.transpile import duckdb_tree, temporary

        tree, needed = duckdb_tree(self._query.parsed, self._query.types, self._query.parameters.types, self._allow)
        for name, wanted in needed.settings.items():
            self._restore.append(f"SET {name} = {self._setting(name)}")
            self._database.run(packs.setting_statements({name: wanted})[0])
        if needed.macros and needed.pack and needed.version:
            for macro in packs.statements(needed.pack, needed.version, needed.macros):
                self._database.run(temporary(macro))
        return tree

    def _setting(self, name: str) -> str:
        """A setting of DuckDB's, as a literal."""
        piece: Any = next(iter(self._database.pieces(f"SELECT current_setting('{name}') AS value", [], [], 1)))
        value = piece.to_pylist()[0]["value"]
        return str(value).lower() if isinstance(value, bool) else "'" + str(value).replace("'", "''") + "'"

    def _binds(self, rendered: Rendered) -> list[Bind]:
        values = enumerate(rendered.values(self._values), 1)
        return [Bind(f"p{number}", typed(name, value, kind)) for number, (name, kind, value) in values]

    def _around(self, rendered: Rendered) -> tuple[str, str]:
        from ..query.targets.statements import column_names, create_as

        assert self._into is not None
        outputs = self._query.outputs
        written = list(column_names(list(outputs), self._query.parsed, self._dialect).values())
        head, tail = create_as(self._into, outputs, written, self._dialect)
        return self._database.escape(head), self._database.escape(tail)


def _with(first: Any, rest: Iterator[Any]) -> Iterator[Any]:
    if first is not None:
        yield first
    yield from rest


def _name(name: str | Sequence[str], dialect: str) -> tuple[str, ...]:
    from ..query.targets.statements import name_of_table

    return name_of_table(name, dialect)


def _tables(
    model: Definition, query: SourceQuery, input: Placed | None, tables: Mapping[str, Placed] | None
) -> dict[str, Any]:
    """What each table that the query reads is to be: a name, or data to load."""
    found = model.by_name(tables)
    for name in query.types:
        if name == model.input_table:
            if input is None and len(split_name(name, model.dialect)) > 1:
                input = split_name(name, model.dialect)  # it has the name that it has there
            if input is None:
                raise InputError("The query reads its input: name its table in the database, as input='schema.table'.")
            found[name] = input
        elif name not in found:
            found[name] = _own(model, name, list(query.types[name]))
    return found


def _own(model: Definition, name: str, columns: list[str]) -> pa.Table:
    import pyarrow.parquet as pq

    source = model.tables[name].source(columns).data
    if not isinstance(source, Path):
        return source.select(columns)
    _check_size(name, spark_sql.stored_size(source, columns))
    return pq.read_table(source, columns=columns)


def _check_size(name: str, size: int) -> None:
    if size > spark_sql.REFERENCE_BYTES:
        raise InputError(
            f"Table {name!r} is {size / 1e6:,.0f} MB; up to {spark_sql.REFERENCE_BYTES / 1e6:.0f} MB are loaded for a "
            "query. Store it in the database, and give the name of its table."
        )


def sample(connection: Connectable, name: str, rows: pa.Table) -> pa.Table | SparkFrame:
    """Rows of the input as :func:`run_on` takes them for this engine.

    Args:
        connection: The engine.
        name: The input's name in the query.
        rows: Some of it.
    """
    if not _is_spark(connection):
        return rows
    types = {field.name: schema.from_arrow(field.type) for field in rows.schema}
    spark_sql.check_zone(connection, {name: types})
    return spark_sql.reference(connection, name, rows, types)


def answer(result: pa.RecordBatchReader | SparkFrame, outputs: Mapping[str, str]) -> pa.Table:
    """All rows of what :func:`run_on` gave, as the model's types ``{column: DuckDB type}``."""
    import pyarrow as pa

    if isinstance(result, pa.RecordBatchReader):
        return result.read_all()
    if hasattr(result, "toArrow"):
        pieces: list[Any] = _wall_clocks(result, outputs).to_batches()
    else:
        pieces = [[tuple(row) for row in result.collect()]]
    wanted = output_schema(outputs)
    return pa.Table.from_batches(list(as_model(pieces, wanted)), schema=wanted)


def _wall_clocks(frame: SparkFrame, outputs: Mapping[str, str]) -> pa.Table:
    """Rows in which moments that a model has without a zone are as the clock of the session shows them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    answer = frame.toArrow()
    zone = frame.sparkSession.conf.get("spark.sql.session.timeZone")
    for at, (field, kind) in enumerate(zip(answer.schema, outputs.values(), strict=True)):
        if pa.types.is_timestamp(field.type) and field.type.tz is not None and "TIME ZONE" not in kind:
            moments = answer.column(at).cast(pa.timestamp("us", zone))
            answer = answer.set_column(at, field.name, pc.local_timestamp(moments))
    return answer
