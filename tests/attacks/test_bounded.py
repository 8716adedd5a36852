"""Whatever is large where no limit of DuckDB's looks ends in time and memory, with one sentence, wherever it is met.

Each runs in a process of its own, which is watched from outside with all its children: `commands`.
"""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pyarrow as pa
import pytest

from mlflow_sql_flavor import SQLModel
from mlflow_sql_flavor.errors import LimitError

ROOT = Path(__file__).resolve().parents[2]


def _tried(*arguments: str) -> str:
    found = subprocess.run(
        [sys.executable, "-m", "tests.attacks.commands", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    print(found.stdout)
    assert found.returncode == 0, found.stdout + found.stderr[-3000:]
    assert "Traceback" not in found.stdout
    return found.stdout


@pytest.mark.alone
@pytest.mark.ci
def test_a_folder_loaded_and_a_text_of_ones_own() -> None:
    table = _tried("--large", "load_model", "SQLModel")
    assert re.search(r"^load_model +1[1-9] ", table, re.MULTILINE)


@pytest.mark.alone
@pytest.mark.ci
def test_commands_that_look_at_some() -> None:
    _tried(
        "--watched", "--large", "--every", "9", "show --audit", "test", "diff", "check", "lineage", "transpile", "show"
    )


COPIES = {
    "one column under 2,000 names": "SELECT " + ", ".join(f"s AS c{n}" for n in range(2000)) + " FROM input LIMIT 9999",
    "one column doubled 64 times": "SELECT " + ", ".join(f"s || s AS c{n}" for n in range(64)) + " FROM input",
}


@pytest.mark.alone
@pytest.mark.ci
@pytest.mark.parametrize("name", COPIES)
def test_copies_of_the_callers_own_data_in_a_process_of_their_own(name: str) -> None:
    """Of 40 MB, with a limit of 200 MB: half a gigabyte beyond it at most, beside what the process has at its start."""
    limits = {"timeout_seconds": 20, "memory_limit": "200MB", "isolation": "process"}
    model = SQLModel(COPIES[name], limits=limits)
    model.predict(pa.table({"s": ["a"]}))
    processes = psutil.Process().children(recursive=True)
    before, most, over = _resident(processes), [0], threading.Event()

    def watch() -> None:
        while not over.wait(0.005):
            most[0] = max(most[0], _resident(processes) - before)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        with pytest.raises(LimitError, match="memory"):
            model.predict(pa.table({"s": ["x" * 20_000] * 2000}), output="arrow")
    finally:
        over.set()
        watcher.join()
    assert most[0] < 700_000_000


def _resident(processes: list[psutil.Process]) -> int:
    size = 0
    for process in processes:
        with contextlib.suppress(psutil.Error):
            size += process.memory_info().rss
    return size


@pytest.mark.full
def test_every_attempt_through_everything() -> None:
    """About an hour on two cores."""
    table = _tried("--attempts", "--large")
    assert int(re.search(r"^load_model +(\d+)", table, re.MULTILINE)[1]) > 1_000  # type: ignore[index]
