"""One JVM for all tests here: a classic session, and Spark Connect served by the same; and Sail, which needs none."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ..conftest import free_port


@pytest.fixture(scope="session")
def _sessions() -> Iterator[tuple[Any, str | None]]:
    sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed")
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.skip("no Java")
    port = free_port()
    builder = sql.SparkSession.builder.master("local[2]").appName("tests")
    settings = {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.ansi.enabled": "true",  # which it is by itself from Spark 4 on
    }
    served = any((Path(sql.__file__).parents[1] / "jars").glob("spark-connect_*"))  # not in the wheels of Spark 3
    if served:
        settings["spark.plugins"] = "org.apache.spark.sql.connect.SparkConnectPlugin"
        settings["spark.connect.grpc.binding.port"] = str(port)
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    if session.version.startswith("3."):
        _with_arrow(sql)
    yield session, f"sc://localhost:{port}" if served else None
    session.stop()


def _with_arrow(sql: Any) -> None:
    """Gives Spark 3 what the tests use of Spark 4: Arrow tables in and out."""
    import pyarrow as pa

    from mlflow_sql_flavor.engines.spark.spark_sql import reference
    from mlflow_sql_flavor.frames.schema import from_arrow

    made = sql.SparkSession.createDataFrame

    def create(self: Any, data: Any, *args: Any, **options: Any) -> Any:
        if isinstance(data, pa.Table):
            return reference(self, "t", data, {field.name: from_arrow(field.type) for field in data.schema})
        return made(self, data, *args, **options)

    def to_arrow(self: Any) -> pa.Table:
        from pyspark.sql.pandas.types import to_arrow_schema

        return pa.Table.from_batches(self._collect_as_arrow(), schema=to_arrow_schema(self.schema))

    sql.SparkSession.createDataFrame = create
    sql.DataFrame.toArrow = to_arrow


@pytest.fixture(scope="session")
def classic(_sessions: tuple[Any, str | None]) -> Any:
    """A classic Spark session."""
    return _sessions[0]


@pytest.fixture(scope="session")
def connect(_sessions: tuple[Any, str | None]) -> Iterator[Any]:
    """The same Spark through Spark Connect."""
    pytest.importorskip("grpc", reason="pyspark[connect] is not installed")
    if _sessions[1] is None:
        pytest.skip("this pyspark has no Connect server")
    from pyspark.sql.connect.session import SparkSession

    session = SparkSession.builder.remote(_sessions[1]).create()
    yield session
    session.client.close()


@pytest.fixture(scope="session")
def sail() -> Iterator[Any]:
    """Sail, which speaks Spark Connect without a JVM."""
    if pytest.importorskip("pyspark").__version__.startswith("3."):
        pytest.skip("Sail is tried with pyspark 4 only")
    server = pytest.importorskip("pysail.spark", reason="pysail is not installed").SparkConnectServer()
    from pyspark.errors import PySparkException
    from pyspark.sql.connect.session import SparkSession

    server.start(background=True)
    host, port = server.listening_address
    session = SparkSession.builder.remote(f"sc://{host}:{port}").create()
    try:
        session.version  # noqa: B018
    except PySparkException as error:
        pytest.skip(f"this Sail refuses this pyspark: {error}")
    yield session
    session.client.close()
    server.stop()


@pytest.fixture(params=["classic", "connect", "sail"])
def spark(request: pytest.FixtureRequest) -> Any:
    """Each of the three in turn."""
    return request.getfixturevalue(request.param)


def plain(table: Any) -> Any:
    """An Arrow table with the wall clock of its moments: Spark's TIMESTAMP comes with the session's zone."""
    import pyarrow as pa

    columns = {
        field.name: column.cast(pa.timestamp("us")) if pa.types.is_timestamp(field.type) else column
        for field, column in zip(table.schema, table.columns, strict=True)
    }
    return pa.table(columns)
