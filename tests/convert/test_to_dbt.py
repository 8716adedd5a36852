"""A model written as a dbt model gives the model's rows, once Jinja has filled it in as dbt does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import pandas as pd
import pyarrow as pa
import pytest
import yaml
from click.testing import CliRunner

import mlflow_sql_flavor
from mlflow_sql_flavor.cli import main

SQL = """SELECT id, price * :factor AS total, label, :note AS note, '{{ no jinja }} {% 1 %} {# 2 #}' AS braces
FROM input LEFT JOIN regions USING (code)"""
REGIONS = pa.table({"code": ["a", "b"], "label": ["north", "o'y"]})
ROWS = pd.DataFrame({"id": [1, 2, 3], "code": ["a", "b", None], "price": [1.5, 2.25, None]})
PARAMS = {"factor": 2.0, "note": 'it\'s "100%"\\ é 😀 {{ x }}'}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "ranker"
    mlflow_sql_flavor.save_model(
        SQL, path, tables={"regions": REGIONS}, input_example=(ROWS, PARAMS), pip_requirements=["mlflow"]
    )
    return path


@pytest.mark.parametrize(
    ("sql", "tables", "name", "match"),
    [
        (
            "SELECT x.v, y.v AS w FROM input JOIN a.t x ON x.v = id JOIN b.t y ON y.v = id",
            ["a.t", "b.t"],
            "m",
            "both",
        ),
        ("SELECT id FROM input", [], "input", "would read itself"),
    ],
)
def test_names_that_dbt_could_not_tell_apart(
    sql: str, tables: list[str], name: str, match: str, tmp_path: Path
) -> None:
    mlflow_sql_flavor.save_model(
        sql, tmp_path / "m", tables={table: pa.table({"v": [1]}) for table in tables}, input_example=ROWS[["id"]],
        pip_requirements=["mlflow"],
    )  # fmt: skip
    found = exported(tmp_path / "m", tmp_path, "--name", name, "--seeds", str(tmp_path / "seeds"))
    assert found.exit_code == 1 and match in found.output and not (tmp_path / "models").exists()


def exported(model: Path, folder: Path, *args: str) -> Any:
    return CliRunner().invoke(main, ["export", str(model), "--dbt", str(folder / "models"), *args])


def filled(text: str, **variables: str) -> str:
    return (
        jinja2.Environment(autoescape=False)
        .from_string(text)
        .render(ref=lambda name: f'"{name}"', var=lambda name, default: variables.get(name, default))
    )


def test_the_rows_are_the_model_s(model: Path, tmp_path: Path) -> None:
    found = exported(model, tmp_path, "--seeds", str(tmp_path / "seeds"))
    assert found.exit_code == 0, found.output
    assert sorted(path.name for path in tmp_path.rglob("*.*")) == ["ranker.sql", "regions.csv", "schema.yml"]
    text = (tmp_path / "models" / "ranker.sql").read_text()
    with duckdb.connect() as connection:
        connection.register("input", ROWS.assign(label="of another column", total=0.0))  # none of the model's
        connection.register("regions", connection.read_csv(str(tmp_path / "seeds" / "regions.csv")))
        got = connection.sql(filled(text)).to_arrow_table()
        other = connection.sql(filled(text, factor="10")).to_arrow_table()
    loaded = mlflow_sql_flavor.load_model(str(model))
    assert got.sort_by("id").to_pylist() == loaded.predict(ROWS, output="arrow").to_pylist()
    assert other.sort_by("id")["total"].to_pylist() == [15.0, 22.5, None]


def test_the_unit_test_is_the_example(model: Path, tmp_path: Path) -> None:
    exported(model, tmp_path, "--seeds", str(tmp_path / "seeds"))
    found = yaml.safe_load((tmp_path / "models" / "schema.yml").read_text())
    (described,), (seed,), (test,) = found["models"], found["seeds"], found["unit_tests"]
    assert [column["name"] for column in described["columns"]] == ["id", "total", "label", "note", "braces"]
    assert described["columns"][1]["data_type"] == "DOUBLE"
    assert seed["columns"] == [{"name": "code", "data_tests": ["unique"]}]
    given = {each["input"]: each["rows"] for each in test["given"]}
    assert given["ref('regions')"] == REGIONS.to_pylist()
    assert [row["id"] for row in given["ref('input')"]] == [1, 2, 3]
    assert [row["total"] for row in test["expect"]["rows"]] == [3.0, 4.5, None]


def test_nothing_is_written_over(model: Path, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "schema.yml").write_text("theirs")
    assert exported(model, tmp_path).exit_code == 0
    assert (tmp_path / "models" / "schema.yml").read_text() == "theirs"
    assert json.dumps(yaml.safe_load((tmp_path / "models" / "ranker.yml").read_text()))
    again = exported(model, tmp_path)
    assert again.exit_code == 1 and "There is a file 'ranker.sql' already" in again.output
    named = exported(model, tmp_path, "--name", "no name")
    assert named.exit_code == 1 and "Give one by --name" in named.output
