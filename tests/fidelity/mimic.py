"""How many of mimic-code's BigQuery concepts are accepted as written: ``python -m tests.fidelity.mimic``.

The environment variable MIMIC_CODE names a git clone of MIT-LCP/mimic-code, bare or not. The tables' types are those
of its own schema for PostgreSQL, and a concept that others read has the columns that it is accepted with. No row is
compared here.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys

import sqlglot
from sqlglot import exp

from mlflow_sql_flavor.compile.check import check
from mlflow_sql_flavor.engines.empty_instance import EMPTY_INSTANCE
from mlflow_sql_flavor.errors import SQLModelError
from mlflow_sql_flavor.frames.schema import arrow_schema, canonical
from mlflow_sql_flavor.query.reading.parse import parse
from mlflow_sql_flavor.query.reading.tables import table_uses

__all__ = ["CONCEPTS", "SCHEMA", "git", "main", "stored"]

SCHEMA, CONCEPTS = "mimic-iv/buildmimic/postgres/create.sql", "mimic-iv/concepts/"


def git(clone: str, *args: str) -> str:
    """What git prints of a clone."""
    return subprocess.run(["git", "-C", clone, *args], check=True, capture_output=True, text=True).stdout


def stored(text: str) -> dict[str, dict[str, str]]:
    """``{schema.table: {column: DuckDB type}}`` of CREATE TABLE statements."""
    found = {}
    for statement in re.findall(r"(?is)CREATE TABLE .*?;", text):
        tree = sqlglot.parse_one(statement, dialect="postgres")
        table = tree.find(exp.Table)
        assert table is not None
        columns = {c.name: canonical(c.args["kind"].sql("duckdb")) for c in tree.find_all(exp.ColumnDef)}
        found[f"{table.db}.{table.name}".lower()] = columns
    return found


def main() -> int:
    """Prints the verdict on each concept, and the counts."""
    clone = os.environ.get("MIMIC_CODE")
    if not clone:
        print("MIMIC_CODE names no clone of MIT-LCP/mimic-code: nothing is measured.")
        return 0
    known = stored(git(clone, "show", f"HEAD:{SCHEMA}"))
    paths = git(clone, "ls-tree", "-r", "--name-only", "HEAD", CONCEPTS).split("\n")
    left = {path: git(clone, "show", f"HEAD:{path}") for path in paths if path.endswith(".sql")}
    total, accepted, reasons = len(left), 0, {}
    EMPTY_INSTANCE.cursor().close()
    while left:
        done = []
        for path, text in left.items():
            name = f"mimiciv_derived.{path.rsplit('/', 1)[1].removesuffix('.sql')}"
            try:
                read = {use.lower() for use, _, _ in table_uses(parse(text, "bigquery"))}
                named = {use: use.split(".", 1)[1] if use.count(".") == 2 else use for use in read}
                if any(use not in known and use.startswith("mimiciv_derived") for use in named.values()):
                    continue
                tables = {u: arrow_schema(known[n]).empty_table() for u, n in named.items() if n in known}
                known[name] = dict(check(text, "bigquery", tables=tables).output_types or {})
                accepted += 1
            except SQLModelError as error:
                reasons[path] = error.message.split("\n")[0]
            done.append(path)
        for path in done or list(left):
            if not done:
                reasons[path] = "reads a concept that is not accepted"
            del left[path]
    for path, reason in sorted(reasons.items()):
        print(f"{path.removeprefix(CONCEPTS)}: {reason}")
    names = [reason for reason in reasons.values() if re.search(r"Table .* is neither|no name", reason)]
    print(f"{accepted} of {total} accepted as written; {len(names)} refused for a table's or an output's name.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
