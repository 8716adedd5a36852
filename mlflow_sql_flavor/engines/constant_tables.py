"""Tables of a program's constants, made once for each cursor and not planned at each call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .sandbox import quote

if TYPE_CHECKING:
    import duckdb

__all__ = ["make_constants"]


def make_constants(con: duckdb.DuckDBPyConnection, constants: Mapping[str, str]) -> None:
    """Makes the tables of a program's constants, which this cursor alone sees.

    Args:
        con: A cursor of the program's instance.
        constants: ``{name: SELECT}``, each a part of a query that passed ``query_check.check``.

    Raises:
        duckdb.Error: They do not fit into the memory there may be, or a literal is not of its type.
    """
    for name, select in constants.items():
        con.execute(f"CREATE TEMPORARY TABLE {quote(name)} AS {select}")
