"""Where the operating system offers less: no /proc on macOS, and neither fork, fcntl nor resource on Windows."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from mlflow_sql_flavor.query.gate import package_text, packs

CHECKOUT = Path(__file__).parents[1]

#: What a process finds on another system, as far as it can be taken away here.
LESS = {
    "darwin": """
        unix, files, calls = (), ("/proc/",), ("sched_getaffinity",)
    """,
    "win32": """
        unix = ("fcntl", "resource", "termios", "pty", "tty", "pwd", "grp")
        files, calls = ("/proc/", "/tmp/", "/dev/"), ("fork", "register_at_fork", "sched_getaffinity", "sysconf")
    """,
}
TAKE_AWAY = """
    import builtins, io, os, sys, sysconfig, tempfile
    # What others need of this system, as they are installed for it.
    import asyncio, click, duckdb, subprocess, mlflow.pyfunc, mlflow.models, pandas, pyarrow.dataset, sqlglot
    checkout = os.environ["CHECKOUT"]  # may lie under /tmp itself
    for name in unix:
        sys.modules[name] = None
    for name in calls:
        if hasattr(os, name):  # not where this is the platform that lacks it
            delattr(os, name)
    def without(function):
        def opened(file, *args, **kwargs):
            path = os.fspath(file) if isinstance(file, (str, os.PathLike)) else ""
            if path.startswith(files) and not path.startswith((tempfile.tempdir, checkout, sys.prefix)):
                raise FileNotFoundError(2, "no such file", os.fspath(file))
            return function(file, *args, **kwargs)
        return opened
    builtins.open, io.open = without(builtins.open), without(io.open)
    tempfile.tempdir = os.environ["TEMPORARY"]
"""
USE = """
    import importlib, logging, pathlib, pkgutil, sys, mlflow, mlflow_sql_flavor
    sys.platform = PLATFORM
    done = []
    for found in pkgutil.walk_packages(mlflow_sql_flavor.__path__, "mlflow_sql_flavor."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)
            done.append(found.name)
    assert len(done) > 200, len(done)

    frame = pandas.DataFrame({"a": [1, 2], "s": ["x", "가"]})
    path = pathlib.Path(os.environ["TEMPORARY"]) / "model"
    mlflow_sql_flavor.save_model(
        "SELECT a + :n AS b, s || '나' AS t FROM input", path, dialect="snowflake", input_example=(frame, {"n": 1})
    )
    for model in mlflow_sql_flavor.load_model(str(path)), mlflow.pyfunc.load_model(str(path)):
        assert model.predict(frame, params={"n": 10}).to_dict("list") == {"b": [11, 12], "t": ["x나", "가나"]}
    print("predicted")
"""


def run(platform: str, code: str, folder) -> subprocess.CompletedProcess[str]:
    import os

    return subprocess.run(
        [sys.executable, "-X", "warn_default_encoding", "-c", code.replace("PLATFORM", repr(platform))],
        capture_output=True, text=True, encoding="utf-8", timeout=300,
        env={**os.environ, "TEMPORARY": str(folder), "CHECKOUT": str(CHECKOUT), "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip


@pytest.mark.parametrize("platform", sorted(LESS))
def test_every_module_is_imported_and_a_model_predicts(platform: str, tmp_path) -> None:
    code = "".join(textwrap.dedent(part) for part in (LESS[platform], TAKE_AWAY, USE))
    done = run(platform, code, tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout == "predicted\n"


def test_texts_are_read_and_written_in_a_named_encoding(tmp_path) -> None:
    """Windows has another encoding by default: Python warns of each file of this package that relies on it."""
    code = textwrap.dedent("import os, pandas\n" + textwrap.dedent(USE))
    done = run(sys.platform, code, tmp_path)
    assert done.stdout == "predicted\n", done.stderr[-3000:]
    places = [line for line in done.stderr.splitlines() if "EncodingWarning" in line]
    assert not [line for line in places if "mlflow_sql_flavor" in line]


@pytest.mark.parametrize(
    ("engine", "said"),
    [
        ("worker", "This system limits no process's memory"),
        (
            "child_process",
            "This system neither limits nor measures the memory of the process that looks into a model's file",
        ),
    ],
)
def test_what_is_not_bounded_is_said_once(engine: str, said: str, monkeypatch, caplog) -> None:
    import importlib
    import logging

    from mlflow_sql_flavor.engines.process import limit_memory

    say = importlib.import_module(f"mlflow_sql_flavor.engines.{engine}")._say_what_is_not_bounded
    monkeypatch.setitem(sys.modules, "resource", None)
    monkeypatch.setattr(logging.getLogger("mlflow_sql_flavor"), "propagate", True)
    say.cache_clear()
    try:
        with caplog.at_level(logging.WARNING, "mlflow_sql_flavor"):
            say()
            say()
        limit_memory(2**20)  # limits nothing, and does not fail
    finally:
        say.cache_clear()
    assert [record.message.split(":")[0] for record in caplog.records] == [said]


def test_a_checkout_with_windows_line_ends_reads_its_packs(tmp_path, monkeypatch) -> None:
    """Git for Windows writes them unless told otherwise; .gitattributes tells it."""
    text = packs.read_text("query/dialects/postgres/macros_v1.sql")
    pack = tmp_path / "query" / "dialects" / "postgres" / "macros_v1.sql"
    pack.parent.mkdir(parents=True)
    pack.write_bytes(text.replace("\n", "\r\n").encode())
    monkeypatch.setattr(package_text, "files", lambda _: tmp_path)
    assert package_text.read_text("query/dialects/postgres/macros_v1.sql") == text
