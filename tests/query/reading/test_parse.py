"""The text gates: one query, in its dialect, with its placeholders."""

import pytest
from sqlglot import exp

from mlflow_sql_flavor.errors import QueryError
from mlflow_sql_flavor.query.reading.parse import parse, resolve_dialect
from mlflow_sql_flavor.query.targets.render import render
from mlflow_sql_flavor.query.translation.transpile import to_duckdb

SCHEMA = {"t": {"a": "BIGINT", "b": "BIGINT", "d": "DATE"}}


@pytest.mark.parametrize(
    ("name", "canonical"),
    [("Snowflake", "snowflake"), ("postgresql", "postgres"), ("mssql", "tsql"), ("SQLServer", "tsql"),
     ("mariadb", "mysql"), ("spark", "databricks"), ("pyspark", "databricks"), ("bq", "bigquery")],
)  # fmt: skip
def test_dialect_names(name, canonical):
    assert resolve_dialect(name) == canonical


@pytest.mark.parametrize(
    ("name", "hint"), [("snowflak", "'snowflake'"), ("postgre", "'postgres"), ("prql", "not a SQL")]
)
def test_unknown_dialects(name, hint):
    with pytest.raises(QueryError, match=hint):
        resolve_dialect(name)


@pytest.mark.parametrize(
    ("dialect", "sql", "words"),
    [
        ("postgres", "", "empty"),
        ("postgres", "-- nothing", "comments only"),
        ("postgres", "THIS IS NOT VALID SQL", "A model is a query"),
        ("snowflake", "INSTALL httpfs", "A model is a query"),
        ("postgres", "SELECT 1 AS a; SELECT 2 AS a", "2 statements"),
        ("postgres", "EXPLAIN SELECT 1", "A model is a query"),
        ("postgres", "WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x", "only reads"),
        ("tsql", "SELECT a INTO b FROM t", "only reads"),
        ("postgres", "SELECT a FROM t WHERE b ==== 1", "cannot be read as postgres"),
        ("sqlite", "SELECT 'abc", "not closed"),
        ("snowflake", "SELECT a FROM t WHERE {{ x }}", "template"),
        ("databricks", "SELECT a FROM {{ ref('t') }}", "template"),
        ("mysql", "SELECT a FROM t WHERE b = ${x}", "template"),
        ("mysql", "SELECT $x AS a", "not a parameter"),
        ("postgres", "SELECT a, A FROM t", "Two outputs"),
        ("duckdb", "SELECT a, a FROM t", "Two outputs"),
        ("tsql", "SELECT a + 1 FROM t", "has no name"),
        ("postgres", "SELECT a FROM read_text('/etc/passwd')", "table function"),
        ("duckdb", "SELECT * FROM 's3://b/x.parquet'", "file"),
    ],
)
def test_refused(dialect, sql, words):
    with pytest.raises(QueryError, match=words):
        parse(sql, dialect)


def test_an_error_points_into_the_text():
    with pytest.raises(QueryError) as e:
        parse("SELECT a,\n  b + 1\nFROM t", "tsql")
    assert (e.value.line, e.value.column) == (2, 3)
    assert "\x1b" not in str(e.value)


@pytest.mark.parametrize("sql", ["SELECT '{{x}}' AS a", "SELECT a FROM t -- {{ x }}", "SELECT a /* ${x} */ FROM t"])
def test_template_marks_in_literals_and_comments_are_text(sql):
    assert parse(sql, "postgres").tree is not None


@pytest.mark.parametrize(
    ("dialect", "written"),
    [("databricks", ":x"), ("postgres", "$x"), ("postgres", "%(x)s"), ("bigquery", "@x"), ("tsql", "@x"),
     ("snowflake", ":x"), ("duckdb", "$x"), ("duckdb", ":x"), ("clickhouse", "{x: Int64}"), ("oracle", ":x")],
)  # fmt: skip
def test_placeholder_forms(dialect, written):
    query = parse(f"SELECT a FROM t WHERE a > {written}", dialect)
    (use,) = query.placeholders
    assert (use.name, query.sql[use.start : use.end]) == ("x", written)
    assert "CAST($x AS BIGINT)" in to_duckdb(query, SCHEMA, {"x": "BIGINT"}).duckdb_sql


def test_question_marks_are_numbered():
    query = parse("SELECT a FROM t WHERE a > ? AND b < ?", "mysql")
    assert query.params == ("p1", "p2")
    text = to_duckdb(query, SCHEMA, {"p1": "BIGINT", "p2": "DOUBLE"}).duckdb_sql
    assert text.index("$p1") < text.index("$p2")


def test_clickhouse_placeholder_types_itself():
    query = parse("SELECT a FROM t WHERE a > {x: Int64}", "clickhouse")
    assert query.type_hints == {"x": "BIGINT"}
    assert "$x" in to_duckdb(query, SCHEMA, {}).duckdb_sql


def test_a_placeholder_needs_a_type():
    with pytest.raises(QueryError, match="'x' has no type"):
        to_duckdb(parse("SELECT a FROM t WHERE a > :x", "postgres"), SCHEMA, {})


@pytest.mark.parametrize("dialect", ["duckdb", "postgres"])
@pytest.mark.parametrize(("where", "ids"), [("a IN (:x)", [1, 3]), ("a NOT IN (:x)", [2])])
def test_list_parameters(dialect, where, ids):
    import duckdb

    text = to_duckdb(parse(f"SELECT a FROM t WHERE {where}", dialect), SCHEMA, {"x": "BIGINT[]"}).duckdb_sql
    con = duckdb.connect()
    con.execute("CREATE TABLE t AS SELECT unnest([1, 2, 3]) AS a")
    assert sorted(a for (a,) in con.execute(text, {"x": [1, 3]}).fetchall()) == ids


def test_duckdb_text_stays_as_written():
    sql = "FROM t  SELECT a[1:2] AS x, {'k': :p} AS y, y: `b` -- :c\n"
    text = to_duckdb(parse(sql, "duckdb"), SCHEMA, {"p": "INTEGER"}).duckdb_sql
    assert text == sql.replace(":p", "CAST($p AS INTEGER)")


def test_expressions_are_accepted():
    assert parse(exp.select("a").from_("t"), "snowflake").sql == "SELECT a FROM t"


def test_allow_takes_known_names_only():
    with pytest.raises(QueryError, match="Did you mean 'hash'"):
        to_duckdb(parse("SELECT a FROM t", "postgres"), SCHEMA, {}, allow=["hsh"])


@pytest.mark.parametrize(
    ("target", "form"), [("bigquery", "@x"), ("tsql", "@x"), ("snowflake", ":x"), ("duckdb", "$x")]
)
def test_render_uses_the_targets_placeholder(target, form):
    query = parse("SELECT a FROM t WHERE a > :x", "databricks")
    assert form in render(query, target, SCHEMA, {"x": "BIGINT"})
    assert render(query, "spark", SCHEMA, {"x": "BIGINT"}) == query.sql


def test_long_generated_sql_is_linear():
    import time

    def seconds(terms: int) -> float:
        sql = f"SELECT {'+'.join(f'CASE WHEN a <= {i}.25 THEN 0.5 ELSE 1.5 END' for i in range(terms))} AS r FROM t"
        start = time.process_time()
        to_duckdb(parse(sql, "postgres"), SCHEMA, {})
        return time.process_time() - start

    seconds(50)
    assert seconds(1600) < 16 * seconds(200)
