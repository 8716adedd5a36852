"""COALESCE(day, '1900-01-01') and CASE: a constant text beside dates is a date where the engine reads it as one."""

import datetime as dt

import pyarrow as pa
import pytest
from mlflow.exceptions import MlflowException

from mlflow_sql_flavor import SQLModel

ROWS = pa.table({
    "d": pa.array([dt.date(2024, 1, 2), None], pa.date32()),
    "ts": pa.array([dt.datetime(2024, 1, 2, 3), None], pa.timestamp("us")),
    "n": [1, 2],
})  # fmt: skip


def got(dialect, value):
    sql = f"SELECT {value} AS x FROM t ORDER BY n"
    return SQLModel(sql, dialect, tables={"t": ROWS}).predict(output="arrow").column(0).to_pylist()


@pytest.mark.parametrize("dialect", ["snowflake", "redshift", "bigquery", "tsql"])
@pytest.mark.parametrize("value", ["COALESCE(d, '1900-01-01')", "CASE WHEN n = 1 THEN d ELSE '1900-01-01' END"])
def test_a_date(dialect, value):
    assert got(dialect, value) == [dt.date(2024, 1, 2), dt.date(1900, 1, 1)]


@pytest.mark.parametrize("dialect", ["snowflake", "redshift"])
def test_a_moment(dialect):
    want = [dt.datetime(2024, 1, 2, 3), dt.datetime(1900, 1, 1, 12)]
    assert got(dialect, "COALESCE(ts, '1900-01-01 12:00:00')") == want


@pytest.mark.parametrize(
    ("dialect", "value"),
    [
        ("snowflake", "COALESCE(d, 'never')"), ("snowflake", "COALESCE(d, '1900-01-01 12:00')"),
        ("trino", "COALESCE(d, '1900-01-01')"), ("oracle", "COALESCE(d, '1900-01-01')"),
        ("snowflake", "COALESCE(n, '1')"),
    ],
)  # fmt: skip
def test_what_is_read_in_another_way_is_refused(dialect, value):
    with pytest.raises(MlflowException, match=r"(?i)texts? "):
        got(dialect, value)
