"""A model whose code travels with it, and one whose package is on an index: every command of MLflow works for both."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import mlflow
import pandas as pd
import pytest

from ..conftest import free_port, wait_for
from .conftest import run

pytestmark = [pytest.mark.ci, pytest.mark.alone, pytest.mark.timeout(1800)]

MANAGERS = ["uv", pytest.param("virtualenv", marks=pytest.mark.full)]

LOG = """
import sys
import mlflow, pandas as pd, mlflow_sql_flavor

def surcharge(price: float) -> float:
    return round(price * 1.1, 2)

mlflow.set_tracking_uri("sqlite:///" + sys.argv[1] + "/mlflow.db")
info = mlflow_sql_flavor.log_model(
    "SELECT id, surcharge(price) AS total, r.factor FROM input LEFT JOIN regions r USING (region) "
    "WHERE price >= :least ORDER BY id",
    name="model",
    tables={"regions": pd.DataFrame({"region": ["Seoul"], "factor": [1.5]})},
    udfs=[surcharge],
    input_example=(pd.DataFrame({"id": [1, 2], "region": ["Seoul", None], "price": [10.0, 2.5]}), {"least": 1.0}),
)
print(mlflow.artifacts.download_artifacts(info.model_uri, dst_path=sys.argv[1] + "/copy"))
"""
FRAME = pd.DataFrame({"id": [2, 1], "region": ["Seoul", "x"], "price": [10.0, 0.5]})
ANSWER = [{"id": 2, "total": 11.0, "factor": 1.5}]


@pytest.fixture(scope="module", params=["bundled", "index"])
def logged(request, uv, pyenv, tmp_path_factory):
    """Folder of a model logged in an environment of that kind, and the variables its commands need."""
    folder = tmp_path_factory.mktemp(request.param)
    (folder / "log.py").write_text(LOG)
    if request.param == "index":
        python, extra = request.getfixturevalue("from_index"), request.getfixturevalue("with_index")
        (folder / "index").touch()
    else:
        python, extra = sys.executable, {}
    done = run(python, folder / "log.py", folder, cwd=folder, env={"PYTHONPATH": ""})
    path = os.pathsep.join([str(pyenv), str(Path(uv).parent), str(Path(sys.executable).parent), os.environ["PATH"]])
    env = {**extra, "PATH": path, "MLFLOW_ENV_ROOT": str(folder / "envs"), "PYTHONPATH": ""}
    return request.param, Path(done.stdout.strip().splitlines()[-1]), env


def _mlflow(*arguments, env, cwd):
    return run(sys.executable, "-m", "mlflow", *arguments, env=env, cwd=cwd)


def test_what_is_in_the_model(logged):
    kind, model, _ = logged
    lines = (model / "requirements.txt").read_text().split()
    own = [line for line in lines if line.startswith("mlflow-sql-flavor")]
    assert (model / "code").exists() is (kind == "bundled")
    assert own == ([] if kind == "bundled" else [f"mlflow-sql-flavor=={_version(model)}"])
    assert any(line.startswith("mlflow==") for line in lines)
    assert not any(line.startswith(("polars", "pyspark")) for line in lines)


def _need(manager):
    if manager == "virtualenv":
        pytest.importorskip("virtualenv", reason="virtualenv is not installed")


def _version(model):
    return mlflow.models.Model.load(str(model)).flavors["sql"]["mlflow_sql_flavor_version"]


@pytest.mark.parametrize("manager", MANAGERS)
def test_predict(logged, manager, tmp_path):
    _, model, env = logged
    _need(manager)
    (tmp_path / "in.json").write_text(json.dumps({"dataframe_split": FRAME.to_dict("split")}))
    _mlflow(
        *("models", "predict", "-m", model, "-i", "in.json", "-o", "out.json", "--env-manager", manager),
        env=env,
        cwd=tmp_path,
    )
    assert json.loads((tmp_path / "out.json").read_text())["predictions"] == ANSWER


@pytest.mark.parametrize("manager", MANAGERS)
def test_prepare_and_serve(logged, manager, tmp_path):
    _, model, env = logged
    _need(manager)
    _mlflow("models", "prepare-env", "-m", model, "--env-manager", manager, env=env, cwd=tmp_path)
    port, log = free_port(), tmp_path / "serve.log"
    command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", str(model), "--env-manager", manager]
    with log.open("wb") as out:
        server = subprocess.Popen(
            [*command, "-p", str(port)], env={**os.environ, **env}, stdout=out, stderr=out, start_new_session=True
        )
    try:
        wait_for(f"http://127.0.0.1:{port}/ping", server, log, 300)
        body = json.dumps({"dataframe_split": FRAME.to_dict("split"), "params": {"least": 0.1}}).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/invocations", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            found = json.load(answer)["predictions"]
        assert found == [{"id": 1, "total": 0.55, "factor": None}, *ANSWER]
    finally:
        os.killpg(server.pid, 15)
        server.wait(30)


@pytest.mark.full
def test_python(logged, tmp_path, monkeypatch):
    _, model, env = logged
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    mlflow.models.predict(
        str(model), FRAME, env_manager="uv", output_path=str(tmp_path / "out.json"), content_type="json"
    )
    assert json.loads((tmp_path / "out.json").read_text())["predictions"] == ANSWER


@pytest.mark.full
def test_spark_udf(logged, monkeypatch):
    pytest.importorskip("pyspark", reason="pyspark is not installed")
    from pyspark.sql import SparkSession
    from pyspark.sql.functions import struct

    _, model, env = logged
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    rows = model.parent / "rows"
    if not rows.exists():
        _save_rows(rows, logged)
    spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    try:
        frame = spark.createDataFrame([(1, 2.0), (2, 3.5)], ["id", "price"])
        function = mlflow.pyfunc.spark_udf(spark, str(rows), env_manager="uv")
        answer = frame.select(function(struct("id", "price")).alias("x")).select("x.*").collect()
        assert [row.asDict() for row in answer] == [{"id": 1, "double": 4.0}, {"id": 2, "double": 7.0}]
    finally:
        spark.stop()


def _save_rows(folder, logged):
    """A model of one row out for one row in, which is what ``spark_udf`` can serve."""
    script = (
        "import sys, pandas as pd, mlflow_sql_flavor as m\n"
        "m.save_model('SELECT id, price * 2 AS double FROM input', sys.argv[1], "
        "input_example=pd.DataFrame({'id': [1], 'price': [2.0]}))\n"
    )
    index = logged[1].parent.parent / "venv"
    python = index / "bin" / "python" if index.exists() else sys.executable
    run(python, "-c", script, folder, cwd=folder.parent, env={"PYTHONPATH": ""})
