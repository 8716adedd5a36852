"""Another Python, where one is installed: the package is installed, saves a model, and predicts with what it loads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import run

pytestmark = [pytest.mark.ci, pytest.mark.timeout(300)]

OTHERS = [version for version in ("3.13", "3.12") if version != f"3.{sys.version_info.minor}"]
SCRIPT = """
import sys
import mlflow, pandas as pd, mlflow_sql_flavor

assert "%d.%d" % sys.version_info[:2] == sys.argv[1]
least = pd.DataFrame({"region": ["Seoul", "Jeju"], "least": [4.0, 4.8]})
rows = pd.DataFrame({"region": ["Seoul", "Jeju", None], "score": [4.5, 4.5, 3.0]})
mlflow_sql_flavor.save_model(
    "SELECT i.region, i.score >= l.least AND i.score >= :floor AS good FROM input i LEFT JOIN least l USING (region)",
    "model", dialect="postgres", tables={"least": least}, keys={"least": ["region"]},
    input_example=(rows, {"floor": 4.0}),
)
for load in mlflow_sql_flavor.load_model, mlflow.pyfunc.load_model:
    found = load("model").predict(rows, params={"floor": 2.0})["good"]
    assert [None if pd.isna(each) else bool(each) for each in found] == [True, False, None], found
print("right")
"""


def interpreter(version: str) -> str | None:
    """The path of a Python that works; of pyenv's shims only those of chosen versions do."""
    candidates = [
        f"python{version}",
        *Path.home().glob(f".pyenv/versions/{version}.*/bin/python"),
        f"/usr/bin/python{version}",
    ]
    for candidate in candidates:
        try:
            asked = subprocess.run(
                [str(candidate), "-c", "import sys, venv; print('%d.%d' % sys.version_info[:2], sys.executable)"],
                capture_output=True, text=True, timeout=30,
            )  # fmt: skip
        except OSError:
            continue
        if asked.returncode == 0 and asked.stdout.startswith(version):
            return asked.stdout.split(maxsplit=1)[1].strip()
    return None


def test_a_model_is_saved_and_predicts(uv: str, wheel: Path, tmp_path: Path) -> None:
    found = [(version, path) for version in OTHERS if (path := interpreter(version)) is not None]
    if not found:
        pytest.skip(f"Python {' or '.join(OTHERS)} is not installed here")
    version, python = found[0]
    run(uv, "venv", "-q", "--python", python, tmp_path / "venv")
    own = tmp_path / "venv" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    run(uv, "pip", "install", "-q", "--python", own, wheel)
    (tmp_path / "script.py").write_text(SCRIPT, encoding="utf-8")
    done = run(own, "script.py", version, cwd=tmp_path, env={"MLFLOW_DISABLE_TELEMETRY": "true", "PYTHONPATH": ""})
    assert done.stdout.splitlines()[-1] == "right"
