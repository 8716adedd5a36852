"""Real servers for the tests: `mlflow models serve`, and one process that hosts several models by MLflow's app."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import requests

from ..conftest import free_port, stop, wait_for

JSON, CSV, PARQUET = "application/json", "text/csv", "application/vnd.apache.parquet"
START_SECONDS = 240  # importing MLflow takes long on a loaded machine


def environment() -> dict[str, str]:
    """The environment of a server: as a user's, without the caller's paths."""
    env = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "SERVING_MODEL_CONFIG")}
    env.pop("_MLFLOW_IS_IN_SERVING_ENVIRONMENT", None)
    scripts = str(Path(sys.executable).parent)
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "1", "MLFLOW_UV_AUTO_DETECT": "false"}
    return {**env, **quiet, "PATH": scripts + os.pathsep + env.get("PATH", "")}


def _refuse(constant: str) -> Any:
    raise AssertionError(f"{constant} is not JSON")


def strict(text: str) -> Any:
    """JSON as the standard has it: NaN and Infinity are errors."""
    return json.loads(text, parse_constant=_refuse)


class Process:
    """A server process with its log; ended with everything it started."""

    def __init__(self, command: list[str], log: Path) -> None:
        self.log = log
        with log.open("wb") as out:
            self._process = subprocess.Popen(
                command, stdout=out, stderr=subprocess.STDOUT, env=environment(), cwd=log.parent, start_new_session=True
            )

    def wait(self, client: Client) -> None:
        """Until the server answers its health check."""
        wait_for(f"{client.url}/ping", self._process, self.log, START_SECONDS)

    @property
    def pid(self) -> int:
        """Of the process that was started."""
        return self._process.pid

    def wait_end(self, seconds: float) -> int:
        """Its exit code, once it has ended by itself."""
        return self._process.wait(seconds)

    def close(self) -> None:
        """Ends the process group."""
        stop(self._process)


class Client:
    """One model behind HTTP."""

    def __init__(self, port: int, model: Path) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.model = model

    def send(self, body: Any, content_type: str = JSON) -> requests.Response:
        """POST to /invocations; anything but text and bytes is sent as JSON."""
        data = body if isinstance(body, (str, bytes)) else json.dumps(body)
        data = data.encode() if isinstance(data, str) else data
        return requests.post(f"{self.url}/invocations", data=data, headers={"Content-Type": content_type}, timeout=120)

    def predictions(self, body: Any, content_type: str = JSON) -> Any:
        """The predictions of an answer that has to be HTTP 200 and JSON by the standard."""
        response = self.send(body, content_type)
        assert response.status_code == 200, response.text
        answer = strict(response.text)
        assert list(answer) == ["predictions"]
        return answer["predictions"]


def models_serve(model: Path, log: Path, *options: str) -> tuple[Process, Client]:
    """`mlflow models serve` of one model."""
    port = free_port()
    command = ["mlflow", "models", "serve", "-m", str(model), "-h", "127.0.0.1", "-p", str(port)]
    process = Process([*command, "--env-manager", "local", *options], log)
    return process, Client(port, model)


def host(models: dict[str, Path], log: Path) -> tuple[Process, dict[str, Client]]:
    """One process that serves several models, each on a port of its own."""
    clients = {name: Client(free_port(), path) for name, path in models.items()}
    places = {name: [str(client.model), int(client.url.rpartition(":")[2])] for name, client in clients.items()}
    script = Path(__file__).with_name("host.py")
    return Process([sys.executable, str(script), json.dumps(places)], log), clients


def plain_error(response: requests.Response, status: int, model: Path) -> str:
    """Checks an error answer, and returns its sentence without MLflow's echo of the request.

    An error is JSON with a code and a message, and says nothing of the server: no stack trace, no path.
    """
    assert response.status_code == status, response.text
    answer = strict(response.text)
    assert set(answer) <= {"error_code", "message", "sqlstate", "error_class"}, response.text
    for secret in ("Traceback", 'File \\"', "site-packages", str(model), model.name + "/", sys.prefix, ".py"):
        assert secret not in response.text
    return answer["message"].rpartition("\nError: ")[2]
