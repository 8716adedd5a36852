"""Five kinds of work at one row to a million, in every way: ``python -m tests.benchmarks.wide [work ...] [--spark]``.

Raw DuckDB on a native table is the limit: nothing goes in or out. Times of one table are of one run, interleaved.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

from .bars import QUIET

os.environ.update(QUIET)
SIZES = (1, 100, 10_000, 1_000_000)
#: Above so many rows a way is left out that would take minutes: a million rows of a hundred columns are 800 MB.
MOST = {"linear": 100_000, "boosted": 100_000, "spark": 10_000, "ranking": 10_000}


def ways(work: Any, rows: int, threads: int, spark: bool = False) -> dict[str, Callable[[], Any]]:
    """What can run the work, by name."""
    from mlflow_sql_flavor import SQLModel

    from .rivals import Careful, PerCall, Raw, Spark
    from .work import pandas_of

    data = work.data(rows)
    model = SQLModel(work.sql, tables=work.tables)
    raw = Raw(work.sql, data, work.tables, threads)
    wrapper, careful = PerCall(work.sql, work.tables), Careful(work.sql, work.tables, threads)
    found: dict[str, Callable[[], Any]] = {
        "raw": raw.fetched if rows == 1 else raw.stored,
        "PythonModel, careful": lambda: careful.predict(None, data),
        "SQLModel": lambda: model.predict(data),
        "PythonModel, a connection a call": lambda: wrapper.predict(None, data),
    }
    if work.estimator is not None:
        found.update(_estimator(work, data))
    by_hand = pandas_of(work)
    if by_hand is not None:
        found["pandas"] = lambda: by_hand(data)
    if spark and rows <= MOST["spark"]:
        session = Spark(work.sql, work.tables)
        found["PythonModel, local Spark"] = lambda: session.predict(None, data)
    return found


def _estimator(work: Any, data: Any) -> dict[str, Callable[[], Any]]:
    """The fitted estimator behind MLflow's built-in flavors."""
    import tempfile

    import mlflow
    import mlflow.onnx
    import mlflow.sklearn

    example: dict[str, Any] = {"input_example": data.head(1), "pip_requirements": ["mlflow"]}
    with tempfile.TemporaryDirectory() as folder:
        mlflow.sklearn.save_model(
            work.estimator,
            f"{folder}/sklearn",
            serialization_format=mlflow.sklearn.SERIALIZATION_FORMAT_CLOUDPICKLE,
            **example,
        )
        sklearn = mlflow.pyfunc.load_model(f"{folder}/sklearn")
        found: dict[str, Callable[[], Any]] = {"mlflow.sklearn": lambda: sklearn.predict(data)}
        try:
            from skl2onnx import to_onnx
            from skl2onnx.common.data_types import FloatTensorType
        except ImportError:
            return found
        graph = to_onnx(work.estimator, initial_types=[("X", FloatTensorType([None, work.columns]))])
        mlflow.onnx.save_model(graph, f"{folder}/onnx", pip_requirements=["mlflow"])
        onnx = mlflow.pyfunc.load_model(f"{folder}/onnx")
    array = data.to_numpy("float32")
    onnx.predict(array)
    return {**found, "mlflow.onnx": lambda: onnx.predict(array)}


def run(names: list[str], spark: bool, sizes: tuple[int, ...] = SIZES) -> list[dict[str, Any]]:
    """Prints a table for each kind of work, and gives the medians and ratios."""
    from mlflow_sql_flavor.engines.limits import effective_limits

    from . import work as works
    from .measure import duration, interleaved, table

    threads = effective_limits(None).threads
    made = {
        "scalar": lambda: works.SCALAR,
        "ranking": lambda: works.RANKING,
        "window": lambda: works.WINDOW,
        "linear": works.linear,
        "boosted": works.boosted,
    }
    found = []
    for name in names or list(made):
        work = made[name]()
        rows: dict[str, list[str]] = {}
        shown = [size for size in sizes if size <= MOST.get(name, max(SIZES))]
        for place, size in enumerate(shown):
            cases = ways(work, size, threads, spark)
            rounds, calls = {1: (12, 5), 100: (12, 5), 10_000: (9, 1)}.get(size, (5, 1))
            times = interleaved(cases, rounds, calls, warm=1)
            for case in cases:
                ratio = times.ratio(case, "raw")
                cells = rows.setdefault(case, ["-"] * len(shown))
                cells[place] = f"{duration(times.median(case))}, {ratio.median:.2f}"
                found.append(
                    {"work": name, "rows": size, "way": case, "seconds": times.median(case), "ratio": ratio.median}
                )
        print(f"\n{name}: median, and ratio to raw DuckDB; load average {os.getloadavg()[0]:.1f}\n")
        print(
            table(["way", *(f"{size:,} rows" for size in shown)], [[case, *cells] for case, cells in rows.items()]),
            flush=True,
        )
    return found


def main(arguments: list[str]) -> None:
    """Runs what is asked for."""
    import logging
    import warnings

    warnings.simplefilter("ignore")
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    os.environ["MLFLOW_ALLOW_PICKLE_DESERIALIZATION"] = "true"
    run([name for name in arguments if not name.startswith("--")], "--spark" in arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
