"""Every dialect's folder is divided by the same topics, which the docstring of ``query/dialects`` lists."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

from mlflow_sql_flavor.query import dialects

HOME = Path(dialects.__file__).parent
FOLDERS = sorted(path.name for path in HOME.iterdir() if (path / "__init__.py").exists() and path.name != "shared")
TOPICS = re.findall(r"^    (\w+) +\S", (dialects.__doc__ or "").partition("How to add")[0], re.M)


def _files(folder: str) -> set[str]:
    return {path.name for path in (HOME / folder).iterdir() if path.name != "__pycache__"}


def test_topics_are_some_twenty_in_order() -> None:
    assert 15 < len(TOPICS) < 30
    assert sorted(set(TOPICS)) == TOPICS


def test_every_topic_is_a_module_somewhere() -> None:
    used = {path.stem for folder in FOLDERS for path in (HOME / folder).glob("*.py")}
    assert set(TOPICS) == used - {"__init__"}


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_holds_topics_and_nothing_else(folder: str) -> None:
    assert _files(folder) <= {"__init__.py", "macros_v1.sql", *(f"{topic}.py" for topic in TOPICS)}


@pytest.mark.parametrize("folder", FOLDERS)
def test_its_first_file_names_the_documentation_and_holds_no_rule(folder: str) -> None:
    text = (HOME / folder / "__init__.py").read_text(encoding="utf-8")
    assert "https://" in text
    assert "def " not in text and "D.rule" not in text and "D.function" not in text
    assert len(text.splitlines()) < 60


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_rules_of_every_topic_are_used(folder: str) -> None:
    found = dialects.rules_of(folder)
    known = {id(rule) for rules in (*found.rules.values(), *found.functions.values()) for rule in rules}
    for path in (HOME / folder).glob("*.py"):
        topic = getattr(import_module(f"{dialects.__name__}.{folder}.{path.stem}"), "R", None)
        if topic is not None:
            assert {id(rule) for rules in topic.rules.values() for rule in rules} <= known, path.stem
            assert {id(rule) for rules in topic.functions.values() for rule in rules} <= known, path.stem
            assert all(step in found.before for step in topic.before), path.stem
            assert all(step in found.first for step in topic.first), path.stem
