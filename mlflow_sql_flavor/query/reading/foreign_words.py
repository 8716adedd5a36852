"""Words of a text that DuckDB reads, or stumbles over, and that are at home in another dialect."""

from __future__ import annotations

import re

from sqlglot import TokenType
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import SqlglotError

__all__ = ["foreign_words"]

#: Names of types and functions, from the engines' own references; DuckDB takes some of them as aliases of its own.
_WORDS = {
    "INT64": ("bigquery",),
    "FLOAT64": ("bigquery",),
    "BIGNUMERIC": ("bigquery",),
    "BYTES": ("bigquery",),
    "SAFE_CAST": ("bigquery",),
    "SAFE_DIVIDE": ("bigquery",),
    "SAFE_OFFSET": ("bigquery",),
    "GENERATE_ARRAY": ("bigquery",),
    "FORMAT_DATE": ("bigquery",),
    "PARSE_DATE": ("bigquery",),
    "TIMESTAMP_DIFF": ("bigquery",),
    "STRING": ("bigquery", "databricks"),
    "DATETIME": ("bigquery", "mysql", "tsql"),
    "BYTEA": ("postgres",),
    "JSONB": ("postgres",),
    "REGCLASS": ("postgres",),
    "INT4": ("postgres",),
    "INT8": ("postgres",),
    "FLOAT8": ("postgres",),
    "TO_CHAR": ("postgres", "oracle", "snowflake"),
    "DATE_PART": ("postgres", "redshift", "snowflake"),
    "VARIANT": ("snowflake",),
    "TIMESTAMP_NTZ": ("snowflake", "databricks"),
    "IFF": ("snowflake",),
    "ZEROIFNULL": ("snowflake",),
    "DATEADD": ("snowflake", "tsql", "redshift"),
    "NUMBER": ("snowflake", "oracle"),
    "VARCHAR2": ("oracle",),
    "NVL": ("oracle", "snowflake", "redshift"),
    "SYSDATE": ("oracle",),
    "NVARCHAR": ("tsql",),
    "DATETIME2": ("tsql",),
    "GETDATE": ("tsql",),
    "ISNULL": ("tsql",),
    "EXPLODE": ("databricks",),
    "FROM_UNIXTIME": ("databricks", "mysql", "trino"),
    "GROUP_CONCAT": ("mysql", "sqlite"),
    "DATE_FORMAT": ("mysql", "databricks", "trino"),
    "TOSTRING": ("clickhouse",),
    "TODATE": ("clickhouse",),
    "UNIQ": ("clickhouse",),
    "ELEMENT_AT": ("trino",),
    "APPROX_DISTINCT": ("trino",),
}


def foreign_words(text: str) -> dict[str, tuple[str, ...]]:
    """``{word as written: dialects that it is of}``, in the order of the text; texts and comments do not count.

    Args:
        text: A query that is read as DuckDB's.
    """
    found: dict[str, tuple[str, ...]] = {}
    if "`" in re.sub(r"'[^']*'", "", text):
        found["`"] = ("bigquery", "databricks", "mysql")
    try:
        tokens = DuckDB().tokenize(text)
    except SqlglotError:
        return found
    for at, token in enumerate(tokens):
        known = _WORDS.get(token.text.upper())
        if known and token.token_type is not TokenType.STRING and _used_as_such([t.text.upper() for t in tokens], at):
            found.setdefault(token.text, known)
    return found


def _used_as_such(words: list[str], at: int) -> bool:
    """Whether it is called, or stands where a type does: a column may have such a name."""
    before = words[at - 1] if at else ""
    if before == "AS":
        return _in_cast(words, at)
    return before in ("::", "<") or (before != "." and words[at + 1 : at + 2] == ["("])


def _in_cast(words: list[str], at: int) -> bool:
    depth = 0
    for place in range(at - 1, 0, -1):
        depth += {")": 1, "(": -1}.get(words[place], 0)
        if depth < 0:
            return words[place - 1] in ("CAST", "TRY_CAST", "SAFE_CAST")
    return False
