"""Lookahead and lookbehind, which RE2 has none of, where a match can be told without them.

https://www.postgresql.org/docs/15/functions-matching.html#POSIX-CONSTRAINTS-TABLE
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Split", "split"]

_ATOM = re.compile(r"\[\^?\]?[^\]\[\\]*\]|\\[dws]|\\[^a-zA-Z0-9]|[^\\()\[\]{}*+?|^$.]")


@dataclass
class Split:
    """A pattern without its constraints.

    Attributes:
        before: What stands before the match: nothing, or a group that takes no part in it.
        core: The match.
        after: What stands behind it.
        tests: Further patterns that the text is to match (True) or not (False); such a pattern tells whether a text
            matches, not what.
    """

    before: str
    core: str
    after: str
    tests: list[tuple[str, bool]]


def split(pattern: str) -> Split | None:
    """Takes constraints off the two ends of a pattern; None where they cannot be taken off."""
    if not re.search(r"\(\?(?:=|!|<=|<!)", pattern):
        return None
    found = Split("", pattern, "", [])
    if pattern.startswith("^"):
        rest = pattern[1:]
        while (ahead := _group(rest)) is not None and ahead[0] in ("(?=", "(?!"):
            found.tests.append((f"^(?:{ahead[1]})", ahead[0] == "(?="))
            rest = ahead[2]
        found.core = f"^{rest}" if found.tests else pattern
    else:
        behind = _group(pattern)
        if behind is not None and behind[0] in ("(?<=", "(?<!"):
            atoms = _atoms(behind[1])
            if not atoms:
                return None
            found.before = f"(?:{behind[1]})" if behind[0] == "(?<=" else _not_before(atoms)
            found.core = behind[2]
    last = _last(found.core)
    if last is not None:
        core, kind, inner = last
        if kind == "(?=":
            found.core, found.after = core, f"(?:{inner})"
        elif atoms := _atoms(inner):
            found.core, found.after = core, _not_behind(atoms)
    bare = re.sub(r"\\.|\[\^?\]?[^\]]*\]", "", found.core)
    left = re.search(r"\(\?[^:]", found.before[3:] + bare + found.after[3:] + "".join(t[0][4:] for t in found.tests))
    return None if left or _alternatives(found.core) else found


def _group(pattern: str) -> tuple[str, str, str] | None:
    """A group at the beginning: how it opens, what it holds, what follows."""
    opened = re.match(r"\(\?(?:=|!|<=|<!)", pattern)
    end = _end(pattern) if opened is not None else None
    if opened is None or end is None or re.match(r"[*+?{]", pattern[end:]):
        return None
    return opened[0], pattern[opened.end() : end - 1], pattern[end:]


def _end(pattern: str) -> int | None:
    """Where the group at the beginning ends."""
    depth = at = 0
    for piece in re.finditer(r"\\.|\[\^?\]?[^\]]*\]|[()]|.", pattern, re.S):
        depth += (piece[0] == "(") - (piece[0] == ")")
        at = piece.end()
        if depth == 0:
            return at
    return None


def _last(pattern: str) -> tuple[str, str, str] | None:
    """A lookahead at the end: what stands before it, how it opens, what it holds."""
    for opened in re.finditer(r"\(\?[=!]", pattern):
        group = _group(pattern[opened.start() :])
        if group is not None and not group[2]:
            return pattern[: opened.start()], group[0], group[1]
    return None


def _alternatives(pattern: str) -> bool:
    """Whether alternatives stand outside of every group."""
    depth = 0
    for piece in re.finditer(r"\\.|\[\^?\]?[^\]]*\]|[()|]|.", pattern, re.S):
        depth += (piece[0] == "(") - (piece[0] == ")")
        if piece[0] == "|" and depth == 0:
            return True
    return False


def _atoms(pattern: str) -> list[str] | None:
    """The characters of a pattern that matches texts of one length; None for any other, and for more than twelve."""
    found: list[str] = []
    at = 0
    while at < len(pattern):
        atom = _ATOM.match(pattern, at)
        if atom is None or len(found) == 12:
            return None
        found.append(atom[0])
        at = atom.end()
    return found


def _not(atom: str) -> str:
    if atom.startswith("[^"):
        return f"[{atom[2:]}"
    if atom.startswith("["):
        return f"[^{atom[1:]}"
    return f"[^{atom}]"


def _not_behind(atoms: list[str]) -> str:
    """That a text of these characters does not follow."""
    made = ""
    for atom in reversed(atoms):
        made = f"(?:$|{_not(atom)}|{atom}{made})" if made else f"(?:$|{_not(atom)})"
    return made


def _not_before(atoms: list[str]) -> str:
    """That a text of these characters does not stand before."""
    made = ""
    for atom in atoms:
        made = f"(?:^|{_not(atom)}|{made}{atom})" if made else f"(?:^|{_not(atom)})"
    return made
