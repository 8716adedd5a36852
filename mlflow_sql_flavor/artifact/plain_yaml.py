"""YAML of plain values only: what MLmodel needs, bounded in size, depth and expansion.

Text, true, false, null, decimal numbers, dates, lists and mappings with text as keys. No tags, no merge keys, no second
document, no key twice, and no other spelling of a value: what YAML 1.1 would take for a number, a word or a date and
this reader does not, is refused rather than read as something else than MLflow's own reader does. Aliases are read,
because PyYAML writes them for a list that stands twice in ``metadata``; each counts as all it stands for.
"""

from __future__ import annotations

import datetime
import re
from typing import Any

import yaml

__all__ = ["MOST_DEPTH", "MOST_NODES", "PlainYamlError", "read"]

#: Values and keys of a document, those behind aliases counted each time.
MOST_NODES = 1_000_000

#: Lists and mappings within each other.
MOST_DEPTH = 64

#: Characters of a document's text, those behind aliases counted each time; more than MLmodel may have bytes.
MOST_TEXT = 40_000_000

_LONGEST_NUMBER = 40
_WHOLE = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?[0-9]+\.[0-9]*(?:[eE][-+][0-9]{1,3})?|[-+]?\.inf|\.nan")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:[-+]\d\d:\d\d)?")
_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}
#: First character: what else YAML 1.1 takes a plain word for.
_IMPLICIT = yaml.SafeLoader.yaml_implicit_resolvers
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class PlainYamlError(ValueError):
    """The text is no such document; says in one clause why."""


def read(data: bytes) -> Any:
    """The one document of a text.

    Args:
        data: UTF-8.

    Raises:
        PlainYamlError: It is not valid, not plain or too large.
    """
    try:
        text = data.decode("utf-8")
        return _Builder().run(yaml.parse(text, Loader=_LOADER))
    except UnicodeDecodeError:
        raise PlainYamlError("it is not UTF-8 text") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark is not None else ""
        raise PlainYamlError(f"it is not valid YAML{where}") from None
    except RecursionError:
        raise PlainYamlError(f"it is nested deeper than {MOST_DEPTH} levels") from None


class _Builder:
    """Values from the parser's events, so that nothing is built beyond a bound."""

    def __init__(self) -> None:
        self._nodes = 0
        self._text = 0
        #: What an alias stands for: the value, and its values, characters and levels.
        self._anchors: dict[str, tuple[Any, int, int, int]] = {}
        #: Open lists and mappings: the value, its anchor, and the counts at its beginning.
        self._open: list[tuple[Any, str | None, int, int]] = []
        #: Of each of them the key that waits for its value, and the levels within so far.
        self._keys: list[Any] = []
        self._levels: list[int] = []
        self._result: Any = None

    def run(self, events: Any) -> Any:
        documents = 0
        for event in events:
            kind = type(event)
            if kind is yaml.ScalarEvent:
                self._scalar(event)
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                self._begin(event, {} if kind is yaml.MappingStartEvent else [])
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                value, anchor, nodes, text = self._open.pop()
                self._keys.pop()
                levels = self._levels.pop() + 1
                self._deepen(levels)
                self._anchor(anchor, value, self._nodes - nodes, self._text - text, levels)
            elif kind is yaml.AliasEvent:
                self._alias(event)
            elif kind is yaml.DocumentStartEvent:
                documents += 1
                if documents > 1 or event.tags:
                    raise PlainYamlError(f"it has a second document or tags{_at(event)}")
        return self._result

    def _count(self, event: Any, nodes: int, text: int) -> None:
        self._nodes += nodes
        self._text += text
        if self._nodes > MOST_NODES or self._text > MOST_TEXT:
            raise PlainYamlError(f"it has more than {MOST_NODES:,} values or {MOST_TEXT:,} characters{_at(event)}")

    def _scalar(self, event: Any) -> None:
        text, anchor = event.value, event.anchor
        if event.tag is not None:
            raise PlainYamlError(f"it has a tag{_at(event)}")
        self._count(event, 1, len(text))
        plain = not event.style
        if self._open and self._keys[-1] is _NO_KEY and type(self._open[-1][0]) is dict:
            if anchor is not None or (plain and text in ("<<", "=")):
                raise PlainYamlError(f"it has a merge key or an anchor on a key{_at(event)}")
            self._key(event, _plain(event) if plain else text)
            return
        value = _plain(event) if plain else text
        self._put(event, value)
        self._anchor(anchor, value, 1, len(text), 0)

    def _key(self, event: Any, key: Any) -> None:
        if not isinstance(key, str):
            raise PlainYamlError(f"a key is not text{_at(event)}")
        if key in self._open[-1][0]:
            raise PlainYamlError(f"a key stands twice{_at(event)}")
        self._keys[-1] = key

    def _begin(self, event: Any, value: Any) -> None:
        if event.tag is not None:
            raise PlainYamlError(f"it has a tag{_at(event)}")
        self._check_depth(event, 1)
        nodes, text = self._nodes, self._text
        self._count(event, 1, 0)
        self._put(event, value)
        self._open.append((value, event.anchor, nodes, text))
        self._keys.append(_NO_KEY)
        self._levels.append(0)

    def _check_depth(self, event: Any, levels: int) -> None:
        if len(self._open) + levels > MOST_DEPTH:
            raise PlainYamlError(f"it is nested deeper than {MOST_DEPTH} levels{_at(event)}")

    def _deepen(self, levels: int) -> None:
        if self._levels:
            self._levels[-1] = max(self._levels[-1], levels)

    def _alias(self, event: Any) -> None:
        found = self._anchors.get(event.anchor)
        if found is None:
            raise PlainYamlError(f"an alias stands before what it names is complete{_at(event)}")
        value, nodes, text, levels = found
        self._count(event, nodes, text)
        self._check_depth(event, levels)
        self._deepen(levels)
        self._put(event, value)

    def _put(self, event: Any, value: Any) -> None:
        if not self._open:
            self._result = value
            return
        target = self._open[-1][0]
        if type(target) is list:
            target.append(value)
        elif self._keys[-1] is _NO_KEY:
            raise PlainYamlError(f"a key is not text{_at(event)}")
        else:
            target[self._keys[-1]] = value
            self._keys[-1] = _NO_KEY

    def _anchor(self, anchor: str | None, value: Any, nodes: int, text: int, levels: int) -> None:
        if anchor is None:
            return
        if anchor in self._anchors:
            raise PlainYamlError("an anchor stands twice")
        self._anchors[anchor] = (value, nodes, text, levels)


_NO_KEY = object()


def _plain(event: Any) -> Any:
    """The value of an unquoted word."""
    text: str = event.value
    if text in _WORDS:
        return _WORDS[text]
    resolvers = _IMPLICIT.get(text[:1])
    if resolvers is None:
        return text
    if len(text) <= _LONGEST_NUMBER:
        try:
            if _WHOLE.fullmatch(text):
                return int(text)
            if _FLOAT.fullmatch(text):
                return float(text.replace(".inf", "inf").replace(".nan", "nan"))
            if _DATE.fullmatch(text):
                return datetime.date.fromisoformat(text)
            if _MOMENT.fullmatch(text):
                return datetime.datetime.fromisoformat(text)
        except ValueError:
            raise PlainYamlError(f"it has a date that is none{_at(event)}") from None
    if any(expression.match(text) for _, expression in resolvers):
        raise PlainYamlError(f"it has a value that YAML may read in another way than it looks{_at(event)}: quote it")
    return text


def _at(event: Any) -> str:
    return f" at line {event.start_mark.line + 1}"
