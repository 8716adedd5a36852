"""Where the time of one call goes: ``python -m tests.benchmarks.where [rows]``: ours, DuckDB's and MLflow's part.

The parts of a call are timed by themselves, interleaved with the whole.
"""

from __future__ import annotations

import os
import sys
import tempfile
from typing import Any

from mlflow_sql_flavor.model import compiled_model_of

from .bars import QUIET

os.environ.update(QUIET)


def main(rows: int = 1) -> None:
    """Prints the table."""
    import logging
    import warnings

    import mlflow.pyfunc

    import mlflow_sql_flavor
    from mlflow_sql_flavor.frames import reading as frames

    from .measure import duration, interleaved, table
    from .rivals import Raw
    from .work import SCALAR, TEN, ten_columns

    warnings.simplefilter("ignore")
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    sql = SCALAR.sql if rows == 1 else TEN["all computed"]
    data = SCALAR.data(1) if rows == 1 else ten_columns(rows)
    with tempfile.TemporaryDirectory() as folder:
        mlflow_sql_flavor.save_model(sql, f"{folder}/m", input_example=data.head(5), pip_requirements=["mlflow"])
        model, pyfunc = mlflow_sql_flavor.load_model(f"{folder}/m"), mlflow.pyfunc.load_model(f"{folder}/m")
    bound = compiled_model_of(model).bound[0]
    schema = bound.program.input_schema
    arrow = frames.read(data, schema, any_text=True).table
    few = rows <= bound.runner.small
    result: Any = bound.runner.rows(arrow, {}) if few else bound.runner.arrow(arrow, {}, None, True)
    raw = Raw(sql, data, threads=model.limits.threads)
    cases = {
        "pyfunc.predict": lambda: pyfunc.predict(data),
        "SQLModel.predict": lambda: model.predict(data),
        "  pandas to Arrow (ours)": lambda: frames.read(data, schema, any_text=True),
        "  the query (DuckDB, on Arrow; limits and row order)": (
            (lambda: bound.runner.rows(arrow, {})) if few else (lambda: bound.runner.arrow(arrow, {}, None, True))
        ),
        "  result to pandas (ours)": (
            (lambda: bound.columns.pandas_rows(result)) if few else (lambda: bound.columns.pandas(result))
        ),
        "raw DuckDB on a native table": raw.fetched if few else raw.stored,
    }
    times = interleaved(cases, 20 if few else 7, 10 if few else 1)
    print(
        table(
            ["part", "median", "of SQLModel.predict"],
            [[name, duration(times.median(name)), str(times.ratio(name, "SQLModel.predict"))] for name in cases],
        )
    )
    print(f"\n{rows:,} rows; load average {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
