"""``python -m tests.benchmarks.scale [--rows N ...] [--path P ...]``: rows a second and peak memory, Parquet both ends.

One row-wise query with a join to a reference table of 1,000 rows, by each path in a process of its own. The memory is
the highest resident size of the process and its children together, sampled every 50 ms; Spark's is its JVM's and
its Python workers'. Starting Spark, and its first job, are not timed; loading the model is.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

SQL = """SELECT id, a * b + c AS score, CASE WHEN a > 0.5 THEN 'high' ELSE 'low' END AS band, label
FROM input LEFT JOIN codes USING (k)"""
PATHS = ("predict", "predict_batches", "predict_batches to a folder", "spark", "spark_udf")
_CHUNK = 1_000_000


def make(rows: int, folder: Path) -> Path:
    """The input: files of up to ten million rows."""
    path = folder / f"in-{rows}"
    path.mkdir(exist_ok=True)
    random = np.random.default_rng(7)
    for number, start in enumerate(range(0, rows, 10 * _CHUNK)):
        with pq.ParquetWriter(path / f"part-{number}.parquet", _table(random, 0, 0).schema) as writer:
            for at in range(start, min(rows, start + 10 * _CHUNK), _CHUNK):
                writer.write_table(_table(random, at, min(_CHUNK, rows - at)))
    return path


def _table(random: np.random.Generator, start: int, rows: int) -> pa.Table:
    columns = {
        "id": np.arange(start, start + rows), "k": random.integers(0, 1000, rows), "a": random.random(rows),
        "b": random.random(rows), "c": random.integers(0, 5, rows).astype("int32"),
    }  # fmt: skip
    return pa.table(columns)


def save(folder: Path) -> str:
    """The model."""
    import mlflow_sql_flavor

    codes = pd.DataFrame({"k": np.arange(1000), "label": [f"label {i}" for i in range(1000)]})
    example = _table(np.random.default_rng(1), 0, 5)
    mlflow_sql_flavor.save_model(
        SQL, folder / "model", tables={"codes": codes}, input_example=example.to_pandas(),
        input_types=example.schema, pip_requirements=["mlflow"],
    )  # fmt: skip
    return str(folder / "model")


def score(path: str, model: str, source: Path, target: Path) -> dict[str, float]:
    """Runs one path in this process: seconds, and peak memory in bytes."""
    import mlflow_sql_flavor

    if path.startswith("spark"):
        return _spark(path, model, source, target)
    with _Peak() as peak:
        start = time.perf_counter()
        loaded = mlflow_sql_flavor.load_model(model)
        if path == "predict":
            pq.write_table(
                loaded.predict(pq.read_table(source), output="arrow"), f"{target}.parquet", compression="zstd"
            )
        else:
            loaded.predict_batches(source, output=target if path.endswith("folder") else f"{target}.parquet")
        seconds = time.perf_counter() - start
    return {"seconds": seconds, "bytes": peak.bytes}


def _spark(path: str, model: str, source: Path, target: Path) -> dict[str, float]:
    import mlflow
    from pyspark.sql import SparkSession

    import mlflow_sql_flavor

    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    session = builder.config("spark.driver.memory", "4g").getOrCreate()
    try:
        session.sparkContext.setLogLevel("ERROR")
        frame = session.read.parquet(str(source))
        frame.limit(10).count()
        with _Peak() as peak:
            start = time.perf_counter()
            if path == "spark":
                result = mlflow_sql_flavor.load_model(model).run_on(session, input=frame)
            else:
                udf = mlflow.pyfunc.spark_udf(session, model, env_manager="local")
                result = frame.select(udf(*frame.columns).alias("r")).select("r.*")
            result.write.parquet(str(target))
            seconds = time.perf_counter() - start
    finally:
        session.stop()
    return {"seconds": seconds, "bytes": peak.bytes}


class _Peak:
    """The highest memory of this process and its children while the block runs."""

    def __enter__(self) -> _Peak:
        self.bytes = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        import psutil

        me = psutil.Process()
        while not self._done.wait(0.05):
            total = 0
            for process in [me, *me.children(recursive=True)]:
                try:
                    total += process.memory_info().rss
                except psutil.Error:
                    continue
            self.bytes = max(self.bytes, total)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.scale", description=__doc__)
    parser.add_argument("--rows", type=float, nargs="+", default=[1e6, 1e7])
    parser.add_argument("--path", nargs="+", choices=PATHS, default=PATHS)
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        path, model, source, target = args.one
        print(json.dumps(score(path, model, Path(source), Path(target))))
        return
    print(f"{'rows':>12}  {'path':<28}{'seconds':>9}{'rows/s':>13}{'peak MB':>9}", flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = save(folder)
        for rows in map(int, args.rows):
            source = make(rows, folder)
            for path in args.path:
                found = _alone([path, model, str(source), str(folder / f"out-{rows}-{PATHS.index(path)}")])
                line = f"{rows:>12,}  {path:<28}"
                if found is not None:
                    line += f"{found['seconds']:>9.2f}{rows / found['seconds']:>13,.0f}{found['bytes'] / 1e6:>9,.0f}"
                print(line if found is not None else f"{line}   failed", flush=True)


def _alone(arguments: list[str]) -> Any:
    """Runs one path in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.scale", "--one", *arguments],
        capture_output=True, text=True, env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"},
    )  # fmt: skip
    if done.returncode:
        print(done.stderr[-2000:], file=sys.stderr)
        return None
    return json.loads(done.stdout.strip().splitlines()[-1])


if __name__ == "__main__":
    main()
