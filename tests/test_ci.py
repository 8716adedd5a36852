"""The repository's own scripts and workflows: what they refuse."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
needs_gnu = pytest.mark.skipif(sys.platform != "linux", reason="a script of CI's, which runs on Linux")


def test_actions_are_pinned_by_commit() -> None:
    """A tag can be moved to other code; a commit cannot."""
    used = [
        (path.name, action)
        for path in (ROOT / ".github" / "workflows").glob("*.yml")
        for action in re.findall(r"uses: *([^\s#]+)", path.read_text(encoding="utf-8"))
    ]
    assert len(used) > 5
    assert [each for each in used if not re.search(r"@[0-9a-f]{40}$|^\./", each[1])] == []


def _placed(script: str, folder: Path, **programs: str) -> dict[str, str]:
    """A script of ``.ci`` in a folder of its own, and an environment in which only these programs are to be had."""
    (folder / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / script, folder / ".ci")
    (folder / "bin").mkdir()
    for name in ("bash", "dirname", "realpath", "grep"):
        (folder / "bin" / name).symlink_to(str(shutil.which(name)))
    for name, text in programs.items():
        (folder / "bin" / name).write_text(f"#!{shutil.which('bash')}\n{text}\n", encoding="utf-8")
        (folder / "bin" / name).chmod(0o755)
    return {"PATH": str(folder / "bin")}


@needs_gnu
@pytest.mark.parametrize(
    ("heading", "tag", "built"),
    [
        ("## 1.2.0 (2027-01-02)", "v1.2.0", True),
        ("## 1.2.0 (unreleased)", "v1.2.0", False),
        ("## 1.2.0 (2027-01-02)", "v1.2.1", False),
        ("## 11.2.0 (2027-01-02)", "v1.2.0", False),
        ("## 1.2.01 (2027-01-02)", "v1.2.0", False),
        ("## 1.2x0 (2027-01-02)", "v1.2.0", False),
    ],
)
def test_only_what_the_changelog_says_is_released_is_built(heading: str, tag: str, built: bool, tmp_path: Path) -> None:
    python = f'[ "$1" = -c ] && exec {sys.executable} "$@"\necho built'
    environment = _placed("release", tmp_path, python=python)
    (tmp_path / "mlflow_sql_flavor").mkdir()
    (tmp_path / "mlflow_sql_flavor" / "version.py").write_text('__version__ = "1.2.0"\n')
    (tmp_path / "CHANGELOG.md").write_text(f"# Changelog\n\n{heading}\n\n- of 1.2.0\n")
    done = subprocess.run(
        [tmp_path / ".ci" / "release", tag, tmp_path / "dist"], capture_output=True, text=True, env=environment
    )
    assert (done.returncode == 0, done.stdout) == (built, "built\n" if built else ""), done.stderr


@needs_gnu
@pytest.mark.parametrize("ci", [True, False])
def test_workflow_files_are_not_left_unchecked_in_ci(ci: bool, tmp_path: Path) -> None:
    environment = _placed("check", tmp_path, ruff="", mypy="", python="")
    done = subprocess.run(
        [tmp_path / ".ci" / "check"],
        capture_output=True,
        text=True,
        env={**environment, **({"CI": "true"} if ci else {})},
    )
    assert "not checked" in done.stdout and (done.returncode == 1) == ci, done
