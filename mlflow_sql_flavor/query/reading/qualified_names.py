"""Names with dots, as people write them: read without a parser, so that loading needs none."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

__all__ = ["QUALIFIERS", "Parts", "folded_parts", "known_name", "names_schema", "split_name"]

Parts = tuple[str, ...]

QUALIFIERS = frozenset(["information_schema", "main", "memory", "pg_catalog", "system", "temp"])
"""Every catalog and schema of a model's instance, which holds what DuckDB makes at its start and nothing else."""

_PART = re.compile(r'"((?:[^"]|"")+)"|`((?:[^`]|``)+)`|\[((?:[^\]]|\]\])+)\]|([^."`\[\]]+)')


def names_schema(first: str) -> bool:
    """Whether ``first.f(x)`` names a schema or a catalog; else ``f`` is chained to the value ``first``."""
    return first.lower() in QUALIFIERS


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
