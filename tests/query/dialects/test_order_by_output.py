"""ORDER BY an output that has the name of a column it is made of, where NaN has a place of its own."""

import pyarrow as pa
import pytest

from mlflow_sql_flavor import SQLModel

ROWS = pa.table({"k": [1, 1, 2, 3], "x": [1.5, 4.0, 3.0, float("nan")]})


@pytest.mark.parametrize(
    ("dialect", "down", "up"),
    [("bigquery", [1, 2, 3], [3, 2, 1]), ("clickhouse", [1, 2, 3], [2, 1, 3]), ("postgres", [3, 1, 2], [2, 1, 3])],
)
def test_sums(dialect, down, up):
    for end, want in ((" DESC", down), ("", up), (" DESC, k", down)):
        sql = f"SELECT k, SUM(x) AS x FROM t GROUP BY k ORDER BY x{end}"
        got = SQLModel(sql, dialect, tables={"t": ROWS}).predict(output="arrow")
        assert got.column("k").to_pylist() == want
