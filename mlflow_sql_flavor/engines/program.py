"""What DuckDB runs, as plain values."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from ..query.gate.expression_bounds import Answer

__all__ = ["Program"]


@dataclass(frozen=True)
class Program:
    """A query as DuckDB runs it.

    Attributes:
        sql: The text.
        input_table: The name it reads the input by.
        input_schema: The input's columns; None if the query reads no input.
        output_types: ``{column: DuckDB type}``, without the hidden row number.
        rows: ``independent``, ``aligned`` or ``table``.
        id_position: Where among the result's columns the input row's number is; None if it carries none.
        parameters: Names of the placeholders.
        constants: ``{name: SELECT}`` of tables of one row that it reads and that no data changes: made once for each
            cursor, of literals alone.
        answer: How wide a row is; None where that is not known.
    """

    sql: str
    input_table: str
    input_schema: pa.Schema | None
    output_types: Mapping[str, str]
    rows: str = "table"
    id_position: int | None = None
    parameters: frozenset[str] = field(default_factory=frozenset)
    constants: Mapping[str, str] = field(default_factory=dict)
    answer: Answer | None = None

    @functools.cached_property
    def unbounded(self) -> int:
        """How many output columns have values of any size."""
        return sum(_UNBOUNDED.search(kind) is not None for kind in self.output_types.values())


_UNBOUNDED = re.compile(r"VARCHAR|BLOB|JSON|BIT|BIGNUM|VARINT|GEOMETRY|[\[(]", re.IGNORECASE)
