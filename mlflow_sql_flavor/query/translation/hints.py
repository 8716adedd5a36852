"""What to say of a DuckDB query that looks as if it was written for another engine: ``dialect=`` was forgotten."""

from __future__ import annotations

import contextlib

from sqlglot.dialects.dialect import Dialect
from sqlglot.parser import Parser

from ...errors import SQLModelError
from ..dialects import rules_of
from ..dialects.shared.catalog import catalog
from ..reading.foreign_names import FOREIGN_NAMES
from ..reading.parse import parse

__all__ = ["DIALECTS", "function_hint", "in_catalogs", "text_hint"]

#: In the order in which they are named.
DIALECTS = (
    "databricks", "snowflake", "bigquery", "postgres", "mysql", "tsql", "oracle", "redshift", "trino", "clickhouse",
    "sqlite",
)  # fmt: skip
#: Longer texts are generated ones, and reading them eleven times over takes long.
_MAX_CHARS = 100_000


def function_hint(name: str) -> str:
    """What to do about a function that DuckDB does not have: whose it is, or how to pass one's own.

    Args:
        name: The function's name, as DuckDB folds it.
    """
    known = FOREIGN_NAMES.get(name.upper())
    owners = [dialect for dialect in DIALECTS if dialect in known] if known else in_catalogs(name)
    if owners:
        return f" {_listed(owners)} {_plural(owners)} it: pass the query's dialect, as in dialect={owners[0]!r}."
    if name.upper() in Parser.FUNCTIONS:
        return " Other engines have it: pass the dialect that the query is written in, as dialect=."
    return f" A Python function is passed as udfs=[{name}]." if name.isidentifier() else ""


def text_hint(sql: str) -> str:
    """A sentence on a text that DuckDB's parser refuses and another dialect's takes; empty if none does."""
    if len(sql) > _MAX_CHARS:
        return ""
    if _reads("duckdb", sql):  # sqlglot takes more than any engine: that it reads the text says little
        return " If it is written for another engine, pass its dialect, as dialect=."
    known = [dialect for dialect in DIALECTS if _reads(dialect, sql)]
    return f" It reads as {_listed(known)}: pass the query's dialect, as in dialect={known[0]!r}." if known else ""


def in_catalogs(name: str) -> list[str]:
    """The dialects whose catalogue, rules or parser has a function.

    Args:
        name: The function's name, in small letters.
    """
    return [dialect for dialect in DIALECTS if _has(dialect, name)]


def _has(dialect: str, name: str) -> bool:
    rules = rules_of(dialect)
    if name in rules.functions or name in rules.known_functions:
        return True
    if rules.catalog:
        return name in catalog(rules.catalog)
    own = Dialect.get_or_raise(dialect).parser_class.FUNCTIONS
    return name.upper() in own and name.upper() not in Parser.FUNCTIONS


def _reads(dialect: str, sql: str) -> bool:
    with contextlib.suppress(SQLModelError):
        return parse(sql, dialect).tree is not None
    return False


def _plural(names: list[str]) -> str:
    return "has" if len(names) == 1 else "have"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
