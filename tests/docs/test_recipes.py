"""The settings files that docs/ci.md shows: valid, and of nothing but commands that the page's shell blocks run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

PAGE = (Path(__file__).parents[2] / "docs" / "ci.md").read_text(encoding="utf-8")
SHELL = "\n".join(re.findall(r"^```bash\n(.*?)^```$", PAGE, re.M | re.S))


def settings(key: str) -> dict[str, Any]:
    """The block of YAML with this key at its top."""
    blocks = [yaml.safe_load(text) for text in re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.M | re.S)]
    (found,) = [block for block in blocks if key in block]
    return found


def test_the_workflow_runs_what_the_page_runs() -> None:
    jobs = settings("jobs")["jobs"]
    runs = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    commands = [run for run in runs if not run.startswith("pip install ")]
    assert len(commands) == 3
    for command in commands:
        assert re.search(rf"^{re.escape(command)}$", SHELL, re.M), command
    for job in jobs.values():
        assert any(step.get("uses", "").startswith("actions/setup-python@") for step in job["steps"])


def test_the_hook_checks_the_files_of_the_page() -> None:
    (repository,) = settings("repos")["repos"]
    (hook,) = repository["hooks"]
    made = re.findall(r"^cat > (\S+\.sql)", SHELL, re.M)
    assert made and all(re.search(hook["files"], name) for name in made)
    assert not re.search(hook["files"], "queries/per_item.json")
    # pre-commit puts the names behind the entry, as the page's own call has them.
    assert re.search(rf"^{re.escape(hook['entry'])} queries/", SHELL, re.M)
    assert hook["language"] == "system", "an environment of pre-commit's own would lack the package"
