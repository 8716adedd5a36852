"""Names in UNPIVOT's name column."""

import pandas as pd
import pytest

from mlflow_sql_flavor import SQLModel


@pytest.mark.parametrize(
    ("dialect", "names"), [("snowflake", ["Q1", "q2"]), ("oracle", ["Q1", "q2"]), ("tsql", ["q1", "q2"])]
)
def test_unpivot_names_columns_as_the_engine_does(dialect, names):
    data = pd.DataFrame({"id": [1], "q1": [10], "q2": [20]})
    sql = 'SELECT id, n, v FROM wide UNPIVOT(v FOR n IN (q1, "q2")) u ORDER BY v'
    if dialect == "oracle":
        sql = sql.replace(" u ", " ")
    assert SQLModel(sql, dialect=dialect, tables={"wide": data}).predict()["n"].tolist() == names
