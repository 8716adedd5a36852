"""Outputs have the names that the engine gives them, whatever a rule makes of their values."""

from __future__ import annotations

import decimal

import pandas as pd
import pytest

from mlflow_sql_flavor import SQLModel
from mlflow_sql_flavor.errors import QueryError

DATA = pd.DataFrame({"g": ["a", "b", "a"], "v": [1, 2, 3], "d": [decimal.Decimal("1.25")] * 3})
TYPES = {"d": "DECIMAL(10,2)"}


@pytest.mark.parametrize(
    "dialect", ["databricks", "postgres", "mysql", "sqlite", "clickhouse", "snowflake", "bigquery"]
)
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT d FROM input UNION ALL SELECT 1.123456 AS d",
        "WITH u AS (SELECT d, g FROM input UNION ALL SELECT 1.123456 AS x, g FROM input) SELECT d FROM u",
        "SELECT d FROM (SELECT d FROM input UNION ALL SELECT 1.123456 AS x) AS t",
    ],
)
def test_a_column_made_wider_keeps_its_name(dialect: str, sql: str) -> None:
    assert list(SQLModel(sql, dialect, input_types=TYPES).predict(DATA).columns) == ["d"]


@pytest.mark.parametrize(
    ("dialect", "aggregates", "names"),
    [
        ("databricks", "sum(v) AS s", ["x", "b"]),
        ("databricks", "sum(v) AS s, max(v) AS m", ["x_s", "x_m", "b_s", "b_m"]),
        ("databricks", "sum(v)", ["x", "b"]),
        ("bigquery", "sum(v) AS s", ["s_x", "s_b"]),
        ("bigquery", "sum(v)", ["x", "b"]),
    ],
)
def test_columns_of_pivot(dialect: str, aggregates: str, names: list[str]) -> None:
    # https://spark.apache.org/docs/latest/sql-ref-syntax-qry-select-pivot.html
    # https://cloud.google.com/bigquery/docs/reference/standard-sql/query-syntax#pivot_operator
    sql = f"SELECT * FROM (SELECT g, v FROM input) PIVOT ({aggregates} FOR g IN ('a' AS x, 'b' AS b))"
    assert list(SQLModel(sql, dialect, input_types=TYPES).predict(DATA).columns) == names


def test_names_that_duckdb_cannot_make_are_refused() -> None:
    sql = "SELECT * FROM (SELECT g, v FROM input) PIVOT (sum(v) AS s, max(v) AS m FOR g IN ('a', 'b'))"
    with pytest.raises(QueryError, match="otherwise than s_a, m_a"):
        SQLModel(sql, "bigquery", input_types=TYPES).predict(DATA)
