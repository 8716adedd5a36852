"""Rows of Snowflake by its manual, a kind a test; the pages are below https://docs.snowflake.com/en/sql-reference."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from mlflow.exceptions import MlflowException

from mlflow_sql_flavor import SQLModel

VARIANTS = (
    "SELECT column1 AS n, PARSE_JSON(column2) AS v "
    "FROM VALUES (1, 'null'), (2, 'true'), (3, '-17'), (5, '\"x\"'), (6, '[1]'), (7, '{}')"
)


def rows(sql: str) -> list[dict[str, Any]]:
    return SQLModel(sql, dialect="snowflake").predict(output="arrow").to_pylist()


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # functions/boolor, boolxor, boolnot
        ("BOOLOR(-1.35, 0)", True),
        ("BOOLOR(3, NULL)", True),
        ("BOOLOR(0, 0)", False),
        ("BOOLXOR(0, 2)", True),
        ("BOOLNOT(0)", True),
        ("UNICODE('')", 0),
        ("ROUND(SINH(1.5), 6)", 2.129279),
        ("TIMEDIFF(MONTH, '2017-01-01'::DATE, '2017-12-31'::DATE)", 11),
        # functions/to_timestamp, to_time
        ("TO_TIMESTAMP_NTZ(40 * 365.25 * 86400)", datetime.datetime(2010, 1, 1)),
        ("TO_TIMESTAMP('2020-01-02 03:04:05')", datetime.datetime(2020, 1, 2, 3, 4, 5)),
        ("TO_TIME('12:30:01')", datetime.time(12, 30, 1)),
        ("TRY_TO_TIME('Invalid')", None),
        # functions/array_intersection, array_except, array_remove: values that repeat
        ("ARRAY_TO_STRING(ARRAY_INTERSECTION(['A', 'B', 'B'], ['B', 'C', 'B']), ',')", "B,B"),
        ("ARRAY_TO_STRING(ARRAY_EXCEPT(['A', 'B', 'B', 'B', 'C'], ['B']), ',')", "A,B,B,C"),
        ("ARRAY_TO_STRING(ARRAY_REMOVE(['a', 'b', 'a'], 'a'::VARIANT), ',')", "b"),
        ("ARRAY_TO_STRING(ARRAY_SORT([20, 0, 10]), ',')", "0,10,20"),
        ("ARRAYS_OVERLAP(['a'], ['a', 'b'])", True),
        ("RANDOM() IS NULL", False),
    ],
)
def test_a_value(expression: str, expected: object) -> None:
    assert rows(f"SELECT {expression} AS r") == [{"r": expected}]


def test_count_of_a_star_counts_rows_without_nulls() -> None:
    table = "WITH e AS (SELECT * FROM VALUES (11, 101), (11, NULL), (NULL, 3) AS e(i, j))"
    assert rows(f"{table} SELECT COUNT(n.*) AS c, COUNT(*) AS d FROM e AS n") == [{"c": 1, "d": 3}]


def test_the_types_of_variants() -> None:
    found = rows(f"SELECT TYPEOF(v) AS t, IS_OBJECT(v) AS o, IS_INTEGER(v) AS i FROM ({VARIANTS}) ORDER BY n")
    assert [row["t"] for row in found] == [
        "NULL_VALUE", "BOOLEAN", "INTEGER", "VARCHAR", "ARRAY", "OBJECT",
    ]  # fmt: skip
    assert [row["o"] for row in found] == [False] * 5 + [True]
    assert [row["i"] for row in found] == [False, False, True, False, False, False]


def test_aggregates() -> None:
    values = "(SELECT * FROM VALUES (5), (2), (1), (2), (NULL) AS v(x))"
    assert rows(f"SELECT ARRAY_SIZE(ARRAY_UNIQUE_AGG(x)) AS n FROM {values}") == [{"n": 3}]
    assert rows("SELECT BOOLXOR_AGG(c) AS r FROM (SELECT * FROM VALUES (true), (false) AS v(c))") == [{"r": True}]


def test_asof_join_keeps_what_has_no_match() -> None:
    left, right = "VALUES (1, 5), (1, 1) AS a(k, t)", "VALUES (1, 3, 'x'), (1, 4, 'y') AS b(k, t, v)"
    sql = (
        f"SELECT a.t, b.v FROM (SELECT * FROM {left}) a ASOF JOIN (SELECT * FROM {right}) b "
        "MATCH_CONDITION (a.t >= b.t) ON a.k = b.k ORDER BY a.t"
    )
    assert rows(sql) == [{"t": 1, "v": None}, {"t": 5, "v": "y"}]


def test_a_number_that_was_written_with_an_exponent_or_not_is_refused() -> None:
    """functions/typeof: 191.2 is a DECIMAL, 1.912e2 a DOUBLE; DuckDB's JSON keeps no exponent."""
    with pytest.raises(MlflowException, match="number with a point"):
        rows("SELECT TYPEOF(PARSE_JSON(s)) AS t FROM (SELECT * FROM VALUES ('1.912e2') AS v(s))")


def test_a_seed_is_refused() -> None:
    with pytest.raises(MlflowException, match="seed"):
        rows("SELECT RANDOM(7) AS r")
