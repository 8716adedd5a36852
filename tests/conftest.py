"""Shared fixtures. MLflow is quiet, and nothing a test does reaches the checkout, the network or the user's home."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_HOME = tempfile.mkdtemp(prefix="mlflow-sql-tests-")
os.environ.update(
    {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "1",
        "MLFLOW_UV_AUTO_DETECT": "false",  # a uv.lock where the tests are started is not the model's
        "MLFLOW_TRACKING_URI": f"sqlite:///{_HOME}/mlflow.db",
        "MLFLOW_ENV_ROOT": f"{_HOME}/envs",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
        "GIT_PYTHON_REFRESH": "quiet",
        # MLflow 3.10 retries for minutes what a run's own artifacts lack before it looks at the run's models.
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
        "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "0",
    }
)


def pytest_configure(config: pytest.Config) -> None:
    logging.getLogger("alembic").setLevel(logging.WARNING)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Whole folders run on the machine's cores, at most four; single files and tests in this process."""
    alone = all(not Path(name.partition("::")[0]).is_dir() for name in config.args)
    return 0 if alone or not config.args else min(4, os.cpu_count() or 1)


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(_HOME, ignore_errors=True)


def free_port() -> int:
    """A port of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path, seconds: float = 300) -> None:
    """Returns once ``url`` answers; fails with the process's log if it ends or stays silent."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2) as answer:
            if answer.status == 200:
                return
        time.sleep(0.2)
    raise RuntimeError(f"{url} does not answer:\n{log.read_text(errors='replace')[-4000:]}")


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ends a process and the workers it started."""
    if os.name != "posix":  # no groups of processes
        import psutil

        with contextlib.suppress(psutil.NoSuchProcess):
            for each in [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]:
                each.kill()
        process.wait(10)
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, 15)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(10)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, 9)


def served(folder: Path) -> Any:
    """What the stored example gets as a request, by the check MLflow makes when it logs a model."""
    from mlflow.models import Model, utils

    validate = getattr(utils, "_validate_serving_input", None) or utils.validate_serving_input  # private since 3.14
    return validate(str(folder), Model.load(str(folder)).get_serving_input(str(folder)))


@pytest.fixture(scope="session")
def tracking_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a real ``mlflow server`` on an SQLite store."""
    home = tmp_path_factory.mktemp("server")
    port = free_port()
    log = home / "server.log"
    command = [
        *(sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
        *("--backend-store-uri", f"sqlite:///{home}/mlflow.db", "--artifacts-destination", str(home / "artifacts")),
    ]
    environment = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    del environment["MLFLOW_TRACKING_URI"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=subprocess.STDOUT, cwd=home, env=environment, start_new_session=True
        )
    try:
        wait_for(f"http://127.0.0.1:{port}/health", process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        stop(process)


@pytest.fixture
def tracking(tracking_server: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The server as MLflow's tracking and registry, with an experiment of the test's own; gives its address."""
    import mlflow

    with own_stores():
        mlflow.set_tracking_uri(tracking_server)
        mlflow.set_registry_uri(tracking_server)
        mlflow.set_experiment(f"{request.node.name}-{time.monotonic_ns()}")
        yield tracking_server


def tracking_database(folder: Path) -> str:
    """The URI of a new tracking store in ``folder``, as MLflow makes one; its migrations run once for all tests."""
    template = Path(_HOME) / "template.db"
    if not template.exists():
        import mlflow

        made = template.with_suffix(".made")
        mlflow.MlflowClient(f"sqlite:///{made}").search_experiments()
        made.rename(template)
    uri = f"sqlite:///{shutil.copy(template, folder / 'mlflow.db')}"
    with contextlib.closing(sqlite3.connect(folder / "mlflow.db")) as database, database:
        database.execute("UPDATE experiments SET artifact_location = ?", [str(folder / "mlruns" / "0")])
    return uri


@contextlib.contextmanager
def own_stores() -> Iterator[None]:
    """Whatever is set of MLflow's stores inside, in the process and its environment, is as before afterwards."""
    import mlflow

    names = ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI")
    before = {name: os.environ.get(name) for name in names}
    try:
        yield
    finally:
        while mlflow.active_run() is not None:
            mlflow.end_run()
        mlflow.set_tracking_uri(before["MLFLOW_TRACKING_URI"])
        mlflow.set_registry_uri(before["MLFLOW_REGISTRY_URI"] or "")
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        _forget_experiment()


@pytest.fixture(scope="module", autouse=True)
def stores_of_a_module() -> Iterator[None]:
    """No module of tests leaves the next one with a server that has ended."""
    with own_stores():
        yield


def _forget_experiment() -> None:
    import mlflow.tracking.fluent as fluent

    fluent._active_experiment_id = None
    os.environ.pop("MLFLOW_EXPERIMENT_ID", None)


@pytest.fixture(autouse=True)
def _serving_ends_with_the_test() -> Iterator[None]:
    """MLflow's scoring server and ``mlflow.models.predict`` set the variable for the whole process."""
    name = "_MLFLOW_IS_IN_SERVING_ENVIRONMENT"
    before = os.environ.get(name)
    yield
    if before is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = before


@pytest.fixture
def serving(monkeypatch: pytest.MonkeyPatch) -> None:
    """As inside MLflow's scoring server."""
    monkeypatch.setenv("_MLFLOW_IS_IN_SERVING_ENVIRONMENT", "true")
