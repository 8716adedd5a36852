"""Runs one query on a locked DuckDB instance, as often and from as many threads as asked.

An instance is opened once a model; each thread borrows a cursor of its own. The input is one Python object registered
once per cursor, from which DuckDB reads the current Arrow data at every run: a call parses, connects and registers
nothing. Above :data:`SMALL` rows the data is registered as a table instead, so that the planner knows its size, and the
result is fetched as Arrow.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import threading
import weakref
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..errors import LimitError, RunError, SQLModelError
from ..query.facts.rows import ROW_ID
from .answer_width import fits
from .constant_tables import make_constants
from .duckdb_errors import explain
from .forks import at_fork, querying
from .limits import Limits
from .one_row import PREPARED
from .passthrough import passed_through
from .program import Program
from .query_check import statement
from .result_batches import arrow_up_to, check_repeated, measured_arrow, rows_up_to
from .sandbox import quote

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["SMALL", "Instance", "Runner", "TooWide"]

#: Up to so many rows, rows are fetched as Python values; above, as Arrow (measured: see docs/performance.md).
SMALL = 1000


class TooWide(Exception):
    """A row may be too large to be fetched as Python values: Arrow is measured first."""


class Instance:
    """A locked DuckDB instance, opened at first use and again in a forked child.

    Args:
        open_: Opens it.
    """

    def __init__(self, open_: Callable[[], Any]) -> None:
        self._open = open_
        self._connection: Any = None
        self._lock = threading.Lock()
        _LIVE.add(self)

    @querying
    def cursor(self) -> Any:
        """A new cursor of the instance."""
        with self._lock:
            if self._connection is None:
                self._connection = self._open()
            return self._connection.cursor()

    def close(self) -> None:
        """Closes the instance and its cursors."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None

    def _abandon(self) -> None:
        _ABANDONED.append(self._connection)
        self._connection, self._lock = None, threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        return {"_open": self._open}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["_open"])  # type: ignore[misc]


# A forked child must neither use nor close what its parent's threads may be in the middle of: it keeps the inherited
# objects alive, unused, and opens its own.
_LIVE: weakref.WeakSet[Instance | Runner] = weakref.WeakSet()
_ABANDONED: list[Any] = []


def _in_child() -> None:
    owners = list(_LIVE)
    for owner in owners:
        owner._abandon()
    if owners:
        gc.freeze()  # garbage of the parent's may hold cursors too: collecting them here ends the child


at_fork(after_in_child=_in_child)


@atexit.register
def _at_exit() -> None:
    """Closes what is open while the interpreter is whole: DuckDB reports on stderr each object it finds alive later."""
    for owner in sorted(_LIVE, key=lambda owner: isinstance(owner, Instance)):  # cursors first
        owner.close()


class _Source:
    """What DuckDB reads as the input: whatever ``table`` holds when the query runs."""

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        self.table: pa.Table | None = None

    def __arrow_c_schema__(self) -> Any:
        return self._schema.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        table = self.table if self.table is not None else self._schema.empty_table()
        return table.__arrow_c_stream__(requested_schema)


class _Session:
    """A cursor with the input registered and the query parsed; used by one thread at a time."""

    def __init__(self, cursor: Any, program: Program, schema: pa.Schema | None) -> None:
        self.cursor = cursor
        make_constants(cursor, program.constants)
        self.statement = statement(cursor, program.sql)
        self.used = self._prepared = False
        self.source: _Source | None = None
        if schema is not None:
            self.source = _Source(schema)
            cursor.register(program.input_table, self.source)

    def execute(self, text: str, program: Program) -> Any:
        """Runs the program, prepared before it runs for the first time."""
        if not self._prepared:
            self.cursor.execute(f"PREPARE {PREPARED} AS {program.sql}")
            self._prepared = True
        return self.cursor.execute(text)


class Runner:
    """Runs one program.

    Args:
        instance: Where it runs.
        program: What runs.
        limits: ``max_rows`` is enforced here; the others by the instance.
        execution: From ``one_row.execution``: the query is prepared at its second call, and executed by this text.
    """

    #: Up to so many rows :meth:`rows` is the faster way.
    small = SMALL

    def __init__(
        self,
        instance: Instance,
        program: Program,
        limits: Limits,
        execution: Callable[[Mapping[str, Any]], str] | None = None,
    ) -> None:
        import pyarrow as pa

        self.program = program
        self._execution = execution
        self._instance = instance
        self._limits = limits
        self._sessions: deque[_Session] = deque()
        self._schema = program.input_schema
        if program.id_position is not None and self._schema is not None:
            self._schema = self._schema.append(pa.field(ROW_ID, pa.int64()))
        self._passthrough: dict[str, str] | None = None
        _LIVE.add(self)

    def beside(
        self,
        instance: Instance,
        program: Program,
        seconds: float | None = None,
        execution: Callable[[Mapping[str, Any]], str] | None = None,
    ) -> Runner:
        """What runs another program under the same limits, or for so many seconds at most."""
        most = self._limits.timeout_seconds
        limits = replace(self._limits, timeout_seconds=min(most, seconds or most))
        return Runner(instance, program, limits, execution)

    def close(self) -> None:
        """Closes the cursors that no call is using."""
        while self._sessions:
            session = self._sessions.pop()
            session.cursor.close()

    def _abandon(self) -> None:
        _ABANDONED.append(self._sessions)
        self._sessions = deque()

    def __getstate__(self) -> dict[str, Any]:
        return {"instance": self._instance, "program": self.program, "limits": self._limits}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]

    @querying
    def rows(
        self, table: pa.Table | None, params: Mapping[str, Any], count: int | None = None
    ) -> list[tuple[Any, ...]]:
        """The result of a small input as rows of Python values, without the hidden row number.

        Args:
            table: The input.
            params: Values of the placeholders.
            count: How many rows the input has, where it is none of the program's tables.

        Raises:
            InputError: The data or the parameters make the query fail.
            LimitError: A limit stopped it.
            RunError: DuckDB failed otherwise.
            TooWide: Only :meth:`arrow` will do.
        """
        count = count if table is None else table.num_rows
        known = count if self.program.rows != "table" else None
        if not fits(self.program, table, params, self._limits, known, python=True):
            raise TooWide
        session = self._borrow()
        try:
            if session.source is not None:
                if table is not None and table.schema != self.program.input_schema:
                    table = table.cast(
                        self.program.input_schema
                    )  # DuckDB reads it by the layout it was registered with
                session.source.table = self._numbered(table)
            if self._execution is not None and session.used:
                cursor = session.execute(self._execution(params), self.program)
            else:
                cursor = session.cursor.execute(session.statement, params or None)
                session.used = True
            limit = self._limits.max_rows
            result = rows_up_to(cursor, limit, self._limits.memory_limit)
        except Exception as error:
            self._fail(session, error)
        self._give_back(session)
        if limit is not None and len(result) > limit:
            raise self._too_many()
        if self.program.rows != "table" and count is not None:
            if len(result) != count:
                raise self._misaligned(len(result), count)
            at = self.program.id_position
            if at is not None:
                if count > 1:
                    result.sort(key=lambda row: row[at])
                    if [row[at] for row in result] != list(range(count)):
                        raise self._misaligned(count, count)
                result = [row[:at] + row[at + 1 :] for row in result]
        return result

    @querying
    def arrow(
        self,
        table: pa.Table | None,
        params: Mapping[str, Any],
        projection: list[str] | None = None,
        hand_on: bool = False,
    ) -> pa.Table:
        """The result as Arrow, in the input's order if the program keeps its rows.

        Args:
            table: The input; its text in any of Arrow's layouts.
            params: Values of the placeholders.
            projection: SQL expressions over the output columns, in their order and by their names; applied by DuckDB,
                since some of its values have no exact form in Arrow.
            hand_on: Columns that the query hands on unchanged are the input's own, memory and layout included.

        Raises:
            InputError, LimitError, RunError: As :meth:`rows`.
        """
        session = self._borrow()
        kept = self.program.rows != "table" and table is not None
        limit = self._limits.max_rows
        try:
            cursor = session.cursor
            copies = self._copied(projection) if kept and hand_on else {}
            if copies and table is not None:
                check_repeated(table, copies, self._limits.memory_limit)
            if session.source is not None:
                cursor.register(self.program.input_table, self._numbered(table))
            computed = [name for name in self.program.output_types if name not in copies]
            known = table.num_rows if kept and table is not None else None
            if not fits(self.program, table, params, self._limits, known):
                whole = f"SELECT {self._expressions(computed, projection)} FROM ({self.program.sql}\n)"
                result = measured_arrow(cursor, whole, params, limit, self._limits.memory_limit)
            else:
                relation = cursor.sql(session.statement, params=dict(params) or None)
                if projection is not None or copies:
                    relation = relation.project(self._expressions(computed, projection))
                result = arrow_up_to(relation, limit, self._limits.memory_limit)
                relation.close()
            if session.source is not None:
                cursor.register(self.program.input_table, session.source)
        except Exception as error:
            self._fail(session, error)
        if limit is not None and result.num_rows > limit:
            self._give_back(session)
            raise self._too_many()
        try:
            if kept and table is not None:
                result = self._aligned(result, table.num_rows)
                if copies:
                    result = self._merged(result, table, copies)
        except SQLModelError:
            self._give_back(session)
            raise
        except Exception as error:
            self._fail(session, error)
        self._give_back(session)
        return result

    def _expressions(self, names: list[str], projection: list[str] | None) -> str:
        """What is selected for these output columns, the hidden row number included."""
        known = dict(zip(self.program.output_types, projection, strict=True)) if projection is not None else {}
        hidden = [] if self.program.id_position is None else [quote(ROW_ID)]
        return ", ".join([*hidden, *(known.get(name) or quote(name) for name in names)]) or "NULL"

    def _copied(self, projection: list[str] | None) -> dict[str, str]:
        """``{output column: input column}`` of what the query hands on as it is, and DuckDB need not copy."""
        if self._passthrough is None:
            with contextlib.closing(self._instance.cursor()) as cursor:
                self._passthrough = passed_through(cursor, self.program)
        if projection is None:
            return self._passthrough
        plain = dict(zip(self.program.output_types, projection, strict=True))
        return {name: column for name, column in self._passthrough.items() if plain[name] == quote(name)}

    def _merged(self, result: pa.Table, table: pa.Table, copies: Mapping[str, str]) -> pa.Table:
        import pyarrow as pa

        names = list(self.program.output_types)
        return pa.table([table.column(copies[n]) if n in copies else result.column(n) for n in names], names=names)

    def _borrow(self) -> _Session:
        try:
            return self._sessions.pop()
        except IndexError:
            pass
        cursor = self._instance.cursor()
        return _Session(cursor, self.program, self._schema)

    def _give_back(self, session: _Session) -> None:
        if session.source is not None:
            session.source.table = None
        self._sessions.append(session)

    def _fail(self, session: _Session, error: Exception) -> Any:
        """Drops the session, whose state is not known, and raises what the caller is told."""
        try:
            session.cursor.close()
        except Exception as closing:  # the first error is the one to report
            error.add_note(str(closing))
        raise explain(error, self._limits) from error

    def _numbered(self, table: pa.Table | None) -> pa.Table | None:
        if table is None or self.program.id_position is None:
            return table
        import pyarrow as pa

        numbers = pa.array(range(table.num_rows), pa.int64()) if table.num_rows < 100 else _range(table.num_rows)
        return table.append_column(pa.field(ROW_ID, pa.int64()), numbers)

    def _aligned(self, result: pa.Table, count: int) -> pa.Table:
        """The result in the input's order; the row numbers must be a permutation of the input's."""
        if result.num_rows != count:
            raise self._misaligned(result.num_rows, count)
        if self.program.id_position is None:
            return result
        import numpy as np
        import pyarrow as pa

        numbers = result.column(ROW_ID)
        result = result.drop_columns([ROW_ID])
        if count < 2:
            return result
        if numbers.null_count:
            raise self._misaligned(count, count)
        ids = numbers.to_numpy()
        if ids[0] == 0 and ids[-1] == count - 1 and bool((ids[1:] > ids[:-1]).all()):
            return result
        if ids.min() < 0 or ids.max() >= count:
            raise self._misaligned(count, count)
        order = np.full(count, -1, dtype=np.int64)
        order[ids] = np.arange(count)
        if order.min() < 0:
            raise self._misaligned(count, count)
        return result.take(pa.array(order))

    def _misaligned(self, got: int, count: int) -> RunError:
        detail = f"gave {got} rows for {count}" if got != count else "repeated some input rows and left out others"
        return RunError(
            f"The query is to give one row per input row, but {detail}: a reference table has repeated keys. "
            "Make its key unique, or save the model again with the table as it is."
        )

    def _too_many(self) -> LimitError:
        return LimitError(
            f"The result has more than {self._limits.max_rows} rows, the limit set by max_rows "
            "(MLFLOW_SQL_MAX_ROWS): ask for fewer rows or raise the limit where the model is loaded."
        )


def _range(count: int) -> pa.Array:
    import numpy as np
    import pyarrow as pa

    return pa.array(np.arange(count, dtype=np.int64))
