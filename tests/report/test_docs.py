"""The pages on comparing models, and the notebook: what they show is what they give."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).parents[2] / "docs"

pytestmark = [pytest.mark.ci, pytest.mark.timeout(300)]


def test_comparing_models(tmp_path: Path) -> None:
    text = (DOCS / "diff.md").read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL))
    shown = re.findall(r"```text\n(.*?)```", text, re.DOTALL)
    kept = {name: value for name, value in os.environ.items() if "MLFLOW" not in name}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, timeout=280,
        env={**kept, "MLFLOW_DISABLE_TELEMETRY": "true", "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert shown and shown[0] in done.stdout


def outputs(cell: Any) -> list[tuple[str, Any]]:
    """What a person sees of a cell: results and errors. What MLflow logs is not of the package."""
    found = []
    for output in cell.get("outputs", []):
        if output.output_type == "error":
            found.append(("error", [output.ename, *output.traceback]))
        elif output.output_type == "execute_result":
            found.append(("result", dict(output.data)))
    return found


def test_the_notebook_is_as_executed(tmp_path: Path) -> None:
    nbformat = pytest.importorskip("nbformat", reason="needs the docs extra")
    nbclient = pytest.importorskip("nbclient", reason="needs the docs extra")
    pytest.importorskip("ipykernel", reason="needs the docs extra")
    path = DOCS / "examples" / "notebook.ipynb"
    stored, now = nbformat.read(path, 4), nbformat.read(path, 4)
    nbclient.NotebookClient(
        now, timeout=280, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    assert [outputs(cell) for cell in now.cells] == [outputs(cell) for cell in stored.cells]
    errors = [out for cell in stored.cells for kind, out in outputs(cell) if kind == "error"]
    assert [name for name, *_ in errors] == ["QueryError", "InputError"]
    for name, *lines in errors:
        assert len(lines) == 1 and ("^" in lines[0]) == (name == "QueryError") and "Traceback" not in lines[0]
    text = path.read_text(encoding="utf-8")
    assert "/tmp" not in text and "/home" not in text, "nothing of the machine that ran it"
