"""The statements that make a view, a function or a table of a query, in each engine's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ..errors import InputError

__all__ = ["BARE", "FUNCTIONS", "Argument", "create", "marker_of", "no_row", "plan_of", "reads", "replaces", "swap"]

#: Engines with functions that give tables, or views with parameters.
FUNCTIONS = {"postgres", "bigquery", "snowflake", "databricks", "clickhouse"}
#: Engines in which a function's argument is read by its bare name, which a column of that name would hide.
BARE = {"bigquery", "snowflake", "databricks"}
#: Engines that put a new view in an old one's place in one statement.
_REPLACES = {"duckdb", "mysql", "clickhouse", "snowflake", "bigquery", "trino", "oracle", "databricks", "redshift"}


@dataclass(frozen=True)
class Argument:
    """An argument of a function.

    Attributes:
        name: Quoted.
        kind: The engine's type.
        default: The engine's literal of its value here.
    """

    name: str
    kind: str
    default: str


def marker_of(dialect: str, arguments: Mapping[str, Argument]) -> Callable[[str, str, int], str]:
    """How the body of a function reads an argument, by the parameter's name."""
    numbers = {name: number for number, name in enumerate(arguments, 1)}

    def marker(name: str, kind: str, number: int) -> str:
        if dialect == "postgres":
            return f"${numbers[name]}"
        if dialect == "clickhouse":
            return f"{{{arguments[name].name}:{arguments[name].kind}}}"
        return arguments[name].name

    return marker


def create(
    kind: str,
    dialect: str,
    name: str,
    body: str,
    arguments: Sequence[Argument] = (),
    columns: Sequence[tuple[str, str]] = (),
    *,
    replace: bool = False,
    text: Callable[[str], str] = str,
) -> str:
    """The statement that makes a deployment.

    Args:
        kind: ``view``, ``function`` or ``table``.
        dialect: The engine's.
        name: Quoted.
        body: The query.
        arguments: Of a function.
        columns: ``(quoted name, the engine's type)`` of the query's columns.
        replace: Whether it takes the place of one that is there.
        text: Writes a text as the engine's literal.
    """
    if kind == "function":
        return _function(dialect, name, body, arguments, columns, replace, text)
    if kind == "table":
        if dialect == "tsql":  # https://learn.microsoft.com/en-us/sql/t-sql/queries/select-into-clause-transact-sql
            return f"SELECT * INTO {name} FROM ({body}) AS deployed"
        engine = " ENGINE = MergeTree ORDER BY tuple()" if dialect == "clickhouse" else ""
        return f"CREATE{' OR REPLACE' if replace else ''} TABLE {name}{engine} AS {body}"
    word = "CREATE VIEW"
    if replace:
        word = "CREATE OR ALTER VIEW" if dialect == "tsql" else "CREATE OR REPLACE VIEW"
    return f"{word} {name} AS {body}"


def _function(
    dialect: str,
    name: str,
    body: str,
    arguments: Sequence[Argument],
    columns: Sequence[tuple[str, str]],
    replace: bool,
    text: Callable[[str], str],
) -> str:
    word = "CREATE OR REPLACE" if replace else "CREATE"
    returned = ", ".join(f"{column} {kind}" for column, kind in columns)
    listed = ", ".join(f"{each.name} {each.kind} DEFAULT {each.default}" for each in arguments)
    if (
        dialect == "postgres"
    ):  # its tables and columns are known to it: https://www.postgresql.org/docs/14/sql-createfunction.html
        return (
            f"{word} FUNCTION {name}({listed}) RETURNS TABLE ({returned}) LANGUAGE sql STABLE\n"
            f"BEGIN ATOMIC\n{body};\nEND"
        )
    if dialect == "clickhouse":  # https://clickhouse.com/docs/sql-reference/statements/create/view#parameterized-view
        return f"{word} VIEW {name} AS {body}"
    if dialect == "bigquery":  # https://cloud.google.com/bigquery/docs/reference/standard-sql/table-functions
        plain = ", ".join(f"{each.name} {each.kind}" for each in arguments)
        return f"{word} TABLE FUNCTION {name}({plain}) AS {body}"
    if dialect == "snowflake":  # https://docs.snowflake.com/en/developer-guide/udf/sql/udf-sql-tabular-functions
        return f"{word} FUNCTION {name}({listed}) RETURNS TABLE ({returned}) AS {text(body)}"
    if (
        dialect == "databricks"
    ):  # https://docs.databricks.com/aws/en/sql/language-manual/sql-ref-syntax-ddl-create-sql-function
        return f"{word} FUNCTION {name}({listed}) RETURNS TABLE ({returned}) RETURN {body}"
    raise InputError(
        f"{dialect} has no functions that give tables: deploy a view, or on one of {', '.join(sorted(FUNCTIONS))}."
    )


def reads(kind: str, dialect: str, name: str, arguments: Sequence[Argument] = ()) -> str:
    """The statement that reads a deployment, a function with the values it was deployed with."""
    if kind != "function":
        return f"SELECT * FROM {name}"
    if dialect == "clickhouse":
        return f"SELECT * FROM {name}({', '.join(f'{each.name} = {each.default}' for each in arguments)})"
    call = f"{name}({', '.join(each.default for each in arguments)})"
    return f"SELECT * FROM TABLE({call})" if dialect == "snowflake" else f"SELECT * FROM {call}"


def no_row(statement: str, dialect: str) -> str:
    """The statement that asks for no row of another: whether it can be read."""
    return f"SELECT * FROM ({statement}){' ' if dialect == 'oracle' else ' AS '}tried WHERE 1 = 0"


def swap(dialect: str, name: str, made: str, gone: str) -> tuple[list[str], str] | None:
    """The statements that put a table that was made into the place of an old one, without a moment of none.

    Args:
        dialect: The engine's.
        name: The old one's, quoted.
        made: The new one's, quoted.
        gone: A free name, quoted.

    Returns:
        The statements, and the name under which the old one is to be dropped; None where the engine replaces a table by
        the statement that makes it.
    """
    if dialect == "mysql":
        return [f"RENAME TABLE {name} TO {gone}, {made} TO {name}"], gone
    if dialect == "clickhouse":
        return [f"EXCHANGE TABLES {name} AND {made}"], made
    if dialect == "snowflake":
        return [f"ALTER TABLE {name} SWAP WITH {made}"], made
    return None


def replaces(dialect: str) -> bool:
    """Whether a view takes an old one's place in one statement."""
    return dialect in _REPLACES


def plan_of(statement: str, dialect: str) -> str:
    """The statement that tells the engine's plan of another.

    Raises:
        InputError: The engine tells it in another way.
    """
    if dialect in ("tsql", "bigquery"):
        raise InputError(f"{dialect} tells no plan by a statement: look at it in the engine's own tools.")
    word = {"sqlite": "EXPLAIN QUERY PLAN", "snowflake": "EXPLAIN USING TEXT", "oracle": "EXPLAIN PLAN FOR"}
    return f"{word.get(dialect, 'EXPLAIN')} {statement}"
