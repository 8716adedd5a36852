"""``mlflow-sql upgrade``: what goes with a model that is saved anew, and what is told of it."""

from __future__ import annotations

import datetime
import decimal
import json
import shutil
from pathlib import Path
from typing import Annotated, Any

import mlflow
import pandas as pd
import pyarrow as pa
import pytest
import yaml
from click.testing import CliRunner, Result
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema

import mlflow_sql_flavor
from mlflow_sql_flavor.artifact import mlmodel
from mlflow_sql_flavor.cli import main
from mlflow_sql_flavor.review.resave import made_of

from ..artifact.stored_models import unpacked
from ..conftest import tracking_database

REGIONS = pd.DataFrame({"code": ["01", "02"], "label": ["서울", "Busan"]})
INPUT = pd.DataFrame({"id": [1, 2], "code": ["01", "02"], "price": [2.5, 4.0]})
SQL = """SELECT i.id, i.price * :factor AS total, g.label
FROM input AS i JOIN regions AS g ON g.code = i.code
ORDER BY i.id"""


def run(*args: object) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args])


def edit(folder: Path, **change: object) -> Path:
    path = folder / "MLmodel"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["flavors"]["sql"].update(change)
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return folder


def save(path: Path, sql: str = SQL, **given: Any) -> Path:
    arguments = {"tables": {"regions": REGIONS}, "input_example": (INPUT, {"factor": 2.0}), "bundle_flavor": False}
    mlflow_sql_flavor.save_model(sql, path, **(arguments | given))  # type: ignore[arg-type]
    return path


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(tmp_path_factory.mktemp("upgraded") / "model")


@pytest.fixture
def copy(model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(model, tmp_path / "copy"))


def test_a_model_of_today_stays_as_it_is(model: Path) -> None:
    found = run("upgrade", model)
    assert (found.exit_code, found.stdout) == (0, f"{model}: as this version saves it\n")


@pytest.mark.parametrize(("call", "why"), [("now()", "reads the clock"), ("random()", "draws a random value")])
def test_rows_that_no_two_runs_share_are_no_change(call: str, why: str, tmp_path: Path) -> None:
    save(tmp_path / "m", f"SELECT id, {call} AS n FROM input", tables=None, input_example=INPUT)
    found = run("upgrade", tmp_path / "m")
    assert found.exit_code == 0 and "as this version saves it" in found.stdout
    assert "rows are not compared: " in found.stdout and why in found.stdout and "changed cells" not in found.stdout
    csv = run("upgrade", tmp_path / "m", "--format", "csv").stdout
    assert why in csv and "answer" not in csv
    content = yaml.safe_load((tmp_path / "m" / "MLmodel").read_text(encoding="utf-8"))
    edit(tmp_path / "m", duckdb_sql=content["flavors"]["sql"]["duckdb_sql"].replace("id", "id + 1 AS id", 1))
    assert run("upgrade", tmp_path / "m").exit_code == 1


@pytest.mark.parametrize(
    "value",
    [decimal.Decimal("1.50"), decimal.Decimal("-3"), datetime.time(1, 2), datetime.timedelta(hours=30)],
)
def test_a_default_that_mlflow_has_no_type_for_is_no_change(value: Any, tmp_path: Path) -> None:
    save(tmp_path / "m", "SELECT id, :d AS d FROM input", tables=None, input_example=(INPUT, {"d": value}))
    found = run("upgrade", tmp_path / "m")
    assert found.exit_code == 0 and "as this version saves it" in found.stdout, found.stdout


def test_a_folder_that_is_there_is_not_the_models_fault(model: Path) -> None:
    found = run("upgrade", model, "--save", model)
    assert found.exit_code == 2 and "exists and is not empty" in found.stderr and "refused" not in found.stdout


def test_a_text_that_is_made_otherwise_today_is_shown_with_its_rows(copy: Path) -> None:
    content = yaml.safe_load((copy / "MLmodel").read_text(encoding="utf-8"))
    edit(copy, duckdb_sql=content["flavors"]["sql"]["duckdb_sql"].replace("price *", "price +"), duckdb_version="1.9.9")
    found = run("upgrade", copy, "--format", "json")
    told = json.loads(found.stdout)[0]
    assert found.exit_code == 1 and told["felt"]
    assert "price +" in told["text"] and "price *" in told["text"]
    assert told["versions"]["duckdb"][0] == "1.9.9"
    cells = told["diff"]["rows"]["cells"]  # the stored text on today's DuckDB, beside today's text
    assert [(cell["old"], cell["new"]) for cell in cells] == [(4.5, 5.0), (6.0, 8.0)]
    assert told["answer"] == ""  # today's rows are those that were kept at save
    shown = run("upgrade", copy).stdout
    assert "what DuckDB runs:" in shown and "a caller may notice" in shown and "old: " not in shown


def test_an_answer_that_was_another_is_told(copy: Path) -> None:
    other = SQL.replace("* :factor", "+ :factor")
    content = yaml.safe_load((copy / "MLmodel").read_text(encoding="utf-8"))
    edit(copy, sql=other, duckdb_sql=content["flavors"]["sql"]["duckdb_sql"].replace("price *", "price +"))
    found = run("upgrade", copy)
    assert found.exit_code == 1
    assert "column total: now 4.5, then 5.0" in found.stdout


def test_levels_and_findings_are_those_of_today(copy: Path) -> None:
    said = {"kind": "no_evidence", "feature": "x", "line": 1, "column": 1, "message": "nobody compared that"}
    found = run("upgrade", edit(copy, level="unverified", findings=[said]))
    assert "level: unverified → verified" in found.stdout
    assert "- line 1, column 1: nobody compared that [no_evidence]" in found.stdout


def test_what_is_refused_today_says_so_and_saves_nothing(copy: Path, tmp_path: Path) -> None:
    edit(copy, sql="SELECT soundex(label) AS s FROM regions", dialect="sqlite")
    found = run("upgrade", copy, "--save", tmp_path / "new")
    assert found.exit_code == 1 and "refused by this version" in found.stdout
    assert not (tmp_path / "new").exists()


def test_a_stored_text_that_no_longer_loads_is_saved_anew(copy: Path) -> None:
    content = yaml.safe_load((copy / "MLmodel").read_text(encoding="utf-8"))
    edit(copy, output_types={**content["flavors"]["sql"]["output_types"], "total": "VARCHAR"})
    found = run("upgrade", copy)
    assert found.exit_code == 1 and "no longer loads" in found.stdout


def test_a_model_of_an_older_format(tmp_path: Path) -> None:
    unpacked("ranker_0_1_0", tmp_path)
    folder = next(path.parent for path in tmp_path.rglob("MLmodel"))
    found = run("upgrade", folder, "--save", tmp_path / "new", "--format", "json")
    told = json.loads(found.stdout)[0]
    assert told["refused"] is None, told["refused"]
    assert told["versions"]["format_version"] == ["1", "2"]
    assert told["diff"]["rows"] is None or told["diff"]["rows"]["equal"]
    assert mlmodel.read(tmp_path / "new", "sql").spec.manifest is not None


def twice(x: Annotated[float, "DOUBLE"]) -> float:
    return 2 * x


def test_all_that_was_given_goes_with_it(tmp_path: Path) -> None:
    (tmp_path / "own_module.py").write_text("RATE = 2\n")
    (tmp_path / "note.txt").write_text("for people\n")
    given: dict[str, Any] = {
        "udfs": [twice],
        "dialect": "databricks",
        "input_table": "orders",
        "input_types": {"id": "INTEGER", "code": "VARCHAR", "price": "DECIMAL(10,2)", "at": "DATE"},
        "input_example": (INPUT.assign(at=pd.Timestamp("2024-01-02")), {"factor": 2.0}),
        "expected_output": pd.DataFrame({"id": [1, 2], "total": [10.0, 16.0]}),
        "keys": {"regions": ["code"]},
        "limits": {"timeout_seconds": 5},
        "prediction_column": "total",
        "metadata": {"owner": "팀", "n": 1},
        "code_paths": [str(tmp_path / "own_module.py")],
        "extra_files": [str(tmp_path / "note.txt")],
        "pip_requirements": ["mlflow", "tomli==2.0.1"],  # else MLflow looks for what functions import, which takes long
        "allow": [],
    }
    sql = """SELECT o.id, twice(CAST(o.price * :factor AS DOUBLE)) AS total
             FROM orders AS o JOIN regions AS r ON r.code = o.code"""
    save(tmp_path / "m", sql, **given)
    told = run("upgrade", tmp_path / "m", "--save", tmp_path / "new")
    assert told.exit_code == 0, told.output
    old, new = (mlmodel.read(tmp_path / name, "sql") for name in ("m", "new"))
    sections = [found.spec.write() | {"manifest": None} for found in (old, new)]
    for section in sections:
        section["udfs"]["sha256"] = None  # a pickle of what was read from a pickle has other bytes
    assert sections[0] == sections[1]
    assert new.signature == old.signature
    assert new.content["metadata"] == old.content["metadata"]
    for name in ("input_example.json", "requirements.txt", "conda.yaml", "code/own_module.py"):
        assert (tmp_path / "new" / name).read_bytes() == (tmp_path / "m" / name).read_bytes(), name
    assert (tmp_path / "new/extra_files/note.txt").read_text() == "for people\n"
    before, after = (mlflow_sql_flavor.load_model(str(tmp_path / name)) for name in ("m", "new"))
    frame = given["input_example"][0]
    pd.testing.assert_frame_equal(before.predict(frame), after.predict(frame))


def test_requirements_of_the_package_are_those_installed_and_the_writers_own_stay(copy: Path, tmp_path: Path) -> None:
    import duckdb

    lines = (copy / "requirements.txt").read_text().split("\n")
    old = [line.replace(duckdb.__version__, "1.9.9") if line.startswith("duckdb") else line for line in lines]
    (copy / "requirements.txt").write_text("\n".join([*old, "tomli==2.0.1"]))
    edit(copy, manifest=_without(copy, "requirements.txt"))
    run("upgrade", copy, "--save", tmp_path / "new")
    kept = (tmp_path / "new/requirements.txt").read_text().split("\n")
    assert f"duckdb=={duckdb.__version__}" in kept and "tomli==2.0.1" in kept


def test_packages_of_condas_own_stay(tmp_path: Path) -> None:
    env = {"name": "own", "channels": ["conda-forge"], "dependencies": ["python=3.11", "gdal=3.8", {"pip": ["mlflow"]}]}
    save(tmp_path / "m", conda_env=env)
    run("upgrade", tmp_path / "m", "--save", tmp_path / "new")
    found = yaml.safe_load((tmp_path / "new/conda.yaml").read_text())
    assert found["channels"] == ["conda-forge"] and "gdal=3.8" in found["dependencies"]


def test_a_signature_that_was_given_and_one_that_was_not_wanted(tmp_path: Path) -> None:
    inputs = Schema([ColSpec(DataType.double, "x", required=False)])
    params = ParamSchema([ParamSpec("k", DataType.long, 3)])
    given = ModelSignature(inputs=inputs, params=params)
    save(tmp_path / "a", "SELECT x * :k AS y FROM input", tables=None, input_example=None, signature=given)
    save(tmp_path / "b", "SELECT id FROM input", tables=None, input_example=INPUT, signature=False)
    for name in ("a", "b"):
        assert run("upgrade", tmp_path / name, "--save", tmp_path / f"{name}2").exit_code == 0
        old, new = (mlmodel.read(tmp_path / folder, "sql").signature for folder in (name, f"{name}2"))
        assert old == new
    assert mlmodel.read(tmp_path / "a2", "sql").signature.params == params


def test_integers_beside_nulls_keep_their_signature(tmp_path: Path) -> None:
    gaps = pd.DataFrame({"n": pd.array([1, None], "Int64"), "id": [1, 2]})
    save(tmp_path / "m", "SELECT id, n + 1 AS m FROM input", tables=None, input_example=gaps)
    told = run("upgrade", tmp_path / "m", "--save", tmp_path / "new")
    assert told.exit_code == 0, told.output
    old, new = (mlmodel.read(tmp_path / name, "sql") for name in ("m", "new"))
    assert old.signature == new.signature and old.spec.input_types == new.spec.input_types
    # the signature of one model with the types that MLflow has no word for, given to the next
    save(tmp_path / "n", "SELECT n FROM input", tables=None, input_example=None, signature=old.signature,
         input_types={"N": "BIGINT"})  # fmt: skip


def test_a_table_keeps_what_its_schema_says(tmp_path: Path) -> None:
    schema = pa.schema([pa.field("code", pa.string(), nullable=False), pa.field("n", pa.decimal128(30, 4))])
    table = pa.table({"code": ["01"], "n": [None]}, schema=schema)
    save(tmp_path / "m", "SELECT code, n FROM regions", tables={"regions": table}, input_example=None)
    model, _ = made_of(tmp_path / "m")
    assert model.tables["regions"].arrow_schema.equals(table.schema)


def _without(folder: Path, name: str) -> dict[str, Any]:
    listed = yaml.safe_load((folder / "MLmodel").read_text(encoding="utf-8"))["flavors"]["sql"]["manifest"]
    return {path: file for path, file in listed.items() if path != name}


# the registry


def test_nothing_is_registered_unless_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    mlflow.set_tracking_uri(tracking_database(tmp_path))
    client = mlflow.MlflowClient()
    for sql in (SQL, SQL.replace("ORDER BY i.id", "ORDER BY i.id DESC")):
        mlflow_sql_flavor.log_model(
            sql, name="ranker", registered_model_name="ranker", tables={"regions": REGIONS},
            input_example=(INPUT, {"factor": 2.0}), pip_requirements=["mlflow"], bundle_flavor=False,
        )  # fmt: skip
    client.set_registered_model_alias("ranker", "champion", "1")
    client.update_model_version("ranker", "1", "Written by a person.")
    client.set_model_version_tag("ranker", "1", "team", "search")
    assert run("upgrade", "--all", "ranker").exit_code == 0
    found = run("upgrade", "models:/ranker/1", "--register")
    assert found.exit_code == 0 and "registered" not in found.stdout  # as this version saves it: nothing to do
    assert len(client.search_model_versions("name='ranker'")) == 2
    old = Path(mlflow.artifacts.download_artifacts("models:/ranker/1"))
    edit(old, duckdb_version="1.9.9")  # in the store itself, which is local
    found = run("upgrade", "--all", "ranker", "--register")
    assert found.exit_code == 0, found.output
    assert "registered: models:/ranker/3" in found.stdout
    new = client.get_model_version("ranker", "3")
    assert (new.description, new.tags["team"], new.tags["sql.upgraded_from"]) == ("Written by a person.", "search", "1")
    assert client.get_model_version_by_alias("ranker", "champion").version in ("1", 1)
    again = run("upgrade", "--all", "ranker", "--register")
    assert again.exit_code == 0 and "registered" not in again.stdout
    assert "models:/ranker/1:" not in again.stdout  # it has its successor


def test_a_version_that_is_no_sql_model_does_not_end_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    mlflow.set_tracking_uri(tracking_database(tmp_path))
    for folder in (tmp_path / "other", model):
        if folder != model:
            mlflow.pyfunc.save_model(
                str(folder), python_model=lambda model_input: model_input, pip_requirements=["mlflow"]
            )
        mlflow.register_model(str(folder), "mixed")
    found = run("upgrade", "--all", "mixed")
    assert found.exit_code == 1
    assert "not a SQL model" in found.stdout and "models:/mixed/2: as this version saves it" in found.stdout


def test_wrong_usage(model: Path) -> None:
    assert run("upgrade").exit_code == 2
    assert run("upgrade", model, "--all", "x").exit_code == 2
    assert run("upgrade", model, "--register").exit_code == 2
