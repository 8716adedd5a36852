"""Run cases and judge them: match, refused, silently wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .cases import RECORDED, Case, cases, duckdb_types, tables
from .compare import same_rows

__all__ = ["Outcome", "execute", "judge", "run"]


@dataclass(frozen=True)
class Outcome:
    """``verdict`` is match, refused or silent; ``stage`` says where an error was raised."""

    case: Case
    verdict: str
    got: list[list[Any]] | None = None
    error: str | None = None
    stage: str = ""
    duckdb_sql: str = ""


class Raised(Exception):
    """An error on the way to the rows; ``stage`` is save, bind or run."""

    def __init__(self, stage: str, error: BaseException, sql: str = "") -> None:
        super().__init__(f"{type(error).__name__}: {error}")
        self.stage, self.sql = stage, sql


def execute(case: Case) -> tuple[list[list[Any]], str]:
    """The rows of a case through the package, and the DuckDB SQL.

    Raises:
        Raised: with the stage.
    """
    import duckdb

    from mlflow_sql_flavor.errors import SQLModelError
    from mlflow_sql_flavor.query import packs
    from mlflow_sql_flavor.query.parse import parse
    from mlflow_sql_flavor.query.transpile import to_duckdb

    kind = "recorded" if case.dialect in RECORDED else "documented"
    schema = {name: duckdb_types(kind)[name] for name in case.inputs}
    try:
        translation = to_duckdb(parse(case.sql, case.dialect), schema, {})
    except SQLModelError as e:
        raise Raised("save", e) from e
    sql = translation.duckdb_sql
    with duckdb.connect() as con:
        for name in case.inputs:
            con.register(f"__{name}", tables(kind)[name])
            con.execute(f'CREATE TABLE "{name}" AS SELECT * FROM "__{name}"')
            con.unregister(f"__{name}")
        if translation.pack:
            for statement in packs.statements(translation.pack, translation.pack_version, translation.macros):
                con.execute(statement)
        for statement in packs.setting_statements(translation.settings):
            con.execute(statement)
        try:
            con.execute(f"EXPLAIN {sql}").fetchall()
        except duckdb.Error as e:
            raise Raised("bind", e, sql) from e
        try:
            return [list(row) for row in con.execute(sql).fetchall()], sql
        except duckdb.Error as e:
            raise Raised("run", e, sql) from e


def judge(case: Case) -> Outcome:
    """Run one case."""
    try:
        rows, sql = execute(case)
    except Raised as e:
        verdict = "match" if case.rows is None else "refused"
        return Outcome(case, verdict, None, str(e), e.stage, e.sql)
    if case.rows is not None and same_rows(case.rows, rows, case.ordered):
        return Outcome(case, "match", rows, duckdb_sql=sql)
    return Outcome(case, "silent", rows, duckdb_sql=sql)


def run(dialect: str) -> list[Outcome]:
    """Run every case of a dialect."""
    return [judge(case) for case in cases(dialect)]
