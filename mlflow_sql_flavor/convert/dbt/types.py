"""Types as an adapter writes them, as DuckDB's: what the package makes of a CAST to them in the project's dialect."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping

from ...compile.check import check
from ...errors import SQLModelError

__all__ = ["ANY_DIGITS", "duckdb_types"]

#: A decimal whose digits nobody tells: those of its values.
ANY_DIGITS = "DECIMAL"

#: Semi-structured types, which come as JSON text.
_JSON = re.compile(r"(?i)variant|object|super|jsonb?|array")
#: Decimals whose digits the database's catalog leaves out.
_NO_DIGITS = {
    "snowflake": re.compile(r"(?i)number|numeric|decimal"),
    "postgres": re.compile(r"(?i)numeric|decimal"),
    "redshift": re.compile(r"(?i)numeric|decimal"),
}


def duckdb_types(columns: Mapping[str, str], dialect: str) -> dict[str, str | None]:
    """``{column: DuckDB type}``; None where the type is not known here, or :data:`ANY_DIGITS`.

    Args:
        columns: ``{column: type}`` as a catalog or a project's files have them.
        dialect: The project's.
    """
    return {name: _type(kind.strip(), dialect) for name, kind in columns.items()}


@functools.lru_cache(maxsize=1024)
def _type(kind: str, dialect: str) -> str | None:
    if _JSON.fullmatch(kind):
        return "JSON"
    no_digits = _NO_DIGITS.get(dialect)
    if no_digits is not None and no_digits.fullmatch(kind):
        return ANY_DIGITS
    try:
        found = check(f"SELECT CAST(NULL AS {kind}) AS c", dialect).output_types
    except SQLModelError:
        return None
    return found["c"] if found else None
