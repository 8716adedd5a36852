"""Texts that DuckDB's parser does not survive, or not soon, are refused before it sees them."""

from __future__ import annotations

import time

import duckdb
import psutil
import pytest

from mlflow_sql_flavor.engines.parse_limits import check_shape
from mlflow_sql_flavor.engines.query_check import check
from mlflow_sql_flavor.errors import QueryError, SQLModelError
from mlflow_sql_flavor.query.reading.lengths import MAX_WORDS
from mlflow_sql_flavor.query.reading.parse import parse

REFUSED = {
    "lists in each other": ("WITH a AS (" * 9, "one WITH list"),
    "lists in each other, 10,000": ("WITH a AS (" * 10_000, "one WITH list"),
    "materialized": ("WITH a AS NOT MATERIALIZED (" * 9, "one WITH list"),
    "comments between": ("WITH a AS /* ( */ MATERIALIZED -- )\n (" * 9, "one WITH list"),
    "recursive": ("WITH RECURSIVE a(x) USING KEY (x) AS (" * 9, "one WITH list"),
    "after others": (("WITH " + "a AS (SELECT 1), " * 20 + "b AS (") * 6, "one WITH list"),
    "an error at the bottom": ("WITH a AS (" * 9 + "SELECT 1 1" + ") SELECT 1" * 9, "one WITH list"),
    "brackets": ("SELECT " + "(" * 10_000, "1,000 deep"),
    "brackets closed in a comment": ("SELECT " + "(/*)*/" * 10_000, "1,000 deep"),
    "brackets closed in a string": ("SELECT " + "(')'||" * 10_000, "1,000 deep"),
    "square brackets": ("SELECT " + "[" * 10_000 + "1" + "]" * 10_000, "1,000 deep"),
    "100,000 columns and more": ("SELECT " + "a," * 300_000 + "1", "500,000 words"),
    "a list of 4,000,000": ("SELECT 1 IN (" + "1," * 3_900_000 + "1)", "500,000 words"),
    "semicolons": ("SELECT 1;" * 500_000, "500,000 words"),
    "comments": ("SELECT 1" + "/*" * 1_000_000, "500,000 words"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_at_once(name: str) -> None:
    sql, words = REFUSED[name]
    with duckdb.connect() as con:
        con.execute("SELECT json_serialize_sql('SELECT 1')")
        process = psutil.Process()
        before, memory = time.process_time(), process.memory_info().rss
        with pytest.raises(QueryError, match=words):
            check(con, sql, tables=["a"])
        assert time.process_time() - before < 5
        assert process.memory_info().rss - memory < 700_000_000


ACCEPTED = {
    "lists in each other": "WITH a AS (WITH b AS (WITH c AS (SELECT 1 AS x) FROM c) FROM b) SELECT x FROM a",
    "many lists in a row": f"WITH {', '.join(f'a{n} AS (SELECT {n} AS x)' for n in range(2000))} SELECT x FROM a7",
    "casts": "SELECT " + ", ".join(f"CAST((({n})) AS INTEGER) AS c{n}" for n in range(2000)),
    "brackets in text": "SELECT '" + "(" * 5000 + '\' AS x, "AS" FROM (SELECT 1 AS "AS")',
    "a long text": "SELECT '" + "x" * 7_000_000 + "' AS x",
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_people_write_passes(name: str) -> None:
    with duckdb.connect() as con:
        check(con, ACCEPTED[name], tables=[])


def test_the_bound_of_words() -> None:
    check_shape("a," * (MAX_WORDS // 2 - 1))
    with pytest.raises(SQLModelError, match="500,000 words"):
        check_shape("a," * (MAX_WORDS // 2 + 1))


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "bigquery"])
def test_lengths_hold_before_any_parser_reads(dialect: str) -> None:
    """The end would be a syntax error to each of them."""
    with pytest.raises(QueryError, match="more than 5,000 SELECTs or joins"):
        parse("SELECT 1 UNION ALL " * 5_001 + "(", dialect)
