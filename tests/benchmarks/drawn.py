"""One row of drawn queries: ``python -m tests.benchmarks.drawn [seed]``.

Ten queries of 1 to 30 columns and 0 to 3 joins over text, dates, decimals and numbers, each beside raw DuckDB with one
thread on a native table of the row; then the scalar query's ``pyfunc.predict`` beside ``mlflow.sklearn``'s of a linear
model, on the same frame of five numbers. Interleaved; the processor time of the best round, which other work on the
machine disturbs least.
"""

from __future__ import annotations

import logging
import os
import random
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from .bars import QUIET

os.environ.update(QUIET)

_NUMBERS = (
    "{} * 1.5",
    "sqrt(abs({}))",
    "CASE WHEN {} > 10 THEN 1 ELSE 0 END",
    "coalesce({}, 0) + 1",
    "round({} / 3, 2)",
)
_TEXTS = ("upper({})", "{} || '-x'", "substr({}, 1, 3)", "length({})", "replace({}, 'a', 'b')")
_DATES = (
    "extract(year FROM {})",
    "{} + INTERVAL 1 DAY",
    "date_trunc('month', {})",
    "date_diff('day', {}, DATE '2030-01-01')",
)
_DECIMALS = ("{} * 2", "round({}, 1)", "{} + 0.05")
_WAYS = {"number": _NUMBERS, "text": _TEXTS, "date": _DATES, "decimal": _DECIMALS}


def drawn(seed: int) -> tuple[str, pd.DataFrame, dict[str, pd.DataFrame], str]:
    """A query, one row of its input, its tables, and what it is."""
    draw = random.Random(seed)
    width, joins = draw.randint(1, 30), draw.randint(0, 3)
    row: dict[str, Any] = {"k": pd.Series([draw.randrange(1000)])}
    outputs = []
    for at in range(width):
        kind = draw.choice(list(_WAYS))
        value: Any = {
            "number": draw.uniform(-50, 50),
            "text": f"name {draw.randrange(1000)}",
            "date": pd.Timestamp(2020, 1, 1) + pd.Timedelta(days=draw.randrange(2000)),
            "decimal": draw.randrange(10_000) / 100,
        }[kind]
        row[f"c{at}"] = pd.Series([value])
        # A decimal comes through MLflow's schema as a double.
        cell = f"CAST(input.c{at} AS DECIMAL(10, 2))" if kind == "decimal" else f"input.c{at}"
        outputs.append(draw.choice(_WAYS[kind]).format(cell) + f" AS o{at}")
    tables = {}
    joined = ""
    for at in range(joins):
        tables[f"t{at}"] = pd.DataFrame(
            {
                "id": np.arange(1000),
                "name": [f"{at} {i}" for i in range(1000)],
                "worth": np.random.default_rng(at).normal(size=1000),
            }
        )
        joined += f" LEFT JOIN t{at} ON t{at}.id = input.k"
        outputs += [f"t{at}.name AS n{at}", f"t{at}.worth AS w{at}"]
    what = f"{width} columns, {joins} joins"
    return f"SELECT {', '.join(outputs)} FROM input{joined}", pd.DataFrame(row), tables, what


def best(cases: Mapping[str, Callable[[], Any]], rounds: int = 25, calls: int = 4) -> dict[str, float]:
    """Seconds of processor time a call, of the best round."""
    found = dict.fromkeys(cases, float("inf"))
    for case in cases.values():
        case()
    for _ in range(rounds):
        for name, case in cases.items():
            begin = time.process_time()
            for _ in range(calls):
                case()
            found[name] = min(found[name], (time.process_time() - begin) / calls)
    return found


def _models(sql: str, row: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> tuple[Any, Any]:
    import mlflow.pyfunc

    import mlflow_sql_flavor

    with tempfile.TemporaryDirectory() as folder:
        mlflow_sql_flavor.save_model(
            sql, f"{folder}/m", tables=tables, input_example=row, pip_requirements=["mlflow"], bundle_flavor=False
        )
        return mlflow_sql_flavor.load_model(f"{folder}/m"), mlflow.pyfunc.load_model(f"{folder}/m")


def beside_sklearn() -> dict[str, float]:
    """The scalar query over five numbers, and scikit-learn's linear model of them."""
    import mlflow.sklearn
    from sklearn.linear_model import LinearRegression

    names = list("abcde")
    row = pd.DataFrame([[40.0, 30_000.0, 1.0, 16.0, 2.0]], columns=names)
    sql = """SELECT 0.02 * a + ln(1 + b) / 10 + CASE WHEN c = 1 THEN 1.5 ELSE 0.5 END + sqrt(d) * 0.1 - e / 10 AS score
             FROM input"""
    data = pd.DataFrame(np.random.default_rng(0).normal(size=(50, 5)), columns=names)
    estimator = LinearRegression().fit(data, data.to_numpy() @ np.arange(5))
    with tempfile.TemporaryDirectory() as folder:
        mlflow.sklearn.save_model(estimator, f"{folder}/m", input_example=row, pip_requirements=["mlflow"])
        other = mlflow.pyfunc.load_model(f"{folder}/m")
    model, pyfunc = _models(sql, row, {})
    cases: dict[str, Callable[[], Any]] = {
        "mlflow.sklearn": lambda: other.predict(row),
        "pyfunc.predict": lambda: pyfunc.predict(row),
        "the estimator's own predict": lambda: estimator.predict(row),
        "SQLModel.predict": lambda: model.predict(row),
    }
    return best(cases, 60)


def main(seed: int = 1) -> None:
    """Prints the tables."""
    from .measure import table
    from .rivals import Raw
    from .work import RANKING, SCALAR, linear

    warnings.simplefilter("ignore")
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    lines = []
    works = [(w.sql, w.data(1), w.tables, w.name) for w in (SCALAR, RANKING, linear(20))]
    for sql, row, tables, what in [*works, *(drawn(seed * 100 + at) for at in range(10))]:
        model, _ = _models(sql, row, tables)
        raw = Raw(sql, row, tables, 1)
        found = best({"raw": raw.fetched, "model": lambda model=model, row=row: model.predict(row)})
        lines.append([what, f"{found['raw'] * 1e3:.2f} ms", f"{found['model'] / found['raw']:.2f}"])
        raw.close()
        print(*lines[-1], flush=True, file=sys.stderr)
    print(table(["query, one row", "raw, 1 thread", "SQLModel.predict to raw"], lines))
    found = beside_sklearn()
    print()
    print(
        table(
            ["one row of five numbers", "to mlflow.sklearn"],
            [[k, f"{v / found['mlflow.sklearn']:.2f}"] for k, v in found.items()],
        )
    )
    print(f"\nload average {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
