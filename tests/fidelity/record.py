"""``python -m tests.fidelity.record DIALECT QUERIES.sql [--out FILE]``: what the real engine answers, as cases.

The file holds one query a line, ``name: SELECT ...``; empty lines and lines that begin with ``--`` are skipped.
The tables are those of data/inputs.yaml. Without ``--out`` the cases are printed.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlglot import exp

from mlflow_sql_flavor.query.reading.parse import read as read_text

from .cases import raw_tables
from .engines import ENGINES, EngineError, Run, encode, start


def queries(text: str) -> Iterator[tuple[str, str]]:
    """Names and queries of a file."""
    for line in text.splitlines():
        if line.strip() and not line.startswith("--"):
            name, _, sql = line.partition(": ")
            yield name.strip(), sql.strip().rstrip(";")


def record(run: Run, name: str, dialect: str, sql: str) -> dict[str, Any]:
    """One case: the query, the tables it reads, whether order counts, and the rows or the error."""
    (tree,) = read_text(sql, dialect).statements or ()
    read = [table for table in raw_tables() if any(t.name == table for t in tree.find_all(exp.Table))]
    case: dict[str, Any] = {"id": name, "dialect": dialect, "sql": sql, "input": read}
    case["ordered"] = tree.args.get("order") is not None
    try:
        columns, rows = run(sql)
    except EngineError as e:
        return {**case, "error": str(e)}
    return {**case, "cols": columns, "rows": [[encode(value) for value in row] for row in rows]}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fidelity.record", description=__doc__)
    parser.add_argument("dialect", choices=list(ENGINES))
    parser.add_argument("queries", type=Path)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    with start(args.dialect) as run:
        found = [record(run, name, args.dialect, sql) for name, sql in queries(args.queries.read_text("utf-8"))]
    lines = "".join(json.dumps(case, ensure_ascii=False) + "\n" for case in found)
    if args.out:
        args.out.write_text(lines, encoding="utf-8")
    else:
        print(lines, end="")


if __name__ == "__main__":
    main()
