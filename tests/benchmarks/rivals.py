"""The same query run in the other ways people run it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb
import mlflow.pyfunc
import pandas as pd
import pyarrow as pa


class Raw:
    """DuckDB alone, on a native table: what a query costs where nothing goes in or out.

    Args:
        sql: The query.
        data: The input, loaded beforehand.
        tables: The reference tables.
        threads: Of DuckDB.
    """

    def __init__(
        self, sql: str, data: Any, tables: Mapping[str, Any] | None = None, threads: int | None = None
    ) -> None:
        self.sql = sql
        self.connection = duckdb.connect(config={} if threads is None else {"threads": threads})
        self.connection.execute("SET TimeZone = 'UTC'")
        for name, frame in {"input": data, **(tables or {})}.items():
            self.connection.register("given", frame)
            self.connection.execute(f"CREATE TABLE {name} AS SELECT * FROM given")
            self.connection.unregister("given")
        self.statement = self.connection.extract_statements(sql)[0]

    def fetched(self) -> Any:
        """The parsed statement, its rows fetched."""
        return self.connection.execute(self.statement).fetchall()

    def stored(self) -> None:
        """The result stored as a table."""
        self.connection.execute("CREATE OR REPLACE TEMP TABLE output AS " + self.sql)

    def arrow(self) -> pa.Table:
        """The result as Arrow: DuckDB's own way out."""
        return self.connection.sql(self.sql).to_arrow_table()

    def close(self) -> None:
        self.connection.close()


class PerCall(mlflow.pyfunc.PythonModel):
    """The hand-written model that opens a connection a call."""

    def __init__(self, sql: str, tables: Mapping[str, pd.DataFrame]) -> None:
        self.sql = sql
        self.tables = dict(tables)

    def predict(self, context: Any, model_input: pd.DataFrame, params: Any = None) -> pd.DataFrame:
        with duckdb.connect() as connection:
            for name, frame in {"input": model_input, **self.tables}.items():
                connection.register(name, frame)
            return connection.execute(self.sql).df()


class Careful(mlflow.pyfunc.PythonModel):
    """The hand-written model that keeps its connection, with the reference tables loaded."""

    def __init__(self, sql: str, tables: Mapping[str, pd.DataFrame], threads: int | None = None) -> None:
        self.sql = sql
        self.connection = duckdb.connect(config={} if threads is None else {"threads": threads})
        for name, frame in tables.items():
            self.connection.register("given", frame)
            self.connection.execute(f"CREATE TABLE {name} AS SELECT * FROM given")
            self.connection.unregister("given")

    def predict(self, context: Any, model_input: pd.DataFrame, params: Any = None) -> pd.DataFrame:
        self.connection.register("input", model_input)
        result = self.connection.execute(self.sql).df()
        self.connection.unregister("input")
        return result


class Spark(mlflow.pyfunc.PythonModel):
    """The hand-written model with a local SparkSession in it."""

    def __init__(self, sql: str, tables: Mapping[str, pd.DataFrame]) -> None:
        from pyspark.sql import SparkSession

        self.sql = sql
        self.session = (
            SparkSession.builder.master("local[2]")
            .config("spark.ui.enabled", False)
            .config("spark.sql.shuffle.partitions", 2)
            .config("spark.sql.execution.arrow.pyspark.enabled", True)
            .getOrCreate()
        )
        self.session.sparkContext.setLogLevel("OFF")
        for name, frame in tables.items():
            self.session.createDataFrame(frame).cache().createOrReplaceTempView(name)

    def predict(self, context: Any, model_input: pd.DataFrame, params: Any = None) -> pd.DataFrame:
        self.session.createDataFrame(model_input).createOrReplaceTempView("input")
        return self.session.sql(self.sql).toPandas()


class Nothing(mlflow.pyfunc.PythonModel):
    """Answers with what it was asked: what MLflow itself costs."""

    def predict(self, context: Any, model_input: pd.DataFrame, params: Any = None) -> pd.DataFrame:
        return model_input
