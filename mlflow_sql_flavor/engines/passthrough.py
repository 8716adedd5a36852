"""The output columns of a program that need no engine: they are the input's, value for value and row for row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..frames.schema import from_arrow
from ..query.facts.passthrough import passthrough_columns
from ..query.facts.rows import ROW_ID
from .query_check import parse_tree

if TYPE_CHECKING:
    from .program import Program

__all__ = ["passed_through"]

#: Types of which a value is the same after a way through DuckDB.
_SAME = {
    *("BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"),
    *("FLOAT", "DOUBLE", "VARCHAR", "BLOB", "DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"),
}
#: A longer query is not looked through: its parse as JSON takes longer than the columns.
_LONG = 100_000


def passed_through(cursor: Any, program: Program) -> dict[str, str]:
    """``{output column: input column}`` of a program that keeps the input's rows.

    Args:
        cursor: Of any instance, for its parser.
        program: Bound.
    """
    if program.input_schema is None or program.rows == "table" or len(program.sql) > _LONG:
        return {}
    tree = parse_tree(cursor, program.sql)["statements"][0]
    columns = passthrough_columns(tree, program.input_table, program.input_schema.names)
    names: list[str] = list(program.output_types)
    if program.id_position is not None:
        names.insert(program.id_position, ROW_ID)
    if len(columns) != len(names):
        return {}
    kinds = {field.name: from_arrow(field.type) for field in program.input_schema}
    return {
        name: column
        for name, column in zip(names, columns, strict=True)
        if column is not None and program.output_types.get(name) == kinds[column] and kinds[column] in _SAME
    }
