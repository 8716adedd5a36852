"""``*`` over USING and NATURAL: the order in which each engine gives the columns."""

import pandas as pd
import pytest
from mlflow.exceptions import MlflowException

from mlflow_sql_flavor import SQLModel

TABLES = {
    "ta": pd.DataFrame({"x": [10], "k": [1], "m": [5]}),
    "tb": pd.DataFrame({"y": [20], "k": [1]}),
    "tc": pd.DataFrame({"m": [5], "z": [7]}),
}


DIALECTS = ["postgres", "mysql", "databricks", "clickhouse", "trino", "snowflake", "sqlite"]
USING = [
    ("SELECT * FROM ta JOIN tb USING (k)", "k x m y", "x k m y"),
    ("SELECT * FROM ta JOIN tb USING (k) JOIN tc USING (m)", "m k x y z", "x k m y z"),
    ("SELECT * FROM ta LEFT JOIN tb USING (k)", "k x m y", "x k m y"),
    ("SELECT * FROM (SELECT * FROM ta JOIN tb USING (k)) AS q", "k x m y", "x k m y"),
]


# PostgreSQL, MariaDB, ClickHouse and SQLite gave these orders on these tables when they were asked. ClickHouse's outer
# joins and joins of three tables go by its own rules.
@pytest.mark.parametrize(
    ("dialect", "sql", "first", "in_place"),
    [
        (dialect, *case)
        for dialect in DIALECTS
        for case in USING
        if dialect != "clickhouse" or not ("LEFT" in case[0] or "tc" in case[0])
    ],
)
def test_using(dialect, sql, first, in_place):
    found = SQLModel(sql, dialect, tables=TABLES).predict()
    assert " ".join(found) == (in_place if dialect == "sqlite" else first)
    row = dict(zip(["x", "k", "m", "y", "z"], [10, 1, 5, 20, 7], strict=True))
    assert found.iloc[0].tolist() == [row[name] for name in found]


@pytest.mark.parametrize("dialect", ["postgres", "mysql", "databricks"])
def test_natural(dialect):
    assert " ".join(SQLModel("SELECT * FROM ta NATURAL JOIN tb", dialect, tables=TABLES).predict()) == "k x m y"


def test_what_a_star_may_not_hand_on():
    with pytest.raises(MlflowException, match="two columns named 'k'"):
        SQLModel("SELECT * FROM (SELECT a.k, b.k FROM ta a JOIN tb b USING (k)) q", "postgres", tables=TABLES).predict()
    with pytest.raises(MlflowException, match="Column 1 of a subquery has no name"):
        SQLModel("SELECT * FROM (SELECT x + 1 FROM ta) q", "oracle", tables=TABLES).predict()


def test_a_source_beside_using():
    beside = "SELECT * FROM ta JOIN tb USING (k) JOIN (SELECT 1 AS {}) c ON c.{} = ta.k"
    assert " ".join(SQLModel(beside.format("j", "j"), "postgres", tables=TABLES).predict()) == "k x m y j"
    with pytest.raises(MlflowException, match="this source has a column 'k' too"):
        SQLModel(beside.format("k", "k"), "postgres", tables=TABLES).predict()
