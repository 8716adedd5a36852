"""How close a model's cost is to its query's: ``python -m tests.benchmarks.bars [one] [bulk] [memory] [load]``.

Every table is of one run, its cases interleaved; what counts is the ratios. "Raw" is DuckDB alone with the same number
of threads: at one row the parsed statement over a native one-row table, fetched; in bulk ``CREATE TEMP TABLE AS`` of
the query over a native table.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "1", "MLFLOW_UV_AUTO_DETECT": "false"}
os.environ.update(QUIET)
ROWS = 1_000_000


def one(rounds: int = 20, calls: int = 5) -> list[list[str]]:
    """One row, in and out as pandas."""
    from .work import RANKING, SCALAR, linear

    lines = [line for work in (SCALAR, RANKING, linear(20)) for line in _one(work, rounds, calls)]
    return [["query, one row", "way", "median", "to raw", "to a connection a call"], *lines]


def _one(work: Any, rounds: int, calls: int) -> list[list[str]]:
    import mlflow.pyfunc

    import mlflow_sql_flavor
    from mlflow_sql_flavor.engines.limits import effective_limits

    from .measure import duration, interleaved
    from .rivals import Careful, Nothing, PerCall, Raw

    threads = effective_limits(None).threads
    data = work.data(1)
    given: dict[str, Any] = {"input_example": data, "pip_requirements": ["mlflow"]}
    with tempfile.TemporaryDirectory() as folder:
        mlflow_sql_flavor.save_model(work.sql, f"{folder}/sql", tables=work.tables, **given)
        mlflow.pyfunc.save_model(f"{folder}/none", python_model=Nothing(), **given)
        model = mlflow_sql_flavor.load_model(f"{folder}/sql")
        pyfunc = mlflow.pyfunc.load_model(f"{folder}/sql")
        nothing = mlflow.pyfunc.load_model(f"{folder}/none")
    raw, single = Raw(work.sql, data, work.tables, threads), Raw(work.sql, data, work.tables, 1)
    wrapper, careful = PerCall(work.sql, work.tables), Careful(work.sql, work.tables, threads)
    cases = {
        "raw": raw.fetched,
        "raw, 1 thread": single.fetched,
        "SQLModel": lambda: model.predict(data),
        "pyfunc": lambda: pyfunc.predict(data),
        "no-op pyfunc": lambda: nothing.predict(data),
        "PythonModel, a connection a call": lambda: wrapper.predict(None, data),
        "PythonModel, careful": lambda: careful.predict(None, data),
    }
    times = interleaved(cases, rounds, calls)
    bases = ("raw", "PythonModel, a connection a call")
    return [
        [work.name, name, duration(times.median(name)), *(str(times.ratio(name, base)) for base in bases)]
        for name in cases
    ]


def bulk(rounds: int = 7) -> list[list[str]]:
    """A million rows of ten columns, three of them text."""
    import polars
    import pyarrow as pa

    from mlflow_sql_flavor import SQLModel
    from mlflow_sql_flavor.engines.limits import effective_limits

    from .measure import duration, interleaved
    from .rivals import Careful, Raw
    from .work import TEN, ten_columns

    threads = effective_limits(None).threads
    frame = ten_columns(ROWS)
    arrow = pa.Table.from_pandas(frame, preserve_index=False)
    poled = polars.from_arrow(arrow)
    lines = []
    for name, sql in TEN.items():
        model, raw, careful = SQLModel(sql), Raw(sql, arrow, threads=threads), Careful(sql, {}, threads)
        cases = {
            "raw": raw.stored,
            "raw, out as Arrow": raw.arrow,
            "SQLModel, pandas": lambda model=model: model.predict(frame),
            "SQLModel, Arrow": lambda model=model: model.predict(arrow),
            "SQLModel, polars": lambda model=model: model.predict(poled),
            "PythonModel, careful": lambda careful=careful: careful.predict(None, frame),
        }
        times = interleaved(cases, rounds)
        for case in cases:
            ratios = [str(times.ratio(case, base)) for base in ("raw", "PythonModel, careful")]
            lines.append([name, case, duration(times.median(case)), *ratios])
        raw.close()
    return [["1,000,000 x 10", "way", "median", "to raw", "to the careful .df()"], *lines]


_MEMORY = """
import sys, os, gc
from tests.benchmarks.bars import resident
from tests.benchmarks.work import TEN, ten_columns
from mlflow_sql_flavor import SQLModel
import pyarrow as pa, polars
kind, query = sys.argv[1:]
make = {
    "pandas": lambda f: f,
    "Arrow": lambda f: pa.Table.from_pandas(f, preserve_index=False),
    "polars": polars.from_pandas,
}
size = {
    "pandas": lambda f: int(f.memory_usage(index=False, deep=True).sum()),
    "Arrow": lambda t: t.nbytes,
    "polars": lambda f: f.estimated_size(),
}[kind]
model = SQLModel(TEN[query])
model.predict(make[kind](ten_columns(5000)))
data = make[kind](ten_columns(int(os.environ["ROWS"])))
gc.collect()
pa.default_memory_pool().release_unused()
before = resident("VmRSS")
with open("/proc/self/clear_refs", "w") as file:
    file.write("5")
result = model.predict(data)
peak = resident("VmHWM")
print(size(data), size(result), peak - before)
"""


def resident(field: str) -> int:
    """A line of the process's memory status, in bytes."""
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith(field))


def _fresh(code: str, *arguments: str, **environment: str) -> list[str]:
    """What a new Python prints."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, **environment},
        cwd=Path(__file__).parents[2],
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.split()


def memory(rounds: int = 1) -> list[list[str]]:
    """The most memory a call takes: what the process grew by, and its input, to input and output."""
    lines = []
    for query in ("keys handed on", "all computed"):
        for kind in ("pandas", "Arrow", "polars"):
            found = []
            for _ in range(rounds):
                data, result, grown = map(int, _fresh(_MEMORY, kind, query, ROWS=str(ROWS)))
                found.append((data + grown) / (data + result))
            sizes = [f"{data / 1e6:.0f} MB", f"{result / 1e6:.0f} MB", f"{grown / 1e6:.0f} MB"]
            lines.append([query, kind, *sizes, f"{statistics.median(found):.2f}"])
    return [
        ["1,000,000 x 10", "kind", "input", "output", "process grew", "(input + growth) / (input + output)"],
        *lines,
    ]


_LOAD = """
import sys, time
import mlflow.pyfunc, pandas, pyarrow.parquet, duckdb, yaml
import mlflow_sql_flavor.flavor, mlflow_sql_flavor.model
mlflow.pyfunc.load_model(sys.argv[2])
start = time.perf_counter()
mlflow.pyfunc.load_model(sys.argv[1])
print(time.perf_counter() - start, int("sqlglot" in sys.modules))
"""

_CREATE = """
import sys, time
import duckdb
con = duckdb.connect(config={"threads": int(sys.argv[2])})
con.execute("SELECT 1").fetchall()
start = time.perf_counter()
con.execute(f"CREATE TABLE t AS SELECT * FROM read_parquet('{sys.argv[1]}')")
print(time.perf_counter() - start)
"""


def load(rounds: int = 5) -> list[list[str]]:
    """``mlflow.pyfunc.load_model`` in a process that has imported MLflow and the package and nothing else."""
    import mlflow.pyfunc
    import numpy as np
    import pandas as pd

    import mlflow_sql_flavor
    from mlflow_sql_flavor.engines.limits import effective_limits

    from .measure import duration
    from .rivals import Nothing
    from .work import SCALAR, customers

    threads = str(effective_limits(None).threads)
    random = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "id": np.arange(ROWS),
            "a": random.normal(size=ROWS),
            "b": random.normal(size=ROWS),
            "n": random.integers(0, 1000, ROWS),
            "s": random.choice([f"text-{i}" for i in range(5000)], ROWS),
        }
    )
    join = "SELECT visits, a, b, n, s FROM input LEFT JOIN t ON visits = id"
    some = "SELECT visits, a FROM input LEFT JOIN t ON visits = id"
    with tempfile.TemporaryDirectory() as folder:
        example = customers(3)
        for name, sql, tables in (
            ("plain", SCALAR.sql, {}),
            ("table", join, {"t": table}),
            ("some", some, {"t": table}),
        ):
            mlflow_sql_flavor.save_model(
                sql, f"{folder}/{name}", tables=tables, input_example=example, pip_requirements=["mlflow"]
            )
        mlflow.pyfunc.save_model(
            f"{folder}/none", python_model=Nothing(), input_example=example, pip_requirements=["mlflow"]
        )
        seconds: dict[str, list[float]] = {}
        for _ in range(rounds):
            for name in ("plain", "table", "some", "none"):
                taken, parsed = _fresh(_LOAD, f"{folder}/{name}", f"{folder}/none")
                assert parsed == "0", "sqlglot was imported"
                seconds.setdefault(name, []).append(float(taken))
            found = next(Path(folder, "table", "tables").glob("*.parquet"))
            seconds.setdefault("create", []).append(float(_fresh(_CREATE, str(found), threads)[0]))
    middle = {name: statistics.median(values) for name, values in seconds.items()}

    def ratio(name: str) -> str:
        return f"{statistics.median(a / b for a, b in zip(seconds[name], seconds['create'], strict=True)):.2f}"

    return [
        ["load_model after imports", "median", "least", "to CREATE TABLE AS"],
        ["no-op PythonModel", duration(middle["none"]), duration(min(seconds["none"])), ""],
        ["no table", duration(middle["plain"]), duration(min(seconds["plain"])), ""],
        [
            "1,000,000 x 5 table, all columns read",
            duration(middle["table"]),
            duration(min(seconds["table"])),
            ratio("table"),
        ],
        [
            "1,000,000 x 5 table, two columns read",
            duration(middle["some"]),
            duration(min(seconds["some"])),
            ratio("some"),
        ],
        ["DuckDB's CREATE TABLE AS of the file", duration(middle["create"]), duration(min(seconds["create"])), "1.00"],
    ]


PARTS: dict[str, Any] = {"one": one, "bulk": bulk, "memory": memory, "load": load}


def main(names: list[str]) -> dict[str, list[list[str]]]:
    """Runs the parts, prints their tables, and gives them back."""
    import logging
    import warnings

    from .measure import table

    warnings.simplefilter("ignore")
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    found = {}
    for name in names or list(PARTS):
        start, busy = time.perf_counter(), os.getloadavg()[0]
        found[name] = PARTS[name]()
        print(table(found[name][0], found[name][1:]))
        print(f"\n{name}: {time.perf_counter() - start:.0f} s, load average {busy:.1f} before\n", flush=True)
    return found


if __name__ == "__main__":
    results = main([name for name in sys.argv[1:] if not name.startswith("--")])
    if "--json" in sys.argv:
        print(json.dumps(results))
