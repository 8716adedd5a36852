"""Whatever the advice of a refusal says works when it is followed.

Each case is a refused value, the advice of its refusal, and the value written as that says. ``data/untried.txt`` lists
the pieces of advice of the package that no case follows yet: every one is in one of the two.
"""

import ast
import datetime as dt
from pathlib import Path

import pyarrow as pa
import pytest
from mlflow.exceptions import MlflowException

import mlflow_sql_flavor
from mlflow_sql_flavor import SQLModel

ROOT = Path(mlflow_sql_flavor.__file__).parent
UNTRIED = Path(__file__).parent / "data" / "untried.txt"
ROWS = pa.table({
    "n": pa.array([1, 2], pa.int64()),
    "x": pa.array([1.5, 2.5], pa.float64()),
    "s": ["12", "7"],
    "w": ["ab cd", "ef"],
    "d": pa.array([dt.date(2024, 3, 9), dt.date(2024, 2, 29)], pa.date32()),
    "ts": pa.array([dt.datetime(2024, 3, 9, 10, 20), dt.datetime(2024, 2, 29)], pa.timestamp("us")),
    "b": [True, False],
    "g": ["a", "a"],
})  # fmt: skip

#: (dialect, refused, advice, as advised): values of a SELECT, or whole queries.
CASES = [
    ("snowflake", "COALESCE(n, s)", "Write the conversion with CAST", "COALESCE(n, CAST(s AS INT))"),
    ("snowflake", "CASE WHEN b THEN n ELSE s END", "Write the conversion with CAST",
     "CASE WHEN b THEN n ELSE CAST(s AS INT) END"),
    ("snowflake", "s = n", "Write the conversion with CAST", "CAST(s AS INT) = n"),
    ("trino", "s = n", "Write the conversion with CAST", "CAST(s AS INTEGER) = n"),
    ("snowflake", "s + 1", "Write it with CAST", "CAST(s AS INT) + 1"),
    ("snowflake", "d = '9.3.2024'", "Convert it with a format, or write YYYY-MM-DD", "d = '2024-03-09'"),
    ("postgres", "s = n", "Cast one side", "CAST(s AS bigint) = n"),
    ("postgres", "round(x, 1)", "Write round(CAST(x AS numeric), n)", "round(CAST(x AS numeric), 1)"),
    ("postgres", "s + 1", "Cast it to a number", "CAST(s AS int) + 1"),
    ("postgres", "CASE WHEN n THEN 1 END", "Compare it with <> 0", "CASE WHEN n <> 0 THEN 1 END"),
    ("postgres", "string_agg(n, ',')", "Cast to text first", "string_agg(n::text, ',')"),
    ("bigquery", "SAFE.DATE_FROM_UNIX_DATE(MIN(n))", "compute that in a step of WITH before",
     "WITH m AS (SELECT MIN(n) AS n FROM t) SELECT SAFE.DATE_FROM_UNIX_DATE(n) AS v FROM m"),
    ("bigquery", "s = n", "Cast one side", "CAST(s AS INT64) = n"),
    ("postgres", "regexp_match(w, '(a)(b)?')", "Make the group (?:...) or match it always",
     "regexp_match(w, '(a)(?:b)?')"),
    ("duckdb", "nn", "Did you mean", "n"),
]  # fmt: skip


def query(text):
    return text if text.startswith(("WITH", "SELECT")) else f"SELECT {text} AS v FROM t"


def run(dialect, text):
    return SQLModel(query(text), dialect, tables={"t": ROWS}).predict(output="arrow")


@pytest.mark.parametrize(("dialect", "refused", "advice", "advised"), CASES)
def test_advice_works(dialect, refused, advice, advised):
    with pytest.raises(MlflowException) as error:
        run(dialect, refused)
    assert advice in error.value.message
    lines = error.value.message.split("\n")
    caret = next(at for at, line in enumerate(lines) if line.strip().startswith("^"))
    assert lines[caret - 1].split(": ", 1)[1] in query(refused)  # the excerpt is the writer's own text
    assert run(dialect, advised).num_rows >= 1


def test_what_is_meant_is_another_word():
    for text in ("nn", "N1", "ts_"):
        with pytest.raises(MlflowException) as error:
            run("duckdb", text)
        assert f"Did you mean '{text}'" not in error.value.message


@pytest.mark.parametrize(
    ("dialect", "sql", "word"),
    [
        ("postgres", "SELECT g, n FROM t GROUP BY g", "n FROM"),
        ("duckdb", "SELECT g, n FROM t GROUP BY g", "n FROM"),
        ("bigquery", "SELECT SUM(SUM(n)) AS v FROM t", "SUM(n)"),
    ],
)
def test_a_sentence_of_duckdb_has_a_place(dialect, sql, word):
    with pytest.raises(MlflowException) as error:
        SQLModel(sql, dialect, tables={"t": ROWS}).bind()
    assert error.value.line == 1 and sql[error.value.column - 1 :].startswith(word[0])


def advices():
    """``{advice}`` of every refusal that is written out in the package."""
    found = set()
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(node.func, "attr", getattr(node.func, "id", "")) if isinstance(node, ast.Call) else ""
            if name in ("refuse", "refuses") and len(node.args) >= 4:
                last = node.args[3]
                found |= {part.value for part in ast.walk(last) if isinstance(part, ast.Constant) and part.value}
    return {each for each in found if isinstance(each, str)}


def test_every_advice_is_tried_or_listed():
    tried = {advice for _, _, advice, _ in CASES}
    known = set(UNTRIED.read_text(encoding="utf-8").splitlines())
    found = {advice.strip().rstrip(".") for advice in advices()}
    assert found - tried == known, "a new piece of advice: follow it in CASES; one that is tried leaves the list"
