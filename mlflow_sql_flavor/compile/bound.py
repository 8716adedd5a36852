"""A query ready to run on inputs of one set of types."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..engines.duckdb import Runner
from ..engines.one_row import with_parameters
from ..engines.program import Program
from ..engines.worker import ProcessRunner
from ..errors import InputError, RunError, SQLModelError
from ..frames import reading, writing
from ..frames.one_row import RowReader, readable
from ..frames.parameters import Parameters
from .binding import bind
from .compiled import Compiled

__all__ = ["Bound"]


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
    """

    compiled: Compiled
    runner: Runner | ProcessRunner
    columns: writing.Columns
    parameters: Parameters
    quick: Runner | None = None
    few: Runner | None = None

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
        return RowReader(types), self.runner.beside(self.compiled.quick, bound)

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
        except (InputError, RunError, writing.NotByRows):
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
            self.parameters.refuse_inconvertible(values, str(error.__cause__), self._convert)
            raise error

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
            except writing.NotByRows:
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
        return self.columns.pandas(result, index)
