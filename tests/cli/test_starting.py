"""The first moments of a command: what a shell asks to complete a word, and what is imported before Ctrl-C is taken."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import mlflow_sql_flavor

ROOT = str(Path(mlflow_sql_flavor.__file__).parents[1])


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("mlflow-sql check --dialect post", "plain,postgres"),
        ("mlflow-sql transpile q.sql --dialect post", "plain,postgres"),
        ("mlflow-sql show --form", "plain,--format"),
        ("mlflow-sql diff --form", "plain,--format"),
    ],
)
def test_a_shell_completes_words_of_a_watched_command(words: str, wanted: str) -> None:
    completed = {"_MLFLOW_SQL_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    done = subprocess.run(
        [sys.executable, "-c", "from mlflow_sql_flavor.cli import main; main(prog_name='mlflow-sql')"],
        env={**os.environ, **completed}, capture_output=True, text=True, encoding="utf-8", timeout=120,
    )  # fmt: skip
    assert wanted in done.stdout.split() and not done.stderr


_STARTED = """
import os, signal, subprocess, sys
from mlflow_sql_flavor.cli import watch
started = []
class Interrupted(subprocess.Popen):
    def __init__(self, *args, **more):
        super().__init__([sys.executable, "-c", "import time; time.sleep(60)"])
        started.append(self)
        os.kill(os.getpid(), signal.SIGINT)
watch.subprocess.Popen = Interrupted
signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    watch.run_watched(["check", "-"])
except KeyboardInterrupt:
    print("interrupted", started[0].returncode is not None)
"""


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="this platform has no signal masks")
def test_ctrl_c_while_a_process_is_started_ends_it() -> None:
    done = subprocess.run([sys.executable, "-c", _STARTED], capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["interrupted", "True"], done.stderr


def test_nothing_is_imported_before_ctrl_c_is_taken() -> None:
    """What the interpreter has not imported itself takes time from the disk, in which a SIGINT shows a traceback."""
    lines = (
        f"import sys; sys.path.insert(0, {ROOT!r})",
        "before = set(sys.modules)",
        "import mlflow_sql_flavor",
        "print(*sorted(set(sys.modules) - before))",
        "import mlflow_sql_flavor.__main__",
        "print(*sorted(each for each in set(sys.modules) - before if each.startswith('mlflow')))",
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", "\n".join(lines)], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.split() == ["mlflow_sql_flavor", "mlflow_sql_flavor", "mlflow_sql_flavor.__main__"]


def test_ctrl_c_during_the_first_import_shows_no_traceback() -> None:
    """``signal`` reads modules itself; one that is interrupted stands in its place."""
    lines = (
        f"import runpy, sys; sys.path.insert(0, {ROOT!r})",
        "class Interrupted:",
        "    def find_spec(self, name, *_):",
        "        if name == 'signal':",
        "            raise KeyboardInterrupt",
        "sys.modules.pop('signal', None)",
        "sys.meta_path.insert(0, Interrupted())",
        "runpy.run_module('mlflow_sql_flavor', run_name='__main__')",
    )
    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 130 and not done.stderr


def test_the_version_is_a_name_of_the_package() -> None:
    from mlflow_sql_flavor.version import __version__

    assert mlflow_sql_flavor.__version__ == __version__ and "__version__" in mlflow_sql_flavor.__all__
