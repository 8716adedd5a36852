"""Whatever is large where no limit of DuckDB's looks ends in time and memory, with one sentence, wherever it is met.

Each runs in a process of its own, which is watched from outside with all its children: `commands`.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

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
        "--watched", "--large", "--every", "5", "show --audit", "test", "diff", "check", "lineage", "transpile", "show"
    )


@pytest.mark.full
def test_every_attempt_through_everything() -> None:
    """About an hour on two cores."""
    table = _tried("--attempts", "--large")
    assert int(re.search(r"^load_model +(\d+)", table, re.MULTILINE)[1]) > 1_000  # type: ignore[index]
