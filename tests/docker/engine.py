"""A Docker engine for tests: images built by MLflow's own command, containers that are always taken away."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

#: For every command of MLflow: no telemetry, and no look at the checkout's own project files.
QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "1", "MLFLOW_UV_AUTO_DETECT": "false"}


@functools.cache
def missing() -> str | None:
    """Why containers cannot run here; None if they can."""
    try:
        import docker
    except ImportError:
        return "the docker package is not installed"
    try:
        engine = docker.from_env(timeout=10)
        engine.ping()
    except Exception as error:
        return f"no Docker engine answers ({type(error).__name__}): set DOCKER_HOST to one"
    return None


@functools.cache
def client():
    """The engine."""
    import docker

    return docker.from_env(timeout=120)


def mlflow(*arguments: str, env: dict[str, str] | None = None, cwd: Path | None = None, timeout: float = 900):
    """Runs MLflow's command line as a user would."""
    return subprocess.run(
        [sys.executable, "-m", "mlflow", *map(str, arguments)],
        env={**os.environ, **QUIET, **(env or {})},
        cwd=cwd,
        timeout=timeout,
        capture_output=True,
        text=True,
    )


def build(model: Path, name: str) -> float:
    """``mlflow models build-docker --env-manager local``; the seconds it took."""
    start = time.monotonic()
    done = mlflow("models", "build-docker", "-m", model, "-n", name, "--env-manager", "local", cwd=model.parent)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return time.monotonic() - start


class Container:
    """A running image.

    Args:
        image: Its name.
        model: A model folder in place of the image's own, read only.
        network: None for the default; ``"none"`` for no network at all, queried from inside.
        options: Further arguments of ``docker run``.
    """

    def __init__(self, image: str, model: Path | None = None, network: str | None = None, env=None, **options) -> None:
        self.inside = network == "none"
        self._again = False
        self.started = time.monotonic()
        volumes = {str(model): {"bind": "/opt/ml/model", "mode": "ro"}} if model is not None else {}
        self.container = client().containers.run(
            image,
            detach=True,
            name=f"mlflow-sql-test-{uuid.uuid4().hex[:12]}",
            environment={
                "MLFLOW_MODELS_WORKERS": "1",
                **({"DISABLE_NGINX": "true"} if self.inside else {}),
                **(env or {}),
            },
            volumes=volumes,
            ports=None if self.inside else {"8080/tcp": ("127.0.0.1", None)},
            network=network,
            **options,
        )

    def __enter__(self) -> Container:
        return self

    def __exit__(self, *_) -> None:
        self.container.remove(force=True, v=True)

    @property
    def logs(self) -> str:
        """All it wrote."""
        return self.container.logs().decode(errors="replace")

    @property
    def url(self) -> str:
        """Where its server answers."""
        if self.inside:
            return "http://127.0.0.1:8000"
        end = time.monotonic() + 30
        while True:  # the port is there a moment after the container, and gone when that has ended
            self.container.reload()
            ports = self.container.attrs["NetworkSettings"]["Ports"].get("8080/tcp")
            if ports:
                return f"http://127.0.0.1:{ports[0]['HostPort']}"
            self._alive()
            assert time.monotonic() < end, self.logs
            time.sleep(0.1)

    def request(self, path: str, body: bytes | None = None, kind: str = "application/json") -> tuple[int, str]:
        """Status and text of an answer; status 0 if nobody listens."""
        if self.inside:
            return self._request_inside(path, body, kind)
        request = urllib.request.Request(self.url + path, data=body, headers={"Content-Type": kind})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def _request_inside(self, path: str, body: bytes | None, kind: str) -> tuple[int, str]:
        code = (
            "import sys, urllib.request as u, urllib.error as e\n"
            f"r = u.Request({self.url + path!r}, data={body!r}, headers={{'Content-Type': {kind!r}}})\n"
            "try:\n    a = u.urlopen(r, timeout=60); print(a.status); print(a.read().decode())\n"
            "except e.HTTPError as x:\n    print(x.code); print(x.read().decode())\n"
            "except OSError:\n    print(0); print()\n"
        )
        done = self.container.exec_run(["python", "-c", code])
        assert done.exit_code == 0, done.output.decode()
        status, _, text = done.output.decode().partition("\n")
        return int(status), text.rstrip("\n")

    def wait(self, seconds: float = 180) -> float:
        """Waits for /ping; the seconds since the start."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.request("/ping")[0] == 200:
                return time.monotonic() - self.started
            self.container.reload()
            self._alive()
            time.sleep(0.25)
        raise AssertionError(f"no answer from /ping in {seconds} s:\n{self.logs}")

    def _alive(self) -> None:
        """Fails if it has ended; but for nginx's own stumble over its log, now and then, it is started once again."""
        if self.container.status != "exited":
            return
        stumbled = '/var/log/nginx/access.log" failed (17: File exists)' in self.logs
        assert stumbled and not self._again, self.logs
        self._again = True
        self.container.start()

    def post(self, body: object, kind: str = "application/json") -> tuple[int, str]:
        """An answer of /invocations."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.request("/invocations", data, kind)

    def exited(self, seconds: float = 120) -> int:
        """Waits for its end; the exit status."""
        return self.container.wait(timeout=seconds)["StatusCode"]
