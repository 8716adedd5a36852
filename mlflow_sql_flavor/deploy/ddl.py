"""The statements that make a view, a function or a table of a query, in each engine's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ..errors import InputError
from ..query.targets.sqlserver import as_body
from .engines import FUNCTIONS, engine_of

__all__ = ["Argument", "create", "drop", "marker_of", "no_row", "plan_of", "reads", "refresh", "swap"]


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
    mark: str = "",
) -> list[str]:
    """The statements that make a deployment.

    Args:
        kind: ``view``, ``function`` or ``table``.
        dialect: The engine's.
        name: Quoted.
        body: The query.
        arguments: Of a function.
        columns: ``(quoted name, the engine's type)`` of the query's columns.
        replace: Whether it takes the place of one that is there.
        text: Writes a text as the engine's literal.
        mark: Words that the engine keeps with the object, where that takes no statement of its own.

    Raises:
        InputError: The engine has no such statement.
    """
    if kind == "function":
        return [_function(dialect, name, body, arguments, columns, replace, text)]
    engine = engine_of(dialect)
    if kind == "table":
        return _table(dialect, name, body, columns, replace, mark)
    if replace and not engine.replace_view:
        raise InputError(f"{dialect} puts no view in another one's place.")
    word = engine.replace_view if replace else "CREATE VIEW"
    grants = " COPY GRANTS" if replace and dialect == "snowflake" else ""
    note = f"/* {mark} */ " if mark and dialect == "sqlite" else ""
    return [f"{word} {name}{grants} AS {note}{body}"]


def _table(
    dialect: str, name: str, body: str, columns: Sequence[tuple[str, str]], replace: bool, mark: str
) -> list[str]:
    word = engine_of(dialect).replace_table if replace else "CREATE TABLE"
    if not word:
        raise InputError(f"{dialect} puts no table in another one's place: delete the deployment and create it anew.")
    if dialect == "tsql":  # https://learn.microsoft.com/en-us/sql/t-sql/queries/select-into-clause-transact-sql
        return [as_body(f"SELECT * INTO {name} FROM ({body}) AS deployed")]
    if dialect == "sqlite":  # which keeps the text of a table with its columns, and what stands in it
        listed = ", ".join(f"{column} {kind}" for column, kind in columns)
        return [f"CREATE TABLE {name} ({listed} /* {mark} */)", f"INSERT INTO {name} {body}"]
    if dialect == "clickhouse":  # in two: a query that fails would leave the table
        return [f"{word} {name} ENGINE = MergeTree ORDER BY tuple() EMPTY AS {body}", f"INSERT INTO {name} {body}"]
    between = {
        "snowflake": " COPY GRANTS" if replace else "",
        "mysql": f" COMMENT = '{mark}'",
    }
    return [f"{word} {name}{between.get(dialect, '')} AS {body}"]


def refresh(dialect: str, name: str, made: str, columns: Sequence[str], body: str) -> list[str]:
    """The statements that give a table new rows, of the same columns; none where the engine has no such way.

    Args:
        dialect: The engine's.
        name: The table's, quoted.
        made: A free name, quoted.
        columns: The table's, quoted.
        body: The query.
    """
    listed = ", ".join(columns)
    return [each.format(name=name, made=made, columns=listed, body=body) for each in engine_of(dialect).refresh]


def drop(kind: str, dialect: str, name: str, arguments: str = "") -> str:
    """The statement that takes an object away.

    Args:
        kind: ``view``, ``function`` or ``table``.
        dialect: The engine's.
        name: Quoted.
        arguments: Types of a function's.
    """
    engine = engine_of(dialect)
    word = kind.upper()
    if kind == "function":
        word = {"clickhouse": "VIEW", "bigquery": "TABLE FUNCTION"}.get(dialect, word)
        name += f"({arguments})" if dialect in ("postgres", "snowflake") else ""
    absent = "IF EXISTS " if engine.if_exists else ""
    return f"DROP {word} {absent}{name}{engine.purge if kind == 'table' else ''}"


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
        grants = " COPY GRANTS" if replace else ""
        return f"{word} FUNCTION {name}({listed}){grants} RETURNS TABLE ({returned}) AS {text(body)}"
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
        The statements, and the name under which the old one is to be dropped; None where the engine has no such way.
    """
    engine = engine_of(dialect)
    if not engine.swap:
        return None
    names = {"name": name, "made": made, "gone": gone}
    return [each.format(**names) for each in engine.swap], engine.swapped_out.format(**names)


def plan_of(statement: str, dialect: str) -> list[tuple[str, bool]]:
    """The statements that tell the engine's plan of another, and whose rows they are.

    Raises:
        InputError: The engine tells it in another way.
    """
    plan = engine_of(dialect).plan
    if not plan:
        raise InputError(f"{dialect} tells no plan by a statement: look at it in the engine's own tools.")
    return [(each.removeprefix(">").replace("{query}", statement), each.startswith(">")) for each in plan]
