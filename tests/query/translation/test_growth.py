"""What would grow without bound is refused by its size, and whatever sqlglot raises is a sentence."""

import pytest
from sqlglot import exp
from sqlglot.dialects.dialect import Dialect

from mlflow_sql_flavor.errors import QueryError, SQLModelError
from mlflow_sql_flavor.query.dialects import DialectRules
from mlflow_sql_flavor.query.facts.context import Context
from mlflow_sql_flavor.query.reading import parse as reading
from mlflow_sql_flavor.query.reading.recursion import followed
from mlflow_sql_flavor.query.translation import growth
from mlflow_sql_flavor.query.translation.transpile import apply_rules, to_duckdb

SCHEMA = {"input": {"a": "INTEGER"}}


def chain(n):
    steps = ", ".join(f"c{i} + c{i} AS c{i + 1}" for i in range(n))
    return f"SELECT a AS c0, {steps} FROM input"


@pytest.mark.parametrize("dialect", ["databricks", "clickhouse", "snowflake", "redshift"])
def test_outputs_of_outputs(dialect):
    to_duckdb(reading.parse(chain(5), dialect), SCHEMA, {})
    with pytest.raises(QueryError, match="grow without bound"):
        to_duckdb(reading.parse(chain(60), dialect), SCHEMA, {})


def test_a_rule_that_doubles(monkeypatch):
    monkeypatch.setattr(growth, "_LEAST", 500)
    rules = DialectRules("postgres")

    @rules.rule(exp.Upper)
    def twice(node, ctx):
        return exp.Concat(expressions=[node.this.copy(), node.this.copy()])

    sql = "SELECT " + "upper(" * 12 + "a" + ")" * 12 + " AS b FROM input"
    tree = Dialect.get_or_raise("postgres").parse(sql)[0]
    with pytest.raises(QueryError, match="grows beyond"):
        apply_rules(tree, rules, Context(sql, rules))


@pytest.mark.parametrize("error", [RuntimeError("\x1b[4mno\x1b[0m more.\nmuch"), AssertionError(), StopIteration("x")])
def test_what_is_raised_is_a_sentence(error):
    def fail():
        raise error

    with pytest.raises(QueryError) as found:
        followed(fail)
    assert found.value.message.startswith("This query cannot be followed: ")
    assert "\x1b" not in found.value.message and "\n" not in found.value.message


ODD = [
    "SELECT", "SELECT 1 AS", "SELECT * FROM", "SELECT (((", "WITH x AS (SELECT 1) ", "SELECT a FROM input WHERE",
    "SELECT CASE WHEN a THEN END AS b FROM input", "SELECT a FROM input ORDER BY", "SELECT a[ FROM input",
    "SELECT CAST(a AS) AS b FROM input", "SELECT a FROM input GROUP BY GROUPING SETS (", "SELECT x.* EXCEPT (a) FROM x",
    "SELECT a FROM input PIVOT (sum(a) FOR a IN (1))", "SELECT sum(a) OVER (PARTITION BY) AS s FROM input",
    "SELECT extract(foo FROM a) AS e FROM input", "SELECT interval '1' AS i", "SELECT a::foo(1,2,3) AS b FROM input",
    "SELECT json_table(a, '$' COLUMNS (x INT PATH '$.x')) AS j FROM input", "SELECT date_trunc() AS d FROM input",
    "SELECT if() AS x", "SELECT substring() AS x FROM input", "SELECT count(DISTINCT) AS n FROM input", "VALUES",
    "SELECT a FROM input FETCH FIRST ROWS ONLY", "SELECT a FROM input MATCH_RECOGNIZE (PATTERN (a))",
    "SELECT group_concat(a SEPARATOR) AS g FROM input", "SELECT {fn now()} AS n", "SELECT $$a AS b", "SELECT @ AS a",
    "SELECT sumIf(a) AS s, avgIf(DISTINCT a, a > 0) AS t, quantile()(a) AS q FROM input", 
    "SELECT a.b.c.d.e.f FROM input",
    "SELECT unnest() AS u", "SELECT * FROM unnest()", "SELECT decode() AS d FROM input", "SELECT to_char() AS t",
    "SELECT date_add(a) AS d, datediff(a) AS e FROM input", "SELECT round() AS r, log() AS l FROM input",
    "SELECT a FROM input LIMIT ALL OFFSET", "SELECT NOT AS n", "SELECT a FROM input, LATERAL",
    "SELECT array() [1] AS a",
    "SELECT regexp_replace(a) AS r, split_part(a) AS s FROM input", "SELECT 1e999999 AS x", "SELECT 0x AS x",
]  # fmt: skip


@pytest.mark.parametrize("dialect", sorted({"postgres", "databricks", "mysql", "sqlite", "clickhouse", "snowflake",
                                            "bigquery", "tsql", "oracle", "trino", "redshift", "duckdb"}))  # fmt: skip
def test_odd_texts(dialect):
    for sql in ODD:
        try:
            to_duckdb(reading.parse(sql, dialect), SCHEMA, {})
        except SQLModelError as e:
            assert "\x1b" not in e.message and "<class" not in e.message, sql
