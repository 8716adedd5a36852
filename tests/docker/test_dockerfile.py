"""The Dockerfile MLflow writes for a SQL model is the one it writes for scikit-learn, line by line."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from mlflow.models.cli import commands

from .models import save_sklearn, save_sql


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pair")
    given = {"pip_requirements": ["mlflow", "scikit-learn"]}  # what MLflow would infer is not in a Dockerfile
    return save_sql("parameter", folder / "sql" / "model"), save_sklearn(folder / "sklearn" / "model", **given)


@pytest.mark.parametrize("manager", [None, "local", "virtualenv"])
def test_the_same_lines(pair, tmp_path, manager):
    lines = []
    for model in pair:
        out = tmp_path / model.parent.name
        chosen = ["--env-manager", manager] if manager else []
        done = CliRunner().invoke(commands, ["generate-dockerfile", "-m", str(model), "-d", str(out), *chosen])
        assert done.exit_code == 0, done.output
        lines.append((out / "Dockerfile").read_text().splitlines())
        assert (out / "model_dir" / "model" / "MLmodel").is_file()
    ours, theirs = lines
    assert ours == theirs
    assert ours[1].startswith("FROM ubuntu:" if manager == "virtualenv" else "FROM python:")


def test_the_same_environment(pair):
    """Beside requirements.txt the files an image is built from differ in nothing either."""
    ours, theirs = ((model / "python_env.yaml").read_text() for model in pair)
    assert ours == theirs


def test_uv_is_refused_alike(pair, tmp_path):
    answers = []
    for model in pair:
        out = str(tmp_path / model.parent.name)
        done = CliRunner().invoke(commands, ["generate-dockerfile", "-m", str(model), "-d", out, "--env-manager", "uv"])
        answers.append((done.exit_code, str(done.exception)))
    assert answers[0] == answers[1]
