"""A table's columns as a query reads them: cast to the model's types where the engine has them of others."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from sqlglot import exp
from sqlglot.errors import SqlglotError

from ..reading.parsed_query import ParsedQuery
from ..reading.traversal import find_all
from .statements import cast_type, column_names

__all__ = [
    "as_type",
    "column_of_table",
    "compared",
    "kept_as",
    "misfits",
    "only_its_columns",
    "reference",
    "shown_in_a_zone",
    "subquery",
]

_T = exp.DType
#: Engines that take a name in quotes for a text where there is no such column, unless its table is said before it, by
#: an alias: https://sqlite.org/quirks.html#double_quoted_string_literals_are_accepted
_ALIAS = {"sqlite": " AS source"}
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
    if (zoned := _in_utc(column, have, kind, dialect)) != column:
        return zoned
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


def shown_in_a_zone(have: str, kind: str, dialect: str) -> bool:
    """Whether the engine shows a column's moments in the zone of the session, and not in UTC as the model does.

    Args:
        have: The engine's type of it.
        kind: The DuckDB type that the model reads.
        dialect: The engine's dialect.
    """
    return dialect == "mysql" and _in_utc("t", have, kind, dialect) != "t"


def _in_utc(column: str, have: str, kind: str, dialect: str) -> str | None:
    """A moment that the engine shows in a zone as the same one in UTC; None where the model's has no zone.

    MySQL's TIMESTAMP is shown in the session's zone, and is what UNIX_TIMESTAMP gives without it:
    https://dev.mysql.com/doc/refman/8.4/en/datetime.html. ClickHouse's DateTime may name a zone:
    https://clickhouse.com/docs/sql-reference/data-types/datetime
    """
    if dialect not in _NO_ZONES or not kind.startswith("TIMESTAMP"):
        return column
    given = _built(have, dialect)
    with_zone = "TIME ZONE" in kind or kind.startswith("TIMESTAMPTZ")
    if dialect == "mysql" and given is not None and _family(given) == "zoned":
        return f"CAST('1970-01-01' AS DATETIME(6)) + INTERVAL UNIX_TIMESTAMP({column}) SECOND" if with_zone else None
    zone = re.search(r"'([^']+)'", have) if dialect == "clickhouse" else None
    if zone is not None and zone[1] not in ("UTC", "Etc/UTC"):
        return f"toTimeZone({column}, 'UTC')" if with_zone else None
    return column


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
    if want == "text":  # a column without TEXT affinity keeps 7 as a number, which no text is equal to
        return None if family == "float" else column if family == "text" else f"CAST({column} AS TEXT)"
    if want in ("integer", "float", "decimal") and family == "text":
        return None
    if want == "float" and family != "float":
        return f"CASE WHEN typeof({column}) = 'integer' THEN CAST({column} AS REAL) ELSE {column} END"
    return None if want == "integer" and family == "float" else column


#: What SQLite may have stored for a value of a family, as its typeof says it.
_STORED = {
    **dict.fromkeys(("integer", "boolean"), ("integer", "null")),
    **dict.fromkeys(("float", "decimal"), ("integer", "real", "null")),
    "text": ("integer", "text", "null"),
    **dict.fromkeys(("date", "timestamp", "zoned", "word"), ("text", "null")),
}
#: Columns that one statement looks at: SQLite bounds the depth of an expression to 1000.
_AT_ONCE = 200


def kept_as(kind: str) -> Sequence[str]:
    """What SQLite's typeof may say of values that are read as a DuckDB type; empty where nothing is known of it."""
    return _STORED.get(_family(_built(kind, "duckdb")) or "", ())


def misfits(table: Sequence[str], columns: Mapping[str, str], dialect: str) -> Iterator[tuple[str, list[str]]]:
    """Queries for a row with a value that its column's type does not tell of: in SQLite any column has values of any.

    Args:
        table: Parts of its name.
        columns: ``{name: DuckDB type that it is read as}``.
        dialect: The engine's dialect.

    Yields:
        A query, each of whose columns is what typeof says of one of the table's, and the names of those.
    """
    if dialect != "sqlite":
        return
    looked_at = [name for name, kind in columns.items() if kept_as(kind)]
    for start in range(0, len(looked_at), _AT_ONCE):
        names = looked_at[start : start + _AT_ONCE]
        kinds = [f"typeof({reference([name], dialect)})" for name in names]
        wrong = [
            f"{kind} NOT IN ({', '.join(map(repr, kept_as(columns[name])))})"
            for name, kind in zip(names, kinds, strict=True)
        ]
        yield f"SELECT {', '.join(kinds)} FROM {reference(table, dialect)} WHERE {' OR '.join(wrong)} LIMIT 1", names


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
    """A table in FROM whose columns are the given values, and no others: one more, there now or added later, could be
    read in the place of an output's alias, or of a column of another table.

    Args:
        table: Parts of its name.
        columns: ``{name: value}``, from :func:`as_type` of what :func:`column_of_table` says.
        dialect: The engine's dialect.
    """
    word = " " if dialect == "oracle" else " AS "
    listed = ", ".join(
        text if text == reference([name], dialect) else f"{text}{word}{reference([name], dialect)}"
        for name, text in columns.items()
    )
    return f"(SELECT {listed} FROM {reference(table, dialect)}{_ALIAS.get(dialect, '')})"


def column_of_table(name: str, dialect: str) -> str:
    """A column as :func:`subquery` reads it of its table, in quotes."""
    return f"source.{reference([name], dialect)}" if dialect in _ALIAS else reference([name], dialect)


def only_its_columns(table: str, types: Collection[str], query: ParsedQuery, dialect: str) -> str:
    """A table in FROM whose columns are those that a query may read of the model's, and no others.

    Args:
        table: Its text in FROM.
        types: The model's columns of it.
        query: The query.
        dialect: The engine's dialect.
    """
    names = column_names(types, query, dialect)
    said = _said(query)
    read = [name for name in types if said is None or name.casefold() in said] or list(types)
    listed = ", ".join(column_of_table(names[name], dialect) for name in read)
    return f"(SELECT {listed} FROM {table}{_ALIAS.get(dialect, '')})" if listed else table


def _said(query: ParsedQuery) -> set[str] | None:
    """Names that a query says; None if it may read columns that it does not name."""
    if query.tree is None:
        return None
    stars = [star for star in find_all(query.tree, exp.Star) if not isinstance(star.parent, exp.Count)]
    natural = any(join.args.get("method") == "NATURAL" for join in find_all(query.tree, exp.Join))
    if stars or natural or any(find_all(query.tree, exp.Columns, exp.Pivot)):
        return None
    tables = {name.casefold() for table in find_all(query.tree, exp.Table) for name in (table.name, table.alias)}
    if any(column.name.casefold() in tables for column in find_all(query.tree, exp.Column)):  # a whole row
        return None
    return {name.name.casefold() for name in find_all(query.tree, exp.Identifier)}


def reference(parts: Sequence[str], dialect: str) -> str:
    """A name of several parts, each in quotes."""
    return ".".join(exp.to_identifier(part, quoted=True).sql(dialect) for part in parts)


#: What compares the values below it.
_COMPARES = (exp.Predicate, exp.Group, exp.Order, exp.Window, exp.Distinct, exp.Case, exp.Max, exp.Min)


def compared(query: ParsedQuery, columns: Collection[str]) -> list[str]:
    """Columns of a table whose values a query compares, sorts or groups, under their own names or others of its own.

    Args:
        query: The query.
        columns: Of the table; one of another table that has the same name counts too.
    """
    if query.tree is None:
        return []
    nodes = list(find_all(query.tree, exp.Column))
    using = {each.name.casefold() for join in find_all(query.tree, exp.Join) for each in join.args.get("using") or []}
    said = {node.name.casefold() for node in nodes if _is_compared(node)} | using
    while True:  # an alias that is compared is one of all that it is made of
        more = {
            node.name.casefold()
            for node in nodes
            if (alias := node.find_ancestor(exp.Alias)) is not None and alias.alias.casefold() in said
        } - said
        if not more:
            return [name for name in columns if name.casefold() in said]
        said |= more


def _is_compared(column: exp.Expr) -> bool:
    node = column.parent
    while node is not None:
        if isinstance(node, _COMPARES) and not isinstance(node, exp.Is):
            return True
        if isinstance(node, (exp.Select, exp.SetOperation)) and node.args.get("distinct"):
            return True
        node = node.parent
    return False
