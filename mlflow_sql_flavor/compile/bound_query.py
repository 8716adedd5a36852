"""A query ready to run on inputs of one set of types."""

from __future__ import annotations

import contextlib
import functools
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from ..engines.duckdb import Runner, TooWide
from ..engines.duckdb_errors import OF_CALLER, OF_PYTHON, ON_INPUT
from ..engines.one_row import execution, with_parameters
from ..engines.program import Program
from ..engines.sandbox import quote
from ..engines.worker import ProcessRunner
from ..errors import InputError, LimitError, QueryError, RunError, SQLModelError
from ..frames import reading, writing
from ..frames.one_row import RowReader, readable
from ..frames.parameters import Parameters
from ..frames.schema import from_arrow
from .compiled_query import Compiled
from .constant_calls import failing_calls, without
from .duckdb_binding import bind
from .failing_constants import Failure, failing_constants, first_sentence, on_purpose
from .optimized_plan import optimized_plan

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Bound"]

#: So long a call that failed is looked at for the parameter that made it fail.
_SECONDS = 0.5
#: DuckDB's words of a value of a column that it cannot convert.
_VALUE = re.compile(r"""(?:'(.*)'|"(.*)"|\bwith value (\S+)).* when casting from source column (.+)""")
_TEXT = re.compile(r"'((?:[^']|'')+)'")


@dataclass(frozen=True)
class Bound:
    """A query ready to run on inputs of one set of types.

    Attributes:
        compiled: What passed the gates.
        runner: Runs it, in this process or in one of its own.
        columns: How its columns become a frame's.
        parameters: Its placeholders, with their defaults.
        quick: Runs it on few rows; None where that is the same.
        few: Runs its other text, for few rows; None if it has none.
        text: The query as it was written.
        memory_limit: Bytes that a frame of Python objects may take.
    """

    compiled: Compiled
    runner: Runner | ProcessRunner
    columns: writing.Columns
    parameters: Parameters
    quick: Runner | None = None
    few: Runner | None = None
    text: str = ""
    memory_limit: int | None = None

    @property
    def program(self) -> Program:
        """What runs."""
        return self.compiled.program

    @functools.cached_property
    def _one_row(self) -> tuple[RowReader, Runner] | None:
        """What reads one row of pandas and runs on it; None where only Arrow will do."""
        program = self.program if self.few is None else self.few.program
        types = readable(program.input_schema)
        changed = with_parameters(program, types) if types is not None else None
        if changed is None or not isinstance(self.runner, Runner) or not self.columns.by_rows:
            return None
        try:
            bound = bind(self.compiled.quick, changed)
        except SQLModelError:
            return None
        if list(bound.output_types.items()) != list(program.output_types.items()):
            return None
        if bound.id_position != program.id_position or types is None:
            return None
        # Over tables DuckDB plans what is prepared anew each time, too.
        executed = execution(bound, types) if not self.compiled.columns else None
        return RowReader(types), self.runner.beside(self.compiled.quick, bound, execution=executed)

    def of_one_row(self, data: Any, params: Mapping[str, Any] | None) -> Any:
        """The result as pandas of one row of it; None of anything else, or where :meth:`run` has to say what fails.

        Args:
            data: As for ``predict``.
            params: Values of the placeholders.

        Raises:
            LimitError: A limit stopped the query.
        """
        one = self._one_row
        given = one[0].values(data) if one is not None else None
        if one is None or given is None:
            return None
        try:
            rows = one[1].rows(None, {**self.parameters.values(params), **given}, 1)
            return self.columns.pandas_rows(rows, data.index if self.program.rows != "table" else None)
        except (InputError, RunError, TooWide, writing.NotByRows):
            return None

    def run(self, frame: reading.Frame | None, values: Mapping[str, Any], output: str | None = None) -> Any:
        """Runs the query on one frame in memory.

        Args:
            frame: The input, of the program's columns; None if the query reads none.
            values: Of the placeholders, from :attr:`parameters`.
            output: ``"pandas"``, ``"arrow"`` or ``"polars"``; None for the kind of the input.

        Raises:
            InputError: The data makes the query fail.
            LimitError: A limit stopped it.
        """
        try:
            return self._run(frame, values, output)
        except InputError as error:
            raise self.explained(error, values, frame.table if frame is not None else None) from error.__cause__

    def explained(self, error: InputError, values: Mapping[str, Any], table: pa.Table | None) -> SQLModelError:
        """The failure of a call as an error of whose mistake it is: a parameter's, the query's, a table's; else itself.

        Args:
            error: What the call failed with.
            values: Its parameters.
            table: Its input.
        """
        said, first = str(error.__cause__), first_sentence(error.__cause__)
        for failure in self._own_failures:
            if failure.said in said:
                return self._own_failure(error, failure.said, failure.place)
        calls = [failure for failure in self._failing_calls if failure.said == first]
        if calls and self._matter(calls, first, values, table):
            return self._own_failure(error, first, calls[0].place if len(calls) == 1 else None)
        try:
            self.parameters.refuse_inconvertible(values, said, self._convert)
        except InputError as named:
            return named
        if not first or OF_PYTHON in said or not isinstance(self.runner, Runner):
            return self._with_tables(error)  # a Python function says itself what fails
        if (place := self._holder(first, values, table)) is not None:
            return _tables_failure(error, f"A value in column {place[1]!r} of reference table {place[0]!r}")
        at_fault = self._at_fault(values, first)
        if at_fault is None and self._tables_matter(first):
            return _tables_failure(error, f"A value of the reference tables ({', '.join(self.compiled.columns)})")
        if at_fault is None:
            return self._own_failure(error, first, None)
        return self.parameters.refusal(at_fault[0], values[at_fault[0]]) if at_fault else self._with_tables(error)

    def _with_tables(self, error: InputError) -> InputError:
        if not self.compiled.columns or not error.message.startswith(OF_CALLER):
            return error
        rest = error.message.removeprefix(OF_CALLER)
        return InputError(f"A value of the input, of a parameter or of a reference table{rest}")

    def _own_failure(self, error: InputError, said: str, place: tuple[int, int] | None) -> RunError:
        """What is said of a part of the query, at its place in the text where that has it once."""
        words = error.message.removeprefix(ON_INPUT)
        words = words if said.rstrip(".") in words else f"{said.rstrip('.')}."
        message = (
            f"A constant part of the query fails for every input that reaches it, correct it and save the model again: "
            f"{words}"
        )
        part = self.program.sql[place[0] : sum(place)] if place is not None else None
        if part is not None and place is not None and (self.text == self.program.sql or self.text.count(part) == 1):
            at = place[0] if self.text == self.program.sql else self.text.find(part)
            message = QueryError(message, self.text, at, len(part)).message
        else:  # a text of the query that what is said names, as a row of VALUES
            texts = [each for each in _TEXT.finditer(self.text) if _named(each[1].replace("''", "'"), said)]
            if len(texts) == 1:
                message = QueryError(message, self.text, texts[0].start(), len(texts[0][0])).message
        return RunError(message)

    def _holder(self, said: str, values: Mapping[str, Any], table: pa.Table | None) -> tuple[str, str] | None:
        """The reference table and its column that have the value DuckDB could not convert, where no input has it."""
        found = _VALUE.search(said) if self.compiled.columns else None
        if found is None:
            return None
        *quoted, source = found.groups()
        value = next(each for each in quoted if each is not None)
        if any(str(each) == value for each in values.values()):
            return None
        program, end = self.program, time.monotonic() + _SECONDS

        def has(name: str, column: str, given: pa.Table | None = None) -> bool:
            sql = f"SELECT 1 AS n FROM {quote(name)} WHERE CAST({quote(column)} AS VARCHAR) = $v LIMIT 1"
            schema = given.schema if given is not None else None
            asked = Program(sql, name, schema, {"n": "INTEGER"}, parameters=frozenset({"v"}))
            runner = cast("Runner", self.runner).beside(self.compiled.quick, asked, max(end - time.monotonic(), 0.01))
            with contextlib.closing(runner):
                return bool(runner.rows(given, {"v": value}))

        with contextlib.suppress(SQLModelError):
            if table is not None and any(has(program.input_table, name, table) for name in table.column_names):
                return None
            for name, columns in self.compiled.columns.items():
                for column in columns:
                    if column.casefold() == source.casefold() and has(name, column):
                        return name, column
        return None

    def _tables_matter(self, said: str) -> bool:
        """Whether a query that fails without an input fails otherwise, or not, with a row of NULL in each table."""
        names, schema = self.compiled.columns, self.program.input_schema
        if not names:
            return False
        nothing = {
            name: f"SELECT t.* FROM (SELECT 1) LEFT JOIN (FROM {quote(name)} LIMIT 1) t ON false" for name in names
        }
        program = replace(self.program, constants={**self.program.constants, **nothing})
        runner = cast("Runner", self.runner).beside(self.compiled.quick, program, _SECONDS)
        with contextlib.closing(runner):
            try:
                runner.arrow(_probes(schema)[0] if schema is not None else None, dict.fromkeys(self.parameters.types))
            except SQLModelError as error:
                return first_sentence(error.__cause__) != said
        return True

    def _at_fault(self, values: Mapping[str, Any], said: str) -> tuple[str, ...] | None:
        """The parameter that makes a call fail where no value of the input takes part in it; None if it is the query.

        A value takes part if the query does not fail in the same words on a row of NULL, and on one of ordinary values.
        """
        schema = self.program.input_schema
        if not said or not isinstance(self.runner, Runner):
            return ()
        nothing, ordinary = _probes(schema) if schema is not None else (None, None)
        runner = self.runner.beside(self.compiled.quick, self.program, _SECONDS)
        end = time.monotonic() + _SECONDS

        def fails(values: Mapping[str, Any], table: Any = nothing) -> bool:
            try:
                runner.arrow(table, values)
            except LimitError:
                raise
            except SQLModelError as error:
                return first_sentence(error.__cause__) == said
            return False

        with contextlib.closing(runner), contextlib.suppress(LimitError):
            if schema is not None and not fails(values):
                return ()
            for name in (name for name, value in values.items() if value is not None):
                if time.monotonic() > end:
                    return ()
                if not fails({**values, name: None}):
                    return (name,)
            without = dict.fromkeys(values)
            if not on_purpose(self.program) and fails(without) and (ordinary is None or fails(without, ordinary)):
                return None
        return ()

    @functools.cached_property
    def _own_failures(self) -> tuple[Failure, ...]:
        """The constant parts that fail where a row gets to them, as in a branch of a CASE."""
        if not isinstance(self.runner, Runner):
            return ()
        schema = self.program.input_schema
        types = {field.name: from_arrow(field.type) for field in schema} if schema is not None else None
        plan = optimized_plan(self.compiled.quick, self.program, types)
        return tuple(failing_constants(plan, self.program, self.compiled.quick, always=False))

    @functools.cached_property
    def _failing_calls(self) -> tuple[Failure, ...]:
        """The calls of macros that fail by their constants, where a row gets to them."""
        if not isinstance(self.runner, Runner):
            return ()
        return tuple(failing_calls(self.program, self.compiled.compat.macros, self.compiled.quick))

    def _matter(self, calls: list[Failure], said: str, values: Mapping[str, Any], table: pa.Table | None) -> bool:
        """Whether a call does not fail in these words where its constants are left out: the words may be a value's."""
        runner = cast("Runner", self.runner).beside(self.compiled.quick, without(self.program, calls), _SECONDS)
        with contextlib.closing(runner):
            try:
                runner.arrow(table, values)
            except LimitError:
                return False
            except SQLModelError as error:
                return first_sentence(error.__cause__) != said
        return True

    def _convert(self, value: Any, kind: str) -> None:
        with contextlib.closing(self.compiled.quick.cursor()) as cursor:
            cursor.execute(f"SELECT CAST($1 AS {kind})", [value]).fetchall()

    def _run(self, frame: reading.Frame | None, values: Mapping[str, Any], output: str | None) -> Any:
        kind = output or (frame.kind if frame is not None else "pandas")
        program = self.program
        table = frame.table if frame is not None else None
        index = frame.index if frame is not None and program.rows != "table" and frame.kind == "pandas" else None
        count = table.num_rows if table is not None else 0
        few = self.compiled.few
        runner: Runner | ProcessRunner = self.runner
        if self.few is not None and few is not None and count <= few.rows:
            runner = self.few
        elif self.quick is not None and count <= runner.small:
            runner = self.quick
        if kind == "pandas" and self.columns.by_rows and count <= runner.small:
            try:
                return self.columns.pandas_rows(runner.rows(table, values), index)
            except (TooWide, writing.NotByRows):
                pass
        projection = self.columns.projection if kind == "pandas" else self.columns.arrow_projection
        # Arrow that is made of a pandas frame shares its memory, which the caller may write to.
        hand_on = kind == "pandas" or (frame is not None and frame.kind != "pandas")
        result = runner.arrow(table, values, projection, hand_on)
        if kind == "arrow":
            return writing.exact(result, program.output_types)
        if kind == "polars":
            import polars

            return polars.from_arrow(result)
        if self.memory_limit is not None and (size := self.columns.of_objects(result)) > self.memory_limit:
            raise LimitError(
                f"The answer takes {size:,} bytes as Python objects, more than memory_limit = {self.memory_limit:,} "
                'bytes (MLFLOW_SQL_MEMORY_LIMIT): ask for output="arrow", or send fewer rows.'
            )
        return self.columns.pandas(result, index)


def _named(value: str, said: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(value)}(?!\w)", said) is not None


def _tables_failure(error: InputError, where: str) -> RunError:
    why = error.message.partition(ON_INPUT)[2].rstrip(".")
    return RunError(
        f"{where} makes the query fail{f' ({why})' if why else ''}: correct the table, and save or load the model with "
        "it again."
    )


def _probes(schema: pa.Schema) -> tuple[pa.Table, pa.Table]:
    """One row of NULL, and one of values that few functions refuse: 1, '1' or a day; NULL of other types."""
    import pyarrow as pa

    def ordinary(kind: pa.DataType) -> pa.Array:
        for text in ("1", "2000-01-01"):
            with contextlib.suppress(pa.ArrowException):
                return pa.array([text]).cast(kind)
        return pa.nulls(1, kind)

    nothing = [pa.nulls(1, field.type) for field in schema]
    return pa.table(nothing, schema=schema), pa.table([ordinary(field.type) for field in schema], schema=schema)
