"""Lambdas that a rule writes take no name from what stands in them; answers of Spark 4.2, chDB 26 and PostgreSQL."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from mlflow_sql_flavor import SQLModel

ROWS = pa.table({"place": [["a", "b"]], "y": [[1, 2]], "x": ["Z"], "arr": [["p", None]], "k": ["k=1,j=2"]})


@pytest.mark.parametrize(
    ("dialect", "sql", "answer"),
    [
        (
            "databricks",
            "map_zip_with(map('a', 1), map('a', 2), (k, x, y) -> "
            "map_zip_with(map('b', 1), map('b', 2), (k2, c, d) -> concat(k, k2)))",
            [("a", [("b", "ab")])],
        ),
        (
            "databricks",
            "transform_values(map('a', 1), (k, v) -> transform_values(map('b', 2), (k2, v2) -> concat(k, k2, v, v2)))",
            [("a", [("b", "ab12")])],
        ),
        (
            "databricks",
            "map_filter(map('a', 1, 'b', 2), (k, v) -> "
            "exists(map_keys(map_filter(map('b', 1), (k2, v2) -> k2 = k)), z -> true))",
            [("b", 2)],
        ),
        (
            "databricks",
            "zip_with(array(1), array(2), (a, b) -> zip_with(array(10), array(20), (c, d) -> a + b + c + d))",
            [[33]],
        ),
        ("databricks", "arrays_zip(place, y)", [{"place": "a", "y": 1}, {"place": "b", "y": 2}]),
        ("databricks", "transform(array(array(1)), p -> arrays_zip(p, array(2)))", [[{"p": 1, "1": 2}]]),
        ("databricks", "array_join(arr, ',', x)", "p,Z"),
        ("clickhouse", "arrayMap((x, y) -> arrayMap((z, w) -> x + y + z + w, [1], [2]), [10], [20])", [[33]]),
        (
            "clickhouse",
            "mapApply((k, v) -> (k, mapExists((k2, v2) -> k2 = k, map('a', 1))), map('a', 1, 'b', 2))",
            [("a", True), ("b", False)],
        ),
    ],
)
def test_what_stands_in_a_lambda_keeps_its_meaning(dialect: str, sql: str, answer: Any) -> None:
    found = SQLModel(f"SELECT {sql} AS r FROM input", dialect).predict(ROWS, output="arrow")
    assert found["r"].to_pylist() == [answer]


def test_a_column_with_the_name_of_a_rules_parameter() -> None:
    sql = "SELECT regexp_matches(place, '([a-z])=([0-9])', 'g') AS r FROM input"
    found = SQLModel(sql, "postgres").predict(ROWS.select(["k"]).rename_columns(["place"]), output="arrow")
    assert found["r"].to_pylist() == [["k", "1"], ["j", "2"]]
