"""DIV, BITAND and their like are calls in some engines and operators in DuckDB, where precedence would part them."""

from __future__ import annotations

import pytest

from mlflow_sql_flavor import SQLModel

# https://cloud.google.com/bigquery/docs/reference/standard-sql/mathematical_functions#div and the like pages


@pytest.mark.parametrize(
    ("dialect", "expression", "expected"),
    [
        ("bigquery", "DIV(100, x * 3) * x", 30),
        ("bigquery", "DIV(x + 7, 2)", 6),
        ("bigquery", "DIV(100, DIV(9, 2))", 25),
        ("bigquery", "x * DIV(7, 2)", 15),
        ("bigquery", "-DIV(7, 2)", -3),
        ("postgres", "div(100, x * 3) * x", 30),
        ("mysql", "7 DIV 2 * 3", 9),
        ("databricks", "100 div (x * 3) * x", 30),
        ("snowflake", "BITAND(x + 1, 6) * 2", 12),
        ("snowflake", "BITOR(x, 2) * 10", 70),
        ("snowflake", "BITXOR(x + 1, 3) * 2", 10),
        ("trino", "bitwise_and(x + 1, 6) * 2", 12),
        ("trino", "bitwise_or(x, 2) * 10", 70),
        ("clickhouse", "bitAnd(x + 1, 6) * 2", 12),
        ("postgres", "x | 2 + 1", 7),
        ("mysql", "x & 6 + 1", 5),
    ],
)
def test_precedence(dialect: str, expression: str, expected: int) -> None:
    found = SQLModel(f"SELECT {expression} AS r FROM (SELECT 5 AS x) AS t", dialect=dialect).predict(output="arrow")
    assert found.to_pylist() == [{"r": expected}]
