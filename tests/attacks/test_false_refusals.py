"""The gate must not stand in the way of ordinary SQL: what DuckDB binds, and is harmless, passes."""

import logging

import duckdb
import pytest
import sqlglot

from mlflow_sql_flavor.engines.query_check import check
from mlflow_sql_flavor.errors import QueryError
from tests.fidelity.cases import DOCUMENTED, RECORDED, cases, duckdb_types


def test_recorded_queries_pass(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Every recorded query, translated by sqlglot alone, that DuckDB binds on its tables: none is refused."""
    monkeypatch.setattr("mlflow_sql_flavor.query.gate.policy.did_you_mean", lambda name, candidates: "")
    monkeypatch.setattr(logging.getLogger("sqlglot"), "disabled", True)
    parsed = bound = 0
    refused = []
    for kind, dialects in (("recorded", RECORDED), ("documented", DOCUMENTED)):
        con = duckdb.connect()
        names = []
        for name, columns in duckdb_types(kind).items():
            con.execute(f"CREATE TABLE {name} ({', '.join(f'{c} {t}' for c, t in columns.items())})")
            names.append(name)
        for case in (case for dialect in dialects for case in cases(dialect)):
            try:
                sql = sqlglot.transpile(case.sql, read=case.dialect, write="duckdb")[0]
                con.extract_statements(sql)
            except (sqlglot.errors.SqlglotError, duckdb.Error, IndexError):
                continue
            parsed += 1
            try:
                check(con, sql, tables=names)
                bound += 1
            except QueryError as error:
                try:
                    con.execute(f"DESCRIBE {sql}")
                except duckdb.Error:
                    continue
                refused.append((case.dialect, case.id, sql, error.reason))
    with capsys.disabled():
        print(f"\n{parsed} queries that DuckDB parses, {bound} pass, {len(refused)} refused that DuckDB would bind")
    assert refused == []
    assert bound > 900
