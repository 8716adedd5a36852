"""``python -m tests.benchmarks.saving``: what compiling and saving a query costs, by its length.

CPU time of the process, the least of several runs in turn, beside sqlglot's own work on the same text in the same run:
parse, qualify, annotate, write. "compile" is all gates up to DuckDB's binding, evidence and lineage included. "save" is
``save_model`` beyond the save of ``SELECT 1 AS a``. Memory is what a new process grows by at most.
"""

from __future__ import annotations

import argparse
import functools
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

TYPES = {"region": "VARCHAR", "amount": "DECIMAL(10,2)", "items": "INTEGER", "day": "DATE", "name": "VARCHAR"}
TERM = (
    "CASE WHEN amount / items > {i} AND upper(name) LIKE 'A{i}%' THEN round(amount * {i}, 2) "
    "WHEN day >= DATE '2024-01-01' THEN {i} ELSE coalesce(items, 0) END"
)
SIZES = (1_000, 3_000, 10_000, 30_000, 100_000, 300_000)


def score(size: int) -> str:
    """Layers of six CASE expressions each, one CTE a layer, of about so many characters."""
    layers: list[str] = []
    source, length = "input", 0
    while length < size - 200 or not layers:
        number = len(layers)
        columns = [f"{TERM.format(i=6 * number + k)} AS f{number}_{k}" for k in range(6)]
        layers.append(f"layer{number} AS (SELECT region, amount, items, day, name, {', '.join(columns)} FROM {source})")
        length, source = length + len(layers[-1]), f"layer{number}"
    last = len(layers) - 1
    return f"WITH {', '.join(layers)} SELECT region, f{last}_0 + f{last}_1 AS score FROM {source}"


def flat(size: int) -> str:
    """One SELECT of many CASE expressions, of about so many characters."""
    terms: list[str] = []
    while sum(map(len, terms)) < size - 60:
        terms.append(f"{TERM.format(i=len(terms))} AS f{len(terms)}")
    return f"SELECT region AS region, {', '.join(terms)} FROM input"


def cost(work: Callable[[], Any], repeats: int) -> float:
    """Seconds of CPU, the least of several runs."""
    found = []
    for _ in range(repeats):
        before = time.process_time()
        work()
        found.append(time.process_time() - before)
    return min(found)


def own(sql: str, dialect: str) -> None:
    """sqlglot's part, with room for deep trees as the package gives it."""
    from sqlglot import parse_one
    from sqlglot.optimizer.annotate_types import annotate_types
    from sqlglot.optimizer.qualify import qualify

    from mlflow_sql_flavor.query.reading.recursion import with_deep_stack

    def work() -> None:
        schema = {"input": TYPES}
        tree = qualify(parse_one(sql, dialect=dialect), dialect=dialect, schema=schema, validate_qualify_columns=False)
        annotate_types(tree, schema=schema, dialect=dialect).sql("duckdb")

    with_deep_stack(work)


def compiled(sql: str, dialect: str) -> None:
    from mlflow_sql_flavor.compile.check import check

    check(sql, dialect, input_types=TYPES)


def saved(sql: str, dialect: str, types: Any = TYPES) -> None:
    import mlflow_sql_flavor

    with tempfile.TemporaryDirectory() as folder:
        mlflow_sql_flavor.save_model(sql, str(Path(folder) / "model"), dialect=dialect, input_types=types)


_PEAK = """
import sys
from tests.benchmarks import saving
from tests.benchmarks.bars import resident
work, make, size, dialect = sys.argv[1:]
sql = getattr(saving, make)(int(size))
work = getattr(saving, work)
work("SELECT region AS region FROM input", dialect)
before = resident("VmRSS")
with open("/proc/self/clear_refs", "w") as file:
    file.write("5")
work(sql, dialect)
print(resident("VmHWM") - before)
"""


def peak(work: str, make: str, size: int, dialect: str) -> int:
    """Bytes that a new process grows by, of which a short query is compiled before."""
    given = [sys.executable, "-c", _PEAK, work, make, str(size), dialect]
    done = subprocess.run(given, cwd=Path(__file__).parents[2], check=True, capture_output=True, text=True)
    return max(1, int(done.stdout))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.saving", description=__doc__)
    parser.add_argument("--dialect", default="postgres")
    parser.add_argument("--most", type=int, default=SIZES[-1], help="longest text, in characters")
    args = parser.parse_args()
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    dialect = args.dialect
    compiled(score(1_000), dialect)
    saved("SELECT 1 AS a", "duckdb", None)
    least = functools.partial(saved, "SELECT 1 AS a", "duckdb", None)
    print(f"save of SELECT 1 AS a: {cost(least, 7):.3f} s; load average {os.getloadavg()[0]:.1f}")
    print(
        f"{'query':<8}{'characters':>11}{'sqlglot, s':>12}{'compile':>9}{'save':>8}{'memory':>8}   (to sqlglot's own)"
    )
    for make in (score, flat):
        for size in (size for size in SIZES if size <= args.most):
            sql = make(size)
            repeats = 15 if size < 10_000 else 5 if size < 100_000 else 2
            ways = [functools.partial(way, sql, dialect) for way in (own, compiled, saved)] + [least]
            turns = [[cost(way, 1) for way in ways] for _ in range(repeats)]
            base, compiling, saving, fixed = map(min, zip(*turns, strict=True))
            memory = peak("compiled", make.__name__, size, dialect) / peak("own", make.__name__, size, dialect)
            print(
                f"{make.__name__:<8}{len(sql):>11,}{base:>12.3f}{compiling / base:>9.2f}{(saving - fixed) / base:>8.2f}"
                f"{memory:>8.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
