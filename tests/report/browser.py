"""Debian's chromium by its WebDriver protocol, which is HTTP and JSON: pages as a person sees them."""

from __future__ import annotations

import base64
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

_OPTIONS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-dev-shm-usage", "--hide-scrollbars", "--lang=en",
]  # fmt: skip


def missing() -> str | None:
    """Why there is no browser; None if there is one."""
    lacking = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    return f"needs {' and '.join(lacking)} (Debian: chromium, chromium-driver)" if lacking else None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Browser:
    """One window.

    Args:
        address: Of the WebDriver session.
    """

    def __init__(self, address: str) -> None:
        self._address = address

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        answer = requests.post(f"{self._address}/{path}", json=body, timeout=60).json()["value"]
        if isinstance(answer, dict) and "error" in answer:
            raise RuntimeError(answer["message"].splitlines()[0])
        return answer

    def open(self, url: str) -> None:
        self._post("url", {"url": url})

    def script(self, text: str) -> Any:
        """What a JavaScript function body returns."""
        return self._post("execute/sync", {"script": text, "args": []})

    def text(self) -> str:
        """The text a person sees."""
        return self.script("return document.body.innerText") or ""

    def wait(self, found: Callable[[], Any], what: str, seconds: float = 60) -> Any:
        """Waits until something is there.

        Raises:
            AssertionError: It is not there in time; with the page's text.
        """
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            value = found()
            if value:
                return value
            time.sleep(0.2)
            if self.text().startswith("Something went wrong"):  # MLflow's page, when a part of it came too late
                self._post("refresh", {})
                time.sleep(2)
        raise AssertionError(f"{what} did not appear: {self.text()[:2000]}")

    def wait_for(self, text: str) -> None:
        self.wait(lambda: text in self.text(), repr(text))

    def click(self, text: str) -> None:
        """Clicks the innermost element whose text this is."""
        quoted = f'"{text}"'
        path = f"//*[normalize-space(text())={quoted}]"
        element = self.wait(lambda: self._elements(path), f"an element {text!r}")[0]
        self._post(f"element/{next(iter(element.values()))}/click", {})

    def _elements(self, path: str) -> list[dict[str, str]]:
        return self._post("elements", {"using": "xpath", "value": path})

    def size(self, width: int, height: int) -> None:
        self._post("window/rect", {"width": width, "height": height})

    def screenshot(self, path: Path) -> None:
        answer = requests.get(f"{self._address}/screenshot", timeout=60).json()["value"]
        path.write_bytes(base64.b64decode(answer))


@contextmanager
def browser(folder: Path, width: int = 1280, height: int = 900) -> Iterator[Browser]:
    """A headless window while the block runs, its profile in a folder."""
    port = free_port()
    driver = subprocess.Popen(
        ["chromedriver", f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder
    )
    session = None
    try:
        base = f"http://127.0.0.1:{port}"
        _until(lambda: requests.get(f"{base}/status", timeout=5).json()["value"]["ready"])
        arguments = [*_OPTIONS, f"--user-data-dir={folder / 'profile'}", f"--window-size={width},{height}"]
        options = {"args": arguments, "binary": shutil.which("chromium")}
        wanted = {"capabilities": {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options}}}
        answer = requests.post(f"{base}/session", json=wanted, timeout=60).json()["value"]
        if "sessionId" not in answer:
            raise RuntimeError(str(answer)[:500])
        session = f"{base}/session/{answer['sessionId']}"
        yield Browser(session)
    finally:
        if session is not None:
            requests.delete(session, timeout=30)
        driver.terminate()
        driver.wait()


def _until(found: Callable[[], Any], seconds: float = 60, log: Path | None = None) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            if found():
                return
        except requests.RequestException:
            pass
        if time.monotonic() > end:
            told = log.read_text(encoding="utf-8", errors="replace")[-2000:] if log is not None else ""
            raise TimeoutError(f"nothing answers after {seconds:.0f} s; its log ends: {told}")
        time.sleep(0.2)


@contextmanager
def mlflow_server(folder: Path) -> Iterator[str]:
    """A real ``mlflow server`` with its data in a folder; gives its address."""
    import os
    import signal
    import sys

    kept = {name: value for name, value in os.environ.items() if "MLFLOW" not in name}
    log = folder / "server.log"

    def start(port: int) -> subprocess.Popen[bytes]:
        command = [
            sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
            "--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}",
            "--artifacts-destination", str(folder / "files"),
        ]  # fmt: skip
        with log.open("ab") as written:
            return subprocess.Popen(
                command, stdout=written, stderr=written, cwd=folder, start_new_session=True,
                # Its queue of jobs is two processes more, each of which imports MLflow.
                env={**kept, "MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
            )  # fmt: skip

    def answers() -> bool:
        nonlocal server, port
        if server.poll() is not None:  # another process took the port meanwhile
            port = free_port()
            server = start(port)
        return bool(requests.get(f"http://127.0.0.1:{port}/health", timeout=5).ok)

    port = free_port()
    server = start(port)
    try:
        # 7 s of processor time, which took 44 s on two cores under a load of 10.
        _until(answers, 280, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()
