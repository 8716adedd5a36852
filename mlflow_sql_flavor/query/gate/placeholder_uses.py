"""How often a query names each placeholder: DuckDB plans with a copy of the value in each place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from .identifiers import fold
from .macro_calls import Macro
from .tree_parts import arguments_of

__all__ = ["placeholder_uses"]


def placeholder_uses(tree: Any, macro: Callable[[str], Macro | None]) -> dict[str, int]:
    """``{folded name: places}``, those counted where the text of a macro puts them.

    Args:
        tree: Of ``parse_tree``, of a query that is known to be small.
        macro: Gives the parameters and the body of a macro by its folded name, or None.
    """
    known: dict[str, dict[str, int]] = {}

    def of_macro(name: str, found: Macro) -> dict[str, int]:
        if name not in known:
            known[name] = {}
            known[name] = uses(found[1], "COLUMN_REF", frozenset(map(fold, found[0])))
        return known[name]

    def uses(part: Any, kind: str, names: frozenset[str] | None) -> dict[str, int]:
        total: Counter[str] = Counter()
        stack = [(part, 1)]
        while stack:
            part, times = stack.pop()
            if isinstance(part, list):
                stack += ((each, times) for each in part)
            if not isinstance(part, dict):
                continue
            if part.get("class") == kind:
                name = fold(str(part.get("identifier") if names is None else part["column_names"][0]))
                if names is None or name in names:
                    total[name] += times
            called = fold(str(part.get("function_name") or ""))
            found = macro(called) if called else None
            if found is None:
                stack += ((each, times) for each in part.values())
            else:
                inner = of_macro(called, found)
                for name, argument in zip(map(fold, found[0]), arguments_of(part), strict=False):
                    stack.append((argument, times * inner.get(name, 0)))
        return dict(total)

    return uses(tree, "PARAMETER", None)
