"""What is said of a function that no model may call, by the kind of its name."""

from __future__ import annotations

from typing import Any

from . import grammar
from .identifiers import fold

__all__ = ["no_table_function", "reaches_out", "reason_of", "shown"]


def shown(name: Any) -> str:
    text = str(name)
    return repr(text if len(text) <= 80 else text[:77] + "...")


_FILES = ("read_", "parquet_", "sniff_", "glob", "arrow_scan", "pandas_scan", "python_")
_SESSION = ("current_", "getvariable", "getenv", "duckdb_", "pragma_", "pg_", "has_", "version", "txid_", "in_search_")
_SQL_TEXT = ("query", "json_execute", "json_serialize", "json_deserialize")


def reaches_out(name: str) -> bool:
    """Whether a function's name is of a kind that reads files, looks at the session or runs text as SQL."""
    return bool(reason_of(fold(name)))


def reason_of(name: str) -> str:
    if name.startswith(_FILES):
        return " A model may not read files or memory: bundle the data with tables={name: data}."
    if name.startswith(_SQL_TEXT):
        return " SQL given as text cannot be checked: write the query itself."
    if name.startswith(_SESSION):
        return " A model may not look at the session, the settings or the catalog: pass what it needs as a parameter."
    return ""


def no_table_function(name: str) -> str:
    hint = reason_of(fold(name)) or f" Allowed there: {', '.join(sorted(grammar.allowed('table')))}."
    return f"The query may not read from {shown(name)}.{hint}"
