"""The statements around a query in a database: names, types, temporary tables, a table made of the result."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import SqlglotError
from sqlglot.tokens import Token, TokenType

from ...errors import InputError
from ..reading.parsed_query import ParsedQuery
from ..reading.traversal import find_all

__all__ = [
    "argument_type",
    "cast_type",
    "column_names",
    "create_as",
    "create_temporary",
    "drop",
    "has_temporary",
    "insert",
    "name_of_table",
    "projected",
    "repeated",
    "spelled",
    "type_in",
]

#: DuckDB types that sqlglot has no word for in other engines, as wider ones that every engine has.
_WIDER = {
    "HUGEINT": "DECIMAL(38,0)",
    "UHUGEINT": "DECIMAL(38,0)",
    "UBIGINT": "DECIMAL(20,0)",
    "UINTEGER": "BIGINT",
    "USMALLINT": "INTEGER",
    "UTINYINT": "SMALLINT",
    "TIMESTAMP_NS": "TIMESTAMP",
    "TIMESTAMP_MS": "TIMESTAMP",
    "TIMESTAMP_S": "TIMESTAMP",
    "TIMESTAMPTZ_NS": "TIMESTAMP WITH TIME ZONE",
}
#: Types that sqlglot would narrow, or write with a word that the engine lacks.
_OWN = {
    "clickhouse": {
        "TIMESTAMP": "Nullable(DateTime64(6, 'UTC'))",
        "TIMESTAMP WITH TIME ZONE": "Nullable(DateTime64(6, 'UTC'))",
        "DATE": "Nullable(Date32)",
        "HUGEINT": "Nullable(Int128)",
        "JSON": "Nullable(String)",
    },
    "mysql": {
        "TIMESTAMP": "DATETIME(6)",
        "TIMESTAMP WITH TIME ZONE": "DATETIME(6)",
        "TIME": "TIME(6)",
        "VARCHAR": "LONGTEXT",
        "BLOB": "LONGBLOB",
        "JSON": "LONGTEXT",
        "UUID": "VARCHAR(36)",
    },
    "sqlite": {"TIMESTAMP": "TEXT", "TIMESTAMP WITH TIME ZONE": "TEXT", "DATE": "TEXT", "TIME": "TEXT", "UUID": "TEXT"},
    # VARCHAR has one code page, TINYINT no sign, VARBINARY alone one byte:
    # https://learn.microsoft.com/en-us/sql/t-sql/data-types/data-types-transact-sql
    "tsql": {
        "VARCHAR": "NVARCHAR(MAX)",
        "JSON": "NVARCHAR(MAX)",
        "BLOB": "VARBINARY(MAX)",
        "TINYINT": "SMALLINT",
        "FLOAT": "REAL",
        "TIMESTAMP": "DATETIME2(6)",
        "TIMESTAMP WITH TIME ZONE": "DATETIMEOFFSET(6)",
        "TIME": "TIME(6)",
    },
    # A CLOB can neither be compared nor grouped, BOOLEAN is of version 23, DOUBLE PRECISION is a decimal number:
    # https://docs.oracle.com/en/database/oracle/oracle-database/23/sqlrf/Data-Types.html
    "oracle": {
        "BOOLEAN": "NUMBER(1)",
        "TINYINT": "NUMBER(3)",
        "SMALLINT": "NUMBER(5)",
        "INTEGER": "NUMBER(10)",
        "BIGINT": "NUMBER(19)",
        "FLOAT": "BINARY_FLOAT",
        "DOUBLE": "BINARY_DOUBLE",
        "VARCHAR": "VARCHAR2(4000)",
        "UUID": "VARCHAR2(36)",
        "JSON": "CLOB",
        "TIMESTAMP": "TIMESTAMP(6)",
        "TIMESTAMP WITH TIME ZONE": "TIMESTAMP(6) WITH TIME ZONE",
    },
    "redshift": {"UUID": "VARCHAR(36)", "JSON": "VARCHAR(MAX)"},
    "snowflake": {"UUID": "VARCHAR(36)"},
    # Three digits of a second where none are said: https://trino.io/docs/current/language/types.html
    "trino": {
        "TIMESTAMP": "TIMESTAMP(6)",
        "TIMESTAMP WITH TIME ZONE": "TIMESTAMP(6) WITH TIME ZONE",
        "TIME": "TIME(6)",
    },
    "bigquery": {"HUGEINT": "BIGNUMERIC(38, 0)", "UHUGEINT": "BIGNUMERIC(38, 0)"},
}
#: What CAST takes where it is not the name of a column's type.
_CAST_ONLY = {
    "mysql": {
        **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "BOOLEAN"), "SIGNED"),
        "VARCHAR": "CHAR",
        "UUID": "CHAR",
        "JSON": "CHAR",
        "BLOB": "BINARY",
    },
}
_RECORDS = frozenset({exp.DType.STRUCT, exp.DType.MAP, exp.DType.UNION})
_LISTS = _RECORDS | {exp.DType.ARRAY, exp.DType.LIST}
#: Types that an engine does not have.
_NESTED = {
    "postgres": _RECORDS,
    **dict.fromkeys(("sqlite", "mysql", "redshift"), _LISTS),
    "tsql": _LISTS | {exp.DType.INTERVAL},
    "oracle": _LISTS | {exp.DType.INTERVAL, exp.DType.TIME},
}
#: Where a subquery's columns can be renamed after its alias, which spares a guess at how the engine folds names.
_RENAMES = {"postgres", "redshift", "duckdb", "snowflake", "trino"}
_TEMPORARY = {"postgres", "redshift", "duckdb", "snowflake", "mysql", "sqlite", "clickhouse"}


def type_in(kind: str, dialect: str) -> str:
    """A DuckDB type as an engine writes it; wider where the engine has no such type."""
    own = _OWN.get(dialect, {}).get(kind)
    if own is not None or dialect == "duckdb":
        return own or kind
    if dialect == "sqlite" and kind.startswith("DECIMAL"):
        return "NUMERIC"
    built = exp.DataType.build(_WIDER.get(kind, kind), dialect="duckdb")
    if dialect == "bigquery" and built.this == exp.DType.DECIMAL and _beyond_numeric(built):
        return f"BIGNUMERIC({', '.join(str(size) for size in built.expressions)})"
    lacking = _NESTED.get(dialect, frozenset())
    if any(part.this in lacking for part in find_all(built, exp.DataType)):
        raise InputError(
            f"A column or parameter of type {kind} has no counterpart in {dialect}: pass its parts as columns of "
            "their own."
        )
    return built.sql(dialect)


def _beyond_numeric(kind: exp.DataType) -> bool:
    """Whether BigQuery's NUMERIC, of 29 digits before the point and 9 behind it, is too small."""
    sizes = [int(str(size)) for size in kind.expressions]
    scale = sizes[1] if len(sizes) > 1 else 0
    return bool(sizes) and (scale > 9 or sizes[0] - scale > 29)


def argument_type(kind: str, dialect: str) -> str:
    """A DuckDB type as the type of a function's argument; BigQuery takes no sizes there.

    https://cloud.google.com/bigquery/docs/reference/standard-sql/data-types#parameterized_data_types
    """
    found = type_in(kind, dialect)
    return found.partition("(")[0] if dialect == "bigquery" else found


def cast_type(kind: str, dialect: str) -> str:
    """A DuckDB type as an engine takes it in CAST."""
    wider = _WIDER.get(kind, kind)
    return _CAST_ONLY.get(dialect, {}).get(wider) or type_in(kind, dialect)


def has_temporary(dialect: str) -> bool:
    """Whether temporary tables of the engine are known to work here."""
    return dialect in _TEMPORARY


def name_of_table(name: str | Sequence[str], dialect: str) -> tuple[str, ...]:
    """The parts of a table's name, as the engine stores them.

    Args:
        name: Text in the engine's dialect, such as ``ref.listings`` or ``"My Schema".t``, in which a name without
            quotes is folded as the engine folds it; or the parts as they are.
        dialect: The engine's dialect.

    Raises:
        InputError: It is no name of a table.
    """
    if not isinstance(name, str):
        parts = tuple(name)
        if not 1 <= len(parts) <= 3 or not all(isinstance(part, str) and part for part in parts):
            raise InputError(f"A table's name has one to three parts: {name!r} is none.")
        return parts
    try:
        tokens = Dialect.get_or_raise(dialect).tokenize(name)
    except (SqlglotError, ValueError):
        tokens = []
    dots = [token.token_type == TokenType.DOT for token in tokens]
    if len(tokens) not in (1, 3, 5) or dots != [False, True] * (len(tokens) // 2) + [False]:
        raise _no_name(name)
    return tuple(_part(name, token, dialect) for token in tokens[::2])


def spelled(parts: Sequence[str], dialect: str) -> str:
    """A table's name as :func:`name_of_table` reads it back, with quotes where it needs them."""
    plain = [
        re.fullmatch(r"[^\W\d]\w*", part) and _folded(exp.to_identifier(part, quoted=False), dialect) == part
        for part in parts
    ]
    return ".".join(
        part if bare else exp.to_identifier(part, quoted=True).sql(dialect)
        for part, bare in zip(parts, plain, strict=True)
    )


def _part(name: str, token: Token, dialect: str) -> str:
    if token.token_type == TokenType.IDENTIFIER:
        return token.text
    if token.token_type == TokenType.STRING or not re.fullmatch(r"[^\W\d][\w$]*", token.text):
        raise _no_name(name)
    return _folded(exp.to_identifier(token.text, quoted=False), dialect)


def _no_name(name: str) -> InputError:
    return InputError(f"{name[:80]!r} is no name of a table: write it as the engine does, such as schema.table.")


def _folded(identifier: exp.Identifier, dialect: str) -> str:
    return Dialect.get_or_raise(dialect).normalize_identifier(identifier.copy()).name


def _quoted(parts: Sequence[str], dialect: str) -> str:
    return ".".join(exp.to_identifier(part, quoted=True).sql(dialect) for part in parts)


def column_names(columns: Collection[str], query: ParsedQuery, dialect: str) -> dict[str, str]:
    """What the columns of a table that is made for a query are called, so that the query finds them.

    A name that the query says without quotes is folded as the engine folds it; one that it quotes stays as it is.
    """
    said = list(find_all(query.tree, exp.Identifier)) if query.tree is not None else []
    quoted = {identifier.name for identifier in said if identifier.quoted}
    spelled = {identifier.name.casefold(): identifier.name for identifier in said if not identifier.quoted}
    found = {}
    for name in columns:
        found[name] = name
        if name not in quoted and re.fullmatch(r"[^\W\d]\w*", name):
            found[name] = _folded(exp.to_identifier(spelled.get(name.casefold(), name), quoted=False), dialect)
    return found


def create_temporary(name: str, columns: Mapping[str, str], dialect: str) -> str:
    """The statement that makes a temporary table.

    Args:
        name: Its name.
        columns: ``{column: DuckDB type}``.
        dialect: The engine's dialect.

    Raises:
        InputError: The engine has no temporary tables, or none that are known to work here.
    """
    if dialect not in _TEMPORARY:
        raise InputError(
            f"No temporary table is made in {dialect}: load the data there and give the name of its table, in input "
            "and tables."
        )
    listed = ", ".join(f"{_quoted([column], dialect)} {type_in(kind, dialect)}" for column, kind in columns.items())
    return f"CREATE TEMPORARY TABLE {_quoted([name], dialect)} ({listed})"


def insert(name: str, marks: Sequence[str], dialect: str, escape: str = "") -> str:
    """The statement that puts one row into a table, with a driver's marks for its values."""
    quoted = _quoted([name], dialect)
    return f"INSERT INTO {quoted.replace('%', '%%') if escape else quoted} VALUES ({', '.join(marks)})"


def drop(name: str, dialect: str) -> str:
    """The statement that takes a temporary table away."""
    return f"DROP TABLE {_quoted([name], dialect)}"


def create_as(into: Sequence[str], outputs: Mapping[str, str], written: Sequence[str], dialect: str) -> tuple[str, str]:
    """What stands before and after a query to store its result as a table, with the model's names and types.

    Args:
        into: Parts of the new table's name.
        outputs: ``{column: DuckDB type}`` of the model.
        written: The names of the query's columns in the engine, where it cannot rename them.
        dialect: The engine's dialect.
    """
    if dialect == "tsql":
        raise InputError("T-SQL has no CREATE TABLE AS: insert the result of to_sql into a table you made.")
    engine = " ENGINE = MergeTree ORDER BY tuple()" if dialect == "clickhouse" else ""
    head, tail = projected(outputs, written, dialect)
    return f"CREATE TABLE {_quoted(into, dialect)}{engine} AS {head}", tail


def projected(outputs: Mapping[str, str], written: Sequence[str], dialect: str) -> tuple[str, str]:
    """What stands before and after a query so that its columns have the model's names and types.

    Args:
        outputs: ``{column: DuckDB type}`` of the model.
        written: The names of the query's columns in the engine, where it cannot rename them.
        dialect: The engine's dialect.
    """
    if dialect == "sqlite":  # it has types of values, not of columns
        return "", ""
    names = outputs if dialect in _RENAMES else written
    columns = ", ".join(
        f"{_as_type(_quoted([own], dialect), kind, dialect)} AS {_quoted([column], dialect)}"
        for own, (column, kind) in zip(names, outputs.items(), strict=True)
    )
    aliases = f"({', '.join(_quoted([column], dialect) for column in outputs)})" if dialect in _RENAMES else ""
    word = (
        " " if dialect == "oracle" else " AS "
    )  # https://docs.oracle.com/en/database/oracle/oracle-database/23/sqlrf/SELECT.html
    return f"SELECT {columns} FROM (", f"){word}result{aliases}"


def _as_type(value: str, kind: str, dialect: str) -> str:
    if dialect == "oracle" and kind in ("VARCHAR", "JSON"):
        return value  # which a cast would cut off
    return f"CAST({value} AS {cast_type(kind, dialect)})"


def repeated(table: Sequence[str], columns: Sequence[str], dialect: str) -> str:
    """A query that gives a row if a table repeats values of columns that are to be unique."""
    names = [_quoted([column], dialect) for column in columns]
    filled = " AND ".join(f"{name} IS NOT NULL" for name in names)
    key = ", ".join(names)
    return (
        f"SELECT 1 FROM {_quoted(table, dialect)} WHERE {filled} GROUP BY {key} HAVING COUNT(*) > 1"
        f"{'' if dialect in ('oracle', 'tsql') else ' LIMIT 1'}"
    )
