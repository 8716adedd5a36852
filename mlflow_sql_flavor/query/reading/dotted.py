"""A table's name of one to three parts, as people write it: read without a parser, so that loading needs none."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

__all__ = ["Parts", "folded_parts", "known_name", "split_name"]

Parts = tuple[str, ...]

_PART = re.compile(r'"((?:[^"]|"")+)"|`((?:[^`]|``)+)`|\[((?:[^\]]|\]\])+)\]|([^."`\[\]]+)')


def split_name(name: str, dialect: str) -> Parts:
    """The parts of a table's name, quoted in any engine's way or not at all; one part where it is no such name.

    Args:
        name: As a caller gives it: ``raw.events``, ```a-b.c.d```, ``[my db].dbo."t"``.
        dialect: Of the query. In BigQuery a backtick may stand around several parts.
    """
    parts: list[str] = []
    at = 0
    while found := _PART.match(name, at):
        double, back, bracket, plain = found.groups()
        if back is not None and dialect == "bigquery":
            parts += back.split(".")
        else:
            unquoted = (double or "").replace('""', '"') or (back or "").replace("``", "`")
            parts.append(unquoted or (bracket or "").replace("]]", "]") or plain)
        at = found.end()
        while at < len(name) and name[at] == "." and dialect == "tsql" and name[at : at + 2] == "..":
            at += 1  # db..table: the default schema
        if at == len(name):
            return tuple(parts) if all(parts) and len(parts) <= 3 else (name,)
        if name[at] != ".":
            break
        at += 1
    return (name,)


def folded_parts(parts: Iterable[str]) -> Parts:
    """The parts as they are compared: case does not count."""
    return tuple(part.casefold() for part in parts)


def known_name(given: str, known: Collection[str], dialect: str) -> str | None:
    """The one of a model's tables that a caller means: by its name, else by its parts, else by its last ones.

    Args:
        given: As the caller writes it.
        known: The names the model has them by.
        dialect: Of the query.

    Returns:
        The model's name; None if it is none of them, or may be two.
    """
    for name in known:
        if name.casefold() == given.casefold():
            return name
    parts = folded_parts(split_name(given, dialect))
    split = {name: folded_parts(split_name(name, dialect)) for name in known}
    same = [name for name, own in split.items() if own == parts]
    found = same or [name for name, own in split.items() if own[-len(parts) :] == parts]
    return found[0] if len(found) == 1 else None
