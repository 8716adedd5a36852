"""Of what kind a function of DuckDB's is: scalar, aggregate, table; what a query does to its rows depends on it."""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from ..engines import sandbox
from ..engines.scratch import SCRATCH
from ..errors import SQLModelError
from ..query.gate import grammar, packs
from ..query.gate.policy import fold

if TYPE_CHECKING:
    from ..artifact.spec import SqlSpec
    from ..engines.duckdb import Instance

__all__ = ["function_kinds", "stored_kinds"]


@functools.lru_cache(maxsize=1)
def _builtin_kinds() -> dict[str, str]:
    rows = SCRATCH.cursor().execute("SELECT DISTINCT function_name, function_type FROM duckdb_functions()").fetchall()
    return _fold_kinds(rows)


def _fold_kinds(rows: list[tuple[str, str]]) -> dict[str, str]:
    kinds: dict[str, str] = {}
    for name, kind in rows:
        if kinds.get(name.casefold()) != "aggregate":
            kinds[name.casefold()] = kind
    return kinds


#: What DuckDB's parser makes functions of, that its catalog does not list.
_SPECIAL = {"coalesce", "nullif", "ifnull", "if", "row", "struct_pack", "list_value", "map", "array_value", "try"}


def function_kinds(instance: Instance, udfs: Collection[str]) -> Callable[[str], str]:
    """Tells a function's kind by name; a macro is what the functions in its body are."""
    scalar = {name.casefold() for name in udfs} | _SPECIAL

    @functools.cache
    def macros() -> dict[str, str]:  # listing them takes as long as all the rest: only for a query that calls functions
        with contextlib.closing(instance.cursor()) as cursor:
            rows = cursor.execute(
                "SELECT function_name, any_value(macro_definition) FROM duckdb_functions() "
                "WHERE function_type = 'macro' GROUP BY ALL"
            ).fetchall()
        return {name.casefold(): text for name, text in rows}

    @functools.lru_cache(maxsize=1000)
    def kind(name: str) -> str:
        if name in scalar:
            return "scalar"
        if name in macros():
            with contextlib.closing(instance.cursor()) as cursor:
                return _kind_of_body(cursor, macros()[name], kind)
        return _builtin_kinds().get(name, "unknown")

    return kind


def _kind_of_body(cursor: Any, text: str, kind: Callable[[str], str]) -> str:
    """The kind of a macro: that of the functions in its body."""
    try:
        tree = sandbox.parse_tree(cursor, f"SELECT {text}")
    except SQLModelError:
        return "unknown"
    found = set()
    stack: list[Any] = [tree]
    while stack:
        part = stack.pop()
        if isinstance(part, dict):
            if part.get("class") == "FUNCTION" and part.get("function_name", "").casefold() not in ("", "error"):
                found.add(kind(part["function_name"].casefold()))
            elif part.get("class") == "WINDOW":
                found.add("unknown")
            stack.extend(part.values())
        elif isinstance(part, list):
            stack.extend(part)
    return next((k for k in ("unknown", "table", "aggregate") if k in found), "scalar")


_BODY = re.compile(r"CREATE MACRO \w+\s*\([^)]*\)\s+AS\s+(?!TABLE\b)(.*)", re.DOTALL | re.IGNORECASE)


def stored_kinds(cursor: Any, spec: SqlSpec, instance: Instance) -> Callable[[str], str]:
    """As :func:`function_kinds`, without listing DuckDB's functions where the package's own lists say it."""
    scalar = {fold(name) for name in (spec.udfs.functions if spec.udfs else ())} | _SPECIAL
    compat = spec.compat
    macros: dict[str, str] = {}
    if compat.pack is not None:
        for text in packs.statements(compat.pack, compat.version or 1, compat.macros):
            macros[fold(text.split("(", 1)[0].split()[-1])] = text

    @functools.cache
    def listed() -> Callable[[str], str]:
        return function_kinds(instance, ())

    @functools.lru_cache(maxsize=1000)
    def kind(name: str) -> str:
        if name in scalar:
            return "scalar"
        if name in macros:
            body = _BODY.fullmatch(macros[name].strip())
            try:
                return _kind_of_body(cursor, body[1], kind) if body else listed()(name)
            except SQLModelError:
                return "unknown"
        if name in grammar.allowed("aggregate"):
            return "aggregate"
        if name in grammar.allowed("scalar") or name in grammar.allowed("operator"):
            return "scalar"
        return listed()(name)

    return kind
