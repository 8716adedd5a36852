"""A model's rows beside those of the engine that its query was written for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..artifact.example import stored
from ..artifact.recorded_rows import stored_output
from ..compile.gates.row_number import orders_rows
from ..frames import reading
from ..frames.compare import Comparison, compare
from .database import answer

if TYPE_CHECKING:
    import pyarrow as pa

    from ..compile.model_definition import Definition
    from ..engines.program import Program

__all__ = ["case_of", "of_engine", "of_record"]


def case_of(model: Definition, data: Any, params: Mapping[str, Any] | None, expected: Any) -> tuple[Any, Any, pa.Table]:
    """What a model is run on and the rows it has to give: as given, else as they are stored with it.

    Raises:
        InputError: Nothing is stored to compare with, and nothing given.
    """
    section = model.spec.expected_output if model.spec is not None else None
    rows = reading.read(expected).table if expected is not None else stored_output(model.folder, section)
    if data is None and params is None and model.folder is not None:
        data, params = stored(model.folder)
    return data, params, rows


def of_record(program: Program, result: pa.Table, rows: pa.Table) -> Comparison:
    """A model's rows, on the left, and those of its case."""
    return compare(result, rows, ordered=orders_rows(program))


def of_engine(program: Program, result: Any, expected: pa.Table) -> Comparison:
    """What :meth:`SQLModel.run_on` gave, on the left, and the model's rows."""
    ordered = program.rows == "table" and orders_rows(program)
    return compare(answer(result, program.output_types), expected, ordered=ordered)
