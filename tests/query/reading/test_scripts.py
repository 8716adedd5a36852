# ruff: noqa: E501
"""Scripts that are one query in the end, compared with the query that somebody would write by hand."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import mlflow_sql_flavor
from mlflow_sql_flavor import SQLModel
from mlflow_sql_flavor.errors import InputError, SQLModelError
from mlflow_sql_flavor.review.audit import audit

DATA = pd.DataFrame({"a": [1, 2, 3], "b": [0.5, 1.5, 2.5], "c": ["x", "y", "z"]})

#: Dialect, script, and its rows.
SAME = [
    # functions, by their parentheses, by other functions, beside functions of the same name
    ("bigquery", "CREATE TEMP FUNCTION f(x INT64) AS (x + 1); SELECT 2 * f(a) AS r FROM input", [4, 6, 8]),
    ("bigquery", "CREATE TEMP FUNCTION g(x INT64) AS (x + 1); CREATE TEMPORARY FUNCTION f(x INT64) RETURNS INT64 AS "
     "(g(g(x)) * 2); SELECT f(a) AS r FROM input", [6, 8, 10]),
    ("bigquery", "CREATE TEMP FUNCTION median(x ANY TYPE) AS (x * 2); SELECT median(b) AS r FROM input", [1.0, 3.0, 5.0]),
    ("bigquery", "CREATE FUNCTION ds.f(x INT64) AS (x * 2) OPTIONS (description='d'); SELECT `ds.f`(a) AS r FROM input",
     [2, 4, 6]),
    ("bigquery", "CREATE TEMP FUNCTION f(s STRUCT<v INT64, w INT64>) AS (s.v - s.w); SELECT f(STRUCT(a, 1)) AS r FROM input",
     [0, 1, 2]),
    # a caller's column v is not the v of the body's UNNEST, and a column in the body goes before an argument
    ("bigquery", "CREATE TEMP FUNCTION f(lim INT64) AS ((SELECT SUM(v) FROM UNNEST([1, 2, 9]) AS v WHERE v > lim)); "
     "SELECT f(v) AS r FROM (SELECT a AS v FROM input)", [11, 9, 9]),
    ("bigquery", "CREATE TEMP FUNCTION f(v INT64) AS ((SELECT SUM(v) FROM UNNEST([1, 2]) AS v)); SELECT f(a) AS r FROM input",
     [3, 3, 3]),
    ("bigquery", "CREATE TEMP FUNCTION f(k STRING) AS ((SELECT e.n FROM UNNEST([STRUCT('x' AS k, 1 AS n)]) AS e WHERE e.k = k));"
     "SELECT f('x') AS r", [1]),
    # what an aggregate or a column is called by the engine is what the script calls
    ("postgres", "CREATE FUNCTION f(x int) RETURNS int AS $$ SELECT x + 1 $$ LANGUAGE sql IMMUTABLE; "
     "SELECT f(a::int) FROM input", [2, 3, 4]),
    ("postgres", "CREATE FUNCTION f(int, int) RETURNS int LANGUAGE sql STRICT AS 'SELECT coalesce($1, 7) + $2'; "
     "SELECT f(NULL, 1) AS r", [None]),
    ("postgres", "CREATE FUNCTION f(x int, y int DEFAULT 10) RETURNS int RETURN x + y; SELECT f(y => 1, x => 2) + f(1) AS r",
     [14]),
    ("postgres", "CREATE FUNCTION f(x int) RETURNS int LANGUAGE sql AS $$ SELECT v FROM (VALUES (3), (4)) q(v) WHERE v > x "
     "ORDER BY v $$; SELECT f(2) AS r", [3]),
    ("postgres", "CREATE FUNCTION f(x varchar(1)) RETURNS text LANGUAGE sql AS 'SELECT x'; SELECT f('abc') AS r", ["abc"]),
    ("redshift", "create function f (float, float) returns float stable as $$ select $1 + $2 $$ language sql; "
     "select f(b, b) as r from input", [1.0, 3.0, 5.0]),
    ("snowflake", "CREATE OR REPLACE FUNCTION f(x VARCHAR) RETURNS VARCHAR MEMOIZABLE COMMENT='it' AS 'x || ''!'''; "
     "SELECT F(c) AS r FROM input", ["x!", "y!", "z!"]),
    ("snowflake", "CREATE SECURE FUNCTION f(x INT) RETURNS INT NOT NULL LANGUAGE SQL AS $$ SELECT x + 1; $$; "
     "SELECT f(a) AS r FROM input", [2, 3, 4]),
    ("databricks", "CREATE TEMPORARY FUNCTION f(x INT COMMENT 'it') RETURNS INT COMMENT 'f' DETERMINISTIC RETURN x + 1; "
     "SELECT f(CAST(a AS INT)) AS r FROM input", [2, 3, 4]),
    ("mysql", "CREATE FUNCTION f(x INT) RETURNS INT DETERMINISTIC RETURN x + 1; SELECT f(a) AS r FROM input", [2, 3, 4]),
    ("clickhouse", "CREATE FUNCTION f AS (k, xs) -> arrayMap(x -> x + k, xs); "
     "SELECT f(x, [10]) AS r FROM (SELECT a AS x FROM input) AS q", [[11], [12], [13]]),
    ("duckdb", "CREATE MACRO f(x, y := 5) AS x + y; SELECT f(a) + f(a, y := 1) AS r FROM input", [8, 10, 12]),
    # constants
    ("bigquery", "DECLARE x, y INT64 DEFAULT 5; SET y = 7; SELECT a + x * y AS r FROM input", [36, 37, 38]),
    ("bigquery", "DECLARE d DATE DEFAULT '2020-01-02'; SELECT CAST(d AS STRING) AS r", ["2020-01-02"]),
    ("bigquery", "DECLARE x INT64 DEFAULT (SELECT MAX(a) FROM input); SELECT a - x AS r FROM input", [-2, -1, 0]),
    ("bigquery", "DECLARE xs ARRAY<STRING> DEFAULT ['x', 'z']; SELECT a AS r FROM input WHERE c IN UNNEST(xs)", [1, 3]),
    ("bigquery", "DECLARE a INT64 DEFAULT 50; SELECT a AS r FROM input", [1, 2, 3]),  # the column
    ("bigquery", "DECLARE r INT64 DEFAULT 1; SELECT -a AS r FROM input ORDER BY r", [-3, -2, -1]),  # the output
    ("snowflake", "SET lim = 2; SELECT a AS r FROM input WHERE a <= $lim", [1, 2]),
    ("databricks", "DECLARE VARIABLE lim INT DEFAULT 1; SET VAR lim = 2; SELECT a AS r FROM input WHERE a <= lim", [1, 2]),
    ("mysql", "SET @x = 5, @y := 2; SELECT a + @x - @y AS r FROM input", [4, 5, 6]),
    ("tsql", "SET NOCOUNT ON\nDECLARE @x INT = 3, @s VARCHAR(2) = 'abc'\nSELECT a INTO #t FROM input WHERE a < @x\n"
     "SELECT @s + CAST(a AS VARCHAR(9)) AS r FROM #t", ["ab1", "ab2"]),
    ("duckdb", "SET VARIABLE lim = 2; SELECT a AS r FROM input WHERE a <= getvariable('lim')", [1, 2]),
    # tables
    ("bigquery", "CREATE TEMP TABLE t AS SELECT a FROM input WHERE a > 1; CREATE TEMP VIEW u AS SELECT SUM(a) AS s FROM t;"
     "WITH w AS (SELECT * FROM t, u) SELECT a * s AS r FROM w", [10, 15]),
    ("postgres", "CREATE TEMP TABLE t ON COMMIT DROP AS SELECT a FROM input; SELECT sum(a)::int AS r FROM t", [6]),
    ("databricks", "CREATE OR REPLACE TEMP VIEW v (k) AS SELECT a FROM input; SELECT k AS r FROM v", [1, 2, 3]),
    ("duckdb", "CREATE TEMP TABLE t AS FROM input; SELECT max(a) AS r FROM t", [3]),
    ("sqlite", "CREATE TEMP VIEW v AS SELECT a FROM input; SELECT a AS r FROM v;", [1, 2, 3]),
]  # fmt: skip


@pytest.mark.parametrize(("dialect", "sql", "expected"), SAME)
def test_script(dialect: str, sql: str, expected: list[object]) -> None:
    found = SQLModel(sql, dialect=dialect).predict(DATA, output="arrow")
    assert found.column(0).to_pylist() == expected


#: Dialect, script, what is said, and the text under the caret.
REFUSED = [
    ("bigquery", "CREATE TEMP FUNCTION f(x STRING) RETURNS STRING LANGUAGE js AS 'return x'; SELECT f('a')", "js", "LANGUAGE js"),
    ("snowflake", "CREATE FUNCTION f(x INT) RETURNS INT LANGUAGE PYTHON HANDLER='f' AS $$ x $$; SELECT f(1)", "PYTHON",
     "LANGUAGE PYTHON"),
    ("postgres", "CREATE FUNCTION f() RETURNS int AS $$ BEGIN RETURN 1; END $$ LANGUAGE plpgsql; SELECT f()", "plpgsql",
     "LANGUAGE plpgsql"),
    ("bigquery", "SELECT 1 AS a; SELECT 2 AS b", "2 statements", "SELECT"),
    ("bigquery", "DECLARE x INT64 DEFAULT 0; WHILE x < 3 DO SET x = x + 1; END WHILE; SELECT x", "loops", "WHILE"),
    ("bigquery", "BEGIN SELECT 1; END; SELECT 2", "loops", "BEGIN"),
    ("bigquery", "INSERT INTO t VALUES (1); SELECT 2", "only reads", "INSERT"),
    ("bigquery", "CREATE TABLE t AS SELECT 1 AS a; SELECT * FROM t", "CREATE TEMP TABLE", "CREATE"),
    ("bigquery", "CREATE TEMP TABLE t (a INT64); SELECT * FROM t", "no tables to fill", "CREATE"),
    ("bigquery", "CREATE TEMP FUNCTION f(x INT64) AS (x); CREATE TEMP TABLE t AS SELECT 1 AS a", "without a query", "CREATE"),
    ("bigquery", "CREATE TEMP FUNCTION f(x INT64) AS (x + f(x)); SELECT f(1)", "recursive", "f"),
    ("bigquery", "CREATE TEMP FUNCTION f(x INT64) AS (x + y); SELECT f(1)", "no argument y", "y"),
    ("bigquery", "CREATE TEMP FUNCTION f(x INT64) AS (x); SELECT f(1, 2)", "takes 1 argument", "f"),
    ("bigquery", "CREATE TEMP FUNCTION f(x INT64) AS (x); SELECT f(b) AS r FROM input", "does not convert", "b"),
    ("bigquery", "CREATE TEMP FUNCTION f(x FLOAT64) AS (x + x); SELECT f(RAND()) AS r", "more than once", "f"),
    ("bigquery", "CREATE TEMP FUNCTION f(x INT64) AS (x); SELECT f(a) OVER () AS r FROM input", "OVER", "f"),
    ("bigquery", "DECLARE x INT64 DEFAULT 1; CREATE TEMP TABLE t AS SELECT x AS a; SET x = 2; SELECT x + a FROM t",
     "set again", "SET"),
    ("postgres", "SET search_path TO x; SELECT 1", "Settings", "SET"),
    ("postgres", "CREATE FUNCTION f(x int) RETURNS TABLE(a int) AS $$ SELECT x $$ LANGUAGE sql; SELECT * FROM f(1)",
     "gives a table", "CREATE"),
    ("tsql", "DECLARE @t TABLE (a INT); SELECT * FROM @t", "temporary table", "a"),
    ("postgres", "CREATE FUNCTION f(x int) RETURNS int AS $$ SELECT x + $$ LANGUAGE sql; SELECT f(1)", "cannot be read", "+"),
]  # fmt: skip


@pytest.mark.parametrize(("dialect", "sql", "said", "marked"), REFUSED)
def test_refused_at_its_place(dialect: str, sql: str, said: str, marked: str) -> None:
    with pytest.raises(SQLModelError) as caught:
        SQLModel(sql, dialect=dialect).predict(DATA)
    assert said in str(caught.value)
    *_, line, caret = str(caught.value).split("\n")
    assert line[caret.index("^") : caret.rindex("^") + 1] == marked


SCRIPT = """DECLARE lim INT64 DEFAULT 2;
DECLARE since DATE DEFAULT '2020-01-02';
DECLARE word STRING;
CREATE TEMP FUNCTION f(x INT64) AS (x * 10);
SELECT a, f(a) AS r, since, word, lim FROM input WHERE a <= lim"""


def test_stored_verbatim_with_its_constants_as_defaults(tmp_path: Path) -> None:
    mlflow_sql_flavor.save_model(SCRIPT, tmp_path / "m", dialect="bigquery", input_example=DATA)
    model = mlflow_sql_flavor.load_model(str(tmp_path / "m"))
    assert model.sql == model.to_sql("bigquery") == SCRIPT
    assert model.spec.param_defaults == {"lim": "2", "since": "2020-01-02", "word": None}
    assert model.predict(DATA)["r"].to_list() == [10, 20]
    assert model.predict(DATA, params={"lim": 1})["r"].to_list() == [10]
    with pytest.raises(InputError, match="lim"):
        model.predict(DATA, params={"lim": "many"})
    assert {param.name: param.default for param in model.signature.params} == {
        "lim": 2, "since": pd.Timestamp("2020-01-02").date(), "word": None,
    }  # fmt: skip
    assert audit(tmp_path / "m").verdict != "bad"
    text = (tmp_path / "m" / "MLmodel").read_text()
    (tmp_path / "m" / "MLmodel").write_text(text.replace("lim: '2'", "lim: '3'"))
    assert audit(tmp_path / "m").verdict == "bad"


def test_another_dialect_gets_one_query() -> None:
    model = SQLModel(SCRIPT, dialect="bigquery", input_types={"a": "BIGINT"})
    written = model.to_sql("snowflake")
    assert ";" not in written and "CREATE" not in written and ":lim" in written


def test_nested_functions_do_not_grow_without_bound() -> None:
    chain = "".join(f"CREATE TEMP FUNCTION f{n}(x INT64) AS (f{n - 1}(x) + f{n - 1}(x));" for n in range(1, 40))
    with pytest.raises(SQLModelError, match="too long"):
        SQLModel(f"CREATE TEMP FUNCTION f0(x INT64) AS (x);{chain}SELECT f39(1) AS r", dialect="bigquery")
