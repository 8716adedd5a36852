"""What MLflow's docstrings bring to the reference page: prose, links and blocks of code, not their markup."""

from __future__ import annotations

import inspect
import re
import runpy
from pathlib import Path

import pytest

import mlflow_sql_flavor

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.ci


@pytest.mark.parametrize("name", ["save_model", "log_model", "load_model", "from_sklearn", "SQLModel"])
def test_a_docstring_of_the_reference_is_markdown(name: str) -> None:
    pytest.importorskip("griffe", reason="needs the docs extra")
    as_markdown = runpy.run_path(str(ROOT / ".ci" / "docstrings.py"))["as_markdown"]
    text = as_markdown(inspect.getdoc(getattr(mlflow_sql_flavor, name)))
    plain = re.sub(r"^ *```.*?^ *```$", "", text, flags=re.M | re.S)
    assert not re.search(r":\w+:`|`_|\.\. \w|::\s", plain)
    if name == "log_model":
        assert "[code_paths usage guide](https://mlflow.org/" in plain and "!!! warning" in plain
        assert "```python" in text and "    from mlflow.models import infer_signature" in text
        # Beneath a parameter prose stands at eight columns: more would make a block of code of it.
        assert all(len(line) - len(line.lstrip()) <= 8 for line in plain.splitlines() if "detailed explanation" in line)
