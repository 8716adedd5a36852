"""The example stack of docs/examples/compose: brought up, logged into, served from and queried."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import time
import urllib.request
import uuid
from pathlib import Path

import mlflow
import pytest

from ..conftest import free_port
from . import engine

pytestmark = [pytest.mark.full, pytest.mark.timeout(3600)]

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "compose"


@pytest.fixture(scope="module")
def compose(docker_engine):
    """The command, or the test is skipped."""
    for command in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(command[0]) and not subprocess.run([*command, "version"], capture_output=True).returncode:
            return command
    pytest.skip("Docker Compose is not installed")


@pytest.fixture
def stack(compose, tmp_path):
    """A copy of the example with a project, ports and image of its own; taken down with its volumes."""
    shutil.copytree(EXAMPLE, tmp_path / "compose")
    name = f"mlflow-sql-test-{uuid.uuid4().hex[:8]}"
    env = {
        **os.environ,
        **engine.QUIET,
        "COMPOSE_PROJECT_NAME": name,
        "BASE": f"python:{platform.python_version()}-slim",
        "MLFLOW": f"mlflow=={mlflow.__version__}",
        "DOCKER_BUILDKIT": "0",  # the base image is the engine's own, of no registry
        "COMPOSE_DOCKER_CLI_BUILD": "0",
        "TRACKING_PORT": str(free_port()),
        "MODEL_PORT": str(free_port()),
        "MODEL_IMAGE": f"{name}-model",
    }
    env["MLFLOW_TRACKING_URI"] = f"http://127.0.0.1:{env['TRACKING_PORT']}"

    def run(*command):
        done = subprocess.run(command, cwd=tmp_path / "compose", env=env, capture_output=True, text=True, timeout=1800)
        assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    yield run, env
    subprocess.run(
        [*compose, "--profile", "serve", "down", "-v", "--rmi", "all"], cwd=tmp_path / "compose", env=env, timeout=300
    )


def _answer(url, body=None, seconds=180):
    end = time.monotonic() + seconds
    while True:
        try:
            request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.read()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.5)


def test_stack(compose, stack):
    run, env = stack
    run(*compose, "up", "-d", "--build", "database", "tracking")
    _answer(env["MLFLOW_TRACKING_URI"] + "/health")
    assert "logged" in run(sys.executable, "log_model.py")
    run(
        *(sys.executable, "-m", "mlflow", "models", "build-docker", "-m", "models:/ranker@champion"),
        *("-n", env["MODEL_IMAGE"], "--env-manager", "local"),
    )
    run(*compose, "--profile", "serve", "up", "-d")
    url = f"http://127.0.0.1:{env['MODEL_PORT']}"
    _answer(url + "/ping")
    body = {"dataframe_records": [{"region": "Seoul"}, {"region": "부산"}], "params": {"min_score": 4.5}}
    found = json.loads(_answer(url + "/invocations", json.dumps(body).encode()))
    assert found == {"predictions": [{"listing_id": 1, "review_score": 4.8}, {"listing_id": 3, "review_score": 4.5}]}
