"""Models that earlier code saved, the first with that code in it: what they answered they answer now, by either."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import mlflow
import pandas as pd
import pyarrow as pa
import pytest

import mlflow_sql_flavor
from mlflow_sql_flavor.artifact import mlmodel
from mlflow_sql_flavor.artifact.spec import FORMAT_VERSION

from ..serving.servers import models_serve
from .stored_models import STORED, unpacked

#: Those with their own code.
BUNDLED = ["ranker_0_1_0"]
ASKED = pd.DataFrame({"region": ["서울"]})
#: At a score of 4.7 and more, one of the example's two rows.
FEWER = [["서울", "River loft", 4.8, "2021-03-30"]]


@pytest.fixture(scope="module", params=STORED)
def any_folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model, unpacked."""
    return unpacked(request.param, tmp_path_factory.mktemp("stored") / "ranker")


@pytest.fixture(scope="module", params=BUNDLED)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model with its own code, unpacked."""
    return unpacked(request.param, tmp_path_factory.mktemp("bundled") / "ranker")


def recorded(folder: Path) -> list[list[object]]:
    """What the code that saved the model answered to its example."""
    with pa.ipc.open_file(folder / "example_output.arrow") as file:
        return rows(file.read_all().to_pandas())


def rows(frame: pd.DataFrame) -> list[list[object]]:
    """Cells as JSON has them."""
    days = frame.assign(due=pd.to_datetime(frame["due"]).dt.strftime("%Y-%m-%d"))
    return json.loads(days.to_json(orient="values"))


def test_every_format_is_there(tmp_path: Path) -> None:
    formats = set()
    for name in STORED:
        model = mlflow_sql_flavor.load_model(str(unpacked(name, tmp_path / name)))
        formats.add(mlmodel.read(tmp_path / name, "sql").spec.format_version)
        assert model.dialect == "databricks"
    assert formats == set(range(1, FORMAT_VERSION + 1)) and BUNDLED


@pytest.mark.parametrize("load", [mlflow_sql_flavor.load_model, mlflow.pyfunc.load_model])
def test_this_code_reads_it(any_folder: Path, load) -> None:
    model = load(str(any_folder))
    assert Path(mlflow_sql_flavor.__file__).parents[1] != any_folder / "code"
    assert rows(model.predict(ASKED, params={"min_score": 4.0})) == recorded(any_folder) != []
    assert rows(model.predict(ASKED, params={"min_score": 4.7})) == FEWER
    assert model.predict(ASKED.assign(region="Seoul")).empty


def test_this_code_imports_nothing_of_it(folder: Path) -> None:
    """The bundled code would end the process; ``mlflow_sql_flavor.load_model`` never comes near it."""
    bundled = folder / "code" / "mlflow_sql_flavor" / "__init__.py"
    kept = bundled.read_bytes()
    bundled.write_text("raise SystemExit('the code of the model ran')\n", encoding="utf-8")
    try:
        told = alone("import mlflow_sql_flavor as flavor; model = flavor.load_model(folder)", folder)
        by_pyfunc = run("import mlflow.pyfunc; mlflow.pyfunc.load_model(folder)", folder)
    finally:
        bundled.write_bytes(kept)
    assert told["rows"] == FEWER and str(folder) not in told["path"]
    assert "the code of the model ran" in by_pyfunc.stderr, "the trap works: pyfunc steps into it"


@pytest.mark.parametrize(
    "load",
    [
        "import mlflow.pyfunc; model = mlflow.pyfunc.load_model(folder); import mlflow_sql_flavor as flavor",
        "sys.path.insert(0, folder + '/code'); import mlflow_sql_flavor as flavor; model = flavor.load_model(folder)",
    ],
    ids=["pyfunc", "native"],
)
def test_its_own_code_reads_it(folder: Path, load: str) -> None:
    """As in a container that has MLflow and DuckDB, and this package from the model alone."""
    told = alone(load, folder)
    assert told["file"].startswith(str(folder / "code")), told["file"]
    assert told["rows"] == FEWER


@pytest.mark.ci
@pytest.mark.timeout(400)
def test_it_serves(folder: Path, tmp_path: Path) -> None:
    """``mlflow models serve`` runs the model's own code."""
    process, client = models_serve(folder, tmp_path / "serve.log")
    try:
        process.wait(client)
        body = {"dataframe_records": [{"region": "서울"}], "params": {"min_score": 4.7}}
        (answer,) = client.predictions(body)
        assert [[*answer.values()][:3]] == [FEWER[0][:3]] and answer["due"].startswith("2021-03-30")
        assert client.predictions(json.loads((folder / "serving_input_example.json").read_text("utf-8")))[1:]
    finally:
        process.close()


def alone(load: str, folder: Path) -> dict:
    """What a process of its own says after it loaded the model: which code, which path, which rows."""
    ask = """
import json, pandas as pd
found = model.predict(pd.DataFrame({"region": ["서울"]}), params={"min_score": 4.7})
found["due"] = pd.to_datetime(found["due"]).dt.strftime("%Y-%m-%d")
print(json.dumps({"file": flavor.__file__, "path": " ".join(sys.path), "rows": found.values.tolist()}))
"""
    done = run(load + ask, folder)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def run(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Python in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", f"import sys; folder = {str(folder)!r}\n{code}"],
        env={**os.environ, "PYTHONIOENCODING": "utf-8"}, cwd=folder.parent, capture_output=True, text=True,
        encoding="utf-8", timeout=300,
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["int32", "int64"])
def test_an_example_with_missing_whole_numbers_is_read_again(tmp_path, kind):
    """MLflow reads no null as an integer."""
    data = pa.table({"a": pa.array([1, None], getattr(pa, kind)())})
    mlflow_sql_flavor.save_model("SELECT a FROM input", tmp_path / "m", input_example=data, pip_requirements=[])
    assert mlflow_sql_flavor.load_model(str(tmp_path / "m")).verify(expected=data).equal
