"""TPC-DS in every dialect against DuckDB's own rows: ``python -m tests.fidelity.tpcds [dialect ...]``.

The environment variable SQLGLOT names a git clone of tobymao/sqlglot, bare or not: its optimizer's fixtures have the 99
queries and small tables. DuckDB's own extension, where it is installed, has the queries too and is preferred. Each text
is written in a dialect by sqlglot from DuckDB's; what sqlglot cannot write is left out, with its reason.
"""

from __future__ import annotations

import collections
import gzip
import io
import os
import re
import subprocess
import sys
import warnings
from typing import Any

import duckdb
import pyarrow.csv as pacsv
import sqlglot

from mlflow_sql_flavor import SQLModel
from mlflow_sql_flavor.errors import SQLModelError
from mlflow_sql_flavor.frames.compare import compare

__all__ = ["DIALECTS", "main"]

DIALECTS = (
    "duckdb", "postgres", "databricks", "snowflake", "bigquery", "redshift", "trino", "tsql", "mysql", "oracle",
    "sqlite", "clickhouse",
)  # fmt: skip
_FOLDER = "tests/fixtures/optimizer/tpc-ds/"


def _blob(clone: str, path: str) -> bytes:
    return subprocess.run(["git", "-C", clone, "show", f"HEAD:{path}"], check=True, capture_output=True).stdout


def _queries(clone: str) -> dict[int, str]:
    with duckdb.connect() as connection:
        try:
            connection.execute("LOAD tpcds")
            return {n: sql.rstrip().rstrip(";") for n, sql in connection.sql("FROM tpcds_queries()").fetchall()}
        except duckdb.Error:
            pass
    text = _blob(clone, f"{_FOLDER}tpc-ds.sql").decode()
    statements = [s.strip() for s in re.sub(r"(?m)^--.*$|^#.*$", "", text).split(";") if s.strip()]
    return dict(enumerate(statements[::2], 1))  # each is followed by what the optimizer makes of it


def _tables(clone: str) -> dict[str, Any]:
    listed = subprocess.run(["git", "-C", clone, "ls-tree", "--name-only", f"HEAD:{_FOLDER}"], check=True,
                            capture_output=True, text=True).stdout.split()  # fmt: skip
    options = pacsv.ParseOptions(delimiter="|")
    nulls = pacsv.ConvertOptions(strings_can_be_null=True)
    return {
        name.split(".")[0]: pacsv.read_csv(
            io.BytesIO(gzip.decompress(_blob(clone, _FOLDER + name))), parse_options=options, convert_options=nulls
        )
        for name in listed
        if name.endswith(".csv.gz")
    }


def main(argv: list[str] | None = None) -> int:
    """Prints what is not equal, and the counts."""
    asked = sys.argv[1:] if argv is None else argv
    clone = os.environ.get("SQLGLOT")
    if not clone:
        print("SQLGLOT names no clone of tobymao/sqlglot: nothing is measured.")
        return 0
    warnings.simplefilter("ignore")
    queries, tables = _queries(clone), _tables(clone)
    wrong = 0
    own: dict[int, Any] = {}
    with duckdb.connect() as connection:
        for name, table in tables.items():
            connection.register(name, table)
        for number, sql in queries.items():
            try:
                own[number] = connection.sql(sql).to_arrow_table()
            except duckdb.Error as error:
                print(f"query {number} is left out: DuckDB itself says {str(error).splitlines()[0][:120]}")
    for dialect in asked or DIALECTS:
        counts: collections.Counter[str] = collections.Counter()
        for number, want in own.items():
            try:
                sql = sqlglot.transpile(queries[number], read="duckdb", write=dialect)[0]
            except sqlglot.errors.SqlglotError as error:
                counts["left out"] += 1
                print(f"{dialect} {number} left out: sqlglot cannot write it: {str(error)[:100]}", flush=True)
                continue
            used = {name: table for name, table in tables.items() if re.search(rf"(?i)\b{name}\b", sql)}
            try:
                got = SQLModel(sql, dialect, tables=used).predict(output="arrow")
            except SQLModelError as error:
                counts["refused"] += 1
                print(f"{dialect} {number} refused: {error.message.splitlines()[0][:200]}", flush=True)
                continue
            found = (
                compare(got.rename_columns(want.column_names), want) if got.num_columns == want.num_columns else None
            )
            verdict = "equal" if found is not None and found.equal else "differs"
            if "ROLLUP" in sql.upper() and (got.num_rows, want.num_rows) == (0, 1):
                verdict = "has no total of no rows"  # which Spark does not give
            counts[verdict] += 1
            if verdict == "differs":
                told = found.text("model", "DuckDB", 1) if found is not None else "other columns"
                print(f"{dialect} {number} differs: {told[:250]}", flush=True)
        wrong += counts["differs"]
        print(f"{dialect}: {counts['equal']} of {len(own)} equal, {counts['refused']} refused, "
              f"{counts['differs']} differ, {counts['has no total of no rows']} without the total of no rows, "
              f"{counts['left out']} left out.", flush=True)  # fmt: skip
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
