"""The call that is judged is the call that DuckDB makes."""

from collections.abc import Iterator
from dataclasses import replace

import duckdb
import pytest

from mlflow_sql_flavor.engines.limits import Limits
from mlflow_sql_flavor.engines.query_check import check, parse_tree
from mlflow_sql_flavor.engines.sandbox import open_instance
from mlflow_sql_flavor.errors import QueryError
from mlflow_sql_flavor.query.reading.qualified_names import QUALIFIERS

TABLES = {"input": ["a", "s", "l"], "people": ["user", "main"]}


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    con = open_instance(limits=replace(Limits.default(), threads=1))
    con.execute("CREATE TABLE input AS SELECT 1 AS a, 'x' AS s, {'m': 2} AS l")
    con.execute("""CREATE TABLE people AS SELECT 'u' AS "user", 3 AS main""")
    yield con
    con.close()


def test_a_chained_call_is_the_plain_one(con: duckdb.DuckDBPyConnection) -> None:
    for chained, plain in {
        "SELECT s.repeat(3) FROM input": "SELECT repeat(s, 3) FROM input",
        "SELECT input.s.upper() FROM input": "SELECT upper(input.s) FROM input",
        "SELECT l.m.round(1) FROM input": "SELECT round(l.m, 1) FROM input",
        "SELECT s.upper().lower().repeat(2) FROM input": "SELECT repeat(lower(upper(s)), 2) FROM input",
        "SELECT * FROM range(s.length())": "SELECT * FROM range(length(s))",
    }.items():
        trees = [_without_places(parse_tree(con, sql)) for sql in (chained, plain)]
        assert trees[0] == trees[1], chained
        if "FROM input" in chained:
            assert con.execute(chained).fetchall() == con.execute(plain).fetchall()


def _without_places(tree: object) -> object:
    if isinstance(tree, dict):
        return {k: _without_places(v) for k, v in tree.items() if "location" not in k and v not in ("", [], {})}
    return [_without_places(item) for item in tree] if isinstance(tree, list) else tree


def test_the_schemas_are_all_that_an_instance_has(con: duckdb.DuckDBPyConnection) -> None:
    found = con.execute("SELECT catalog_name, schema_name FROM information_schema.schemata").fetchall()
    assert {name for pair in found for name in pair} == QUALIFIERS


@pytest.mark.parametrize(
    "call",
    [
        "main.json_transform('{}', '[[[1]]]')",
        "main.repeat('x', 3)",
        '"MAIN".repeat(s, 3)',
        "MaIn.printf('%20d', 1)",
        "system.main.repeat('x', 3)",
        "System.repeat('x', 3)",
        '"system"."Main"."repeat"(\'x\', 3)',
        "pg_catalog.pg_typeof(1)",
        "memory.main.abs(a)",
        "temp.abs(a)",
        "main.sum(a) OVER ()",
        "s.first_value() OVER ()",
        "list_transform([1], lambda x: main.repeat('x', x))",
        "(main.upper(s)).lower()",
        "(SELECT main.abs(a))",
    ],
)
def test_a_schema_is_refused_with_its_place(con: duckdb.DuckDBPyConnection, call: str) -> None:
    with pytest.raises(QueryError, match="names a schema") as caught:
        check(con, f"SELECT 'é', {call} FROM input", tables=TABLES)
    assert caught.value.column is not None


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT current_schema.upper()",
        "SELECT session_user.concat('x') FROM input",
        "SELECT a FROM input ORDER BY current_schema.len()",
        "SELECT * FROM range(current_catalog.length())",
        "SELECT sum(current_role.length()) FROM input",
        "SELECT user",
        "SELECT USER FROM (SELECT 1 AS a) dual",
        "SELECT user.upper() FROM input",
        'SELECT "User" FROM input',
        "SELECT (SELECT user), 'user' FROM input",
    ],
)
def test_values_of_the_session_are_refused(con: duckdb.DuckDBPyConnection, sql: str) -> None:
    with pytest.raises(QueryError, match="asks for the session"):
        check(con, sql, tables=TABLES)


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        ("SELECT user FROM people", "u"),
        ("SELECT user.upper() FROM people", "U"),
        ("SELECT p.user FROM people p", "u"),
        ("SELECT user FROM (SELECT 1 AS user)", 1),
        ("SELECT user FROM (VALUES (2)) t(user)", 2),
        ("WITH c(user) AS (SELECT 3) SELECT user FROM c", 3),
        ("SELECT list_transform(['a'], lambda user: user)[1]", "a"),
    ],
)
def test_a_column_may_be_called_user(con: duckdb.DuckDBPyConnection, sql: str, value: object) -> None:
    check(con, sql, tables=TABLES)
    assert con.execute(sql).fetchall() == [(value,)]


def test_what_is_no_column_in_the_end_means_nothing(con: duckdb.DuckDBPyConnection) -> None:
    """A name that something else in the query has passes the gate; DuckDB then finds no value for it."""
    for sql in (
        "SELECT (SELECT user), p.user FROM (SELECT 1 AS user) p",
        "SELECT user FROM input, (SELECT a FROM (SELECT 1 AS user, 2 AS a) q) r",
    ):
        check(con, sql, tables=TABLES)
        with pytest.raises(duckdb.Error, match="asks for the session"):
            con.execute(sql).fetchall()
