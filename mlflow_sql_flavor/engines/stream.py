"""Runs one query over an input that is never held whole, and gives its result batch by batch."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..errors import InputError, LimitError, RunError
from ..query.facts.rows import ROW_ID
from .answer_width import ROWS, fits
from .duckdb import Instance
from .duckdb_errors import explain
from .forks import querying
from .limits import Limits
from .program import Program
from .query_check import statement
from .sandbox import quote

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["stream"]

_STREAM = "__mlflow_sql_stream"
#: What the planner is told of a stream. It takes one for a single row, and would build its joins on it.
_LARGE = 1_000_000_000
#: Bytes of a batch of the result, however many rows were asked for.
_BYTES = 64_000_000


class _Source:
    """What DuckDB reads as the input: a new reader at every scan."""

    def __init__(self, schema: pa.Schema, open_: Callable[[], Iterator[pa.Table]]) -> None:
        self._schema = schema
        self._open = open_
        self.rows = 0
        self.error: Exception | KeyboardInterrupt | None = None

    def __arrow_c_schema__(self) -> Any:
        return self._schema.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        import pyarrow as pa

        return pa.RecordBatchReader.from_batches(self._schema, self._batches()).__arrow_c_stream__(requested_schema)

    def _batches(self) -> Iterator[pa.RecordBatch]:
        import numpy as np
        import pyarrow as pa

        numbered = ROW_ID in self._schema.names
        rows = 0
        try:
            for table in self._open():
                if numbered:
                    ids = pa.array(np.arange(rows, rows + table.num_rows, dtype=np.int64))
                    table = table.append_column(pa.field(ROW_ID, pa.int64()), ids)
                rows += table.num_rows
                yield from table.to_batches()
        except (Exception, KeyboardInterrupt) as error:  # DuckDB would pass on no more than its text
            self.error = error
            raise
        self.rows = rows


def stream(
    instance: Instance,
    program: Program,
    limits: Limits,
    open_: Callable[[], Iterator[pa.Table]],
    params: Mapping[str, Any],
    projection: list[str] | None,
    batch_rows: int,
) -> pa.RecordBatchReader:
    """Starts a query.

    Args:
        instance: Where it runs.
        program: What runs.
        limits: ``max_rows`` counts all rows of the result, ``timeout_seconds`` all the time until the last is read.
        open_: Opens the input, as tables of the program's schema; called as often as the query reads it.
        params: Values of the placeholders.
        projection: SQL expressions over the output columns, in their order and by their names.
        batch_rows: Rows of a batch of the result, about.

    Returns:
        The result; of a program that keeps the input's rows, in their order. Reading it raises InputError, LimitError
        or RunError as :meth:`~.duckdb.Runner.arrow`.
    """
    import pyarrow as pa

    source: _Source | None = None
    open_, at_once = _begun(program, params, limits, open_)
    cursor = instance.cursor()
    try:
        with querying:
            if program.input_schema is not None:
                schema = program.input_schema
                if program.id_position is not None:
                    schema = schema.append(pa.field(ROW_ID, pa.int64()))
                source = _Source(
                    schema, lambda: (part for table in open_() for part in _small_parts(table, program, params, limits))
                )
                cursor.register(_STREAM, source)
                cursor.execute(_view(program.input_table, _types(cursor)))
            at = program.id_position
            hidden = [] if at is None else [quote(ROW_ID)]
            given = "*" if projection is None else ", ".join([*projection[: at or 0], *hidden, *projection[at or 0 :]])
            relation = cursor.sql(statement(cursor, program.sql), params=dict(params) or None)
            relation = relation.order(hidden[0]) if hidden else relation
            reader = (relation if projection is None else relation.project(given)).to_arrow_reader(
                min(batch_rows, at_once)
            )
    except Exception as error:
        cursor.close()
        raise (source.error if source is not None and source.error else explain(error, limits)) from error
    schema = reader.schema if program.id_position is None else reader.schema.remove(program.id_position)
    fetched = _fetch(cursor, reader, program, limits, source)
    return pa.RecordBatchReader.from_batches(schema, _gathered(fetched, batch_rows))


def _rows_at_once(program: Program, table: pa.Table | None, params: Mapping[str, Any], limits: Limits) -> int:
    """So many rows that no answer of as many is large; 0 where one may be."""
    rows = ROWS
    while rows and not fits(program, table, params, limits, rows):
        rows //= 4
    return rows


def _small_parts(table: pa.Table, program: Program, params: Mapping[str, Any], limits: Limits) -> Iterator[pa.Table]:
    rows = _rows_at_once(program, table, params, limits)
    if rows == ROWS:
        yield table
    elif rows:
        yield from (table.slice(at, rows) for at in range(0, table.num_rows, rows))
    else:
        raise LimitError(
            "A value of the input is so large that its copies in one row of the answer may take more memory than is "
            f"left beside memory_limit = {limits.memory_limit:,} bytes: load the model with "
            'isolation="process", or pass smaller values.'
        )


def _begun(
    program: Program, params: Mapping[str, Any], limits: Limits, open_: Callable[[], Iterator[pa.Table]]
) -> tuple[Callable[[], Iterator[pa.Table]], int]:
    """The same input, and how many rows to read of the answer at once, by its first rows and its columns."""
    first = None
    again = open_
    if program.input_schema is not None:
        begun = open_()
        first = next(begun, None)
        left = [itertools.chain([] if first is None else [first], begun)]

        def again() -> Iterator[pa.Table]:
            return left.pop() if left else open_()

    answer = program.answer
    copies = min(answer.times, answer.each * program.unbounded) if answer is not None else 0
    return again, max(1, min(_rows_at_once(program, first, params, limits), int(ROWS // max(copies / 8, 1))))


def _types(cursor: Any) -> dict[str, str]:
    relation = cursor.table(_STREAM)
    return dict(zip(relation.columns, map(str, relation.types), strict=True))


def _view(name: str, types: Mapping[str, str]) -> str:
    """A view of the stream that looks large to the planner: with rows that a LIMIT, unknown to it, takes away."""
    nulls = ", ".join(f"CAST(NULL AS {kind}) AS {quote(column)}" for column, kind in types.items())
    return (
        f"CREATE TEMP VIEW {quote(name)} AS SELECT * FROM {_STREAM} UNION ALL "
        f"SELECT * FROM (SELECT {nulls} FROM range({_LARGE}) LIMIT (SELECT 0))"
    )


def _fetch(
    cursor: Any, reader: pa.RecordBatchReader, program: Program, limits: Limits, source: _Source | None
) -> Iterator[pa.RecordBatch]:
    rows = 0
    try:
        while True:
            with querying:
                batch = next(reader, None)
            if batch is None:
                break
            if program.id_position is not None:
                _check_order(batch.column(program.id_position), rows)
                batch = batch.remove_column(program.id_position)
            rows += batch.num_rows
            if rows > limits.max_rows:
                raise LimitError(
                    f"The result has more than {limits.max_rows} rows, the limit set by max_rows "
                    "(MLFLOW_SQL_MAX_ROWS): raise the limit where the model is loaded."
                )
            yield batch
        if source is not None and program.rows != "table" and rows != source.rows:
            raise _misaligned()
    except Exception as error:
        raise (source.error if source is not None and source.error else explain(error, limits)) from error
    finally:
        cursor.close()


def _gathered(batches: Iterator[pa.RecordBatch], rows: int) -> Iterator[pa.RecordBatch]:
    """The same in batches of about so many rows, or fewer of as many bytes as may be held."""
    import pyarrow as pa

    held: list[pa.RecordBatch] = []
    count = size = 0
    for batch in itertools.chain(batches, [None]):
        if held and (batch is None or count + batch.num_rows > rows or size + batch.nbytes > _BYTES):
            yield from pa.Table.from_batches(held).combine_chunks().to_batches()
            held, count, size = [], 0, 0
        if batch is not None:
            held.append(batch)
            count, size = count + batch.num_rows, size + batch.nbytes


def _check_order(ids: pa.Array, start: int) -> None:
    import numpy as np

    if ids.null_count or not np.array_equal(ids.to_numpy(), np.arange(start, start + len(ids))):
        raise _misaligned()


def _misaligned() -> RunError:
    return RunError(
        "The query is to give one row per input row, but repeated or dropped some: a reference table has repeated "
        "keys. Make its key unique, or save the model again with the table as it is."
    )


def once(batches: Iterator[pa.Table]) -> Callable[[], Iterator[pa.Table]]:
    """An input that can be read a single time, with an error that says so at the second."""
    left = [batches]

    def open_() -> Iterator[pa.Table]:
        if not left:
            raise InputError(
                "The query reads its input more than once, which a reader does not allow: pass a Parquet file, a "
                "folder of them, or a pyarrow Dataset."
            )
        return left.pop()

    return open_
