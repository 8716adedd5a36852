"""GROUP BY an alias that is a table's name too."""

import pandas as pd
import pytest

from mlflow_sql_flavor import SQLModel

CENTERS = pd.DataFrame({"id": ["a", "a", "b"], "loss": [1, 2, 4]})


@pytest.mark.parametrize("dialect", ["bigquery", "postgres", "mysql", "snowflake"])
@pytest.mark.parametrize("source", ["call_center", "call_center AS call_center"])
def test_an_alias_named_as_its_table(dialect, source):
    sql = f"SELECT id AS call_center, SUM(loss) AS loss FROM {source} GROUP BY call_center ORDER BY call_center"
    found = SQLModel(sql, dialect=dialect, tables={"call_center": CENTERS}).predict()
    assert found["call_center"].tolist() == ["a", "b"]
    assert found["loss"].astype(int).tolist() == [3, 4]


def test_an_input_column_of_that_name_goes_first():
    data = CENTERS.assign(call_center=["x", "x", "x"])
    sql = "SELECT MIN(id) AS call_center, SUM(loss) AS loss FROM call_center GROUP BY call_center"
    found = SQLModel(sql, dialect="postgres", tables={"call_center": data}).predict()
    assert (found["call_center"].tolist(), found["loss"].astype(int).tolist()) == (["a"], [7])
