"""An aggregate within a subquery of outer columns alone: DuckDB lifts it to the outer query, as PostgreSQL does."""

from __future__ import annotations

import pandas as pd
import pytest

from mlflow_sql_flavor import SQLModel
from mlflow_sql_flavor.errors import QueryError

ROWS = pd.DataFrame({"x": [1, 2, 3], "y": [1, 1, 2], "a": [[1, 2], [3], [4, 5]]})


@pytest.mark.parametrize("dialect", ["bigquery", "snowflake", "databricks", "trino", "clickhouse"])
@pytest.mark.parametrize("subquery", ["SELECT max(o.x)", "SELECT sum(o.x) FROM input AS i", "SELECT min(o.x + o.y)"])
def test_it_is_refused_where_the_engine_computes_it_over_the_subquery(dialect: str, subquery: str) -> None:
    with pytest.raises(QueryError, match="the query around it") as error:
        SQLModel(f"SELECT ({subquery}) AS m FROM input AS o", dialect=dialect).predict(ROWS)
    assert error.value.column == 16


def test_in_postgres_it_is_of_the_outer_query() -> None:
    # "SELECT (SELECT max(o.x)) FROM o" is one row in PostgreSQL 16.
    found = SQLModel("SELECT (SELECT max(o.x)) AS m FROM input AS o", dialect="postgres").predict(ROWS)
    assert found["m"].tolist() == [3]


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT (SELECT SUM(e) FROM UNNEST(a) AS e) AS m FROM input", [3, 3, 9]),
        ("SELECT (SELECT MAX(e + o.x) FROM UNNEST(o.a) AS e) AS m FROM input AS o", [3, 5, 8]),
        ("SELECT (SELECT SUM(i.x) FROM input AS i WHERE i.y = o.y) AS m FROM input AS o", [3, 3, 3]),
        ("SELECT (SELECT COUNT(*) FROM UNNEST(a)) AS m FROM input", [2, 1, 2]),
    ],
)
def test_one_of_the_subquerys_own_columns_is_not(sql: str, rows: list[int]) -> None:
    assert SQLModel(sql, dialect="bigquery").predict(ROWS)["m"].tolist() == rows
