"""A query ready to run on inputs of one set of types."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..engines.duckdb import Runner
from ..engines.program import Program
from ..engines.worker import ProcessRunner
from ..errors import InputError
from ..frames import reading, writing
from ..frames.parameters import Parameters
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
        few: Runs its other text, for few rows; None if it has none.
    """

    compiled: Compiled
    runner: Runner | ProcessRunner
    columns: writing.Columns
    parameters: Parameters
    few: Runner | None = None

    @property
    def program(self) -> Program:
        """What runs."""
        return self.compiled.program

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
        with contextlib.closing(self.compiled.instance.cursor()) as cursor:
            cursor.execute(f"SELECT CAST($1 AS {kind})", [value]).fetchall()

    def _run(self, frame: reading.Frame | None, values: Mapping[str, Any], output: str | None) -> Any:
        kind = output or (frame.kind if frame is not None else "pandas")
        program = self.program
        table = frame.table if frame is not None else None
        index = frame.index if frame is not None and program.rows != "table" and frame.kind == "pandas" else None
        count = table.num_rows if table is not None else 0
        few = self.compiled.few
        runner = self.few if self.few is not None and few is not None and count <= few.rows else self.runner
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
