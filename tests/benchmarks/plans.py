"""``python -m tests.benchmarks.plans [--rows N]``: what Spark shuffles and broadcasts for models of each kind.

Each model runs once on local[2]; the bytes are the metrics of the exchanges in the plan that ran: for a broadcast the
size that each executor is sent, for a shuffle what was written, compressed, to be read by other tasks.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from mlflow_sql_flavor import SQLModel

from .scale import SQL, make

RANKED = "SELECT id, rank() OVER ({}ORDER BY a) AS place, avg(b) OVER ({}) AS mean FROM input"
LOOKUP = "SELECT i.id, i.a * r.w AS y FROM input AS i LEFT JOIN ref AS r ON r.id = i.id"


def models(rows: int) -> Iterator[tuple[str, SQLModel, dict[str, Any] | None]]:
    """A title, a model, and its tables in the catalog."""
    codes = pa.table({"k": range(1000), "label": [f"label {i}" for i in range(1000)]})
    yield "join, 1,000 rows in the model", SQLModel(SQL, tables={"codes": codes}), None
    ids = range(min(rows, 1_000_000))
    large = pa.table({"id": ids, "w": [0.5] * len(ids)})
    yield f"join, {len(ids):,} rows in the model", SQLModel(LOOKUP, tables={"ref": large}), None
    few = pa.table({"id": [1, 2], "w": [0.5, 0.5]})
    yield "join, a table of the catalog", SQLModel(LOOKUP, tables={"ref": few}), {"ref": "reference"}
    parts = "PARTITION BY k "
    yield "window, PARTITION BY", SQLModel(RANKED.format(parts, parts)), None
    yield "window, no PARTITION BY", SQLModel(RANKED.format("", "")), None
    yield "aggregate", SQLModel("SELECT k, count(*) AS n, avg(a) AS mean FROM input GROUP BY k"), None
    yield "ORDER BY", SQLModel("SELECT id, a FROM input ORDER BY a"), None


def exchanges(plan: Any) -> Iterator[tuple[str, int, int]]:
    """(kind, rows, bytes) of each exchange of a plan that has run."""
    name = plan.getClass().getSimpleName()
    if name == "AdaptiveSparkPlanExec":
        yield from exchanges(plan.executedPlan())
        return
    if name.endswith("QueryStageExec"):
        yield from exchanges(plan.plan())
        return
    if name == "BroadcastExchangeExec":
        yield "broadcast", _metric(plan, "numOutputRows"), _metric(plan, "dataSize")
    elif name == "ShuffleExchangeExec":
        single = "SinglePartition" in plan.outputPartitioning().toString()
        kind = "shuffle to ONE task" if single else "shuffle"
        yield kind, _metric(plan, "shuffleRecordsWritten"), _metric(plan, "shuffleBytesWritten")
    children = plan.children()
    for at in range(children.size()):
        yield from exchanges(children.apply(at))


def _metric(plan: Any, name: str) -> int:
    found = plan.metrics().get(name)
    return int(found.get().value()) if found.isDefined() else 0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.plans", description=__doc__)
    parser.add_argument("--rows", type=float, default=1e6)
    rows = int(parser.parse_args().rows)
    from pyspark.sql import SparkSession

    builder = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
    )
    builder = builder.config("spark.driver.memory", "4g").config("spark.sql.shuffle.partitions", "8")
    session = builder.config("spark.buffer.pageSize", "1m").getOrCreate()  # a broadcast counts in pages of up to 64 MB
    session.sparkContext.setLogLevel("ERROR")
    try:
        with tempfile.TemporaryDirectory() as folder:
            frame = session.read.parquet(str(make(rows, Path(folder))))
            named = frame.selectExpr("id", "a AS w")
            named.write.parquet(f"{folder}/reference")
            session.read.parquet(f"{folder}/reference").createOrReplaceTempView("reference")
            session.conf.set("spark.sql.autoBroadcastJoinThreshold", "1m")  # as if the table were larger than it is
            print(f"{rows:,} rows of input, pyspark {session.version}")
            for title, model, tables in models(rows):
                result = model.run_on(session, input=frame, tables=tables)
                execution = result._jdf.queryExecution()
                execution.toRdd().count()
                found = list(exchanges(execution.executedPlan()))
                print(title)
                for kind, count, size in found:
                    print(
                        f"    {kind:<20}{count:>12,} rows{size / 1e6:>10.2f} MB{size / max(count, 1):>8.1f} bytes a row"
                    )
                if not found:
                    print("    no exchange")
    finally:
        session.stop()


if __name__ == "__main__":
    main()
