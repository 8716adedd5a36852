"""Inside a Spark task only rows that depend on themselves alone are scored."""

import mlflow
import pandas as pd
import pytest
from mlflow.exceptions import MlflowException

import mlflow_sql_flavor

DATA = pd.DataFrame({"a": [3.0, 1.0, 2.0]})
QUERIES = {
    "independent": "SELECT a * 2 AS b FROM input",
    "aligned": "SELECT rank() OVER (ORDER BY a) AS b FROM input",
    "table": "SELECT a AS b FROM input ORDER BY a",
}


@pytest.mark.parametrize("rows", QUERIES)
def test_refused_by_row_class(rows, tmp_path, monkeypatch):
    mlflow_sql_flavor.save_model(QUERIES[rows], tmp_path / "m", input_example=DATA)
    model = mlflow.pyfunc.load_model(str(tmp_path / "m"))
    assert mlflow_sql_flavor.load_model(str(tmp_path / "m")).spec.rows == rows
    outside = model.predict(DATA)
    monkeypatch.setenv("SPARK_REUSE_WORKER", "1")
    if rows == "independent":
        pd.testing.assert_frame_equal(model.predict(DATA), outside)
    else:
        with pytest.raises(MlflowException, match="one batch at a time"):
            model.predict(DATA)


@pytest.mark.ci
def test_spark_udf(classic, tmp_path):
    frame = classic.createDataFrame([(float(i),) for i in range(5000)], "a double").repartition(3)
    for rows, query in QUERIES.items():
        mlflow_sql_flavor.save_model(query, tmp_path / rows, input_example=DATA)
        udf = mlflow.pyfunc.spark_udf(classic, str(tmp_path / rows), env_manager="local")
        if rows == "independent":
            got = frame.withColumn("b", udf("a")).collect()
            assert len(got) == 5000
            assert all(row["b"] == 2 * row["a"] for row in got)
        else:
            with pytest.raises(Exception, match="one batch at a time"):
                frame.withColumn("b", udf("a")).collect()
