"""What MLflow's store says of a model that was logged: description, parameters, inputs of the run."""

from __future__ import annotations

import hashlib
from pathlib import Path

import mlflow
import pandas as pd
import pytest

import mlflow_sql_flavor

LISTINGS = pd.DataFrame({"region": ["Seoul", "Jeju"], "score": [4.6, 4.9]})
SQL = "SELECT l.region, l.score FROM input AS i JOIN listings AS l ON l.region = i.region WHERE l.score >= :least"
GIVEN = {
    "dialect": "databricks",
    "tables": {"listings": LISTINGS},
    "input_example": (pd.DataFrame({"region": ["Seoul"]}), {"least": 4.0}),
    "bundle_flavor": False,
    "pip_requirements": ["mlflow"],
}


def log(**more):
    return mlflow_sql_flavor.log_model(more.pop("sql", SQL), name="m", **{**GIVEN, **more})


def test_the_pages_open_with_a_description() -> None:
    info = log(registered_model_name="described")
    model = mlflow.get_logged_model(info.model_id)
    told = model.tags["mlflow.note.content"]
    for part in (
        "SQL model in databricks, ",
        "`input` with `region`",
        "`listings` (2 rows",
        "Takes the parameter `least` (`4.0` by default)",
        "`score`",
        SQL,
        "README.md",
    ):
        assert part in told
    assert model.tags["sql.level"] in told
    version = mlflow.MlflowClient().get_model_version("described", info.registered_model_version)
    assert version.description == told
    assert model.params["least"] == "4.0"


def test_a_default_keeps_its_letters() -> None:
    rows = pd.DataFrame({"region": ["Seoul"]})
    info = log(
        sql="SELECT region, :p AS p FROM input", dialect="duckdb", tables=None, input_example=(rows, {"p": "서울"})
    )
    assert mlflow.get_logged_model(info.model_id).params["p"] == '"서울"'


def test_a_description_that_is_there_stays() -> None:
    info = log(tags={"mlflow.note.content": "mine"}, params={"least": "own"}, registered_model_name="own")
    version = mlflow.MlflowClient().get_model_version("own", info.registered_model_version)
    assert version.description == "mine"
    model = mlflow.get_logged_model(info.model_id)
    assert model.tags["mlflow.note.content"] == "mine" and model.params["least"] == "own"


def test_a_long_query_is_shown_up_to_a_screen() -> None:
    sql = "SELECT\n" + ",\n".join(f"  i.region AS c{n}" for n in range(200)) + "\nFROM input AS i"
    told = mlflow.get_logged_model(log(sql=sql, tables=None, input_example=GIVEN["input_example"][0]).model_id).tags[
        "mlflow.note.content"
    ]
    assert "c28" in told and "c40," not in told and "goes on in `MLmodel`" in told and "and 188 more" in told


def test_markup_in_names_and_query_stays_text() -> None:
    odd = '"<script>alert(1)</script>"'
    sql = f"SELECT region AS {odd}, '```\n# not a heading' AS s FROM input"
    example = GIVEN["input_example"][0]
    told = mlflow.get_logged_model(log(sql=sql, dialect="duckdb", tables=None, input_example=example).model_id).tags[
        "mlflow.note.content"
    ]
    before, _, fenced = told.partition("````sql\n")
    assert "<" not in before and fenced.partition("\n````")[0] == sql


@pytest.mark.parametrize("active", [True, False])
def test_tables_and_example_are_inputs_of_the_run_that_is_active(active: bool) -> None:
    if not active:
        info = log()
        assert mlflow.active_run() is None and info.model_id
        return
    with mlflow.start_run() as run:
        info = log()
    inputs = mlflow.get_run(run.info.run_id).inputs.dataset_inputs
    found = {each.dataset.name: (each.dataset.digest, each.tags[0].value) for each in inputs}
    assert {name: context for name, (_, context) in found.items()} == {
        "listings": "reference table",
        "input": "example",
    }
    section = info.flavors["sql"]
    assert found["listings"][0] == section["tables"]["listings"]["sha256"][:36]
    stored = Path(mlflow.artifacts.download_artifacts(info.model_uri)) / "input_example.json"
    assert found["input"][0] == hashlib.sha256(stored.read_bytes()).hexdigest()[:36]


def test_inputs_are_of_the_run_that_is_named() -> None:
    with mlflow.start_run() as named:
        pass
    with mlflow.start_run() as active:
        info = log(run_id=named.info.run_id)
    assert info.run_id == named.info.run_id
    found = [mlflow.get_run(run.info.run_id).inputs.dataset_inputs for run in (named, active)]
    assert {each.dataset.name for each in found[0]} == {"listings", "input"} and not found[1]


def test_the_description_of_a_model_that_was_there_stays() -> None:
    model = mlflow.initialize_logged_model(name="there", tags={"mlflow.note.content": "mine"})
    given = {key: value for key, value in GIVEN.items() if key != "name"}
    mlflow_sql_flavor.log_model(SQL, model_id=model.model_id, **given)
    tags = mlflow.get_logged_model(model.model_id).tags
    assert tags["mlflow.note.content"] == "mine" and tags["sql.level"]


@pytest.mark.parametrize("letter", ["c", "`", "(", "가"])
def test_a_description_is_short_enough_for_the_registry(letter) -> None:
    params = {f"p{n}": letter * 400 for n in range(15)}
    wide = ", ".join(f'region AS "{letter * 180}{n}"' for n in range(60))
    sql = f"SELECT {wide}, {', '.join(f':p{n} AS q{n}' for n in range(15))} FROM input"
    rows = GIVEN["input_example"][0]
    info = log(sql=sql, dialect="duckdb", tables=None, input_example=(rows, params), registered_model_name="wide")
    told = mlflow.MlflowClient().get_model_version("wide", info.registered_model_version).description
    assert 400 < len(told) < 5_000 and told.endswith("calls.") and "SQL model in duckdb" in told
    assert letter != "c" or ("and 3 more" in told and "and 63 more" in told)


def test_what_the_store_refuses_after_registration_is_a_warning(monkeypatch, caplog) -> None:
    def refuse(*_, **__):
        raise mlflow.MlflowException("no room\nat all")

    for name in ("update_model_version", "log_inputs"):
        monkeypatch.setattr(mlflow.MlflowClient, name, refuse)
    monkeypatch.setattr(mlflow, "log_model_params", refuse)
    with mlflow.start_run():
        info = log(registered_model_name="refused")
    assert info.registered_model_version is not None
    told = [record.message for record in caplog.records if "could not be stored" in record.message]
    assert len(told) == 3 and all(message.endswith("logged: no room") for message in told)


def test_extra_files_and_functions(tmp_path) -> None:
    def twice(x: float) -> float:
        return 2 * x

    note = tmp_path / "note.txt"
    note.write_text("x", encoding="utf-8")
    info = log(sql="SELECT twice(1.5) AS t, region FROM input", tables=None, dialect="duckdb", udfs=[twice],
               extra_files=[str(note)], input_example=GIVEN["input_example"][0])  # fmt: skip
    assert "`t`" in mlflow.get_logged_model(info.model_id).tags["mlflow.note.content"]


def test_a_table_that_was_altered_does_not_matter_where_newer_data_is_read(tmp_path) -> None:
    given = {key: value for key, value in GIVEN.items() if key != "name"}
    mlflow_sql_flavor.save_model(SQL, tmp_path / "m", **given)
    LISTINGS.assign(score=[9.9, 9.9]).to_parquet(tmp_path / "m" / "tables" / "listings.parquet")
    with (tmp_path / "m" / "tables" / "listings.parquet").open("ab") as file:
        file.write(b"x" * 5000)
    with pytest.raises(mlflow.MlflowException, match="checksum differs"):
        mlflow_sql_flavor.load_model(str(tmp_path / "m"))
    newer = LISTINGS.assign(score=[4.7, 4.9])
    model = mlflow_sql_flavor.load_model(str(tmp_path / "m"), model_config={"tables": {"listings": newer}})
    assert model.predict(pd.DataFrame({"region": ["Seoul"]}))["score"].tolist() == [4.7]


@pytest.mark.parametrize("waited", [0, None, 7])
def test_how_long_a_registration_is_awaited(waited, monkeypatch) -> None:
    """MLflow's client waits for the version with what was given here: 0 and None do not wait."""
    from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore

    asked = []
    monkeypatch.setattr(
        SqlAlchemyStore, "_await_model_version_creation", lambda self, version, seconds: asked.append(seconds)
    )
    info = log(registered_model_name="awaited", await_registration_for=waited)
    assert info.registered_model_version is not None
    assert asked == ([waited] if waited else [])
