"""The examples run as a user runs them: from another folder, and print what the documentation shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
README = Path(__file__).parents[2] / "README.md"


def ran(script: Path | str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A script, or the text of one, that ends well."""
    command = [sys.executable, str(script)] if isinstance(script, Path) else [sys.executable, "-c", script]
    # Other tests set tracking servers of their own, which MLflow keeps in the environment.
    kept = {name: value for name, value in os.environ.items() if "MLFLOW" not in name}
    environment = {**kept, "MLFLOW_DISABLE_TELEMETRY": "true"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=600, env=environment)
    assert done.returncode == 0, done.stderr
    return done


def run(script: Path | str, folder: Path) -> str:
    """What a script, or the text of one, prints."""
    return ran(script, folder).stdout


def table_after(output: str, title: str) -> str:
    """The table printed under a title."""
    return output.partition(title)[2].strip("\n").partition("\n\n")[0]


@pytest.mark.timeout(900)
def test_rank_listings(tmp_path: Path) -> None:
    done = ran(EXAMPLES / "rank_listings.py", tmp_path)
    output = done.stdout
    said = [line.partition(" ")[0] for line in done.stderr.splitlines() if line.endswith(" …")]
    assert said == ["Making", "Logging", "Logging", "Starting"], "each step that takes its time is said before it"
    assert "WARN" not in done.stderr.upper(), "the first thing a reader runs warns of nothing"
    assert list(tmp_path.iterdir()) == [], "everything it writes goes to a temporary folder"
    by_column = table_after(output, "Regions as a column of the input:").splitlines()
    assert [line.split()[0] for line in by_column[1:]] == ["Jeju"] * 3 + ["Seoul"] * 3
    scores = [float(line.split()[-2]) for line in by_column[1:]]
    assert scores[:3] == sorted(scores[:3], reverse=True) and scores[3:] == sorted(scores[3:], reverse=True)
    loaded = table_after(output, "The region as a parameter:")
    assert len(loaded.splitlines()) == 4
    assert table_after(output, "The same, from `mlflow models serve`:") == loaded
    refreshed = table_after(output, "The same model on the next day's listings:")
    assert refreshed.splitlines()[0].split() == loaded.splitlines()[0].split() and refreshed != loaded
    assert "<= CAST(:top AS " in table_after(output, "The query for Snowflake:")


@pytest.mark.ci
@pytest.mark.timeout(900)
def test_classify_penguins(tmp_path: Path) -> None:
    output = run(EXAMPLES / "classify_penguins.py", tmp_path)
    assert list(tmp_path.iterdir()) == []
    rows = dict(re.findall(r"^(rule in SQL|decision tree, depth 2) +(\d+ .*)$", output, re.MULTILINE))
    metrics = {name: [float(number) for number in row.split()] for name, row in rows.items()}
    assert set(metrics) == {"rule in SQL", "decision tree, depth 2"}
    for count, *scores in metrics.values():
        assert count == 138
        assert len(scores) == 4 and all(0.9 < score < 1 for score in scores)
    assert "WHEN flipper_length_mm >= 207" in output


@pytest.mark.timeout(300)
def test_the_readme_prints_what_it_says(tmp_path: Path) -> None:
    text = README.read_text(encoding="utf-8")
    code, printed = re.search(r"```python\n(.*?)```\n\n```text\n(.*?)```", text, re.DOTALL).groups()  # type: ignore[union-attr]
    assert len(code.splitlines()) <= 22
    assert run(code, tmp_path).strip() == printed.strip()
