"""``python -m tests.benchmarks.spark``: a model on Spark, natively and under spark_udf, beside the same by hand.

A million rows of Parquet on ``local[2]``, written to Spark's noop sink; medians of interleaved runs.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

import mlflow
import pandas as pd
from mlflow.models import infer_signature

import mlflow_sql_flavor

ROWS = 1_000_000
SQL = "SELECT id, sqrt(a * a + b * b) * :k + CASE WHEN g = 'x' THEN 1 ELSE 0 END AS score FROM input"


class ByHand(mlflow.pyfunc.PythonModel):
    """The usual way to put a query into an MLflow model: DuckDB in a PythonModel."""

    def predict(self, context, model_input, params=None):
        import duckdb

        with duckdb.connect() as con:
            con.register("input", model_input)
            return con.execute(SQL.replace(":k", "$k"), {"k": params["k"]}).df()


def _times(ways, names, runs):
    times = {name: [] for name in names}
    for run in range(-4, runs):  # the first four warm up
        for name in names if run % 2 else reversed(names):
            started = time.perf_counter()
            ways[name]().write.format("noop").mode("overwrite").save()
            if run >= 0:
                times[name].append(time.perf_counter() - started)
    return times


def main(runs: int = 7) -> None:
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    session = builder.config("spark.ui.showConsoleProgress", "false").getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    frame = session.range(0, ROWS, numPartitions=4).selectExpr(
        "id", "CAST(id % 1000 AS DOUBLE) AS a", "CAST(id % 77 AS DOUBLE) AS b", "if(id % 3 = 0, 'x', 'y') AS g"
    )
    example = pd.DataFrame({"id": [1, 2], "a": [3.0, 4.0], "b": [4.0, 3.0], "g": ["x", "y"]})
    answer = pd.DataFrame({"id": [1, 2], "score": [11.0, 10.0]})
    with tempfile.TemporaryDirectory() as folder:
        frame.write.parquet(f"{folder}/rows")
        frame = session.read.parquet(f"{folder}/rows")
        flavor, hand = str(Path(folder) / "flavor"), str(Path(folder) / "hand")
        mlflow_sql_flavor.save_model(SQL, flavor, input_example=(example, {"k": 2.0}))
        mlflow.pyfunc.save_model(
            hand, python_model=ByHand(), signature=infer_signature(example, answer, {"k": 2.0}), pip_requirements=[]
        )
        udfs = {
            name: mlflow.pyfunc.spark_udf(session, uri, env_manager="local", params={"k": 2.0})
            for name, uri in (("spark_udf of the flavor", flavor), ("spark_udf of a PythonModel", hand))
        }
        model = mlflow_sql_flavor.load_model(flavor)
        ways = {
            "Spark SQL by hand": lambda: session.sql(SQL.replace("input", "{rows}"), args={"k": 2.0}, rows=frame),
            "predict(spark_df)": lambda: model.predict(frame),
            **{name: lambda udf=udf: frame.select(udf("id", "a", "b", "g").alias("r")) for name, udf in udfs.items()},
        }
        names = list(ways)
        # Two at a time, that what is slow leaves no work behind for what is fast; first one of the two, then the other.
        times = {**_times(ways, names[:2], 4 * runs), **_times(ways, names[2:], runs)}
    session.stop()
    medians = {name: statistics.median(found) for name, found in times.items()}
    hand_sql, native, udf, python = medians.values()
    print(f"{ROWS:,} rows, local[2], medians of {4 * runs} and {runs} interleaved runs")
    for name, seconds in medians.items():
        print(f"{name:>28}  {seconds:8.3f} s  {ROWS / seconds:>12,.0f} rows/s")
    print(f"{'native / by hand':>28}  {native / hand_sql:8.2f}   (bar: at most 1.1)")
    print(f"{'spark_udf / native':>28}  {udf / native:8.1f}   (bar: at least 8)")
    print(f"{'PythonModel / spark_udf':>28}  {python / udf:8.2f}   (bar: at least 1.5)")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
