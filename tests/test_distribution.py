"""The wheel and the sdist build, hold every file of the package, install, and work without the checkout."""

from __future__ import annotations

import os
import shutil
import site
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = [pytest.mark.ci, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[1]
SMOKE = """
import json, sys, mlflow_sql_flavor, pandas as pd
mlflow_sql_flavor.save_model(
    "SELECT a / 2 AS b FROM input", sys.argv[1], dialect="snowflake", input_example=pd.DataFrame({"a": [3]})
)
model = mlflow_sql_flavor.load_model(sys.argv[1])
print(json.dumps([mlflow_sql_flavor.__file__, model.predict(pd.DataFrame({"a": [5]}))["b"].tolist()]))
"""


def _run(*command: str | Path, cwd: Path) -> str:
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    words = [str(part) for part in command]
    done = subprocess.run(words, capture_output=True, text=True, cwd=cwd, env=env, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _package_files() -> set[str]:
    package = ROOT / "mlflow_sql_flavor"
    files = (path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(ROOT).as_posix() for path in files}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The sdist, and the wheel built from it; from a copy, so that the checkout stays clean."""
    folder = tmp_path_factory.mktemp("distribution")
    source = folder / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for name in ("mlflow_sql_flavor", "tests"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    _run(sys.executable, "-m", "build", "--outdir", folder / "dist", source, cwd=folder)
    (wheel,) = (folder / "dist").glob("*.whl")
    (sdist,) = (folder / "dist").glob("*.tar.gz")
    return {"wheel": wheel, "sdist": sdist}


def test_files_of_the_wheel(built: dict[str, Path]) -> None:
    with zipfile.ZipFile(built["wheel"]) as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}
        texts = {name.rpartition("/")[2] for name in wheel.namelist() if ".dist-info/" in name}
    assert names == _package_files()
    assert {"METADATA", "LICENSE", "entry_points.txt"} <= texts


def test_files_of_the_sdist(built: dict[str, Path]) -> None:
    with tarfile.open(built["sdist"]) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    assert _package_files() | {"pyproject.toml", "README.md", "LICENSE"} <= names


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_installs_and_works(kind: str, built: dict[str, Path], tmp_path: Path) -> None:
    """In a new environment that sees this one's other packages, as installing those again would take minutes."""
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    _run(python, "-m", "pip", "install", "--quiet", "--no-deps", built[kind], cwd=tmp_path)
    (packages,) = (tmp_path / "venv").glob("lib/python*/site-packages")
    (packages / "others.pth").write_text("\n".join(site.getsitepackages()))
    output = _run(python, "-c", SMOKE, tmp_path / "model", cwd=tmp_path)
    assert output.splitlines()[-1] == f'["{packages / "mlflow_sql_flavor" / "__init__.py"}", [2.5]]'
    assert (tmp_path / "venv" / "bin" / "mlflow-sql").exists()
