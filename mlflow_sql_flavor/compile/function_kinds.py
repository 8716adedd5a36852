"""What a function does to rows: a value for each, one for many, or several of one. A query's row class rests on it.

Read from the package's own lists and from the text of its macros, never from the catalog of the DuckDB that runs: what
a release adds there, or makes a macro where it was none, changes no model.
"""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Callable, Collection
from typing import Any

from ..engines import query_check
from ..engines.empty_instance import EMPTY_INSTANCE
from ..errors import ModelFileError
from ..query.gate import grammar, packs
from ..query.gate.identifiers import fold

__all__ = ["function_kinds", "macro_bodies"]

_MACRO = re.compile(r"CREATE MACRO \w+\s*\(([^)]*)\)\s+AS\s+(?!TABLE\b)(.*)", re.DOTALL | re.IGNORECASE)


#: The bodies of the package's own macros that were asked for, by their text; nobody writes to them.
_PARSED: dict[str, dict[str, Any]] = {}

Bodies = Callable[[str], tuple[list[str], dict[str, Any]] | None]


def function_kinds(bodies: Bodies, udfs: Collection[str]) -> Callable[[str], str]:
    """Tells a function's kind by its folded name: ``scalar``, ``aggregate``, ``rows`` or ``unknown``.

    Args:
        bodies: The macros a model uses, from :func:`macro_bodies`: one is what the functions in its body are.
        udfs: Names of its Python functions, which are scalar.
    """
    scalar = {fold(name) for name in udfs} | grammar.allowed("scalar") | grammar.allowed("operator")

    @functools.cache
    def kind(name: str) -> str:
        if (macro := bodies(name)) is not None:
            return _kind_of_body(macro[1], kind)
        if name in scalar:
            return "scalar"
        return next((known for known in ("aggregate", "rows") if name in grammar.allowed(known)), "unknown")

    return kind


def macro_bodies(compat: packs.Compat, cursor: Any = None) -> Bodies:
    """Gives the parameters and the parsed body of a macro that a model uses, by its folded name; None for others.

    Args:
        compat: The macros.
        cursor: Parses them while it is open; one of any instance, None for one made here.
    """
    texts = packs.statements(compat.pack, compat.version or 1, compat.macros) if compat.pack is not None else []
    macros = {fold(text.split("(", 1)[0].split()[-1]): text for text in texts}

    @functools.cache
    def body(name: str) -> tuple[list[str], dict[str, Any]] | None:
        if name not in macros:
            return None
        found = _MACRO.fullmatch(macros[name].strip())
        if found is None:
            raise ModelFileError(f"The macro {name!r} of this package cannot be read: install the package again.")
        text = f"SELECT {found[2]}"
        if text not in _PARSED:
            with contextlib.nullcontext(cursor) if cursor else contextlib.closing(EMPTY_INSTANCE.cursor()) as con:
                _PARSED[text] = query_check.parse_tree(con, text)["statements"][0]["node"]["select_list"][0]
        parameters = [part.split(":=")[0].strip() for part in found[1].split(",") if part.strip()]
        return parameters, _PARSED[text]

    return body


def _kind_of_body(body: dict[str, Any], kind: Callable[[str], str]) -> str:
    """The kind of a macro: that of the functions in its body."""
    found = set()
    stack: list[Any] = [body]
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
