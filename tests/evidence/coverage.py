"""What generated queries have shown so far: a candidate that would show nothing new need not be asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from .observe import Observation, Seen

__all__ = ["Coverage"]


class Coverage:
    """The features of matching cases, with the edges that each was compared on.

    Args:
        found: What is noted already.
    """

    def __init__(self, found: Iterable[Observation]) -> None:
        self._edges: dict[str, set[str]] = defaultdict(set)
        self._wanted: dict[str, set[str]] = defaultdict(set)
        self._varied: set[str] = set()
        for each in found:
            if each.right:
                self.add(each.seen)

    def add(self, seen: Mapping[str, Seen]) -> None:
        """Notes a matching case."""
        for name, each in seen.items():
            if not each.unknown:
                self._edges[name].update(each.edges)
                self._wanted[name].update(each.needed)
                if not each.constant:
                    self._varied.add(name)

    def lacks(self, seen: Mapping[str, Seen]) -> bool:
        """Whether a match of these features would be more evidence than there is."""
        return any(not each.unknown and self._more(name, each) for name, each in seen.items())

    def _more(self, name: str, each: Seen) -> bool:
        if name not in self._edges or (name not in self._varied and not each.constant):
            return True
        return bool((self._wanted[name] - self._edges[name]) & set(each.edges))
