"""One row of input as parameters of the query's own text, which DuckDB reads and plans faster than Arrow data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from ..frames.one_row import NAME
from ..query.facts.rows import ROW_ID
from .program import Program
from .sandbox import quote

__all__ = ["with_parameters"]

# The gate judged the text as it is: only where nothing can be hidden is its first word looked for.
_WITH = re.compile(r"(?:[ \t\n]|--[^\r\n]*\n)*WITH[ \t\n]+(RECURSIVE[ \t\n]+)?", re.IGNORECASE)


def with_parameters(program: Program, types: Mapping[str, str]) -> Program | None:
    """A program's query over one row, each of whose values is a parameter; None where their names are taken.

    The row is a list of VALUES: over a SELECT DuckDB would compute the query while it plans, and look at no limit.

    Args:
        program: The program.
        types: The DuckDB types of its input's columns.
    """
    if any(name.startswith(NAME) for name in program.parameters):
        return None
    cells = {name: f"CAST(${NAME}{at} AS {kind})" for at, (name, kind) in enumerate(types.items())}
    parameters = program.parameters | {f"{NAME}{at}" for at in range(len(cells))}
    if program.id_position is not None:
        cells[ROW_ID] = "CAST(0 AS BIGINT)"
    head = f"{quote(program.input_table)}({', '.join(map(quote, cells))}) AS (VALUES ({', '.join(cells.values())}))"
    begin = _WITH.match(program.sql)
    rest = f" {program.sql}" if begin is None else f", {program.sql[begin.end() :]}"
    sql = f"WITH {(begin and begin[1]) or ''}{head}{rest}"
    return replace(program, sql=sql, input_schema=None, parameters=parameters)
