"""A NULL array of a result is written as an empty one, inside of structs and arrays too.

https://cloud.google.com/bigquery/docs/reference/standard-sql/data-types#array_nulls; that it holds for fields is
what recorded answers show (mozilla/bigquery-etl, tests of apple_logical_subscriptions_history_v1).
"""

from __future__ import annotations

import pyarrow as pa
import pytest

from mlflow_sql_flavor import SQLModel
from mlflow_sql_flavor.errors import QueryError

NONE = "CAST(NULL AS ARRAY<INT64>)"


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        (f"SELECT {NONE} AS l", [{"l": []}]),
        (f"SELECT STRUCT(1 AS a, {NONE} AS b) AS s", [{"s": {"a": 1, "b": []}}]),
        (f"SELECT [STRUCT(1 AS a, {NONE} AS b)] AS l", [{"l": [{"a": 1, "b": []}]}]),
        (f"SELECT STRUCT(STRUCT({NONE} AS c) AS b) AS s", [{"s": {"b": {"c": []}}}]),
        (f"SELECT s FROM (SELECT STRUCT({NONE} AS c) AS s UNION ALL SELECT NULL)", [{"s": {"c": []}}, {"s": None}]),
        (f"SELECT ARRAY(SELECT AS STRUCT 1 AS a, {NONE} AS b) AS l", [{"l": [{"a": 1, "b": []}]}]),
        # of a function whose type typing does not know
        (f"SELECT STRUCT({NONE} AS b, IEEE_DIVIDE(1, 2) AS d) AS s", [{"s": {"b": [], "d": 0.5}}]),
        (
            f"SELECT (SELECT AS STRUCT t.b, IEEE_DIVIDE(1, 2) AS d) AS s FROM (SELECT {NONE} AS b) AS t",
            [{"s": {"b": [], "d": 0.5}}],
        ),
        ("SELECT STRUCT(1 AS a, [2] AS b) AS s, STRUCT(1 AS c) AS t", [{"s": {"a": 1, "b": [2]}, "t": {"c": 1}}]),
    ],
)
def test_null_arrays_are_written_empty(sql: str, rows: list[dict]) -> None:
    found = SQLModel(sql, dialect="bigquery").predict(output="arrow").to_pylist()
    assert sorted(found, key=str) == sorted(rows, key=str)


STARS = {
    "*": [{"s": {"a": 1, "b": []}, "l": [], "n": 1}, {"s": None, "l": [1], "n": 2}],
    "* EXCEPT (n)": [{"s": {"a": 1, "b": []}, "l": []}, {"s": None, "l": [1]}],
    "* EXCEPT (l) REPLACE (n + 1 AS n)": [{"s": {"a": 1, "b": []}, "n": 2}, {"s": None, "n": 3}],
    f"* EXCEPT (s) REPLACE (IF(n = 1, l, {NONE}) AS l)": [{"l": [], "n": 1}, {"l": [], "n": 2}],
}


@pytest.mark.parametrize("star", STARS)
def test_behind_a_star(star: str) -> None:
    kind, numbers = pa.struct({"a": pa.int64(), "b": pa.list_(pa.int64())}), pa.list_(pa.int64())
    columns = [pa.array([{"a": 1, "b": None}, None], kind), pa.array([None, [1]], numbers), pa.array([1, 2])]
    model = SQLModel(f"SELECT {star} FROM input", dialect="bigquery")
    assert model.predict(pa.table(columns, names=["s", "l", "n"]), output="arrow").to_pylist() == STARS[star]


def test_a_star_over_structs_of_an_array() -> None:
    """query-syntax#unnest_operator: a column for each field, also where the structs have a name."""
    data = pa.table({"id": [1], "items": [[{"a": 1, "b": "x"}]]})
    found = SQLModel("SELECT * FROM input CROSS JOIN UNNEST(items)", "bigquery").predict(data, output="arrow")
    assert found.drop_columns("items").to_pylist() == [{"id": 1, "a": 1, "b": "x"}]
    for source in ("UNNEST(items) AS item", "input.items AS item"):
        with pytest.raises(QueryError, match="gives their fields"):
            SQLModel(f"SELECT * FROM input, {source}", "bigquery").predict(data)
