"""What a function does to rows: a value for each, one for many, or several of one. A query's row class rests on it.

Read from the package's own lists and from the text of its macros, never from the catalog of the DuckDB that runs: what
a release adds there, or makes a macro where it was none, changes no model.
"""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from ..engines import sandbox
from ..engines.scratch import SCRATCH
from ..query.gate import grammar, packs
from ..query.gate.policy import fold

if TYPE_CHECKING:
    from ..artifact.spec import CompatSpec

__all__ = ["function_kinds"]

_BODY = re.compile(r"CREATE MACRO \w+\s*\([^)]*\)\s+AS\s+(?!TABLE\b)(.*)", re.DOTALL | re.IGNORECASE)


def function_kinds(compat: CompatSpec, udfs: Collection[str]) -> Callable[[str], str]:
    """Tells a function's kind by its folded name: ``scalar``, ``aggregate``, ``rows`` or ``unknown``.

    Args:
        compat: The macros a model uses: one is what the functions in its body are.
        udfs: Names of its Python functions, which are scalar.
    """
    scalar = {fold(name) for name in udfs} | grammar.allowed("scalar") | grammar.allowed("operator")
    texts = packs.statements(compat.pack, compat.version or 1, compat.macros) if compat.pack is not None else []
    macros = {fold(text.split("(", 1)[0].split()[-1]): text for text in texts}

    @functools.cache
    def kind(name: str) -> str:
        if name in macros:
            return _kind_of_body(macros[name], kind)
        if name in scalar:
            return "scalar"
        return next((known for known in ("aggregate", "rows") if name in grammar.allowed(known)), "unknown")

    return kind


def _kind_of_body(text: str, kind: Callable[[str], str]) -> str:
    """The kind of a macro: that of the functions in its body."""
    body = _BODY.fullmatch(text.strip())
    if body is None:
        return "unknown"
    with contextlib.closing(SCRATCH.cursor()) as cursor:
        tree = sandbox.parse_tree(cursor, f"SELECT {body[1]}")
    found = set()
    stack: list[Any] = [tree]
    while stack:
        part = stack.pop()
        if isinstance(part, dict):
            if part.get("class") == "FUNCTION":
                found.add(kind(fold(part["function_name"])))
            elif part.get("class") == "WINDOW":
                found.add("unknown")
            stack.extend(part.values())
        elif isinstance(part, list):
            stack.extend(part)
    return next((k for k in ("unknown", "rows", "aggregate") if k in found), "scalar")
