"""Models that were damaged or edited: one sentence that says what to do, and a status that is not 0."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import mlflow
import pytest

import mlflow_sql_flavor

from .engine import Container
from .models import save_sql


def _edit(old, new):
    def edit(model):
        path = model / "MLmodel"
        text, count = re.subn(old, new, path.read_text(encoding="utf-8"), count=1)
        assert count == 1
        path.write_text(text, encoding="utf-8")

    return edit


def _alter(model, name="tables/regions.parquet"):
    path = model / name
    path.write_bytes(path.read_bytes()[:-1] + b"?")


#: What was done to the model, and what the sentence says.
BROKEN = {
    "missing table": (
        lambda model: (model / "tables" / "regions.parquet").unlink(),
        r"tables/regions\.parquet is missing.*save the model again",
    ),
    "altered table": (_alter, r"'regions' .* is not the one that was saved"),
    "missing functions": (
        lambda model: (model / "udfs.cloudpickle").unlink(),
        r"udfs\.cloudpickle is missing.*save the model again",
    ),
    "altered functions": (
        lambda model: _alter(model, "udfs.cloudpickle"),
        r"udfs\.cloudpickle is not the one that was saved",
    ),
    "edited query": (_edit(r"(duckdb_sql: [^/]*?)surcharge\(", r"\1read_csv("), r"read_csv"),
    "edited types": (
        _edit(r"total: DOUBLE", "total: BIGINT"),
        r"other output types than MLmodel says.*save the model again",
    ),
    "removed key": (_edit(r"    dialect: duckdb\n", ""), r"not valid at dialect.*save the model again"),
    "unknown key": (
        _edit(r"    dialect: duckdb\n", "    dialect: duckdb\n    trust: me\n"),
        r"does not know: trust.*install",
    ),
    "later format": (_edit("format_version: 2", "format_version: 9"), r"format_version 9.*install mlflow-sql-flavor"),
}


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    return save_sql("all", tmp_path_factory.mktemp("sound") / "model")


@pytest.fixture
def broken(sound, tmp_path, request):
    model = tmp_path / "model"
    shutil.copytree(sound, model)
    BROKEN[request.param][0](model)
    return model, BROKEN[request.param][1]


@pytest.mark.parametrize("broken", BROKEN, indirect=True)
@pytest.mark.parametrize("load", [mlflow_sql_flavor.load_model, mlflow.pyfunc.load_model], ids=["native", "pyfunc"])
def test_load(broken, load):
    model, sentence = broken
    with pytest.raises(mlflow.MlflowException, match=sentence) as caught:
        load(str(model))
    assert str(model) not in str(caught.value)


#: A container's one command to try the model before it serves.
CHECK = ["python", "-c", "import mlflow; mlflow.pyfunc.load_model('/opt/ml/model')"]


@pytest.mark.full
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("broken", ["missing table", "edited query", "later format"], indirect=True)
def test_container(sql_image, broken):
    """The server's log ends in the sentence, nothing is served, and the check command says so by its status."""
    model, sentence = broken
    with Container(sql_image, model=model) as container:
        container.exited()
        assert re.search(sentence, container.logs)
    with Container(sql_image, model=model, entrypoint=CHECK) as container:
        assert container.exited() != 0
        error = re.search(r"^mlflow_sql_flavor\.errors\.\w+: (.*)", container.logs, re.MULTILINE)
        assert error and re.search(sentence, error[1])


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_container_without_code(sql_image, sound, tmp_path):
    shutil.copytree(sound, tmp_path / "model")
    shutil.rmtree(tmp_path / "model" / "code")
    with Container(sql_image, model=tmp_path / "model", entrypoint=CHECK) as container:
        assert container.exited() != 0
        assert "No module named 'mlflow_sql_flavor'" in container.logs


@pytest.mark.full
@pytest.mark.timeout(900)
def test_conflicting_requirement(sound, tmp_path):
    """The environment is not made, and the installer names the two that conflict."""
    from .engine import mlflow as command

    model = tmp_path / "model"
    shutil.copytree(sound, model)
    (model / "requirements.txt").write_text((model / "requirements.txt").read_text() + "\nduckdb==1.0.0\n")
    (tmp_path / "in.json").write_text(json.dumps({"dataframe_records": [{"id": 1, "region": "x", "price": 1.0}]}))
    done = command(
        *("models", "predict", "-m", model, "-i", "in.json", "-o", "out.json", "--env-manager", "uv"),
        cwd=tmp_path,
        env={"MLFLOW_ENV_ROOT": str(tmp_path / "envs")},
    )
    assert done.returncode != 0
    assert re.search(r"duckdb==1\.0\.0", done.stdout + done.stderr)
    assert not (tmp_path / "out.json").exists()


def test_status_of_a_failed_load(sound, tmp_path):
    import sys

    model = tmp_path / "model"
    shutil.copytree(sound, model)
    _edit("format_version: 2", "format_version: 9")(model)
    code = f"import mlflow; mlflow.pyfunc.load_model({str(model)!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert done.returncode == 1
    assert "install mlflow-sql-flavor" in done.stderr.strip().splitlines()[-1]
