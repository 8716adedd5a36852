"""MLmodel as MLflow itself writes it over the one that was saved: read as before."""

import datetime
import shutil
from pathlib import Path

import mlflow
import pandas as pd
import pytest
import yaml
from mlflow.models import Model, ModelSignature, infer_signature

import mlflow_sql_flavor
from mlflow_sql_flavor.artifact import mlmodel
from mlflow_sql_flavor.errors import InputError

from ..conftest import tracking_database

DATA = pd.DataFrame({"x": [1.5, 2.0], "k": [1, 2]})
SHARED = ["a", 1.5, datetime.date(2024, 2, 29)]
METADATA = {
    "when": datetime.datetime(2024, 1, 2, 3, 4, 5, 678),
    "zone": datetime.datetime(2024, 1, 2, tzinfo=datetime.UTC),
    "floats": [0.1, 1e-7, 1e300, float("inf"), -2.0],
    "one": SHARED,
    "two": SHARED,
    "words": ["yes", "010", "1:30", "<<", "=", "null", "2024-01-01", "", "~"],
    "nested": {"점수": [None, True, {"a": [1, [2, [3]]]}]},
}


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "m"
    mlflow_sql_flavor.save_model(
        "SELECT x + v AS y -- 점수\nFROM input LEFT JOIN t USING (k) WHERE x > :p",
        path,
        tables={"t": pd.DataFrame({"k": [1, 2], "v": [10, 20]})},
        input_example=(DATA, {"p": 1.0}),
        metadata=METADATA,
        bundle_flavor=False,
        pip_requirements=[],
    )
    return path


@pytest.fixture
def folder(template, tmp_path):
    return shutil.copytree(template, tmp_path / "m")


def answers(folder):
    assert mlflow_sql_flavor.load_model(str(folder)).predict(DATA, {"p": 1.0})["y"].tolist() == [11.5, 22.0]


def test_metadata_is_read_back(folder):
    assert "&id" in (folder / "MLmodel").read_text(encoding="utf-8")
    assert mlmodel.read(folder, "sql").content["metadata"] == METADATA
    answers(folder)


def test_mlflow_writes_it_again(folder):
    before = mlmodel.read(folder, "sql").spec
    model = Model.load(str(folder))
    model.save(str(folder / "MLmodel"))
    found = mlmodel.read(folder, "sql")
    assert found.spec == before and found.content["metadata"] == METADATA
    answers(folder)


def test_set_signature(folder):
    before = mlmodel.read(folder, "sql").spec
    signature = infer_signature(DATA, pd.DataFrame({"y": [1.0]}), {"p": 2.0})
    mlflow.models.set_signature(str(folder), signature)
    found = mlmodel.read(folder, "sql")
    assert found.spec == before and found.signature == signature
    answers(folder)


def test_update_model_requirements(folder):
    mlflow.models.update_model_requirements(str(folder), "add", ["numpy", "scipy==1.11.4"])
    assert "scipy==1.11.4" in (folder / "requirements.txt").read_text()
    answers(folder)


def test_a_log_that_records_environment_variables(tmp_path, monkeypatch):
    """Names of variables that the example's request looked at: MLflow writes them into MLmodel and a file."""
    mlflow.set_tracking_uri(tracking_database(tmp_path))
    monkeypatch.setenv("TRIED_API_KEY", "x")
    import os

    from mlflow_sql_flavor.pyfunc import SQLModelWrapper

    predict = SQLModelWrapper.predict

    def looks(self, *args, **kwargs):
        os.environ.get("TRIED_API_KEY")
        return predict(self, *args, **kwargs)

    monkeypatch.setattr(SQLModelWrapper, "predict", looks)
    info = mlflow_sql_flavor.log_model(
        "SELECT x AS y FROM input", name="m", input_example=DATA, metadata=METADATA, bundle_flavor=False
    )
    folder = mlflow.artifacts.download_artifacts(info.model_uri, dst_path=str(tmp_path))
    content = yaml.safe_load(Path(folder, "MLmodel").read_text(encoding="utf-8"))
    assert content["env_vars"] == ["TRIED_API_KEY"] and os.path.exists(f"{folder}/environment_variables.txt")
    assert mlflow_sql_flavor.load_model(info.model_uri).predict(DATA)["y"].tolist() == [1.5, 2.0]
    assert mlflow.pyfunc.load_model(info.model_uri).predict(DATA)["y"].tolist() == [1.5, 2.0]


@pytest.mark.parametrize(
    "metadata",
    [
        {"a": b"bytes"},
        {"a": {1, 2}},
        {"a": 10**41},
        {"a": [{1: "a"}]},
        {"a": {None: 1}},
        {"a": object()},
        {"a": "x" * 33_000_000},
        {"a": [1] * 1_000_001},
    ],
    ids=["bytes", "set", "number", "key", "inner key", "object", "long", "many"],
)
def test_what_its_reader_refuses_save_refuses(tmp_path, metadata):
    with pytest.raises(InputError, match="MLmodel"):
        mlflow_sql_flavor.save_model("SELECT 1 AS a", tmp_path / "m", metadata=metadata, bundle_flavor=False)
    assert not (tmp_path / "m").exists()


def test_names_that_its_reader_refuses_save_refuses(tmp_path):
    with pytest.raises(InputError):
        mlflow_sql_flavor.save_model(
            f'SELECT 1 AS "{"x" * 100_001}"', tmp_path / "m", bundle_flavor=False, pip_requirements=[]
        )


def test_a_signature_of_mlflow(folder):
    """A signature without outputs, as ``set_signature`` may leave it."""
    mlflow.models.set_signature(str(folder), ModelSignature(inputs=infer_signature(DATA).inputs))
    assert mlmodel.read(folder, "sql").signature.outputs is None
