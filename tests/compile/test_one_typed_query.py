"""A query is parsed, qualified and typed once for all that asks about it while it is saved."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from sqlglot.parser import Parser

import mlflow_sql_flavor
from mlflow_sql_flavor import SQLModel
from mlflow_sql_flavor.errors import SQLModelError
from mlflow_sql_flavor.query.dialects import VERIFIED
from mlflow_sql_flavor.query.facts import typed_query
from tests import house

#: They ask of the text as it is written, too, which alias each part of it sees.
AS_WRITTEN = ("postgres", "redshift")

#: Forms of a query; each says ``one_mark`` once, by which a parse of the whole text is told.
FORMS = {
    "steps": """WITH one_mark AS (SELECT id, region, amount FROM input WHERE amount > 1),
        sums AS (SELECT region, SUM(amount) AS total FROM one_mark GROUP BY region)
        SELECT r.label, s.total FROM sums s JOIN regions r ON r.region = s.region""",
    "union": """SELECT one_mark.region, COUNT(*) AS n FROM (SELECT region FROM input WHERE amount > 1
        UNION ALL SELECT region FROM regions) one_mark GROUP BY one_mark.region""",
    "subqueries": """SELECT i.id, i.amount AS one_mark,
        (SELECT MAX(r.label) FROM regions r WHERE r.region = i.region) AS label
        FROM input i WHERE EXISTS (SELECT r.region FROM regions r WHERE r.region = i.region)
        AND i.amount >= (SELECT MIN(j.amount) FROM input j)""",
    "windows": """SELECT one_mark.id, SUM(one_mark.amount) OVER (PARTITION BY one_mark.region ORDER BY one_mark.id)
        AS total, ROW_NUMBER() OVER (ORDER BY one_mark.id) AS n FROM input one_mark""",
}
#: Constructs of one dialect of which a rule asks where a column is from.
OF_A_DIALECT = {
    "databricks": "SELECT struct(one_mark.*) AS whole FROM (SELECT id, amount FROM input) one_mark",
    "clickhouse": """SELECT one_mark.region, sum(one_mark.total) AS total FROM (SELECT region, max(amount) AS total
        FROM input GROUP BY region) one_mark GROUP BY ROLLUP(one_mark.region) ORDER BY total""",
}
QUERY = """WITH big AS (SELECT id, region, amount FROM input WHERE amount > :least)
SELECT r.label, COUNT(*) AS orders, SUM(b.amount) AS total
FROM big AS b JOIN regions AS r ON r.region = b.region
GROUP BY r.label ORDER BY total DESC"""


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    found: Counter[str] = Counter()

    def counting(name: str, real: Any) -> Any:
        def call(*args: Any, **keywords: Any) -> Any:
            found[name] += 1
            return real(*args, **keywords)

        return call

    for name, function in (("qualify", "qualify"), ("annotate", "annotate_types"), ("scopes", "traverse_scope")):
        monkeypatch.setattr(typed_query, function, counting(name, getattr(typed_query, function)))
    real = Parser.parse

    def parse(self: Parser, tokens: Any, sql: str | None = None) -> Any:
        found["parse"] += sql is not None and ("FROM big AS b" in sql or "one_mark" in sql)
        return real(self, tokens, sql)

    monkeypatch.setattr(Parser, "parse", parse)
    return found


def save(path: Path, dialect: str) -> None:
    mlflow_sql_flavor.save_model(
        QUERY,
        path,
        dialect=dialect,
        tables={"regions": pd.DataFrame({"region": ["a"], "label": ["A"]})},
        input_example=(pd.DataFrame({"id": [1], "region": ["a"], "amount": [2.5]}), {"least": 1.0}),
        pip_requirements=[],
    )


@pytest.mark.parametrize("dialect", ["postgres", "databricks", "bigquery", "mysql"])
def test_once_while_it_is_saved(dialect: str, tmp_path: Path, counts: Counter[str]) -> None:
    save(tmp_path / "m", dialect)
    assert counts == {"parse": 1, "qualify": 1, "annotate": 1, "scopes": 1 + (dialect in AS_WRITTEN)}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dialect", [*VERIFIED, "bigquery", "oracle", "redshift", "snowflake", "trino", "tsql"])
def test_once_in_every_dialect(dialect: str, form: str, counts: Counter[str]) -> None:
    data = pd.DataFrame({"id": [1], "region": ["a"], "amount": [2.5]})
    regions = pd.DataFrame({"region": ["a"], "label": ["A"]})
    SQLModel(FORMS[form], dialect, {"regions": regions}).bind(data)
    assert counts == {"parse": 1, "qualify": 1, "annotate": 1, "scopes": 1 + (dialect in AS_WRITTEN)}


@pytest.mark.parametrize("dialect", OF_A_DIALECT)
def test_once_where_a_rule_asks_what_a_column_is_read_of(dialect: str, counts: Counter[str]) -> None:
    data = pd.DataFrame({"id": [1], "region": ["a"], "amount": [2.5]})
    SQLModel(OF_A_DIALECT[dialect], dialect).bind(data)
    assert counts == {"parse": 1, "qualify": 1, "annotate": 1, "scopes": 1}


def test_one_parse_for_another_engine(tmp_path: Path, counts: Counter[str]) -> None:
    """A stored model's text is held against what runs, and written for the target, from one parse.

    It is typed for each: what is written anew keeps the shape that the dialect's own steps change for DuckDB.
    """
    save(tmp_path / "m", "databricks")
    model = mlflow_sql_flavor.load_model(str(tmp_path / "m"))
    counts.clear()
    assert "SUM(" in model.to_sql("postgres")
    assert counts["parse"] == 1 and counts["qualify"] == 2


@pytest.mark.parametrize("dialect", ["databricks", "clickhouse"])
def test_what_a_duckdb_of_the_callers_runs_is_written_from_the_tree(dialect: str, counts: Counter[str]) -> None:
    data = pd.DataFrame({"id": [1, 2], "region": ["a", "a"], "amount": [2.5, 0.5]})
    query = "SELECT one_mark.region, SUM(one_mark.amount) AS total FROM input one_mark GROUP BY one_mark.region"
    with duckdb.connect() as connection:
        found = SQLModel(query, dialect).run_on(connection, input=data).read_all()
    assert found.to_pylist() == [{"region": "a", "total": 3.0}]
    assert counts["parse"] == 1


def test_another_text_for_few_rows_is_a_query_of_its_own(counts: Counter[str]) -> None:
    """Its maker wrote it, and it may be anything: it is parsed once, as the first is, and passes the same gates."""
    data = pd.DataFrame({"id": [1], "amount": [2.5]})
    few = (100, "SELECT one_mark.amount + one_mark.amount AS twice FROM input one_mark")
    SQLModel("SELECT 2 * one_mark.amount AS twice FROM input one_mark", few_rows=few).bind(data)
    assert counts["parse"] == 2
    with pytest.raises(SQLModelError, match="reference tables"):
        SQLModel(
            "SELECT 2 * amount AS twice FROM input", few_rows=(100, "SELECT 2 * amount AS twice FROM elsewhere")
        ).bind(data)


def test_sqlglot_qualifies_and_types_in_one_place() -> None:
    asked = {
        (module, found.target)
        for module in house.MODULES
        for found in house.imports(module)
        if found.target.startswith("sqlglot.optimizer") and not found.target.endswith(".Scope")
    }
    assert {module for module, _ in asked} == {"mlflow_sql_flavor.query.facts.typed_query"}


def test_who_makes_scopes_of_a_tree() -> None:
    """The typed query alone: others are handed its own."""
    asked = {
        module
        for module, path in house.MODULES.items()
        for node in ast.walk(house.tree_of(path))
        if isinstance(node, ast.Name) and node.id in ("_scopes_of", "traverse_scope")
    }
    assert asked == {"mlflow_sql_flavor.query.facts.typed_query"}


@pytest.mark.parametrize(
    "query",
    [
        "WITH a AS (SELECT toTimeZone(ts, 'Asia/Seoul') AS t, ts AS u FROM input), b AS (SELECT t AS v, u FROM a) "
        "SELECT v > u AS r FROM b",
        "SELECT x.v > x.u AS r FROM (SELECT (t) AS v, u FROM (SELECT toTimeZone(ts, 'Asia/Seoul') AS t, ts AS u "
        "FROM input) UNION ALL SELECT ts, ts FROM input) x",
    ],
)
def test_what_a_rule_asks_of_a_column_is_known_through_steps(query: str) -> None:
    """From the typed query, for the tree that is being rewritten: here, the zone that a moment is in."""
    made = SQLModel(query, "clickhouse", input_types={"ts": "TIMESTAMP"}).bind().program.sql
    assert made.upper().count("CH__MOMENT_IN(") == 1
