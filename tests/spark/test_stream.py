"""Structured Streaming: rows that depend on themselves alone are scored as they come; any others are refused."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from mlflow.exceptions import MlflowException

from mlflow_sql_flavor import SQLModel

pytestmark = pytest.mark.ci


def _run(writer, done, seconds=60):
    query = writer.start()
    try:
        end = time.monotonic() + seconds
        while not done() and time.monotonic() < end:
            time.sleep(0.3)
            assert query.exception() is None
    finally:
        query.stop()


def _rate(session):
    return session.readStream.format("rate").option("rowsPerSecond", 50).load()


def test_independent(classic):
    places = {"names": {"digit": list(range(10)), "name": [f"n{i}" for i in range(10)]}}
    model = SQLModel(
        "SELECT i.value, i.value * :k AS y, n.name, i.timestamp FROM input AS i "
        "LEFT JOIN names AS n ON n.digit = i.value % 10",
        "databricks",
        places,
    )
    scored = model.predict(_rate(classic), {"k": 3})
    assert scored.isStreaming
    _run(scored.writeStream.format("memory").queryName("scored"), lambda: classic.table("scored").count() >= 50)
    rows = classic.table("scored").collect()
    assert len(rows) >= 50
    assert all(row["y"] == 3 * row["value"] and row["name"] == f"n{row['value'] % 10}" for row in rows)


@pytest.mark.parametrize(
    "sql", ["SELECT value, rank() OVER (ORDER BY value) AS r FROM input", "SELECT count(*) AS n FROM input"]
)
def test_others_are_refused(classic, sql):
    with pytest.raises(MlflowException, match="foreachBatch"):
        SQLModel(sql).predict(_rate(classic))


#: In a process of its own: the thread by which the JVM calls foreachBatch keeps Python from ending.
MICRO_BATCHES = """
import os, sys, time
from pyspark.sql import SparkSession
from mlflow_sql_flavor import SQLModel

session = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
session.conf.set("spark.sql.shuffle.partitions", "2")
model = SQLModel("SELECT count(*) AS n, min(value) AS low, max(value) AS high FROM input")
found = []
rate = session.readStream.format("rate").option("rowsPerSecond", 50).load()
query = rate.writeStream.foreachBatch(lambda batch, _: found.extend(model.predict(batch).collect())).start()
end = time.monotonic() + 60
while sum(row["n"] for row in found) < 50 and time.monotonic() < end and query.exception() is None:
    time.sleep(0.3)
query.stop()
print(*[f"{row['n']},{row['low']},{row['high']}" for row in found if row["n"]])
session.stop()
sys.stdout.flush()
os._exit(0)
"""


def test_each_micro_batch(classic):
    done = subprocess.run([sys.executable, "-c", MICRO_BATCHES], capture_output=True, text=True, timeout=120)
    rows = [tuple(map(int, part.split(","))) for part in done.stdout.split()]
    assert sum(n for n, _, _ in rows) >= 50, done.stderr[-2000:]
    assert all(n == high - low + 1 for n, low, high in rows)
