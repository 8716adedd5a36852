"""Queries that are no text: their library writes them, in the dialect that is named."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from mlflow.exceptions import MlflowException

import mlflow_sql_flavor
from mlflow_sql_flavor import SQLModel

sa = pytest.importorskip("sqlalchemy")
DATA = pd.DataFrame({"a": [1, 2, 3], "s": ["x", "y'", "z"]})
INPUT = sa.table("input", sa.column("a", sa.Integer), sa.column("s", sa.String))


def statement() -> Any:
    low = sa.bindparam("lo", type_=sa.Integer)
    return sa.select(INPUT.c.s, (INPUT.c.a * 2).label("b")).where(INPUT.c.a > low, INPUT.c.s.in_(["x", "y'"]))


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "mysql", "sqlite", "oracle"])
def test_a_sqlalchemy_select(dialect: str) -> None:
    model = SQLModel(statement(), dialect)
    assert model.predict(DATA, {"lo": 1}).to_dict("list") == {"s": ["y'"], "b": [4]}
    assert ":lo" in model.sql and "'y'''" in model.sql  # values are literals, what is open is a parameter


def test_a_sqlalchemy_statement_that_is_no_query() -> None:
    with pytest.raises(MlflowException):
        SQLModel(sa.delete(INPUT))


@pytest.mark.parametrize("what", [INPUT, INPUT.c.a, sa.exists(sa.select(INPUT)), sa.select(INPUT).subquery()])
def test_what_sqlalchemy_selects_from_names_the_call(what: Any) -> None:
    with pytest.raises(MlflowException, match=r"is no query: pass sqlalchemy\.select\(\.\.\.\) of it"):
        SQLModel(what)
    assert len(SQLModel(sa.select(what)).predict(DATA)) > 0  # as the message says


def test_a_dialect_that_sqlalchemy_does_not_have() -> None:
    with pytest.raises(MlflowException, match="SQLAlchemy has no dialect 'doris' here"):
        SQLModel(statement(), "doris")


def test_a_session_query_names_the_call() -> None:
    from sqlalchemy.orm import Session

    with pytest.raises(MlflowException, match=r"pass query\.statement"):
        SQLModel(Session().query(INPUT.c.a))


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "bigquery"])
def test_an_ibis_expression(dialect: str) -> None:
    ibis = pytest.importorskip("ibis")
    table = ibis.table({"a": "int64", "s": "string"}, name="input")
    model = SQLModel(table.filter(table.a > 1).mutate(c=table.a / 2).select("s", "c"), dialect)
    assert model.dialect == dialect
    assert model.predict(DATA).to_dict("list") == {"s": ["y'", "z"], "c": [1.0, 1.5]}


def test_a_duckdb_relation(tmp_path: Path) -> None:
    with duckdb.connect() as con:
        con.register("input", DATA)
        relation = con.table("input").filter("a > 1").project("s, a * 2 AS b")
        mlflow_sql_flavor.save_model(relation, tmp_path / "m", input_example=DATA, pip_requirements=["mlflow"])
        with pytest.raises(MlflowException, match="A DuckDB relation is DuckDB's"):
            SQLModel(relation, "postgres")
    assert mlflow_sql_flavor.load_model(str(tmp_path / "m")).predict(DATA)["b"].tolist() == [4, 6]


def test_a_duckdb_relation_over_a_frame_says_how_to_name_it() -> None:
    frame = DATA
    text = "SELECT a + 1 AS b FROM frame"
    for relation in (duckdb.sql(text), duckdb.sql(text).filter("b > 1")):
        with pytest.raises(MlflowException, match=r"a frame in memory \(frame\).* as input_table='frame'"):
            SQLModel(relation)
    with pytest.raises(MlflowException, match="a frame in memory, which"):
        SQLModel(duckdb.from_df(DATA))
    assert SQLModel(text, input_table="frame").predict(frame)["b"].tolist() == [2, 3, 4]  # as the message says


def test_anything_else_is_told_how_to_give_its_text() -> None:
    with pytest.raises(
        MlflowException, match=r"not DataFrame: what else has a text of its own gives it by a call such as"
    ):
        SQLModel(DATA)  # type: ignore[arg-type]


# the dialect nobody named


def save(sql: Any, path: Path, **given: Any) -> None:
    mlflow_sql_flavor.save_model(sql, path, input_example=DATA, pip_requirements=["mlflow"], **given)


def test_words_of_another_dialect_are_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    sql = "SELECT CAST(a AS INT64) AS n, s ~ 'x' AS m FROM input"
    save(sql, tmp_path / "m")
    assert "read as DuckDB's, and words of it are of others: INT64 (bigquery), ~ (postgres)" in caplog.text
    caplog.clear()
    save(sql, tmp_path / "n", dialect="duckdb")
    assert "dialect" not in caplog.text


def test_a_text_without_such_words_is_logged_and_not_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "mlflow_sql_flavor")
    (tmp_path / "q.sql").write_text("SELECT a FROM input")
    save(tmp_path / "q.sql", tmp_path / "m")
    told = [record for record in caplog.records if "No dialect was named" in record.message]
    assert [record.levelname for record in told] == ["INFO"]


def test_a_compiled_statement_says_what_to_pass() -> None:
    with pytest.raises(MlflowException, match="pass what it was compiled from"):
        SQLModel(statement().compile())
