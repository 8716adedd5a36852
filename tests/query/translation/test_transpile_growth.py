"""Forms that sqlglot writes several times over are bounded, however they are nested."""

from __future__ import annotations

import pytest

from mlflow_sql_flavor.errors import QueryError
from mlflow_sql_flavor.query.reading.parse import parse
from mlflow_sql_flavor.query.translation.transpile import to_duckdb

SCHEMA = {"input": {"a": "BIGINT"}}


def nested(depth: int) -> str:
    value = "a"
    for _ in range(depth):
        value = f"CASE WHEN 1 IN UNNEST([{value}]) THEN 1 ELSE 2 END"
    return f"SELECT {value} AS x FROM input"


def test_lists_within_lists_are_written_to_a_bound() -> None:
    assert len(to_duckdb(parse(nested(4), "bigquery"), SCHEMA, {}).duckdb_sql) < 100_000
    for depth in (5, 30, 200):
        with pytest.raises(QueryError, match="WITH clause"):
            to_duckdb(parse(nested(depth), "bigquery"), SCHEMA, {})
