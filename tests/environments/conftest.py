"""A wheel of the checkout, an index that has it, and an environment that got it from there."""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "mlflow_sql_flavor"


def run(*command, env=None, cwd=None, timeout=900, check=True):
    """Runs a command; its output is the failure."""
    done = subprocess.run(
        [str(part) for part in command],
        env={**os.environ, **(env or {})},
        cwd=cwd,
        timeout=timeout,
        capture_output=True,
        text=True,
    )
    assert not check or done.returncode == 0, f"{command}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done


@pytest.fixture(scope="session")
def uv():
    """uv, which builds the environments here."""
    found = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    if not found:
        pytest.skip("uv is not installed")
    return found


#: What MLflow asks of pyenv: where it lives, and to have a version. `mlflow models predict` gives it a new home each
#: time and so has Python compiled; here the Python that runs the tests takes the place of the compiled one.
PYENV = """#!/bin/sh
root=${{PYENV_ROOT:-{home}}}
for version; do :; done
case "$1" in
  root) echo "$root" ;;
  install) mkdir -p "$root/versions" && ln -sfn "{prefix}" "$root/versions/$version" ;;
  *) echo "no such command here: $*" >&2; exit 1 ;;
esac
"""


@pytest.fixture(scope="session")
def pyenv(tmp_path_factory):
    """A folder with a ``pyenv`` that compiles nothing, for PATH."""
    home = tmp_path_factory.mktemp("pyenv")
    script = home / "bin" / "pyenv"
    script.parent.mkdir()
    script.write_text(PYENV.format(home=home, prefix=sys.base_prefix))
    script.chmod(0o755)
    return script.parent


@pytest.fixture(scope="session")
def wheel(uv, tmp_path_factory):
    """The package as a wheel, built beside the checkout, not in it."""
    source = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        if (ROOT / name).exists():
            shutil.copy(ROOT / name, source)
    shutil.copytree(PACKAGE, source / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
    run(uv, "build", "--wheel", "--out-dir", source / "dist", source)
    return next((source / "dist").glob("*.whl"))


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_) -> None:
        pass


@pytest.fixture(scope="session")
def index(wheel, tmp_path_factory):
    """Address of a simple index (PEP 503) with the wheel."""
    root = tmp_path_factory.mktemp("index")
    project = root / "simple" / "mlflow-sql-flavor"
    project.mkdir(parents=True)
    shutil.copy(wheel, project)
    (project / "index.html").write_text(f'<!DOCTYPE html><a href="{wheel.name}">{wheel.name}</a>')
    (root / "simple" / "index.html").write_text('<!DOCTYPE html><a href="mlflow-sql-flavor/">mlflow-sql-flavor</a>')
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(root)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/simple"
    server.shutdown()


@pytest.fixture(scope="session")
def with_index(index):
    """The environment variables by which pip and uv look there too."""
    return {"PIP_EXTRA_INDEX_URL": index, "UV_EXTRA_INDEX_URL": index, "NO_PROXY": "127.0.0.1,localhost"}


@pytest.fixture(scope="session")
def from_index(uv, wheel, with_index, tmp_path_factory):
    """The Python of an environment with the package from the index."""
    folder = tmp_path_factory.mktemp("venv") / "venv"
    run(uv, "venv", "--python", sys.executable, folder)
    version = wheel.name.split("-")[1]
    python = folder / "bin" / "python"
    run(uv, "pip", "install", "--python", python, f"mlflow-sql-flavor=={version}", env=with_index)
    return python
