"""The Python reference as the repository shows it: ``python -m tests.docs.reference`` writes it into docs/api.md.

The site makes its reference of the ``:::`` lines, which stand in comments; what stands above each, the public name, its
arguments and its summary, is of the same docstrings, and is left out there.
"""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path
from typing import Any

PACKAGE = "mlflow_sql_flavor"
PAGE = Path(__file__).parents[2] / "docs" / "api.md"
#: ``.ci/site`` cuts by these lines.
BEGIN, SITE, END = "<!-- in the repository -->", "<!-- on the site", "-->"

_BLOCK = re.compile(
    rf"(?:^{BEGIN}\n(?:(?!^{SITE}$).*\n)*^{SITE}\n)?(?P<site>^::: (?P<path>[\w.]+)\n(?:    .*\n)+)(?:^{END}\n)?", re.M
)


def written(page: str) -> str:
    """The page with what the repository shows of each object as its docstring has it.

    Args:
        page: The page as it is.
    """
    return _BLOCK.sub(lambda block: f"{BEGIN}\n{_shown(block)}\n{SITE}\n{block['site']}{END}\n", page)


def _shown(block: re.Match[str]) -> str:
    module, _, name = block["path"].rpartition(".")
    found = getattr(importlib.import_module(module), name)
    heading = re.search(r"^      heading: ([\w.]+)$", block["site"], re.M)
    members = re.search(r"^      members: \[(.*)\]$", block["site"], re.M)
    assert heading is not None
    parts = [f"### {heading[1]}", _summary(found)]
    if heading[1].startswith(PACKAGE):  # what a user calls
        parts.insert(1, f"```py\n{_signature(name, found)}\n```")
    of = [member.strip() for member in members[1].split(",") if member.strip()] if members else _methods(found)
    told = [] if heading[1].startswith(PACKAGE) else _attributes(found)
    parts.append("\n".join(f"- {each}" for each in [*told, *(_member(found, name) for name in of)]))
    return "\n\n".join(filter(None, parts)) + "\n"


def _methods(found: Any) -> list[str]:
    if not inspect.isclass(found) or issubclass(found, Exception):
        return []
    named = {name: None for kind in found.__mro__ for name in vars(kind) if kind.__module__.startswith(PACKAGE)}
    return [
        name for name in named if not name.startswith("_") and name != "from_spec" and _summary(getattr(found, name))
    ]


def _member(kind: Any, name: str) -> str:
    value = getattr(kind, name)
    called = f"{name}({', '.join(_arguments(value)[1:])})" if callable(value) else name
    return f"`{called}`: {_summary(value)}"


def _signature(name: str, found: Any) -> str:
    arguments = _arguments(found)
    line = f"{name}({', '.join(arguments)})"
    return line if len(line) <= 100 else f"{name}(\n    " + ",\n    ".join(arguments) + ",\n)"


def _arguments(found: Any) -> list[str]:
    """Names and defaults; their types are the site's to say."""
    arguments: list[str] = []
    star = False
    for each in inspect.signature(found).parameters.values():
        if each.kind is each.KEYWORD_ONLY and not star:
            arguments.append("*")
        star = star or each.kind in (each.KEYWORD_ONLY, each.VAR_POSITIONAL)
        stars = {each.VAR_POSITIONAL: "*", each.VAR_KEYWORD: "**"}.get(each.kind, "")
        arguments.append(f"{stars}{each.name}" + ("" if each.default is each.empty else f"={each.default!r}"))
    return arguments


def _attributes(found: Any) -> list[str]:
    """The attributes that a class's docstring names, each with its first sentence."""
    text = (inspect.getdoc(found) or "").partition("Attributes:\n")[2].partition("\n\n")[0]
    named = re.findall(r"^ {4}(\w+): (.*(?:\n {5,}.*)*)", text, re.M)
    return [f"`{name}`: {_plain(told)}" for name, told in named]


def _summary(found: Any) -> str:
    """The docstring's first paragraph; without one, what is returned."""
    text = (inspect.getdoc(found) or "").strip()
    text = re.sub(r"\AArgs:\n.*?\nReturns:\n", "", text, flags=re.S)
    return _plain(text.partition("\n\n")[0])


def _plain(text: str) -> str:
    """reStructuredText as Markdown, on one line."""
    text = re.sub(r":(?:py:)?\w+:`~?\.*([^`]*)`", r"`\1`", text)
    return re.sub(r"\s+", " ", text.replace("``", "`")).strip()


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
