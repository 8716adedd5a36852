"""Docstrings for the site, an extension of griffe: what MLflow brings as reStructuredText becomes Markdown."""

import re
from typing import Any

import griffe

_ROLE = re.compile(r":(?:py:)?(?:class|func|meth|mod|attr|data|ref):`~?\.*([^`<]*?)(?:\s*<[^>`]*>)?`")
_LINK = re.compile(r"`([^`<]+?)\s*<(https?://[^>`]+)>`_+")
_DIRECTIVE = re.compile(r"( *)\.\. ([\w-]+):: *(\w*)$")
_ITEM = re.compile(r"(?P<indent> {4})\S")


def as_markdown(text: str) -> str:
    """Roles are code, links links, blocks fenced, and a parameter's later paragraphs stand below its first.

    Args:
        text: A docstring in Google's style, without the indentation of its function.
    """
    return "\n".join(_blocks(_dedented(_LINK.sub(r"[\1](\2)", _ROLE.sub(r"`\1`", text)).splitlines())))


def _dedented(lines: list[str]) -> list[str]:
    """MLflow indents a parameter's text to its first word: it would be a block of code."""
    found: list[str] = []
    at = 0
    while at < len(lines):
        found.append(lines[at])
        at += 1
        if not _ITEM.match(found[-1]):
            continue
        end = at
        while end < len(lines) and (not lines[end].strip() or lines[end].startswith(" " * 5)):
            end += 1
        body = lines[at:end]
        least = min((len(line) - len(line.lstrip()) for line in body if line.strip()), default=8)
        found += [" " * 8 + line[least:] if line.strip() else "" for line in body]
        at = end
    return found


def _blocks(lines: list[str]) -> list[str]:
    """``.. code-block::`` and ``::`` as fences, ``.. warning::`` and its like as admonitions."""
    found: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        named = _DIRECTIVE.match(line)
        if named is None and not line.endswith("::"):
            found.append(line)
            continue
        indent = len(line) - len(line.lstrip())
        end = at
        while end < len(lines) and (not lines[end].strip() or len(lines[end]) - len(lines[end].lstrip()) > indent):
            end += 1
        body = lines[at:end]
        while body and not body[0].strip():
            body.pop(0)
        while body and not body[-1].strip():
            body.pop()
        least = min((len(each) - len(each.lstrip()) for each in body if each.strip()), default=indent)
        body = [" " * indent + each[least:] if each.strip() else "" for each in body]
        if named is not None and named[2] not in ("code-block", "code"):
            found += [f"{named[1]}!!! {named[2]}", "", *(f"    {each}" if each else "" for each in body), ""]
        else:
            found += [line[:-1], ""] if named is None else []
            found += [" " * indent + f"```{named[3] if named else ''}", *body, " " * indent + "```", ""]
        at = end
    return found


class Docstrings(griffe.Extension):
    """Every object's docstring in Markdown."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        if obj.docstring is not None:
            obj.docstring.value = as_markdown(obj.docstring.value)
