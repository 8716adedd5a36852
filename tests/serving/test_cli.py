"""`mlflow models predict` gives what the server gives."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from .models import ANSWER, ROW
from .servers import Client, environment, strict


def _predict(model: Path, body: str, kind: str, folder: Path) -> subprocess.CompletedProcess[str]:
    source = folder / f"input.{kind}"
    source.write_text(body, encoding="utf-8")
    command = ["mlflow", "models", "predict", "-m", str(model), "-i", str(source), "-t", kind]
    command += ["-o", str(folder / "out.json"), "--env-manager", "local"]
    return subprocess.run(command, capture_output=True, text=True, env=environment(), cwd=folder, timeout=300)


def _answer(model: Path, body: str, kind: str, folder: Path) -> list[dict[str, Any]]:
    done = _predict(model, body, kind, folder)
    assert done.returncode == 0, done.stderr
    return strict((folder / "out.json").read_text(encoding="utf-8"))["predictions"]


@pytest.mark.ci
def test_json(scores: Client, tmp_path: Path) -> None:
    body = {"dataframe_records": [ROW, {**ROW, "amount": None}], "params": {"boost": 2.0}}
    first, second = _answer(scores.model, json.dumps(body), "json", tmp_path)
    assert first == {**ANSWER, "score": 7.5}
    assert second == {**ANSWER, "score": None}


@pytest.mark.ci
def test_csv(clients: dict[str, Client], tmp_path: Path) -> None:
    """The command reads CSV without the signature, so the columns are those whose type pandas guesses."""
    body = pd.DataFrame({"a": [1, -2], "b": [0.5, None]}).to_csv(index=False)
    assert _answer(clients["twin"].model, body, "csv", tmp_path) == [{"y": 4.5}, {"y": None}]


@pytest.mark.ci
def test_a_failure_ends_the_command(scores: Client, tmp_path: Path) -> None:
    done = _predict(scores.model, json.dumps({"dataframe_records": [{**ROW, "divisor": 0}]}), "json", tmp_path)
    assert done.returncode != 0
    assert "divides by zero" in done.stderr
