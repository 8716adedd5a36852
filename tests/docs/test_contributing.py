"""The examples of CONTRIBUTING.md, each followed to its end in a copy of the repository."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def _section(title: str) -> str:
    return re.split(r"^## ", TEXT.partition(f"## {title}\n")[2], flags=re.M)[0]


def _blocks(title: str) -> list[str]:
    """The blocks of a section, without what they are indented by as parts of a list."""
    found = re.findall(r"^( *)```text\n(.*?)^ *```$", _section(title), re.M | re.S)
    return ["".join(line.removeprefix(indent) for line in text.splitlines(True)) for indent, text in found]


class Checkout:
    """A copy of the repository, to be changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        left_out = shutil.ignore_patterns("__pycache__", ".*_cache", ".git", ".venv", "*.egg-info")
        for name in ("mlflow_sql_flavor", "tests", "docs", "pyproject.toml", "CONTRIBUTING.md", "README.md", ".ci"):
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, folder / name, **({"ignore": left_out} if (ROOT / name).is_dir() else {}))

    def edit(self, file: str, pattern: str, new: str) -> None:
        """Puts text in the place of what a pattern finds once."""
        path = self.folder / file
        text, count = re.subn(pattern, lambda found: found.expand(new), path.read_text(encoding="utf-8"), flags=re.M)
        assert count == 1, (file, pattern, count)
        path.write_text(text, encoding="utf-8")

    def add(self, file: str, text: str) -> None:
        """Appends to a file, which may be new."""
        with (self.folder / file).open("a", encoding="utf-8") as out:
            out.write(text)

    def run(self, command: str, *, succeeds: bool = True) -> str:
        """What a command of the page says."""
        words = [sys.executable, *command.split()[1:]] if command.startswith("python ") else command.split()
        if words[0] == "pytest":
            words = [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", *words[1:]]
        env = {**os.environ, "PYTHONPATH": f"{self.folder}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
        env["EVIDENCE_STATE"] = str(self.folder / "state")
        done = subprocess.run(words, cwd=self.folder, env=env, capture_output=True, text=True, timeout=600)
        assert (done.returncode == 0) is succeeds, done.stdout[-4000:] + done.stderr[-2000:]
        return done.stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def _python(text: str) -> str:
    return text.replace("\\", r"\\")


def test_it_opens_with_a_table_of_a_dozen_lines() -> None:
    first, _, rest = TEXT.partition("\n\n")
    assert first == "# Contributing" and rest.startswith("| I want to change … | look in … |\n|---|---|\n")
    rows = rest.partition("\n\n")[0].splitlines()[2:]
    assert 10 <= len(rows) <= 13 and all(row.startswith("| ") and row.count(" | ") == 1 for row in rows)


@pytest.mark.full  # five minutes: it makes the index of a dialect anew
def test_a_dialect_rule_with_its_recorded_case(checkout: Checkout) -> None:
    title = "A dialect rule with its recorded case"
    case, _, rule, index = _blocks(title)
    checkout.add("queries.txt", case)
    checkout.run("python -m tests.fidelity.record sqlite queries.txt --out cases.jsonl")
    checkout.add("tests/fidelity/data/extra_sqlite.jsonl", (checkout.folder / "cases.jsonl").read_text("utf-8"))
    asked = "python -m tests.fidelity --dialect sqlite --extra --id zeroblob --show all"
    assert asked in _section(title)
    assert "no counterpart on DuckDB yet" in checkout.run(asked)
    checkout.add("mlflow_sql_flavor/query/dialects/sqlite/encodings.py", f"\n\n{rule}")
    for _ in range(3):
        found = checkout.run(asked)
        if "a machine that is less busy" not in found:  # the query binds in a process that has so many seconds
            break
    assert re.search(r"^sqlite +1 +100\.0% +0 +0$", found, re.M), found
    checkout.run("pytest tests/query/dialects/test_topics.py tests/fidelity/test_extra.py -k sqlite")
    for line in index.splitlines():
        if line.startswith("python "):
            checkout.run(line)


@pytest.mark.ci
def test_a_type(checkout: Checkout) -> None:
    row, value = _blocks("A type")
    schema = "mlflow_sql_flavor/frames/schema.py"
    checkout.edit(schema, r'^( +)(ScalarType\("INTERVAL".*\n)', rf"\1\2\1{_python(row)}")
    checkout.edit(schema, r"^_NOT_IN_ARROW = \{", r'_NOT_IN_ARROW = {"GEOMETRY", ')
    checkout.edit("mlflow_sql_flavor/query/gate/allowed.txt", r"^\[type\]\n", "[type]\ngeometry\n")
    checkout.run("python -m tests.frames.test_schema")
    assert "GEOMETRY" in (checkout.folder / "docs/types.md").read_text("utf-8")
    checkout.edit("tests/test_properties.py", r"^VALUES = \{\n", f"VALUES = {{\n    {_python(value)}")
    assert "`pytest tests/frames tests/test_properties.py` passes" in _section("A type")
    checkout.run("pytest tests/frames tests/test_properties.py")


@pytest.mark.ci
def test_a_command(checkout: Checkout) -> None:
    command, test = _blocks("A command")
    checkout.add("mlflow_sql_flavor/cli/tables.py", command)
    checkout.edit(
        "mlflow_sql_flavor/cli/__init__.py", r"^from \.test import test$", r"from .tables import tables\n\g<0>"
    )
    checkout.edit("mlflow_sql_flavor/cli/__init__.py", r"^(for _command in \(.*)\):$", r"\1, tables):")
    checkout.add("tests/cli/test_commands.py", f"\n\n{test}")
    checkout.run("pytest tests/cli/test_commands.py -k tables")


@pytest.mark.ci
def test_an_engine(checkout: Checkout) -> None:
    pytest.importorskip("pysqlite3", reason="pip install pysqlite3-binary")
    dialect, opener = _blocks("An engine")
    checkout.edit(
        "mlflow_sql_flavor/engines/databases/drivers.py", r"^_DIALECTS = \{\n", rf"\g<0>    {_python(dialect)}"
    )
    checkout.edit("tests/engines/databases.py", r"^SLOW = \(\n", r'\g<0>    "sqlite pysqlite3",\n')
    made = "".join(f"    {line}" for line in opener.splitlines(True))
    checkout.edit(
        "tests/engines/databases.py", r"^    return lambda: pytest.importorskip\(\"psycopg\"", rf"{_python(made)}\g<0>"
    )
    asked = 'pytest -m "ci or not ci" tests/engines/test_database.py -k pysqlite3'
    assert asked in _section("An engine")
    said = checkout.run("pytest -m ci tests/engines/test_database.py -k pysqlite3")
    assert re.search(r"\d+ passed", said) and "skipped" not in said
