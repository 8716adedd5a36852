"""How the cost of a call grows: ``python -m tests.benchmarks.growth [columns] [table] [query]``.

Each beside raw DuckDB in the same run: the parsed statement over a native table, fetched.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

from .bars import QUIET

os.environ.update(QUIET)


def _line(label: str, sql: str, data: Any, tables: dict[str, Any], rounds: int = 9) -> list[str]:
    from mlflow_sql_flavor import SQLModel
    from mlflow_sql_flavor.engines.limits import effective_limits

    from .measure import duration, interleaved
    from .rivals import Raw

    start = time.perf_counter()
    model = SQLModel(sql, tables=tables)
    model.predict(data)
    first = time.perf_counter() - start
    raw = Raw(sql, data, tables, effective_limits(None).threads)
    cases = {"raw": raw.fetched if len(data) == 1 else raw.stored, "model": lambda: model.predict(data)}
    times = interleaved(cases, rounds, 3 if len(data) == 1 else 1)
    raw.close()
    return [
        label,
        duration(first),
        duration(times.median("raw")),
        duration(times.median("model")),
        str(times.ratio("model", "raw")),
    ]


HEADER = ["compiled and first answer", "raw", "SQLModel", "ratio"]


def columns() -> list[list[str]]:
    """Inputs of 5 to 1,000 columns, all of them read, at one row and at ten thousand."""
    from .work import features

    lines = []
    for rows in (1, 10_000):
        for count in (5, 50, 200, 1000):
            terms = [f"f{i} * {i}" for i in range(count)]
            groups = [f"({' + '.join(terms[at : at + 50])})" for at in range(0, count, 50)]  # else nested too deeply
            sql = f"SELECT {' + '.join(groups)} AS y FROM input"
            lines.append(_line(f"{rows:,} x {count:,}", sql, features(rows, count), {}))
    return [["input", *HEADER], *lines]


def table() -> list[list[str]]:
    """Reference tables of a thousand to ten million rows, joined to one row."""
    import numpy as np
    import pandas as pd

    data = pd.DataFrame({"id": [500]})
    lines = []
    for rows in (1_000, 10_000, 100_000, 1_000_000, 10_000_000):
        reference = pd.DataFrame({"id": np.arange(rows), "value": np.arange(rows) / 7})
        lines.append(_line(f"{rows:,}", "SELECT value FROM input LEFT JOIN t USING (id)", data, {"t": reference}))
    return [["rows of the table", *HEADER], *lines]


def query() -> list[list[str]]:
    """Queries of 200 bytes to a megabyte: ever more WHENs of one CASE."""
    import pandas as pd

    data = pd.DataFrame({"k": [17], "x": [1.5]})
    lines = []
    for size in (200, 2_000, 20_000, 200_000, 990_000):
        whens, length = [], 0
        while length < size - 60:
            whens.append(f" WHEN k = {len(whens)} THEN x * {len(whens)}.5")
            length += len(whens[-1])
        sql = f"SELECT CASE{''.join(whens)} ELSE 0 END AS y FROM input"
        lines.append(_line(f"{len(sql):,}", sql, data, {}, 5))
    return [["bytes of the query", *HEADER], *lines]


PARTS = {"columns": columns, "table": table, "query": query}


def main(names: list[str]) -> None:
    """Runs the parts and prints their tables."""
    import warnings

    from . import measure

    warnings.simplefilter("ignore")
    for name in names or list(PARTS):
        found = PARTS[name]()
        print(measure.table(found[0], found[1:]))
        print(f"\nload average {os.getloadavg()[0]:.1f}\n", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
