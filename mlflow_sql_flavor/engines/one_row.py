"""One row of input as parameters of the query's own text, which DuckDB reads and plans faster than Arrow data."""

from __future__ import annotations

import datetime
import decimal
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ..frames.one_row import NAME
from ..query.facts.rows import ROW_ID
from .program import Program
from .sandbox import quote

__all__ = ["PREPARED", "execution", "with_parameters"]

#: The name that a prepared query has on its cursor.
PREPARED = "one_row"

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


def execution(program: Program, types: Mapping[str, str]) -> Callable[[Mapping[str, Any]], str] | None:
    """Writes ``EXECUTE`` of a prepared query for the values of its row; None where it is not to be prepared.

    DuckDB keeps the plan of what is prepared, which takes most of the time of one row, but binds no parameter there.
    So only types are written whose values have no characters of their own: texts, and a query's own parameters, are
    bound.

    Args:
        program: From :func:`with_parameters`.
        types: As there.
    """
    writers = {f"{NAME}{at}": _writer(kind) for at, kind in enumerate(types.values())}
    if program.constants or set(program.parameters) != set(writers) or None in writers.values():
        return None
    known = {name: writer for name, writer in writers.items() if writer is not None}

    def execute(values: Mapping[str, Any]) -> str:
        return f"EXECUTE {PREPARED}({', '.join([f'{name} := {write(values[name])}' for name, write in known.items()])})"

    return execute


def _writer(kind: str) -> Callable[[Any], str] | None:
    """What writes a value that ``frames.one_row`` read of a column of this type."""
    form = _FORMS.get(kind.partition("(")[0])
    if form is None:
        return None
    classes, text = form

    def write(value: Any) -> str:
        if value is None:
            return f"CAST(NULL AS {kind})"
        if type(value) not in classes:
            raise TypeError(f"{type(value).__name__} is no value of {kind}")
        return text(value, kind)

    return write


def _number(value: float, kind: str) -> str:
    written = repr(value)  # the shortest text that reads as the same number
    return f"CAST('{written}' AS DOUBLE)" if "n" in written or "e" in written else f"{written}e0"


_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
_Form = tuple[tuple[type, ...], Callable[[Any, str], str]]
#: ``{type: (classes of its values, what writes one)}``.
_FORMS: dict[str, _Form] = {
    **dict.fromkeys(_INTEGERS, ((int,), lambda value, kind: f"CAST({value} AS {kind})")),
    **dict.fromkeys(("FLOAT", "DOUBLE"), ((float,), _number)),
    "BOOLEAN": ((bool,), lambda value, kind: str(value).lower()),
    "DATE": ((datetime.date,), lambda value, kind: f"DATE '{value.isoformat()}'"),
    "TIMESTAMP": ((datetime.datetime,), lambda value, kind: f"TIMESTAMP '{value.isoformat(' ')}'"),
    "DECIMAL": ((decimal.Decimal,), lambda value, kind: f"CAST('{value:f}' AS {kind})"),
}
