"""The same answers where little is there: files, folders, a home, a clock, a locale, a registry that holds."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import pytest
from mlflow.exceptions import MlflowException

import mlflow_sql_flavor

from .conftest import tracking_database

QUERY = (
    "SELECT i.id, t.label || ' 점수' AS label, strftime(i.at, '%A %d %B %Y %H:%M') AS said, i.price * 1.5 AS total, "
    "i.at::TIMESTAMPTZ::VARCHAR AS zoned FROM input i JOIN t ON t.id = i.id ORDER BY i.id"
)
DATA = {"id": [2, 1], "at": ["2024-03-31 02:30:00", "2024-07-01 12:00:00"], "price": [10.5, 0.1]}

SAVE = f"""
import os, sys, pandas as pd, mlflow_sql_flavor
os.umask(int(sys.argv[2], 8))
data = pd.DataFrame({DATA!r}).astype({{"at": "datetime64[us]"}})
mlflow_sql_flavor.save_model({QUERY!r}, sys.argv[1], input_example=data, pip_requirements=["duckdb"],
    tables={{"t": pd.DataFrame({{"id": [1, 2], "label": ["Büro", "서울"]}})}})
"""

#: Loads, predicts in this process and in a worker, and prints the answers.
LOAD = f"""
import os, sys
os.umask(0o077)
import pandas as pd, mlflow_sql_flavor
data = pd.DataFrame({DATA!r}).astype({{"at": "datetime64[us]"}})
for isolation in ("thread", "process"):
    model = mlflow_sql_flavor.load_model(sys.argv[1], model_config={{"isolation": isolation}})
    print(ascii(model.predict(data).to_dict("list")))
"""


def ran(code: str, *arguments: object, **environment: str | None) -> str:
    changed = {key: value for key, value in {**os.environ, **environment}.items() if value is not None}
    words = [sys.executable, "-W", "ignore", "-c", code, *map(str, arguments)]
    found = subprocess.run(words, env=changed, capture_output=True, text=True, encoding="utf-8", errors="replace")
    assert found.returncode == 0, found.stderr[-2000:]
    return found.stdout


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Saved where the locale is C, the umask 077 and the time zone Seoul's."""
    path = tmp_path_factory.mktemp("odd") / "m"
    ran(SAVE, path, "077", LC_ALL="C", TZ="Asia/Seoul")
    return path


@pytest.fixture(scope="module")
def answer(saved: Path) -> str:
    lines = ran(LOAD, saved).splitlines()
    assert len(lines) == 2 and lines[0] == lines[1] and "\\uc11c\\uc6b8 \\uc810\\uc218" in lines[0]
    return lines[0]


FEW_FILES = "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))\n"

#: Nothing can be written, made or renamed by Python from here on.
READ_ONLY = """
import errno, os, sys
def hook(event, arguments):
    writes = event == "open" and (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    if writes and isinstance(arguments[0], str) and not arguments[0].startswith("/dev/null"):
        raise OSError(errno.EROFS, "Read-only file system", arguments[0])
    if event in ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink"):
        raise OSError(errno.EROFS, "Read-only file system")
sys.dont_write_bytecode = True
sys.addaudithook(hook)
"""

#: The wall clock jumps back and forth by a day each time it is asked.
JUMPS = """
import itertools, time
real, days = time.time, itertools.cycle([0, 86400, -86400])
time.time = lambda: real() + next(days)
"""


@pytest.mark.ci
@pytest.mark.parametrize(
    ("before", "environment"),
    [
        (FEW_FILES, {}),
        (READ_ONLY, {}),
        (JUMPS, {}),
        ("", {"HOME": None, "USERPROFILE": None, "XDG_CACHE_HOME": None, "USER": None, "LOGNAME": None}),
        ("", {"LC_ALL": "POSIX", "TZ": "America/New_York"}),
        ("", {"LC_ALL": "tr_TR.UTF-8", "LANG": "de_DE.UTF-8", "TZ": "Pacific/Chatham", "PYTHONUTF8": "0"}),
        ("", {"TMPDIR": "/nowhere", "TEMP": "/nowhere", "TMP": "/nowhere"}),
    ],
    ids=["64 files", "read-only", "a clock that jumps", "no home", "POSIX", "Turkish", "no temporary folder"],
)
def test_it_loads_and_answers_as_ever(
    saved: Path, answer: str, before: str, environment: dict[str, str | None]
) -> None:
    assert ran(before + LOAD, saved, **environment).splitlines() == [answer, answer]


@pytest.mark.ci
def test_without_shared_memory(saved: Path, answer: str) -> None:
    words = "mount -t tmpfs -o ro,size=4k none /dev/shm && ! touch /dev/shm/x 2>/dev/null"
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-m", "sh", "-c", words]).returncode:
        pytest.skip("needs the right to mount in a namespace of its own")
    command = ["unshare", "-m", "sh", "-c", f'{words} && exec "$@"', "sh", sys.executable, "-W", "ignore", "-c", LOAD]
    found = subprocess.run([*command, str(saved)], capture_output=True, text=True)
    assert found.stdout.splitlines() == [answer]
    last = found.stderr.strip().splitlines()[-1]  # locks between processes live there: isolation="process" has none
    assert "could not be started (Read-only file system): it needs" in last and "RunError" in last, found.stderr


# a registry that fails

FRAME = pd.DataFrame({"a": [1, 2]})


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    mlflow.set_tracking_uri(tracking_database(tmp_path))
    monkeypatch.chdir(tmp_path)
    mlflow.set_experiment("odd")
    return tmp_path


def _logged() -> Any:
    return mlflow.search_logged_models(output_format="list")


def test_a_registry_that_fails_leaves_a_model_that_is_whole(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The model is logged; only its version is not there."""

    def fails(*given: Any, **named: Any) -> Any:
        raise MlflowException("the registry is gone")

    monkeypatch.setattr("mlflow.store.model_registry.sqlalchemy_store.SqlAlchemyStore.create_model_version", fails)
    with pytest.raises(MlflowException, match="the registry is gone"):
        mlflow_sql_flavor.log_model(
            "SELECT a * 2 AS b FROM input", name="m", input_example=FRAME, registered_model_name="r",
            pip_requirements=["duckdb"],
        )  # fmt: skip
    assert not mlflow.MlflowClient().search_model_versions("name = 'r'")
    for model in _logged():
        assert list(mlflow_sql_flavor.load_model(model.model_uri).predict(FRAME)["b"]) == [2, 4]


def test_an_upload_that_breaks_off_is_no_model(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What arrived of it is refused, whatever file it ends at."""
    from mlflow.store.artifact.local_artifact_repo import LocalArtifactRepository

    whole = LocalArtifactRepository.log_artifacts
    for kept in range(1, 5):

        def breaks(self: Any, folder: str, path: str | None = None, kept: int = kept) -> Any:
            for number, file in enumerate(sorted(Path(folder).rglob("*"))):
                if file.is_file() and number >= kept:
                    file.unlink()
            whole(self, folder, path)
            raise OSError("connection reset")

        monkeypatch.setattr(LocalArtifactRepository, "log_artifacts", breaks)
        with pytest.raises(OSError, match="connection reset"):
            mlflow_sql_flavor.log_model(
                "SELECT a + v AS b FROM input JOIN t USING (a)", name="m", input_example=FRAME,
                tables={"t": pd.DataFrame({"a": [1], "v": [1]})}, pip_requirements=["duckdb"], bundle_flavor=False,
            )  # fmt: skip
    folders = [path.parent for path in store.rglob("MLmodel")]
    for folder in folders:
        with pytest.raises(MlflowException, match=r"lacks|missing|misses"):
            mlflow_sql_flavor.load_model(str(folder))
    assert all(str(model.status) != "READY" for model in _logged())


def test_a_clock_that_jumps_ends_no_query(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 86_400)
    model = mlflow_sql_flavor.SQLModel("SELECT sum(range) AS s FROM range(3000000)", limits={"timeout_seconds": 60})
    assert model.predict().iloc[0, 0] == 4499998500000
