"""A table's columns as a query reads them: cast to the model's types where the engine has them of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlglot import exp
from sqlglot.errors import SqlglotError

from ..reading.types import ParsedQuery
from .statements import cast_type

__all__ = ["as_type", "reads_all", "reference", "subquery"]

_T = exp.DType
#: Bits of whole numbers; those without a sign have one less than a signed type needs.
_SIGNED = {_T.TINYINT: 8, _T.SMALLINT: 16, _T.MEDIUMINT: 24, _T.INT: 32, _T.BIGINT: 64, _T.INT128: 128, _T.INT256: 256}
_UNSIGNED = {
    _T.UTINYINT: 8, _T.USMALLINT: 16, _T.UMEDIUMINT: 24, _T.UINT: 32, _T.UBIGINT: 64, _T.UINT128: 128, _T.UINT256: 256,
}  # fmt: skip
_FAMILIES = {
    **dict.fromkeys((*_SIGNED, *_UNSIGNED), "integer"),
    **dict.fromkeys((_T.FLOAT, _T.DOUBLE), "float"),
    **dict.fromkeys((_T.DECIMAL, _T.BIGDECIMAL, _T.MONEY), "decimal"),
    **dict.fromkeys(
        (_T.VARCHAR, _T.TEXT, _T.CHAR, _T.NCHAR, _T.NVARCHAR, _T.TINYTEXT, _T.MEDIUMTEXT, _T.LONGTEXT, _T.BPCHAR),
        "text",
    ),
    _T.BOOLEAN: "boolean",
    **dict.fromkeys((_T.DATE, _T.DATE32), "date"),
    **dict.fromkeys(
        (_T.TIMESTAMP, _T.TIMESTAMPNTZ, _T.DATETIME, _T.DATETIME2, _T.DATETIME64, _T.SMALLDATETIME, _T.TIMESTAMP_S,
         _T.TIMESTAMP_MS, _T.TIMESTAMP_NS),
        "timestamp",
    ),
    **dict.fromkeys((_T.TIMESTAMPTZ, _T.TIMESTAMPLTZ), "zoned"),
    **dict.fromkeys((_T.UUID, _T.JSON, _T.JSONB), "word"),
}  # fmt: skip
#: Engines that count with all whole numbers in 64 bits or more.
_ONE_INTEGER = {"mysql", "sqlite", "oracle", "bigquery", "snowflake"}
#: Engines whose words for floating numbers sqlglot does not tell apart, or that have one of them.
_ONE_FLOAT = {"tsql", "oracle", "bigquery", "snowflake"}
#: Engines in which a truth value is a whole number.
_NUMBER_IS_BOOLEAN = {"mysql", "tsql", "oracle", "clickhouse"}
#: Engines in which a moment with a zone is one without, in UTC.
_NO_ZONES = {"mysql", "clickhouse"}


def as_type(column: str, have: str, kind: str, dialect: str) -> str | None:
    """A column as a value of the model's type.

    Args:
        column: Quoted.
        have: The engine's type of it; an empty text, or a word that is not known, is taken to fit.
        kind: The DuckDB type that the model reads.
        dialect: The engine's dialect.

    Returns:
        The column, or a cast of it; None where no cast keeps every value.
    """
    if dialect == "sqlite":
        return _of_sqlite(column, have, kind)
    given, wanted = _built(have, dialect), _built(kind, "duckdb")
    found, want = _family(given), _family(wanted)
    if given is None or wanted is None or found is None or want is None:
        return column
    cast = f"CAST({column} AS {cast_type(kind, dialect)})"
    if want == "integer" and dialect not in ("duckdb", "clickhouse") and cast_type(kind, dialect).startswith("DEC"):
        want, wanted = "decimal", exp.DataType.build("DECIMAL(38,0)", dialect="duckdb")
    if want == found:
        return _widened(column, cast, given, wanted, found, dialect)
    if (want, found) in (("integer", "decimal"), ("decimal", "integer"), ("timestamp", "date")):
        return cast if found != "decimal" or _scale(given, dialect) == 0 else column if dialect == "oracle" else None
    if want == "float":
        return cast if found in ("integer", "decimal") else None
    if want == "text":
        return cast if found in ("integer", "decimal", "date", "word") and dialect != "oracle" else None
    if want == "boolean":
        return column if found in ("integer", "decimal") and dialect in _NUMBER_IS_BOOLEAN else None
    if (want, found) == ("date", "timestamp"):
        return column if dialect == "oracle" else None
    if {want, found} == {"timestamp", "zoned"}:
        return column if dialect in _NO_ZONES else None
    if want == "integer" and found == "boolean":
        return column if dialect in _NUMBER_IS_BOOLEAN else None
    return column if want == "word" else None


def _widened(
    column: str, cast: str, given: exp.DataType, wanted: exp.DataType, family: str, dialect: str
) -> str | None:
    """A column of the same family."""
    if family == "integer":
        return cast if dialect not in _ONE_INTEGER and _bits(given) < _bits(wanted) else column
    if family == "float":
        return cast if dialect not in _ONE_FLOAT and given.this != wanted.this else column
    if family == "text":  # a cast takes the blanks away that CHAR(n) fills a text up with, as comparisons there do
        return cast if dialect in ("postgres", "redshift") and given.this in (_T.CHAR, _T.BPCHAR) else column
    if family == "decimal" and dialect != "oracle":
        have, want = _scale(given, dialect), _scale(wanted, "duckdb")
        if [str(e) for e in given.expressions] == [str(e) for e in wanted.expressions]:
            return column
        return cast if have is None or want is None or have <= want else None
    return column


def _of_sqlite(column: str, have: str, kind: str) -> str | None:
    """SQLite's columns have no types but affinities; whole numbers in one that is not REAL would divide as such."""
    family, want = _family(_built(have, "sqlite")), _family(_built(kind, "duckdb"))
    if want in ("integer", "float", "decimal") and family == "text":
        return None
    if want == "float" and family != "float":
        return f"CASE WHEN typeof({column}) = 'integer' THEN CAST({column} AS REAL) ELSE {column} END"
    if want == "integer" and family == "float":
        return None
    if want == "text" and family == "integer":
        return f"CAST({column} AS TEXT)"
    return column


def _built(kind: str, dialect: str) -> exp.DataType | None:
    if not kind:
        return None
    try:
        built = exp.DataType.build(kind, dialect=dialect)
    except (SqlglotError, ValueError):
        return None
    inner = built.expressions[0] if built.this == _T.LOWCARDINALITY and built.expressions else built
    return inner if isinstance(inner, exp.DataType) else None


def _family(kind: exp.DataType | None) -> str | None:
    return _FAMILIES.get(kind.this) if kind is not None else None


def _bits(kind: exp.DataType) -> int:
    return 2 * _SIGNED[kind.this] if kind.this in _SIGNED else 2 * _UNSIGNED[kind.this] + 1


def _scale(kind: exp.DataType, dialect: str) -> int | None:
    """Digits behind the point; None where they are not bounded."""
    sizes = [str(each) for each in kind.expressions]
    if not sizes:
        return 4 if kind.this == _T.MONEY else None
    return int(sizes[1]) if len(sizes) > 1 and sizes[1].lstrip("-").isdigit() else 0


def subquery(table: Sequence[str], columns: Mapping[str, str], dialect: str) -> str:
    """A table in FROM whose columns are the given values, and no others.

    Args:
        table: Parts of its name.
        columns: ``{name: value}``, from :func:`as_type`.
        dialect: The engine's dialect.
    """
    word = " " if dialect == "oracle" else " AS "
    listed = ", ".join(
        text if text == reference([name], dialect) else f"{text}{word}{reference([name], dialect)}"
        for name, text in columns.items()
    )
    return f"(SELECT {listed} FROM {reference(table, dialect)})"


def reference(parts: Sequence[str], dialect: str) -> str:
    """A name of several parts, each in quotes."""
    return ".".join(exp.to_identifier(part, quoted=True).sql(dialect) for part in parts)


def reads_all(query: ParsedQuery) -> bool:
    """Whether the query reads whatever columns a table has: by ``*``, or by a natural join."""
    if query.tree is None:
        return False
    natural = any(join.args.get("method") == "NATURAL" for join in query.tree.find_all(exp.Join))
    return natural or query.tree.find(exp.Star) is not None
