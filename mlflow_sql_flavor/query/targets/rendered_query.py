"""A query as one engine reads it: its text, and the parameters at its markers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Raw", "Rendered"]


class Raw(str):
    """Text put in a table's place as it is: a slot of the engine's own, never a name that a caller gave."""


@dataclass(frozen=True)
class Rendered:
    """A query as one engine reads it.

    Attributes:
        sql: The text.
        uses: The parameter at each marker, in order of the text; ``list[0]`` and so on for the items of a list.
        literals: ``{parameter: text}`` of string literals that became parameters.
        types: ``{parameter: DuckDB type}``.
    """

    sql: str
    uses: tuple[str, ...] = ()
    literals: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Each parameter once, in the order of its number."""
        return tuple(dict.fromkeys(self.uses))

    def values(self, given: Mapping[str, Any]) -> list[tuple[str, str, Any]]:
        """(name, DuckDB type, value) of each parameter, in the order of its number.

        Args:
            given: ``{name: value}`` of the model's parameters.
        """
        known = {**{name.casefold(): value for name, value in given.items()}, **self.literals}
        found = []
        for name in self.parameters:
            of, _, place = name.removesuffix("]").partition("[")
            value = known[name] if name in self.literals else known[of.casefold()]
            found.append((name, self.types[name], value[int(place)] if place else value))
        return found
