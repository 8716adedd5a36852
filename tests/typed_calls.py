"""What a type checker says of calls; mypy reads this in ``.ci/check``, and nothing runs it.

An ignored error that is none any more is one: the verbs have lost their types then.
"""

from __future__ import annotations

from pathlib import Path
from typing import assert_type

import duckdb
import ibis
import pandas as pd
import polars as pl
import pyspark.sql
import sqlalchemy as sa
import sqlglot

from mlflow_sql_flavor import SQLModel, log_model, save_model
from mlflow_sql_flavor.scale.batches import Written


def accepted() -> None:
    table = sa.table("input", sa.column("a"))
    relation = duckdb.connect().table("input")
    expression = ibis.table({"a": "int64"}, name="input").select("a")
    for each in ("SELECT 1 AS a", Path("q.sql"), sqlglot.parse_one("SELECT 1 AS a")):
        save_model(each, "m")
    save_model(sa.select(table.c.a), "m")
    save_model(relation, "m")
    save_model(expression, "m")
    log_model(SQLModel(relation), name="m")
    SQLModel(sa.select(table.c.a), "postgres")
    SQLModel(expression)


def refused() -> None:
    save_model(1, "m")  # type: ignore[arg-type]
    log_model(b"SELECT 1 AS a", name="m")  # type: ignore[arg-type]
    SQLModel(["SELECT 1 AS a"])  # type: ignore[arg-type]
    save_model("SELECT 1 AS a", "m", no_such_argument=1)  # type: ignore[call-arg]


def answers(model: SQLModel, frame: pd.DataFrame, spark: pyspark.sql.SparkSession, engine: sa.Engine) -> None:
    """The kind of frame that goes in comes out, but where another is asked for. (Arrow has no types for mypy.)"""
    assert_type(model.predict(frame), pd.DataFrame)
    assert_type(model.predict(params={"a": 1}), pd.DataFrame)
    assert_type(model.predict({"a": [1]}), pd.DataFrame)
    assert_type(model.predict([{"a": 1}], output="polars"), pl.DataFrame)
    assert_type(model.predict(pl.DataFrame({"a": [1]})), pl.DataFrame)
    assert_type(model.predict(pl.DataFrame({"a": [1]}), output="pandas"), pd.DataFrame)
    assert_type(model.predict(spark.table("t"), {"a": 1}), pyspark.sql.DataFrame)
    assert_type(model.predict_batches("in.parquet", output="out"), Written)
    assert_type(model.run_on(spark, input="events"), pyspark.sql.DataFrame)
    model.run_on(engine, input="events", into="scores")


def not_answered(model: SQLModel, frame: pd.DataFrame, engine: sa.Engine) -> None:
    model.predict(frame, output="csv")  # type: ignore[call-overload]
    model.run_on(engine, input="events", into="scores").read_all()  # type: ignore[attr-defined]
