"""Calls of macros as `query_bounds` sees them: a body is looked at once for the same arguments, and counted at each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from .expression_bounds import DATUM, Bound
from .identifiers import fold
from .tree_parts import parts

__all__ = ["Macro", "MacroCalls"]

_Tree = dict[str, Any]
#: Its parameters and its body.
Macro = tuple[Sequence[str], _Tree]

#: What reads other columns than those that it names.
_OPEN = ("POSITIONAL_REFERENCE", "STAR", "SUBQUERY")


class Reader(Protocol):
    """What looks at expressions, and adds up what they take."""

    total: float
    copied: float
    cell: int
    lambdas: int

    def of(self, node: _Tree, parameters: dict[str, Bound]) -> Bound: ...
    def add(self, own: float) -> None: ...
    def copy(self, cell: int, copies: float) -> None: ...


class MacroCalls:
    """The calls of one query.

    Args:
        macro: Gives a macro by its folded name, or None.
    """

    def __init__(self, macro: Callable[[str], Macro | None]) -> None:
        self._macro = macro
        self._known: dict[str, tuple[bool, bool]] = {}
        self._calls: dict[tuple[Any, ...], tuple[Bound, float, float]] = {}

    def look(self, reader: Reader, name: str, macro: Macro, given: list[Bound]) -> Bound:
        """The bound of a call with these arguments."""
        call = (name, reader.lambdas, *given)
        if call in self._calls:
            found, own, copies = self._calls[call]
            reader.add(own)
            reader.copy(reader.cell, copies)
            return found
        total, copied = reader.total, reader.copied
        names, body = macro
        values = dict(zip(map(fold, names), given, strict=False))
        found = reader.of(body, dict.fromkeys(map(fold, names), DATUM) | values)
        if self._of(name, macro)[1]:
            self._calls[call] = found, reader.total - total, reader.copied - copied
        return found

    def loops(self, name: str, macro: Macro) -> bool:
        """Whether there is a lambda in its body."""
        return self._of(name, macro)[0]

    def _of(self, name: str, macro: Macro) -> tuple[bool, bool]:
        """Whether it loops, and whether it reads nothing but what it is given."""
        if name not in self._known:
            self._known[name] = (True, False)  # while one that calls itself is looked at
            within = list(parts(macro[1]))
            lambdas = [part for part in within if part.get("class") == "LAMBDA"]
            own = {fold(each) for each in macro[0]}
            own |= {fold(n) for each in lambdas for p in parts(each.get("lhs")) for n in p.get("column_names") or []}
            self._known[name] = (bool(lambdas), all(self._closed(part, own) for part in within))
        return self._known[name]

    def _closed(self, part: _Tree, own: set[str]) -> bool:
        kind = part.get("class")
        if kind in _OPEN or part.get("type") == "OPERATOR_UNPACK":
            return False
        if kind == "COLUMN_REF":
            return fold(str(part["column_names"][0])) in own
        called = fold(str(part.get("function_name") or ""))
        inner = self._macro(called) if called else None
        return inner is None or self._of(called, inner)[1]
