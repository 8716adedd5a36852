"""dbt itself, in an environment of its own: its packages do not go with this one's."""

import os
import subprocess
import sys

import pytest


@pytest.fixture(scope="session")
def dbt(tmp_path_factory):
    """The Python of an environment with dbt and its DuckDB adapter; DBT_PYTHON names one that is there."""
    if "DBT_PYTHON" in os.environ:
        return os.environ["DBT_PYTHON"]
    folder = tmp_path_factory.mktemp("dbt")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    command = [str(python), "-m", "pip", "install", "-q", "dbt-core>=1.8,<1.12", "dbt-duckdb>=1.8"]
    subprocess.run(command, check=True, timeout=600)
    return str(python)
