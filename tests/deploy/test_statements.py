"""The statements for engines that are not run here: made by their SQLAlchemy dialect's quoting, and read back."""

from __future__ import annotations

import pytest
import sqlglot
from sqlglot import exp

from mlflow_sql_flavor.deploy import ddl
from mlflow_sql_flavor.query.targets import literals, statements

OUTPUTS = {"id": "BIGINT", "total": "DOUBLE"}
NOT_RUN = ["snowflake", "bigquery", "redshift", "trino", "tsql", "oracle"]


def made(kind: str, dialect: str, replace: bool = False) -> str:
    head, tail = statements.projected(OUTPUTS, list(OUTPUTS), dialect)
    argument = ddl.Argument("factor", statements.type_in("DOUBLE", dialect), literals.literal(2.0, dialect))
    body = f"{head}SELECT id, price * 2 AS total FROM events{tail}"
    columns = [(name, statements.type_in(kind, dialect)) for name, kind in OUTPUTS.items()]
    return ddl.create(
        kind, dialect, "scores.ranker", body, [argument], columns, replace=replace,
        text=lambda text: literals.literal(text, dialect),
    )  # fmt: skip


@pytest.mark.parametrize("dialect", NOT_RUN)
@pytest.mark.parametrize("replace", [False, True])
def test_views_are_read_back(dialect: str, replace: bool) -> None:
    tree = sqlglot.parse_one(made("view", dialect, replace), dialect=dialect)
    assert isinstance(tree, exp.Create) and tree.args["kind"] == "VIEW"
    assert tree.this.sql() == "scores.ranker"
    assert [column.alias_or_name.lower() for column in tree.expression.selects] == ["id", "total"]


@pytest.mark.parametrize("dialect", [d for d in NOT_RUN if d != "tsql"])
def test_tables_are_read_back(dialect: str) -> None:
    tree = sqlglot.parse_one(made("table", dialect), dialect=dialect)
    assert isinstance(tree, exp.Create) and tree.args["kind"] == "TABLE" and tree.this.sql() == "scores.ranker"


def test_a_table_of_sql_server_is_selected_into() -> None:
    tree = sqlglot.parse_one(made("table", "tsql"), dialect="tsql")
    assert tree.args["into"].this.sql() == "scores.ranker"


@pytest.mark.parametrize("dialect", ["snowflake", "bigquery", "databricks"])
def test_functions_are_read_back(dialect: str) -> None:
    tree = sqlglot.parse_one(made("function", dialect), dialect=dialect)
    assert isinstance(tree, exp.Create) and "ranker" in tree.this.sql(dialect)
    assert "factor" in tree.this.sql(dialect)


@pytest.mark.parametrize("dialect", NOT_RUN)
def test_no_row_is_asked_for(dialect: str) -> None:
    """Oracle takes no AS before a table's alias."""
    sql = ddl.no_row("SELECT * FROM ranker", dialect)
    assert sqlglot.parse_one(sql, dialect=dialect).find(exp.Subquery).alias.lower() == "tried"
    assert (" AS " in sql) == (dialect != "oracle")


def test_values_stay_values() -> None:
    """Whatever a text holds is one literal to the engine's reader."""
    for dialect in (*NOT_RUN, "postgres", "mysql", "clickhouse", "databricks", "duckdb", "sqlite"):
        for text in ("'; DROP TABLE x; --", "\\' OR 1=1 --", "a\\", "\\\\'", "''", '"', "é\n"):
            tree = sqlglot.parse_one(f"SELECT {literals.literal(text, dialect)} AS x", dialect=dialect)
            assert tree.selects[0].this.this == text, (dialect, text)
