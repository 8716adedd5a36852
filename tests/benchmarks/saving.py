"""``python -m tests.benchmarks.saving``: what reading and translating a query costs when it is saved, by its length.

CPU time of this thread and of the thread that translates, in milliseconds; medians of several runs in one process. The
bar: 50 ms for 2 kB, and linear to 1 MB.
"""

from __future__ import annotations

import statistics
import time

from mlflow_sql_flavor.query.reading.parse import parse
from mlflow_sql_flavor.query.translation.transpile import to_duckdb

SCHEMA = {
    "input": {"region": "VARCHAR", "amount": "DECIMAL(10,2)", "items": "INTEGER", "day": "DATE", "name": "VARCHAR"}
}
TERM = (
    "CASE WHEN amount / items > {i} AND upper(name) LIKE 'A{i}%' THEN round(amount * {i}, 2) "
    "WHEN day >= DATE '2024-01-01' THEN {i} ELSE coalesce(items, 0) END"
)
DIALECTS = ("postgres", "databricks", "mysql", "sqlite", "clickhouse", "snowflake", "bigquery")
SIZES = (2_000, 20_000, 200_000, 1_000_000)


def query(size: int) -> str:
    """A feature query of about so many characters."""
    terms: list[str] = []
    length = 0
    while length < size - 60:
        terms.append(f"{TERM.format(i=len(terms))} AS f{len(terms)}")
        length += len(terms[-1]) + 2
    return f"SELECT region AS region, {', '.join(terms)} FROM input"


def cost(sql: str, dialect: str, repeats: int) -> float:
    """Milliseconds of CPU to read and translate, the median."""
    found = []
    for _ in range(repeats):
        before = time.process_time()
        to_duckdb(parse(sql, dialect), SCHEMA, {}, allow=["unfaithful", "implicit_cast"])
        found.append(1000 * (time.process_time() - before))
    return statistics.median(found)


def main() -> None:
    print(
        f"{'dialect':<12}" + "".join(f"{size / 1000:>10,.0f} kB" for size in SIZES) + "   1 MB / 20 kB, per character"
    )
    for dialect in DIALECTS:
        times = []
        for size in SIZES:
            sql = query(size)
            times.append(cost(sql, dialect, 15 if size < 10_000 else 3 if size < 100_000 else 1))
        ratio = (times[-1] / SIZES[-1]) / (times[1] / SIZES[1])
        print(f"{dialect:<12}" + "".join(f"{t:>10,.0f} ms" for t in times) + f"{ratio:>12.2f}", flush=True)


if __name__ == "__main__":
    main()
