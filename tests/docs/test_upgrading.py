"""Each row of the table of docs/upgrading.md: the text it is about, and what it says that an existing query feels."""

from __future__ import annotations

import datetime
import re
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import pyarrow as pa
import pytest
from mlflow.exceptions import MlflowException

import mlflow_sql_flavor
from mlflow_sql_flavor import SQLModel
from mlflow_sql_flavor.compile.check import check
from mlflow_sql_flavor.errors import InputError, LimitError, QueryError

PAGE = (Path(__file__).parents[2] / "docs" / "upgrading.md").read_text(encoding="utf-8")
ROWS = [line.split("|")[1].strip() for line in PAGE.splitlines() if line.startswith("| ")][1:]
GIVEN = pa.table(
    {"a": [1, 2, None, 2], "s": ["x", "10", None, "b"], "x": [2.5, 3.5, -2.5, 0.0], "b": [True, None, False, True]}
)
NONE = pa.table({"a": pa.array([], pa.int64())})
NOT_NULL = pa.schema([pa.field("id", pa.int64(), nullable=False), pa.field("label", pa.string(), nullable=False)])
LABELS = {"labels": pa.table({"id": [1], "label": ["one"]}, NOT_NULL)}


def answer(sql: str, dialect: str, data: Any = None, **more: Any) -> dict[str, list[Any]]:
    return SQLModel(sql, dialect=dialect, **more).predict(data, output="arrow").to_pydict()


def save(sql: str, folder: Path, **given: Any) -> SQLModel:
    mlflow_sql_flavor.save_model(sql, folder, bundle_flavor=False, pip_requirements=["mlflow"], **given)
    return mlflow_sql_flavor.load_model(str(folder))


#: The row's opening words: texts, each with its dialect, its data and the answer or the refusal's words.
ANSWERS: dict[str, list[tuple[str, str, Any, Any]]] = {
    "an output without `AS` has": [
        ("SELECT count(*) FROM input", "postgres", GIVEN, {"count": [4]}),
        ("SELECT count(*) FROM input", "bigquery", GIVEN, {"f0_": [4]}),
    ],
    "an output whose name that engine": [("SELECT a + 1 FROM input", "tsql", GIVEN, "This output has no name")],
    "a parameter that a dialect": [
        ("SELECT DATE_TRUNC(:day, d) AS t FROM input", "postgres", pa.table({"d": [datetime.date(2024, 3, 9)]}),
         "DATE_TRUNC"),
    ],
    "ClickHouse's NaN": [
        ("SELECT max(x) AS m FROM input", "clickhouse", pa.table({"x": [1.0, float("nan")]}), {"m": [1.0]}),
    ],
    "texts that are no table": [
        ("SELECT a FROM input, ", "postgres", GIVEN, "takes no comma"),
        ("SELECT CASE WHEN a > 1 THEN generate_series(1, 2) END AS g FROM input", "postgres", GIVEN, "no function"),
        ("SELECT i.a FROM input AS i NATURAL JOIN input AS j", "trino", GIVEN, "Trino has no NATURAL JOIN"),
    ],
    "Spark's maps": [
        ("SELECT map(a, s) = map(a, s) AS e FROM input", "spark", GIVEN, "compares no maps"),
        ("SELECT count(*) AS n FROM (SELECT * FROM input) AS q WHERE s > 1", "spark", GIVEN, "refuses a value"),
        ("SELECT json_agg(DISTINCT s) AS n FROM input", "postgres", GIVEN, "DISTINCT in an aggregate of JSON"),
    ],
    "BigQuery's NULL arrays": [
        ("SELECT CAST(NULL AS ARRAY<INT64>) AS n", "bigquery", None, {"n": [[]]}),
        ("SELECT [a] AS n FROM input", "bigquery", GIVEN, "An array of the result holds a NULL"),
    ],
    "calls that DuckDB writes": [
        ("SELECT 2 * DIV(a + 7, 3) AS n FROM input", "bigquery", GIVEN, {"n": [4, 6, None, 6]}),
        ("SELECT a DIV 2 * 3 AS n FROM input", "mysql", GIVEN, {"n": [0, 3, None, 3]}),
    ],
    "BigQuery's structs": [
        ("SELECT STRUCT(1 AS p, 2 AS q) AS s UNION ALL SELECT STRUCT(3 AS q, 4 AS p)", "bigquery", None,
         {"s": [{"p": 1, "q": 2}, {"p": 3, "q": 4}]}),
        ("SELECT ABS(a) AS a, COUNT(*) AS n FROM input GROUP BY a", "bigquery", pa.table({"a": [1, -1]}),
         {"a": [1], "n": [2]}),
        ("SELECT 1e308 / x AS n FROM input", "bigquery", pa.table({"x": [1e-5]}), "A FLOAT64 overflows"),
        ("SELECT TIMESTAMP '2024-01-02 00:00:00+00' - TIMESTAMP '2024-01-01 00:00:00+00' AS i", "bigquery", None,
         {"i": [pa.MonthDayNano([0, 0, 24 * 3_600 * 10**9])]}),
    ],
    "Snowflake's `COUNT(t.*)`": [("SELECT COUNT(t.*) AS n FROM input AS t", "snowflake", GIVEN, {"n": [2]})],
    "ClickHouse's columns": [
        ("SELECT i.a, l.label FROM input AS i LEFT JOIN labels AS l ON i.a = l.id ORDER BY i.a", "clickhouse",
         pa.table({"a": [1, 2]}), {"a": [1, 2], "label": ["one", ""]}),
    ],
    "SQLite's names in double quotes": [
        ('SELECT "nothing" AS t, a FROM input', "sqlite", GIVEN, {"t": ["nothing"] * 4, "a": [1, 2, None, 2]}),
    ],
    "`SETTINGS` of ClickHouse": [
        ("SELECT a FROM input SETTINGS max_threads = 1", "clickhouse", GIVEN, {"a": [1, 2, None, 2]}),
        ("SELECT a FROM input SETTINGS final = 1", "clickhouse", GIVEN, "The setting final = 1 has no counterpart"),
    ],
    "PostgreSQL's texts": [
        ("SELECT '{1,NULL}'::int[] AS v, 'January 8, 1999'::date::text AS d", "postgres", None,
         {"v": [[1, None]], "d": ["1999-01-08"]}),
        ("SELECT json_build_object('a', 1)::text AS t", "postgres", None, {"t": ['{"a" : 1}']}),
    ],
    "rounding, quotients": [
        ("SELECT round(x) AS r FROM input", "postgres", GIVEN, {"r": [2.0, 4.0, -2.0, 0.0]}),
        ("SELECT round(x) AS r FROM input", "bigquery", GIVEN, {"r": [3.0, 4.0, -3.0, 0.0]}),
    ],
    "rows of structs": [
        ("SELECT ROW(1, NULL) = ROW(1, NULL) AS e", "postgres", None, {"e": [None]}),
        ("SELECT a, count(*) AS n FROM input GROUP BY ROLLUP (a)", "postgres", NONE, {"a": [None], "n": [0]}),
        ("SELECT a, count(*) AS n FROM input GROUP BY a WITH ROLLUP", "mysql", NONE, {"a": [], "n": []}),
    ],
    "a duration of pandas": [
        ("SELECT extract(day FROM t) AS d, extract(hour FROM t) AS h FROM input", "duckdb",
         pd.DataFrame({"t": [pd.Timedelta("2 days 3 hours")] * rows}), {"d": [0] * rows, "h": [51] * rows})
        for rows in (1, 20)
    ],
    "NULL alone": [("SELECT NULL AS n", dialect, None, {"n": [None]}) for dialect in ("postgres", "bigquery", "tsql")],
    "BigQuery's STRING": [
        ("SELECT s < 1 AS n FROM input", "bigquery", GIVEN, "does not compare a STRING"),
        ("SELECT * FROM input SEMI JOIN labels ON input.a = labels.id", "clickhouse", GIVEN, "name them"),
        ("SELECT sum(DISTINCT s) AS n FROM input", "sqlite", GIVEN, "tells texts apart"),
    ],
    "NULLs among NaN": [
        ("SELECT x IS NULL AS n FROM input ORDER BY x NULLS FIRST", "clickhouse",
         pa.table({"x": [1.0, None, float("nan")]}), {"n": [True, False, False]}),
        ("SELECT isNaN(x) AS n FROM input ORDER BY x NULLS FIRST", "clickhouse",
         pa.table({"x": [1.0, float("nan")]}), {"n": [1, 0]}),
        ("SELECT '2024-01-01 10:00:00 +0200'::TIMESTAMP_NTZ AS t", "snowflake", None,
         {"t": [datetime.datetime(2024, 1, 1, 10)]}),
        ("SELECT lpad('a', NULL) AS n, s::\"char\" AS c FROM input WHERE s = '10'", "postgres", GIVEN,
         {"n": [None], "c": ["1"]}),
    ],
}  # fmt: skip
CASES = [(row, *case) for row, cases in ANSWERS.items() for case in cases]


@pytest.mark.parametrize(("row", "sql", "dialect", "data", "expected"), CASES)
def test_what_an_existing_query_gives(row: str, sql: str, dialect: str, data: Any, expected: Any) -> None:
    tables = LABELS if "labels" in sql else {}
    if isinstance(expected, dict):
        assert answer(sql, dialect, data, tables=tables) == expected
    else:
        with pytest.raises((QueryError, InputError), match=re.escape(expected)):
            answer(sql, dialect, data, tables=tables)


def the_level(tmp_path: Path) -> None:
    types = {"s": "VARCHAR"}
    assert check("SELECT upper(s) AS u FROM input", "postgres", input_types=types).level == "verified"
    seldom = "SELECT array_positions(string_to_array(s, ','), 'b') AS u FROM input"
    found = check(seldom, "postgres", input_types=types)
    assert found.level == "unverified" and found.findings
    assert not check(seldom, "postgres", input_types=types, allow=["no_evidence"]).warnings
    with pytest.raises(QueryError, match="compared"):
        save(seldom, tmp_path / "strict", dialect="postgres", input_types=types, strict=True)


def missing_values(tmp_path: Path) -> None:
    example = pd.DataFrame({"a": pd.array([1, None], dtype="Int64")})
    model = save("SELECT a, a + 1 AS b FROM input", tmp_path / "any", input_example=example)
    assert "'a': Any (optional)" in str(model.signature.inputs)
    assert [spec.required for spec in model.signature.outputs] == [False, False]


def lists_of_texts(tmp_path: Path) -> None:
    example = pd.DataFrame({"t": [["Seoul", None]], "u": pd.array([2**63 + 5], dtype="uint64")})
    model = save("SELECT t, u > 1 AS big FROM input", tmp_path / "lists", input_example=example)
    assert [str(spec.type) for spec in model.signature.inputs] == ["Array(Any)", "Any"]
    answer = mlflow.pyfunc.load_model(str(tmp_path / "lists")).predict(example)
    assert answer["t"].tolist() == [["Seoul", None]] and answer["big"].tolist() == [True]


def bits_and_digits(tmp_path: Path) -> None:
    model = SQLModel("SELECT a FROM input", input_types={"a": "BIGINT"})
    with pytest.raises(InputError, match="does not fit its type BIGINT"):
        model.predict(pd.DataFrame({"a": [datetime.date(2024, 1, 2)]}))
    model = SQLModel("SELECT t FROM input", input_types={"t": "TIMESTAMP"})
    with pytest.raises(InputError, match=re.escape("dt.floor('us')")):
        model.predict(pd.DataFrame({"t": pd.to_datetime([1], unit="ns")}))


def nested_values(tmp_path: Path) -> None:
    model = SQLModel("SELECT v FROM input", input_types={"v": "INTEGER[]"})
    assert model.predict(pd.DataFrame({"v": [[1.0]]}), output="arrow").to_pydict() == {"v": [[1]]}
    with pytest.raises(InputError, match="'v'"):
        model.predict(pd.DataFrame({"v": [[1.5]]}))


def refused_by_mlflow(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    example = pd.DataFrame({"a": pd.Categorical(["x", "y"])})
    save("SELECT a FROM input", tmp_path / "category", input_example=example)
    assert "astype(" in caplog.text


def labels(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=re.escape("example.columns = [...]")):
        save("SELECT 1 AS n FROM input", tmp_path / "labels", input_example=pd.DataFrame([[1, 2]]))


def constants(tmp_path: Path) -> None:
    with pytest.raises(QueryError, match="This fails whatever the input is") as error:
        save("SELECT a, 1 / 0 AS n FROM input", tmp_path / "zero", dialect="postgres", input_example=GIVEN.to_pandas())
    assert error.value.line == 1


def casts(tmp_path: Path) -> None:
    sql = "SELECT {}(t AS DATE) AS d FROM input"
    with pytest.raises(QueryError, match="DATE of TIME, which no value allows"):
        save(sql.format("CAST"), tmp_path / "cast", input_types={"t": "TIME"})
    save(sql.format("TRY_CAST"), tmp_path / "tried", input_types={"t": "TIME"})


def not_known_to_be_small() -> None:
    endless = "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT max(n) AS n FROM r"
    with pytest.raises(LimitError, match="timeout_seconds"):
        answer(endless, "duckdb", limits={"timeout_seconds": 1})


def grows() -> None:
    steps = ", ".join(f"c{n} + c{n} AS c{n + 1}" for n in range(60))
    with pytest.raises(QueryError, match="grow without bound"):
        answer(f"SELECT a AS c0, {steps} FROM input", "databricks", GIVEN)


def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MlflowException, match="metadata holds text"):
        save("SELECT 1 AS n", tmp_path / "metadata", metadata={"a": {1, 2}})

    from mlflow_sql_flavor.artifact import stored_rows

    monkeypatch.setattr(stored_rows, "MOST_VALUES", 3)
    with pytest.raises(MlflowException, match="values"):
        save(
            "SELECT * FROM input", tmp_path / "rows", input_example=GIVEN.to_pandas(), expected_output=GIVEN.to_pandas()
        )


#: Rows that are no text with an answer.
TRIED = {
    "the level follows": the_level,
    "integers and truth values": missing_values,
    "lists of texts": lists_of_texts,
    "a value of the input is never": bits_and_digits,
    "a value within a list": nested_values,
    "an example that MLflow itself": refused_by_mlflow,
    "an example with a column label": labels,
    "a constant part": constants,
    "a cast between types": casts,
    "a query that is not known": not_known_to_be_small,
    "a query of which the translation": grows,
    "stored rows": stored,
}


@pytest.mark.parametrize("row", TRIED)
def test_what_is_felt_at_save(row: str, request: pytest.FixtureRequest) -> None:
    tried = TRIED[row]
    names = tried.__code__.co_varnames[: tried.__code__.co_argcount]
    tried(**{name: request.getfixturevalue(name) for name in names})


def test_every_row_is_tried() -> None:
    starts = [*ANSWERS, *TRIED]
    assert [row for row in ROWS if sum(row.startswith(start) for start in starts) != 1] == []
    assert len(starts) == len(ROWS)
