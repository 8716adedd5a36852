"""A subquery in FROM does not see what stands beside it; the answers are PostgreSQL's, Spark's and SQLite's."""

import pyarrow as pa
import pytest

from mlflow_sql_flavor import SQLModel
from mlflow_sql_flavor.errors import SQLModelError

TABLES = {"ord": pa.table({"id": [1, 2, 3], "x": [5, 5, None], "y": [None, 7, 1]})}


def rows(sql, dialect):
    return SQLModel(sql, dialect=dialect, tables=TABLES).predict(output="arrow").to_pylist()


@pytest.mark.parametrize("dialect", ["postgres", "databricks", "sqlite"])
def test_the_table_around_is_meant(dialect):
    sql = "SELECT id, (SELECT max(q.v) FROM (SELECT y AS id) p CROSS JOIN (SELECT id AS v) q) AS w FROM ord ORDER BY id"
    assert rows(sql, dialect) == [{"id": 1, "w": 1}, {"id": 2, "w": 2}, {"id": 3, "w": 3}]


@pytest.mark.parametrize("dialect", ["postgres", "databricks", "sqlite", "mysql", "clickhouse", "snowflake", "tsql"])
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT o.id, s.z FROM ord o, (SELECT o.x AS z) s",
        "SELECT o.id, s.z FROM ord o CROSS JOIN (SELECT max(p.x) AS z FROM ord p WHERE p.id < o.id) s",
        "SELECT o.id, s.z FROM ord o JOIN (SELECT x AS z) s ON s.z = o.id",
    ],
)
def test_a_sibling_is_not_seen(sql, dialect):
    with pytest.raises(SQLModelError):
        rows(sql, dialect)


def test_lateral_sees_it():
    sql = "SELECT o.id, s.z FROM ord o, LATERAL (SELECT o.id + 1 AS z) s ORDER BY 1"
    assert [row["z"] for row in rows(sql, "postgres")] == [2, 3, 4]
