"""One JVM for all tests here: a classic session, and Spark Connect served by the same; and Sail, which needs none."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
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
        "spark.plugins": "org.apache.spark.sql.connect.SparkConnectPlugin",
        "spark.connect.grpc.binding.port": str(port),
    }
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    yield session, f"sc://localhost:{port}"
    session.stop()


@pytest.fixture(scope="session")
def classic(_sessions: tuple[Any, str]) -> Any:
    """A classic Spark session."""
    return _sessions[0]


@pytest.fixture(scope="session")
def connect(_sessions: tuple[Any, str]) -> Iterator[Any]:
    """The same Spark through Spark Connect."""
    pytest.importorskip("grpc", reason="pyspark[connect] is not installed")
    from pyspark.sql.connect.session import SparkSession

    session = SparkSession.builder.remote(_sessions[1]).create()
    yield session
    session.client.close()


@pytest.fixture(scope="session")
def sail() -> Iterator[Any]:
    """Sail, which speaks Spark Connect without a JVM."""
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
