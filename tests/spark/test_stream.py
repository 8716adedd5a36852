"""Structured Streaming: rows that depend on themselves alone are scored as they come; any others are refused."""

from __future__ import annotations

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


def test_each_micro_batch(classic):
    model = SQLModel("SELECT count(*) AS n, min(value) AS low, max(value) AS high FROM input")
    found = []
    stream = _rate(classic).writeStream.foreachBatch(lambda batch, _: found.extend(model.predict(batch).collect()))
    _run(stream, lambda: sum(row["n"] for row in found) >= 50)
    full = [row for row in found if row["n"]]
    assert full and all(row["n"] == row["high"] - row["low"] + 1 for row in full)
