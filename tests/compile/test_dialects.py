"""What a model says of its dialect: its level, what the writer accepted, what the engine leaves open, and its rows."""

from __future__ import annotations

import datetime
import json
import logging
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
import yaml
from click.testing import CliRunner

import mlflow_sql_flavor
from mlflow_sql_flavor.cli import main
from mlflow_sql_flavor.errors import InputError, ModelFileError, QueryError
from mlflow_sql_flavor.model import compiled_model_of

VERIFIED = ("postgres", "databricks", "mysql", "sqlite", "clickhouse")
DOCUMENTED = ("snowflake", "bigquery", "redshift", "tsql", "trino", "oracle")
DATA = pd.DataFrame({"a": [7, -7], "b": [2, 2], "s": ["x", "y"]})


def section(folder: Path) -> dict[str, Any]:
    """The ``sql`` section of a model's MLmodel."""
    return yaml.safe_load((folder / "MLmodel").read_text(encoding="utf-8"))["flavors"]["sql"]


@pytest.mark.parametrize(
    ("dialect", "level"),
    [("duckdb", "verified"), ("postgres", "verified"), ("spark", "verified"), ("snowflake", "documented"),
     ("oracle", "documented"), ("doris", "unverified")],
)  # fmt: skip
def test_the_level_is_written_and_shown(tmp_path: Path, dialect: str, level: str) -> None:
    mlflow_sql_flavor.save_model("SELECT a AS a FROM input", tmp_path / "m", dialect=dialect, input_example=DATA)
    assert section(tmp_path / "m")["level"] == level
    (tmp_path / "q.sql").write_text("SELECT a AS a FROM input")
    command = ["check", str(tmp_path / "q.sql"), "--dialect", dialect, "--input-types", '{"a": "BIGINT"}']
    for form in ("table", "json"):
        done = CliRunner().invoke(main, [*command, "--format", form])
        assert done.exit_code == 0, done.output
        assert level in done.stdout
    assert level in (tmp_path / "m" / "README.md").read_text(encoding="utf-8")


def test_what_each_dialect_was_compared_with_is_the_documented_one() -> None:
    table = (Path(__file__).parents[2] / "docs" / "dialects.md").read_text(encoding="utf-8")
    rows = [line.split("|") for line in table.splitlines() if line.count("|") == 5]
    found = {row[1].strip(): row[3].strip() for row in rows if row[1].strip() in {*VERIFIED, *DOCUMENTED}}
    assert len(found) == 11
    for dialect, against in found.items():
        model = mlflow_sql_flavor.SQLModel("SELECT a AS a FROM input", dialect)
        level = "documented" if "manual" in against else "verified"
        assert compiled_model_of(model).bind({"a": "BIGINT"}).compiled.level == level, dialect


def test_a_refusal_is_placed_and_may_be_accepted_by_name(tmp_path: Path) -> None:
    sql = "SELECT a AS a,\n  typeof(a + a) AS kind FROM input"
    with pytest.raises(QueryError, match=r"names of types differ.*allow=\['typeof'\]") as caught:
        mlflow_sql_flavor.save_model(sql, tmp_path / "m", dialect="databricks", input_example=DATA)
    assert (caught.value.line, caught.value.column) == (2, 3)
    assert not (tmp_path / "m").exists()
    mlflow_sql_flavor.save_model(sql, tmp_path / "m", dialect="databricks", input_example=DATA, allow=["typeof"])
    assert section(tmp_path / "m")["allow"] == ["typeof"]
    mlflow_sql_flavor.save_model(
        "SELECT a AS a FROM input", tmp_path / "n", dialect="databricks", input_example=DATA, allow=["typeof"]
    )
    assert section(tmp_path / "n")["allow"] == [], "what was not needed is not recorded"


@pytest.mark.parametrize(
    ("dialect", "sql", "at"),
    [
        ("postgres", "SELECT a AS a FROM input LIMIT 1", (1, 32)),
        ("postgres", "SELECT a AS a,\n ROW_NUMBER() OVER (ORDER BY b) AS n FROM input", (2, 2)),
        ("postgres", "SELECT random() AS r FROM input", (1, 8)),
        ("databricks", "SELECT ANY_VALUE(a) AS a FROM input", (1, 8)),
        ("postgres", "SELECT now() AS n FROM input", (1, 8)),
    ],
)
def test_what_the_engine_leaves_open_is_warned_of_and_recorded(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, dialect: str, sql: str, at: tuple[int, int]
) -> None:
    with caplog.at_level(logging.WARNING, "mlflow_sql_flavor"):
        mlflow_sql_flavor.save_model(sql, tmp_path / "m", dialect=dialect, input_example=DATA)
    found = section(tmp_path / "m")["nondeterminism"]
    assert [(finding["line"], finding["column"]) for finding in found] == [at]
    assert f"(line {at[0]}, column {at[1]})" in caplog.text


def test_a_function_has_three_states(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Modelled: silent. In DuckDB, with nothing known of the dialect's: warned of. Not in the engine: refused."""

    def save(dialect: str, sql: str) -> str:
        caplog.clear()
        with caplog.at_level(logging.WARNING, "mlflow_sql_flavor"):
            mlflow_sql_flavor.save_model(sql, tmp_path / dialect, dialect=dialect, input_example=DATA)
        return caplog.text

    assert "unchecked" not in save("postgres", "SELECT upper(s) AS u FROM input")
    passed = save("doris", "SELECT isfinite(a) AS k FROM input")
    assert re.search(r"'isfinite' is passed to DuckDB's function of the same name, unchecked.*column 8", passed)
    assert "Nobody compared dialect doris with its engine" in passed
    with pytest.raises(QueryError, match=r"(?i)uppr.*did you mean 'upper'"):
        save("mysql", "SELECT uppr(s) AS u FROM input")


QUOTIENT = "SELECT a / b AS q FROM input"


def test_rows_of_the_engine_are_stored_with_the_verdict(tmp_path: Path) -> None:
    expected = pd.DataFrame({"q": [3, -3]})  # what PostgreSQL gives: arith.int_div of the recorded answers
    mlflow_sql_flavor.save_model(
        QUOTIENT, tmp_path / "m", dialect="postgres", input_example=DATA, expected_output=expected
    )
    stored = section(tmp_path / "m")["expected_output"]
    assert stored["rows"] == 2 and "verified on 2 rows against postgres" in stored["verdict"]
    model = mlflow_sql_flavor.load_model(tmp_path / "m")
    assert model.verify().equal
    other = model.verify(expected=pd.DataFrame({"q": [3.5, -3.5]}))
    assert not other.equal and "3.5" in other.text()


def test_other_rows_than_the_engine_gave_are_refused(tmp_path: Path) -> None:
    with pytest.raises((InputError, QueryError), match=r"(?s)row 1, column q.*-3.*-4"):
        mlflow_sql_flavor.save_model(
            QUOTIENT,
            tmp_path / "m",
            dialect="postgres",
            input_example=DATA,
            expected_output=pd.DataFrame({"q": [3, -4]}),
        )
    assert not (tmp_path / "m").exists()


def test_stored_rows_that_were_altered_are_refused(tmp_path: Path) -> None:
    mlflow_sql_flavor.save_model(
        QUOTIENT, tmp_path / "m", dialect="postgres", input_example=DATA, expected_output=pd.DataFrame({"q": [3, -3]})
    )
    file = tmp_path / "m" / "expected_output.parquet"
    pd.DataFrame({"q": [9, 9]}).to_parquet(file)
    with pytest.raises(ModelFileError):
        mlflow_sql_flavor.load_model(tmp_path / "m").verify()


def test_stored_rows_beyond_bounds_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mlflow_sql_flavor.save_model(
        QUOTIENT, tmp_path / "m", dialect="postgres", input_example=DATA, expected_output=pd.DataFrame({"q": [3, -3]})
    )
    model = mlflow_sql_flavor.load_model(tmp_path / "m")
    assert model.verify().equal
    monkeypatch.setattr("mlflow_sql_flavor.artifact.stored_rows.MOST_BYTES", 10)
    with pytest.raises(ModelFileError, match="more than 10: it is not read"):
        model.verify()


def test_check_tells_of_what_is_open_in_json(tmp_path: Path) -> None:
    (tmp_path / "q.sql").write_text("SELECT random() AS r FROM input")
    command = ["check", str(tmp_path / "q.sql"), "--dialect", "postgres", "--input-types", '{"a": "BIGINT"}']
    done = CliRunner().invoke(main, [*command, "--format", "json"])
    assert done.exit_code == 0 and "random" in json.dumps(json.loads(done.stdout))


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_a_moment_of_any_precision_less_an_interval_is_a_moment(unit: str) -> None:
    """PostgreSQL's timestamp(0) beside timestamp, as in ``ON a.c >= b.c - INTERVAL '4' HOUR``."""
    moments = [datetime.datetime(2024, 1, 1, 5)]
    tables = {"a": pa.table({"c": pa.array(moments, pa.timestamp("us"))})}
    tables["b"] = pa.table({"c": pa.array(moments, pa.timestamp(unit))})
    sql = "WITH bg AS (SELECT MAX(c) AS c FROM b) SELECT a.c FROM a JOIN bg ON a.c >= bg.c - INTERVAL '4' HOUR"
    model = mlflow_sql_flavor.SQLModel(sql, "postgres", tables=tables)
    assert len(model.predict()) == 1
