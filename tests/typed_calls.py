"""What a type checker says of calls; mypy reads this in ``.ci/check``, and nothing runs it.

An ignored error that is none any more is one: the verbs have lost their types then.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import ibis
import sqlalchemy as sa
import sqlglot

from mlflow_sql_flavor import SQLModel, log_model, save_model


def accepted() -> None:
    table = sa.table("input", sa.column("a"))
    relation = duckdb.connect().table("input")
    expression = ibis.table({"a": "int64"}, name="input").select("a")
    for each in ("SELECT 1 AS a", Path("q.sql"), sqlglot.parse_one("SELECT 1 AS a")):
        save_model(each, "m")
    save_model(sa.select(table.c.a), "m")
    save_model(relation, "m")
    save_model(expression, "m")
    log_model(SQLModel(relation), name="m")
    SQLModel(sa.select(table.c.a), "postgres")
    SQLModel(expression)


def refused() -> None:
    save_model(1, "m")  # type: ignore[arg-type]
    log_model(b"SELECT 1 AS a", name="m")  # type: ignore[arg-type]
    SQLModel(["SELECT 1 AS a"])  # type: ignore[arg-type]
    save_model("SELECT 1 AS a", "m", no_such_argument=1)  # type: ignore[call-arg]
