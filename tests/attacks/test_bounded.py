"""Folders whose query is large where no limit of DuckDB's looks: each ends in time and memory, with one sentence.

Each is loaded and run in a process of its own, which is watched from here with all its children.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
import yaml

import mlflow_sql_flavor

pytestmark = pytest.mark.ci

SECONDS, BYTES = 20.0, 1_500_000_000
TIMEOUT, MEMORY = 5.0, 512_000_000

QUERIES = {
    "a structure by its schema": "SELECT length(main.json_transform('{}', repeat('[', 20000))::VARCHAR) AS r",
    "repeat by its schema": "SELECT length(main.repeat('x', 2000000000)) AS r",
    "replace": "SELECT length(replace(repeat('x', 10000000), 'x', repeat('y', 1000000))) AS r",
    "rows of large texts": "SELECT max(length(repeat('x', 10000000 - (i % 2)::INT))) AS r FROM range(2048) t(i)",
    "a number of a million digits": "SELECT length((repeat('9', 1000000)::BIGNUM)::VARCHAR) AS r",
    "a list of texts": "SELECT length(list_string_agg(list_transform(range(100000), "
    "lambda x: repeat('x', 1000000)))) AS r",
    "deep JSON": "SELECT json_contains(repeat('[', 300000) || repeat(']', 300000), '1')::BIGINT AS r",
    "a size of each row": "SELECT sum(length(lpad('x', 9000000 + x::INT, 'y')))::BIGINT AS r FROM input, range(99)",
    "doubling": "WITH c0 AS (SELECT repeat('x', 1000) AS t), "
    + ", ".join(f"c{n} AS (SELECT t || t AS t FROM c{n - 1})" for n in range(1, 25))
    + " SELECT length(t) AS r FROM c24",
    "100,000 common table expressions": "WITH "
    + ", ".join(f"c{n} AS (SELECT 1 AS r)" for n in range(100_000))
    + " SELECT r FROM c1",
    "100,000 relations": f"SELECT 1 AS r FROM {', '.join(['input'] * 100_000)}",
}  # fmt: skip

SCRIPT = """
import sys, time
import pandas as pd
import mlflow, mlflow_sql_flavor
from mlflow.exceptions import MlflowException
mlflow_sql_flavor.SQLModel("SELECT x FROM input").predict(pd.DataFrame({"x": [1]}))
print("ready", flush=True)
sys.stdin.readline()
start = time.monotonic()
try:
    model = mlflow_sql_flavor.load_model(sys.argv[1])
    loaded = time.monotonic()
    print(f"load {loaded - start:.2f}", flush=True)
    model.predict(pd.DataFrame({"x": [1, 2]}))
    print(f"predict {time.monotonic() - loaded:.2f}", flush=True)
except MlflowException as error:
    print("refused", str(error.message).splitlines()[0], flush=True)
print("end", flush=True)
sys.stdin.readline()
"""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("saved") / "m"
    mlflow_sql_flavor.save_model(
        "SELECT x AS r FROM input", path, input_types={"x": "BIGINT"}, bundle_flavor=False, pip_requirements=[]
    )
    return path


def _taken(process: psutil.Process) -> int:
    total = 0
    for one in [process, *process.children(recursive=True)]:
        try:
            total += one.memory_info().rss
        except psutil.Error:
            continue
    return total


@pytest.mark.parametrize("name", QUERIES)
def test_it_ends_in_time_and_memory(template: Path, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "m"
    folder.mkdir()
    for file in template.iterdir():
        if file.is_file():
            (folder / file.name).write_bytes(file.read_bytes())
    content = yaml.safe_load((template / "MLmodel").read_text(encoding="utf-8"))
    query = QUERIES[name]
    content["flavors"]["sql"].update(sql=query, duckdb_sql=query, rows="table", output_types={"r": "BIGINT"})
    (folder / "MLmodel").write_text(yaml.safe_dump(content), encoding="utf-8")
    environment = {"MLFLOW_SQL_TIMEOUT_SECONDS": str(TIMEOUT), "MLFLOW_SQL_MEMORY_LIMIT": str(MEMORY)}
    child = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **environment, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert child.stdin is not None and child.stdout is not None
    process = psutil.Process(child.pid)
    try:
        assert child.stdout.readline() == "ready\n"
        before, most, start = _taken(process), 0, time.monotonic()
        child.stdin.write("go\n")
        child.stdin.flush()
        lines: list[str] = []
        reader = threading.Thread(
            target=lambda: lines.extend(iter(lambda: child.stdout.readline() or "end\n", "end\n")), daemon=True
        )
        reader.start()
        while reader.is_alive() and time.monotonic() - start < SECONDS + TIMEOUT + 10:
            most = max(most, _taken(process) - before)
            time.sleep(0.02)
        assert not reader.is_alive(), (name, lines)
        assert child.poll() is None, f"{name}: the process ended"
        said = "".join(lines)
        seconds = time.monotonic() - start
        print(f"{name}: {seconds:.1f} s, {most / 1e6:.0f} MB, {said!r}")
        assert "refused" in said or "predict" in said
        assert seconds < SECONDS + TIMEOUT + 2 and most < BYTES, said
    finally:
        child.kill()
        child.wait()
