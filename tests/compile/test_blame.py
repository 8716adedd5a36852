"""A mistake is laid on whom it is of: a parameter by its name, a part of the query by its place, else the input."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

import mlflow_sql_flavor
from mlflow_sql_flavor import SQLModel
from mlflow_sql_flavor.errors import InputError, QueryError

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
