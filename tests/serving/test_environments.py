"""An environment with nothing but the model's requirements loads and predicts, with the code the model brings."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import pytest

from .models import ROW, frame, save_scores
from .servers import environment, strict

pytestmark = [pytest.mark.ci, pytest.mark.timeout(1200)]

MANAGERS = ["uv", "virtualenv"]


def _need(manager: str) -> None:
    path = environment()["PATH"]
    for tool in {"uv": ("uv",), "virtualenv": ("virtualenv", "pyenv")}[manager]:
        if shutil.which(tool, path=path) is None:
            pytest.skip(f"env_manager={manager!r} needs {tool}, which is not installed here")
    if manager == "virtualenv":
        found = subprocess.run(["pyenv", "versions", "--bare"], capture_output=True, text=True, check=False).stdout
        if platform.python_version() not in found.split():
            pytest.skip(f"pyenv has no Python {platform.python_version()} here, and would have to compile it")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("environments") / "model"
    save_scores(path)
    requirements = (path / "requirements.txt").read_text()
    assert "mlflow-sql-flavor" not in requirements, "installed from a checkout, so no index is asked for it"
    assert (path / "code" / "mlflow_sql_flavor" / "flavor.py").is_file()
    return path


@pytest.mark.parametrize("manager", MANAGERS)
def test_command(manager: str, model: Path, tmp_path: Path) -> None:
    _need(manager)
    (tmp_path / "in.json").write_text(json.dumps({"dataframe_records": [ROW], "params": {"boost": 2.0}}))
    command = ["mlflow", "models", "predict", "-m", str(model), "-i", "in.json", "-o", "out.json", "-t", "json"]
    env = {**environment(), "MLFLOW_ENV_ROOT": str(tmp_path / "envs")}
    done = subprocess.run([*command, "--env-manager", manager], env=env, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    assert strict((tmp_path / "out.json").read_text())["predictions"][0]["score"] == 7.5


def test_function(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _need("uv")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", environment()["PATH"])
    monkeypatch.setenv("MLFLOW_ENV_ROOT", str(tmp_path / "envs"))
    data: pd.DataFrame = frame({}, {"region": "Busan"})
    mlflow.models.predict(str(model), data, env_manager="uv", output_path=str(tmp_path / "out.json"))
    answer: Any = strict((tmp_path / "out.json").read_text())
    assert [row["score"] for row in answer["predictions"]] == [3.75, 5.0]
