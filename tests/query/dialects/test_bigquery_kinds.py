"""Rows of BigQuery by its manual, a kind a test; the pages are below
https://cloud.google.com/bigquery/docs/reference/standard-sql.
"""

from __future__ import annotations

import datetime
from typing import Any

import pyarrow as pa
import pytest
from mlflow.exceptions import MlflowException

from mlflow_sql_flavor import SQLModel

WORDS = "SELECT STRUCT('blue' AS color, 1 AS n) AS s"
GROUPS = "SELECT 1 AS g, 2 AS v UNION ALL SELECT 2, 3"


def value(sql: str) -> Any:
    """What a query of one value gives."""
    ((found,),) = [list(row.values()) for row in rows(sql)]
    return found


def rows(sql: str, **tables: pa.Table) -> list[dict[str, Any]]:
    return SQLModel(sql, dialect="bigquery", tables=tables or None).predict(output="arrow").to_pylist()


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # json_functions#lax_int64 and its like
        ("LAX_INT64(JSON '1.1e2')", 110),
        ("LAX_INT64(JSON '\"3.5\"')", 4),
        ("LAX_INT64(JSON 'true')", 1),
        ("LAX_INT64(JSON '1e100')", None),
        ("LAX_FLOAT64(JSON '\"1.5\"')", 1.5),
        ("LAX_FLOAT64(JSON 'true')", None),
        ("LAX_BOOL(JSON '\"TRUE\"')", True),
        ("LAX_BOOL(JSON '0')", False),
        ("LAX_BOOL(JSON '\" true\"')", None),
        ("LAX_STRING(JSON '1e100')", "1e+100"),
        ("LAX_STRING(JSON '[1]')", None),
        ("LAX_INT64_ARRAY(JSON '[1, \"2.6\", \"x\"]')[OFFSET(1)]", 3),
        ("INT64(JSON '10')", 10),
        ("FLOAT64(JSON '9.5')", 9.5),
        ("STRING(JSON '\"a\"')", "a"),
        ("JSON_TYPE(JSON '{}')", "object"),
        ("JSON_OBJECT('a', 10, 'a', 'foo')", '{"a":10}'),
        # array_functions
        ("ARRAY_SLICE(['a', 'b', 'c', 'd', 'e'], 1, 3)", ["b", "c", "d"]),
        ("ARRAY_SLICE(['a', 'b', 'c', 'd', 'e'], -30, -5)", ["a"]),
        ("ARRAY_SLICE(['a', 'b', 'c', 'd', 'e'], 3, 1)", []),
        ("ARRAY_SLICE(['a', 'b', 'c', 'd', 'e'], 0, 30)", ["a", "b", "c", "d", "e"]),
        ("ARRAY_IS_DISTINCT([1, NULL, NULL])", False),
        ("ARRAY_IS_DISTINCT([1, NULL, 2])", True),
        ("ARRAY_MIN([8, NULL, 4])", 4),
        ("ARRAY_SUM([1, 2, NULL])", 3),
        # mathematical_functions
        ("SAFE.COTH(0)", None),
        ("ROUND(SECH(0.5), 6)", 0.886819),
        ("CSCH(1000)", 0.0),
        # conversion_functions#parse_numeric
        ("CAST(PARSE_NUMERIC(' - 12.34 ') AS FLOAT64)", -12.34),
        ("CAST(PARSE_NUMERIC('1,234.5') AS FLOAT64)", 1234.5),
        ("CAST(PARSE_NUMERIC('12.34e-1-') AS FLOAT64)", -1.234),
        # string_functions#to_code_points
        ("TO_CODE_POINTS('Āb')", [256, 98]),
        ("CODE_POINTS_TO_STRING([65, 255, 513])", "Aÿȁ"),
        # format-elements
        ("CAST(DATE '2018-01-30' AS STRING FORMAT 'MON, Month DD')", "JAN, January 30"),
        ("CAST(TIME '21:30:25.16' AS STRING FORMAT 'HH12:MI P.M. FF2')", "09:30 P.M. 16"),
        ("FORMAT_TIMESTAMP('%c', TIMESTAMP '2050-12-25 15:30:55+00')", "Sun Dec 25 15:30:55 2050"),
        ("FORMAT('%i', 3)", "3"),
        # timestamp_functions: zones; differences have hours and no days
        ("TIMESTAMP('2008-12-25 15:30:00', 'America/Los_Angeles')", datetime.datetime(2008, 12, 25, 23, 30)),
        (
            "TIMESTAMP_TRUNC(TIMESTAMP '2008-12-25 15:30:00+00', DAY, 'America/Los_Angeles')",
            datetime.datetime(2008, 12, 25, 8),
        ),
        ("TIMESTAMP '2021-06-02 12:00:00' - TIMESTAMP '2021-06-01'", pa.MonthDayNano([0, 0, 36 * 3600 * 10**9])),
        ("DATETIME_DIFF('2017-12-18', '2017-12-17', WEEK)", 0),
        ("DATE_TRUNC('2015-06-15', ISOYEAR)", datetime.date(2014, 12, 29)),
        # data-types#struct_type: cast and typed literals go by the place of a field
        ("CAST(STRUCT(1 AS a, 'x' AS b) AS STRUCT<b FLOAT64, a STRING>)", {"b": 1.0, "a": "x"}),
        ("ARRAY<STRUCT<k STRING, v FLOAT64>>[('a', 1), STRUCT('b' AS v, 2 AS k)]",
         [{"k": "a", "v": 1.0}, {"k": "b", "v": 2.0}]),
        ("[STRUCT(1 AS a, 'x' AS b), STRUCT(2, 'y')]", [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]),
        ("IF(FALSE, STRUCT(1 AS a), STRUCT(2))", {"a": 2}),
    ],
)  # fmt: skip
def test_a_value(expression: str, expected: object) -> None:
    assert value(f"SELECT {expression} AS r") == expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        # query-syntax#by_name_or_corresponding
        ("SELECT 1 AS a FULL UNION ALL BY NAME SELECT 2 AS b", [{"a": 1, "b": None}, {"a": None, "b": 2}]),
        ("SELECT 1 AS a, 2 AS b UNION ALL BY NAME SELECT 20 AS b, 10 AS a", [{"a": 1, "b": 2}, {"a": 10, "b": 20}]),
        ("SELECT 1 AS a, 2 AS b LEFT UNION ALL BY NAME SELECT 3 AS a, 4 AS c", [{"a": 1, "b": 2}, {"a": 3, "b": None}]),
        ("SELECT 1 AS a, 5 AS q INNER EXCEPT DISTINCT BY NAME SELECT 2 AS a", [{"a": 1}]),
        ("WITH t AS (SELECT 1 AS a, 2 AS b) SELECT * FROM t INNER UNION ALL BY NAME SELECT 3 AS a",
         [{"a": 1}, {"a": 3}]),
        # query-syntax#group_by_clause: the name of an output goes before a column
        (
            "SELECT UPPER(x) AS x, COUNT(*) AS n FROM UNNEST(['a', 'A', 'b']) AS x GROUP BY x",
            [{"x": "A", "n": 2}, {"x": "B", "n": 1}],
        ),
        # query-syntax#qualify_clause
        (
            f"SELECT g, SUM(v) AS total FROM ({GROUPS}) GROUP BY g QUALIFY ROW_NUMBER() OVER (ORDER BY total DESC) = 1",
            [{"g": 2, "total": 3}],
        ),
        # query-syntax#select_as_struct, #select_replace
        ("SELECT t.* FROM (SELECT AS STRUCT 1 AS fooBar, 2 AS b) AS t", [{"fooBar": 1, "b": 2}]),
        (
            "SELECT (SELECT AS STRUCT t.s.* REPLACE ((SELECT AS STRUCT t.s.m.* REPLACE (7 AS q)) AS m)) AS r "
            "FROM (SELECT STRUCT(1 AS a, STRUCT(5 AS q, 6 AS p) AS m) AS s) AS t",
            [{"r": {"a": 1, "m": {"q": 7, "p": 6}}}],
        ),
        (
            "CREATE TEMP FUNCTION f(c ANY TYPE) AS ((SELECT AS STRUCT c.* REPLACE (c.a + 1 AS a))); "
            "SELECT f(t.s).a AS r FROM (SELECT STRUCT(1 AS a, 2 AS b) AS s) AS t",
            [{"r": 2}],
        ),
        # set operations and structs of other names
        (f"SELECT s FROM ({WORDS} UNION ALL SELECT STRUCT('red', 2)) ORDER BY s.n",
         [{"s": {"color": "blue", "n": 1}}, {"s": {"color": "red", "n": 2}}]),
        # arrays: fields of unnested structs, with and without OFFSET
        ("SELECT c.* FROM UNNEST(ARRAY<STRUCT<a STRING, b INT64>>[('x', 1)]) AS c", [{"a": "x", "b": 1}]),
        ("SELECT a, b FROM UNNEST([STRUCT(1 AS a, 2 AS b), (3, 4)])", [{"a": 1, "b": 2}, {"a": 3, "b": 4}]),
        ("SELECT * FROM UNNEST([10, 20]) AS n WITH OFFSET", [{"n": 10, "offset": 0}, {"n": 20, "offset": 1}]),
        ("SELECT d, offset FROM UNNEST([STRUCT(1 AS d)]) WITH OFFSET", [{"d": 1, "offset": 0}]),
        # aggregate_functions#array_concat_agg, #array_agg
        (
            "SELECT ARRAY_CONCAT_AGG(x ORDER BY ARRAY_LENGTH(x)) AS r "
            "FROM (SELECT [1, 2] AS x UNION ALL SELECT [3] UNION ALL SELECT NULL)",
            [{"r": [3, 1, 2]}],
        ),
        ("SELECT ARRAY_AGG(x RESPECT NULLS ORDER BY x DESC)[OFFSET(0)] AS r FROM UNNEST([1, 2]) AS x", [{"r": 2}]),
        # operators#json_subscript_operator
        (
            "SELECT LAX_STRING(j.a[0]['n']) AS r FROM UNNEST([JSON '{\"a\": [{\"n\": \"x\"}, {\"n\": \"y\"}]}']) AS j",
            [{"r": "x"}],
        ),
    ],
)  # fmt: skip
def test_rows(sql: str, expected: list[dict[str, Any]]) -> None:
    assert sorted(rows(sql), key=str) == sorted(expected, key=str)


def test_a_star_writes_null_arrays_empty_behind_steps() -> None:
    none = pa.table({"id": [1], "l": pa.array([None], pa.list_(pa.int64()))})
    other = pa.table({"id": [1], "b": pa.array([None], pa.list_(pa.int64()))})
    steps = "WITH s AS (SELECT *, [id] AS made FROM t) SELECT * FROM s JOIN u USING (id)"
    assert rows(steps, t=none, u=other) == [{"id": 1, "l": [], "made": [1], "b": []}]
    assert rows("SELECT t.*, u.b FROM t JOIN u ON t.id = u.id", t=none, u=other) == [{"id": 1, "l": [], "b": []}]
    assert rows("SELECT * FROM (SELECT CAST(NULL AS ARRAY<INT64>) AS l)") == [{"l": []}]


@pytest.mark.parametrize("sql", ["SELECT a / b AS r FROM (SELECT 1e300 AS a, 1e-300 AS b)", "SELECT COSH(1e4) AS r"])
def test_a_float_that_overflows_raises(sql: str) -> None:
    with pytest.raises(MlflowException, match="overflows"):
        rows(sql)


def test_names_that_do_not_match_are_refused() -> None:
    with pytest.raises(MlflowException, match="same names on both sides"):
        rows("SELECT 1 AS a UNION ALL BY NAME SELECT 2 AS b")
