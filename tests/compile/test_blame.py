"""A mistake is laid on whom it is of: a parameter by its name, a part of the query by its place, else the input."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pandas as pd
import pytest

import mlflow_sql_flavor
from mlflow_sql_flavor import SQLModel
from mlflow_sql_flavor.engines.duckdb import Runner
from mlflow_sql_flavor.errors import InputError, LimitError, QueryError, RunError

ROWS = pd.DataFrame({"a": [1, 5]})


def test_a_misspelt_parameter_of_a_model_that_stands_alone() -> None:
    model = SQLModel("SELECT a FROM input WHERE a > :low")
    with pytest.raises(InputError, match=r"no parameter 'lwo'\. Did you mean 'low'\? Its parameters: low"):
        model.predict(ROWS, params={"lwo": 3})
    assert model.predict(ROWS, params={"LOW": 3})["a"].tolist() == [5]


@pytest.mark.parametrize(
    ("sql", "good", "bad", "said"),
    [
        ("SELECT a FROM input WHERE a > :p", 1, 2**70, "Parameter 'p' is of type BIGINT; 1180591620717411303424"),
        ("SELECT CAST(:p AS DATE) AS d FROM input", "2024-01-01", "tomorrow", "Parameter 'p': 'tomorrow' cannot be"),
        ("SELECT CAST(trim(:p) AS DATE) AS d FROM input", "2024-01-01", " nie ", "Parameter 'p': the query fails with"),
        (
            "SELECT CAST(:p || '-01' AS DATE) AS d FROM input",
            "2024-01",
            "2024-13",
            "'p': the query fails with '2024-13'",
        ),
        ("SELECT CAST(:p AS TINYINT) AS d FROM input", 1, 300, "'p': the query fails with 300, whatever the input is"),
        ("SELECT list_contains(:p::INT[], 1) AS d FROM input", ["1"], ["y"], "'p': the query fails with ..y"),
        ("SELECT :p AS d FROM input", "2024-01-01", "x\ud83d", "Parameter 'p' has half of a surrogate pair"),
        ("SELECT list_contains(:p, 'x') AS d FROM input", ["x"], ["\udc00"], "Parameter 'p' has half of a surrogate"),
    ],
)
def test_a_value_that_cannot_be_converted_is_named(sql, good, bad, said, tmp_path) -> None:
    mlflow_sql_flavor.save_model(sql, tmp_path / "m", input_example=(ROWS, {"p": good}))
    model = mlflow_sql_flavor.load_model(str(tmp_path / "m"))
    with pytest.raises(InputError, match=said):
        model.predict(ROWS, params={"p": bad})
    assert len(model.predict(ROWS, params={"p": good})) > 0


@pytest.mark.parametrize(
    ("sql", "dialect", "good", "bad"),
    [
        ("SELECT a, CAST(:p AS INT) AS x, :q AS q FROM input", "postgres", "1", "x1"),
        (
            "SELECT a, DATE_ADD(CAST(@p AS DATE), INTERVAL 1 DAY) AS x, @q AS q FROM input",
            "bigquery",
            "2024-01-01",
            "x",
        ),
        ("SELECT a, date_add(:p, :q) AS x FROM input", "databricks", "2024-01-01", "tomorrow"),
        ("SELECT a, TO_DATE(trim(:p)) AS x, :q AS q FROM input", "snowflake", "2024-01-01", "tomorrow"),
    ],
)
def test_a_value_is_named_behind_functions_of_a_dialect(sql, dialect, good, bad) -> None:
    model = SQLModel(sql, dialect)
    assert len(model.predict(ROWS, params={"p": good, "q": 1})) > 0
    with pytest.raises(InputError, match="Parameter 'p'") as error:
        model.predict(ROWS, params={"p": bad, "q": 1})
    assert bad in error.value.message


@pytest.mark.parametrize(
    ("sql", "dialect", "good", "bad", "kinds"),
    [
        ("SELECT a FROM input WHERE a > :p", "duckdb", 1, "x", "VARCHAR.*BIGINT would do"),
        ("SELECT a FROM input WHERE a BETWEEN :q AND :p", "postgres", 9, "x", "VARCHAR.*BIGINT would do"),
        ("SELECT a FROM input WHERE a::text > :p", "duckdb", "0", 3, "BIGINT.*VARCHAR would do"),
        ("SELECT a FROM input WHERE a > :p", "postgres", 1, dt.date(2024, 1, 1), "DATE.*BIGINT would do"),
        ("SELECT a FROM input WHERE a IN (SELECT unnest(:p))", "duckdb", [1], 3, r"BIGINT.*BIGINT\[\] would do"),
    ],
)
def test_a_value_whose_type_the_query_does_not_take_is_named(sql, dialect, good, bad, kinds) -> None:
    model = SQLModel(sql, dialect)
    others = {"q": 0} if ":q" in sql else {}
    with pytest.raises(InputError, match=f"Parameter 'p': {re.escape(repr(bad))} is of type {kinds}"):
        model.predict(ROWS, params={"p": bad, **others})
    assert len(model.predict(ROWS, params={"p": good, **others})) > 0


def test_a_query_that_fails_with_any_value_stays_the_querys() -> None:
    with pytest.raises(QueryError, match="none"):
        SQLModel("SELECT none FROM input WHERE a > :p").predict(ROWS, params={"p": "x"})


def test_a_value_that_fails_only_with_the_input_stays_both() -> None:
    model = SQLModel("SELECT a + CAST(:p AS BIGINT) AS n FROM input")
    with pytest.raises(InputError, match="A number is out of the range"):
        model.predict(ROWS, params={"p": 2**63 - 1})


@pytest.mark.parametrize(
    ("sql", "dialect"),
    [
        ("SELECT DATE_TRUNC(:d, t) AS x FROM input", "snowflake"),
        ("SELECT DATE_TRUNC(:day, t) AS x FROM input", "databricks"),
        ("SELECT DATEADD(@d, 1, t) AS x FROM input", "tsql"),
        ("SELECT dateDiff({d:String}, t, t) AS x FROM input", "clickhouse"),
        ("SELECT date_part(:d, t) AS x FROM input", "postgres"),
    ],
)
def test_a_parameter_that_is_read_as_a_word_is_refused(sql, dialect) -> None:
    with pytest.raises(QueryError, match=f"stands where {dialect} takes a word") as error:
        given = {"day" if ":day" in sql else "d": "year"}
        SQLModel(sql, dialect).predict(pd.DataFrame({"t": [pd.Timestamp("2024-05-17")]}), given)
    assert error.value.column is not None
    assert SQLModel("SELECT date_trunc(:d, DATE '2024-05-17') AS x").predict(params={"d": "year"})["x"][0].month == 1


def test_what_is_said_of_a_division_names_no_setting_of_duckdb(tmp_path) -> None:
    with pytest.raises(QueryError, match=r"divides by zero.*\(a % \(a - a\)\)\n") as error:
        mlflow_sql_flavor.save_model(
            "SELECT a % (a - a) AS r FROM input", tmp_path / "m", dialect="postgres", input_example=ROWS
        )
    assert "SET " not in error.value.message and (error.value.line, error.value.column) == (1, 8)


@pytest.mark.parametrize(
    ("sql", "column"),
    [
        ("SELECT a, LOG(a, 0) AS v FROM input", 11),
        ("SELECT abs(a) AS b, 5 / (a - 1) AS v FROM input", 21),
    ],
)
def test_what_fails_on_the_example_has_its_place(sql, column, tmp_path) -> None:
    with pytest.raises(QueryError, match="does not run on the input example") as error:
        mlflow_sql_flavor.save_model(sql, tmp_path / "m", dialect="postgres", input_example=ROWS)
    assert (error.value.line, error.value.column) == (1, column)


def test_a_value_of_the_input_stays_the_inputs() -> None:
    model = SQLModel("SELECT CAST(s AS INTEGER) + :p AS n FROM input")
    with pytest.raises(InputError, match="A value of the input or of a parameter"):
        model.predict(pd.DataFrame({"s": ["x"]}), params={"p": 1})


@pytest.mark.parametrize(
    ("sql", "dialect", "at"),
    [
        ("SELECT a, CAST('x' AS INTEGER) AS n FROM input", "duckdb", 16),
        ("SELECT a,\n  1 / 0 AS n FROM input", "postgres", 3),
        ("SELECT a FROM input WHERE a > '1x'::int + a", "postgres", None),
        ("SELECT a, DATE '2024-02-30' AS d FROM input", "postgres", None),
        ("SELECT a, TO_DATE('2024-13-01') AS d FROM input", "snowflake", None),
    ],
)
def test_a_constant_that_fails_is_the_querys(sql, dialect, at, tmp_path) -> None:
    with pytest.raises(QueryError) as error:
        mlflow_sql_flavor.save_model(sql, tmp_path / "m", dialect=dialect, input_example=ROWS)
    assert error.value.line is not None
    assert at is None or error.value.column == at
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize(
    ("sql", "dialect", "said", "at"),
    [
        ("SELECT a FROM input WHERE a > '1x'", "duckdb", "string '1x' to INT64", 31),
        ("SELECT a FROM input WHERE a < 0 AND '1x'::int = a", "duckdb", "string '1x' to INT32", 37),
        ("SELECT a FROM input WHERE a IN ('1', 'y')", "duckdb", "string 'y' to INT64", 38),
        ("SELECT a, strptime('x', '%Y') AS d FROM input", "duckdb", 'parse string "x"', 11),
        ("SELECT a FROM input UNION ALL SELECT 'q'::int", "duckdb", "string 'q' to INT32", 38),
        ("SELECT a, 9223372036854775807 + 1 AS n FROM input", "duckdb", "Overflow in addition", 11),
        ("SELECT a, 1 / 0 AS n FROM input", "postgres", "Division by zero", 11),
        ("SELECT a / 0 AS n FROM input WHERE a > 100", "postgres", "Division by zero.", 8),
        ("SELECT mod(a, 2 - 2) AS n FROM input", "trino", "Division by zero.", 8),
        ("SELECT a / 0.0 AS n FROM input", "snowflake", "Division by zero.", 8),
        ("SELECT a, DATE_ADD('2024-13-01', INTERVAL 1 DAY) AS x FROM input", "bigquery", "out of range", 11),
        ("SELECT a, TO_DATE('2024-13-01') AS x FROM input", "snowflake", "out of range", 11),
        ("SELECT a FROM input WHERE a = CAST('x' AS INT)", "databricks", "'x' cannot be cast", 36),
        ("SELECT a, x::int AS n FROM input, (VALUES ('q')) v(x)", "duckdb", "string 'q' to INT32", 44),
        ("WITH c AS (SELECT 'q' AS x) SELECT a, x::int AS n FROM input, c", "duckdb", "string 'q' to INT32", 19),
        ("WITH c AS (SELECT 'q' AS x) SELECT a, (SELECT x::int FROM c) AS n FROM input", "duckdb", "string 'q'", 19),
        ("SELECT x::int AS n FROM (SELECT a, 'q' AS x FROM input)", "duckdb", "string 'q' to INT32", 36),
        ("SELECT (x || y)::date AS n FROM (SELECT a, 'q' AS x, 'r' AS y FROM input)", "duckdb", '"qr"', None),
        ("SELECT a, n FROM input, (SELECT x::int AS n FROM (VALUES ('1'), ('q')) v(x))", "duckdb", "'q' to INT32", 33),
        ("SELECT a, (SELECT max(s::int) FROM words) AS n FROM input", "duckdb", "string 'zz' to INT32", 23),
        (
            "WITH w AS (SELECT s::int AS n FROM words) SELECT a, n FROM input CROSS JOIN w",
            "postgres",
            "integer: zz",
            19,
        ),
        ("SELECT regexp_matches(a::text, '(') AS n FROM input", "duckdb", "missing )", 32),
        ("SELECT CASE WHEN a > 9 THEN a::text ~ '(' END AS n FROM input", "postgres", "missing )", 39),
        ("SELECT regexp_replace(a::text, '[', 'x') AS n FROM input", "postgres", "missing ]", 32),
        ("SELECT REGEXP_CONTAINS(CAST(a AS STRING), r'(') AS n FROM input", "bigquery", "missing )", 43),
    ],
)
def test_a_constant_is_computed_without_an_example(sql, dialect, said, at, tmp_path) -> None:
    tables = {"words": pd.DataFrame({"s": ["1", "zz"]})} if "words" in sql else None
    given: list[Any] = [{"input_types": {"a": "BIGINT"}}, {"input_example": ROWS}]
    for each in given:
        with pytest.raises(QueryError, match="This fails whatever the input is") as error:
            mlflow_sql_flavor.save_model(sql, tmp_path / "m", dialect=dialect, tables=tables, **each)
        assert said in error.value.reason
        assert at is None or (error.value.line, error.value.column) == (1, at)
    words = r"This fails whatever the input is|A constant part of the query|A value .*reference table"
    with pytest.raises((QueryError, RunError), match=words):
        SQLModel(sql, dialect, tables=tables).predict(ROWS)


@pytest.mark.parametrize(
    ("sql", "dialect", "at"),
    [
        ("SELECT a, x::int AS n FROM input, (VALUES ('q'), ('1')) v(x)", "duckdb", 44),
        ("SELECT a, x::int AS n FROM input, (VALUES ('1'), ('q')) v(x)", "postgres", 51),
        ("WITH c AS (SELECT a, 'q' AS x FROM input) SELECT CAST(x || 'z' AS DATE) AS n FROM c", "postgres", None),
    ],
)
def test_what_fails_for_any_row_is_the_querys_at_a_call(sql, dialect, at) -> None:
    with pytest.raises(RunError, match="A constant part of the query fails") as error:
        SQLModel(sql, dialect).predict(ROWS)
    assert ("line 1, column" in error.value.message) == (at is not None)
    assert at is None or f"line 1, column {at}:" in error.value.message


@pytest.mark.parametrize("value", [0, None])
def test_a_failure_that_an_ordinary_value_does_not_meet_is_the_inputs(value) -> None:
    """NULL becomes what fails here, and so does the caller's own value: the query is not at fault for sure."""
    model = SQLModel("SELECT 100 / coalesce(a, 0) AS n FROM input", "postgres", input_types={"a": "BIGINT"})
    with pytest.raises(InputError):
        model.predict(pd.DataFrame({"a": pd.array([value], dtype="Int64")}))
    assert model.predict(pd.DataFrame({"a": [50]}))["n"].tolist() == [2]


@pytest.mark.parametrize(
    ("sql", "dialect", "at"),
    [
        ("SELECT strptime(a::text, '%Q') AS n FROM input", "duckdb", 8),
        ("SELECT try_strptime(a::text, '%Q') AS n FROM input", "duckdb", 30),
    ],
)
def test_a_format_that_is_none_has_a_place(sql, dialect, at, tmp_path) -> None:
    with pytest.raises(QueryError, match=r"specifier.*%Q") as error:
        mlflow_sql_flavor.save_model(sql, tmp_path / "m", dialect=dialect, input_types={"a": "BIGINT"})
    assert (error.value.line, error.value.column) == (1, at)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT CASE WHEN a > 9 THEN 'x'::int ELSE a END AS n FROM input",
        "SELECT CASE WHEN a > 9 THEN error('too large') ELSE a END AS n FROM input",
        "SELECT a FROM input UNION ALL SELECT error('too large') FROM input WHERE a > 9",
        "SELECT coalesce(a, 'x'::int) AS n FROM input",
        "SELECT TRY('x'::int) AS n, TRY_CAST('y' AS DATE) AS d FROM input",
        "SELECT a FROM input WHERE EXISTS (SELECT 'x'::int)",
        "SELECT a FROM input WHERE 1 = 1 OR 'x'::int = a",
        "SELECT CASE WHEN 1 = 2 THEN 'x'::int ELSE a END AS n FROM input",
        "WITH c AS (SELECT 'q' AS x) SELECT a, CASE WHEN a > 9 THEN x::int END AS n FROM input, c",
        "WITH c AS (SELECT 'q' AS x), d AS (SELECT x::int AS n FROM c) SELECT a FROM input",
        "SELECT a, v.x::int AS n FROM input LEFT JOIN (SELECT a + 9 AS k, 'q' AS x FROM input) v ON v.k = a",
        "SELECT a FROM input UNION ALL SELECT x::int FROM (SELECT 'q' AS x) WHERE false",
        "SELECT a, CAST(coalesce(max(s), 'none') AS INT) AS n FROM input, (VALUES ('1')) v(s) GROUP BY a",
        "SELECT a, regexp_matches('(', a::text) AS n FROM input",
    ],
)
def test_a_constant_that_may_not_be_reached_is_left(sql) -> None:
    assert len(SQLModel(sql).predict(ROWS)) == 2


def test_a_constant_of_a_branch_is_not_laid_on_the_caller(tmp_path) -> None:
    sql = "SELECT CASE WHEN a > 9 THEN 'x'::int WHEN a < 0 THEN CAST(s AS INT) ELSE a END AS n FROM input"
    mlflow_sql_flavor.save_model(sql, tmp_path / "m", input_types={"a": "BIGINT", "s": "VARCHAR"})
    model = mlflow_sql_flavor.load_model(str(tmp_path / "m"))
    for rows in 1, 40, 2000:
        with pytest.raises(RunError, match="A constant part of the query fails"):
            model.predict(pd.DataFrame({"a": [10] * rows, "s": ["y"] * rows}))
        with pytest.raises(InputError, match="A value of the input"):
            model.predict(pd.DataFrame({"a": [-1] * rows, "s": ["y"] * rows}))


TIMES = {"t": "TIME", "u": "TIME", "d": "DATE", "b": "BOOLEAN", "n": "DOUBLE"}


@pytest.mark.parametrize(
    ("sql", "dialect", "words", "at"),
    [
        ("SELECT CAST(t AS DATE) AS d FROM input", "duckdb", "DATE of TIME", 8),
        ("SELECT n, (n / 2)::DATE AS d FROM input", "duckdb", "DATE of DOUBLE", 18),
        ("SELECT max(b::TIMESTAMP) AS m FROM input", "duckdb", "TIMESTAMP of BOOLEAN", 13),
        ("SELECT t FROM input WHERE t::DATE = d", "duckdb", "DATE of TIME", 28),
        ("SELECT t, DATEADD(day, 1, t) AS h FROM input", "snowflake", "TIMESTAMP of TIME", 11),
        ("SELECT DATEDIFF(day, t, u) AS h FROM input", "snowflake", "TIMESTAMP of TIME", 8),
        ("SELECT TIMESTAMPDIFF(hour, t, u) AS h FROM input", "mysql", "TIMESTAMP of TIME", 8),
        ("SELECT CAST(d AS INT64) AS h FROM input", "bigquery", "BIGINT of DATE", 13),
    ],
)  # fmt: skip
def test_a_cast_that_no_value_allows_is_the_querys(sql, dialect, words, at, tmp_path) -> None:
    """By the types alone: no row of data is needed to know it."""
    with pytest.raises(QueryError, match=f"makes {words}, which no value allows") as error:
        mlflow_sql_flavor.save_model(sql, tmp_path / "m", dialect=dialect, input_types=TIMES)
    assert (error.value.line, error.value.column) == (1, at)


def test_snowflake_counts_the_hours_between_times() -> None:
    """https://docs.snowflake.com/en/sql-reference/functions/datediff: a TIME has no part greater than an hour."""
    given = pd.DataFrame({"t": [dt.time(10, 59), dt.time(12)], "u": [dt.time(12, 1), dt.time(11, 59, 59)]})
    sql = "SELECT DATEDIFF(hour, t, u) AS h, DATEDIFF(minute, t, u) AS m FROM input"
    model = SQLModel(sql, dialect="snowflake", input_types={"t": "TIME", "u": "TIME"})
    assert model.predict(given).values.tolist() == [[2, 62], [-1, -1]]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT TRY_CAST(t AS DATE) AS d FROM input",
        "SELECT TRY(CAST(t AS DATE)) AS d FROM input",
        "SELECT CASE WHEN n > 1 THEN CAST(t AS DATE) END AS d FROM input",
        "SELECT COALESCE(d, CAST(t AS DATE)) AS d FROM input",
        "WITH a AS (SELECT NULL AS x, n FROM input) SELECT CAST(x AS DATE) AS d FROM a",
        "SELECT CASE typeof(t) WHEN 'DATE' THEN CAST(t AS DATE) ELSE DATE '2024-01-01' END AS d FROM input",
    ],
)
def test_a_cast_that_some_call_does_without_stays(sql) -> None:
    given = pd.DataFrame({"t": [dt.time(10)], "n": [1.0], "d": [dt.date(2024, 1, 1)]})
    types = {name: TIMES[name] for name in given}
    assert len(SQLModel(sql, input_types=types).predict(given)) == 1


@pytest.mark.parametrize("value", [2, 1.0, 0.5, -1])
@pytest.mark.parametrize("rows", [1, 40])
def test_a_number_is_no_truth_value(value, rows) -> None:
    model = SQLModel("SELECT b FROM input", input_types={"b": "BOOLEAN"})
    with pytest.raises(InputError, match="does not fit its type BOOLEAN"):
        model.predict(pd.DataFrame({"b": [value] * rows}))
    assert model.predict(pd.DataFrame({"b": [1] * rows}))["b"].tolist() == [True] * rows


@pytest.mark.parametrize("rows", [1, 40])
def test_integers_beyond_64_bits(rows) -> None:
    given = pd.DataFrame({"a": [2**70, -(2**70), None] * rows})
    for types in None, {"a": "HUGEINT"}:
        found = SQLModel("SELECT a FROM input", input_types=types).predict(given, output="arrow")
        assert [None if v is None else int(v) for v in found.column("a").to_pylist()] == given["a"].tolist()


def test_outputs_may_be_null_by_the_signature(tmp_path) -> None:
    mlflow_sql_flavor.save_model("SELECT a / 0 AS r FROM input", tmp_path / "m", input_example=ROWS)
    outputs = mlflow_sql_flavor.load_model(str(tmp_path / "m")).signature.outputs
    assert [spec.required for spec in outputs.inputs] == [False]


def test_a_failure_is_looked_at_within_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the query may take, and however many parameters there are."""
    seconds: list[float] = []
    runs: list[None] = []
    beside, arrow = Runner.beside, Runner.arrow

    def counted(self: Runner, *args: Any) -> Runner:
        seconds.extend(args[2:])
        return beside(self, *args)

    def late(self: Runner, *args: Any) -> Any:
        runs.append(None)
        if self._limits.timeout_seconds <= 1:
            raise LimitError("The query ran longer.")
        return arrow(self, *args)

    sql = "SELECT a + CAST(:p || :q AS INTEGER) AS n FROM input"
    model = SQLModel(sql, input_types={"a": "BIGINT"})
    with pytest.raises(InputError, match="Parameter"):
        model.predict(pd.DataFrame({"a": [1, 2]}), {"p": "x", "q": "2"})
    monkeypatch.setattr(Runner, "beside", counted)
    monkeypatch.setattr(Runner, "arrow", late)
    with pytest.raises(InputError):
        model.predict(pd.DataFrame({"a": [1, 2]}), {"p": "x", "q": "2"})
    assert seconds == [0.5]
    assert len(runs) <= 2


BRANCH = "SELECT a,\n  CASE WHEN a > 9 THEN CAST('2024-02-30' AS DATE) END AS d FROM input"


@pytest.mark.parametrize(
    ("sql", "dialect", "column"),
    [
        (BRANCH, "duckdb", 29),
        (BRANCH, "postgres", 29),
        (BRANCH + " WHERE a > :p", "duckdb", 29),
        (BRANCH.replace("CAST('2024-02-30' AS DATE)", "TO_DATE('2024-02-30')"), "snowflake", 32),
        (BRANCH + " WHERE '2024-02-30' <> 'x'", "duckdb", 29),
        (BRANCH + " WHERE '2024-02-30' <> 'x' AND a > :p", "duckdb", None),  # in two places
    ],
)
def test_a_constant_that_a_call_reaches_has_its_reason_and_its_place(sql, dialect, column, tmp_path) -> None:
    params = {"p": 0} if ":p" in sql else None
    mlflow_sql_flavor.save_model(sql, tmp_path / "m", dialect=dialect, input_example=(ROWS, params or {}))
    with pytest.raises(RunError, match="A constant part of the query fails") as error:
        mlflow_sql_flavor.load_model(str(tmp_path / "m")).predict(pd.DataFrame({"a": [10]}), params=params)
    first, *place = error.value.message.splitlines()
    assert 'date field value out of range: "2024-02-30".' in first and "value of the input" not in first
    if column is None:
        assert not place
    else:
        assert place[0].startswith(f"line 2, column {column}: ") and place[1].strip() == "^" * len("'2024-02-30'")


REACHED = pd.DataFrame({"a": [500], "s": pd.Series([None], dtype=object)})


@pytest.mark.parametrize(
    ("sql", "dialect", "said", "at"),
    [
        ("SELECT COALESCE(s, CAST(CAST('x' AS INT) AS STRING)) AS v FROM input", "databricks", "'x' cannot be", 30),
        ("SELECT COALESCE(s, CAST(CAST('x' AS INT64) AS STRING)) AS v FROM input", "bigquery", "Bad value: x", 30),
        ("SELECT CASE WHEN a > 100 THEN CAST('abc' AS INT) ELSE a END AS x FROM input", "databricks", "'abc'", 36),
        ("SELECT CASE WHEN a > 100 THEN CAST('abc' AS INT) ELSE a END AS x FROM input", "snowflake", "abc", 36),
        ("SELECT CASE WHEN a > 100 THEN CAST('abc' AS INT) ELSE a END AS x FROM input", "trino", "abc", 36),
        ("SELECT CASE WHEN a > 100 THEN a / 0 ELSE a END AS x FROM input", "postgres", "Division by zero", 31),
        ("SELECT '가' AS k, CASE WHEN a > 9 THEN CAST('b' AS INT) ELSE a END AS x FROM input", "tsql", "b", 44),
        ("SELECT '가' AS k, CASE WHEN a > 9 THEN CAST('b' AS INT) ELSE a END AS x FROM input", "duckdb", "'b'", 44),
        ("SELECT CASE WHEN a > 100 THEN CAST('abc' AS Int32) ELSE a END AS x FROM input", "clickhouse", "a text", 36),
    ],
)  # fmt: skip
def test_a_constant_behind_a_macro_that_a_call_reaches_is_the_querys(sql, dialect, said, at, tmp_path) -> None:
    """The engines refuse such a text too: in a branch that no row of the example reached nothing is known at save."""
    example = pd.DataFrame({"a": [1, 5], "s": ["u", "v"]})
    mlflow_sql_flavor.save_model(sql, tmp_path / "m", dialect=dialect, input_example=example)
    model = mlflow_sql_flavor.load_model(str(tmp_path / "m"))
    for rows in 1, 40:
        with pytest.raises(RunError, match="A constant part of the query fails") as error:
            model.predict(pd.concat([REACHED] * rows, ignore_index=True))
        first, place, _ = error.value.message.splitlines()
        assert said in first and "on this input" not in first
        assert place.startswith(f"line 1, column {at}: ")


def test_a_value_that_fails_in_the_words_of_a_constant_stays_the_inputs() -> None:
    sql = "SELECT CASE WHEN a > 100 THEN CAST('abc' AS Int32) ELSE toInt32(s) END AS x FROM input"
    model = SQLModel(sql, dialect="clickhouse", input_types={"a": "BIGINT", "s": "VARCHAR"})
    for rows in 1, 40:
        with pytest.raises(InputError, match="a text is not an integer"):
            model.predict(pd.DataFrame({"a": [1] * rows, "s": ["q"] * rows}))
        with pytest.raises(RunError, match="A constant part of the query fails"):
            model.predict(pd.DataFrame({"a": [500] * rows, "s": ["q"] * rows}))
    assert model.predict(pd.DataFrame({"a": [1], "s": ["7"]}))["x"].tolist() == [7]


@pytest.mark.parametrize("dialect", ["databricks", "bigquery", "snowflake", "postgres", "trino", "clickhouse", "tsql"])
@pytest.mark.parametrize(
    ("sql", "at"),
    [
        ("WITH c AS (SELECT '1x' AS v) SELECT a, CAST(c.v AS {}) AS x FROM input, c WHERE a > 100", 19),
        ("SELECT a, CAST(c.v AS {}) AS x FROM input CROSS JOIN (SELECT '1x' AS v) AS c WHERE a > 100", None),
    ],
)
def test_a_constant_that_goes_through_a_step_into_a_macro_is_the_querys(sql, at, dialect, tmp_path) -> None:
    text = sql.format({"bigquery": "INT64", "clickhouse": "Int32"}.get(dialect, "INT"))
    with pytest.raises(QueryError, match="This fails whatever the input is") as error:
        mlflow_sql_flavor.save_model(text, tmp_path / "m", dialect=dialect, input_example=ROWS)
    assert error.value.column == (at or text.index("'1x'") + 1)
    mlflow_sql_flavor.save_model(text.replace("1x", "12"), tmp_path / "m", dialect=dialect, input_example=ROWS)
    assert mlflow_sql_flavor.load_model(str(tmp_path / "m")).predict(REACHED[["a"]])["x"].tolist() == [12]


@pytest.mark.parametrize(
    ("sql", "where"),
    [
        ("SELECT a, CAST(k AS INT) AS n FROM input CROSS JOIN codes", "in column 'k' of reference table 'codes'"),
        ("SELECT a, CAST(k AS INT) AS n FROM input JOIN codes ON a = b", "in column 'k' of reference table 'codes'"),
        ("SELECT a, b::TINYINT AS n FROM input JOIN codes ON b > a", "in column 'b' of reference table 'codes'"),
        ("SELECT a, CAST(k || '-01' AS DATE) AS n FROM input CROSS JOIN codes", r"of the reference tables \(codes\)"),
    ],
)
def test_a_value_of_a_reference_table_is_said_to_be_one(sql, where, tmp_path) -> None:
    good = pd.DataFrame({"k": ["2024-01", "2024-02"] if "DATE" in sql else ["1", "2"], "b": [1, 5]})
    bad = pd.DataFrame({"k": ["2024-01", "abc"], "b": [1, 5000]})
    with pytest.raises(QueryError, match=f"A value {where} makes the query fail"):
        mlflow_sql_flavor.save_model(sql, tmp_path / "no", input_example=ROWS, tables={"codes": bad})
    mlflow_sql_flavor.save_model(sql, tmp_path / "m", input_example=ROWS, tables={"codes": good})
    model = mlflow_sql_flavor.load_model(str(tmp_path / "m"), model_config={"tables": {"codes": bad}})
    with pytest.raises(RunError, match=f"A value {where} makes the query fail: correct the table") as error:
        model.predict(ROWS)
    assert "abc" not in error.value.message and "5000" not in error.value.message
    assert len(mlflow_sql_flavor.load_model(str(tmp_path / "m")).predict(ROWS)) > 0


def test_a_value_that_a_table_happens_to_have_too_stays_the_inputs() -> None:
    tables = {"codes": pd.DataFrame({"k": ["y"], "s": ["xy"]})}
    for sql in (
        "SELECT CAST(input.s AS INT) AS n, k FROM input CROSS JOIN codes",
        "SELECT CAST(substr(input.s, 2) AS INT) AS n, k FROM input CROSS JOIN codes",
    ):
        with pytest.raises(InputError, match="A value of the input, of a parameter or of a reference table cannot be"):
            SQLModel(sql, tables=tables).predict(pd.DataFrame({"s": ["xy"]}))


@pytest.mark.parametrize("dialect", ["duckdb", "postgres"])
def test_a_default_that_cannot_be_converted_is_named_at_save(dialect, tmp_path) -> None:
    sql = "SELECT a FROM input WHERE CAST(:p AS DATE) > DATE '2020-01-01'"
    with pytest.raises(QueryError, match=r"does not run on the input example: Parameter 'p': .*'nope'"):
        mlflow_sql_flavor.save_model(sql, tmp_path / "m", dialect=dialect, input_example=(ROWS, {"p": "nope"}))
