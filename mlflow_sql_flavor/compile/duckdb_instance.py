"""Where a model's query runs: a DuckDB with its tables, its dialect's macros and settings, and its functions."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ..artifact.functions import Udf
from ..engines import sandbox
from ..engines.duckdb import Instance
from ..engines.limits import Limits
from ..engines.sandbox import TableSource
from ..query.gate import packs

__all__ = ["BindingInstance", "instance_for"]


def instance_for(
    columns: Mapping[str, list[str]],
    source: Callable[[str, list[str] | None], TableSource],
    compat: packs.Compat,
    udfs: Mapping[str, Udf],
    limits: Limits,
) -> Instance:
    """The DuckDB instance of a model: its tables, its dialect's macros and settings, its functions; then the lock."""
    return Instance(functools.partial(_open, columns, source, compat, udfs, limits))


def _open(
    columns: Mapping[str, list[str]],
    source: Callable[[str, list[str] | None], TableSource],
    compat: packs.Compat,
    udfs: Mapping[str, Udf],
    limits: Limits,
) -> Any:
    macros = _macros(compat)
    return sandbox.open_instance(
        limits=limits,
        settings=compat.settings,
        macros=macros,
        tables={name: source(name, used) for name, used in columns.items()},
        functions=[
            sandbox.Function(
                udf.name,
                udf.callable,
                list(udf.spec.parameters.values()),
                udf.spec.returns,
                {"type": "arrow" if udf.spec.vectorized else "native"}
                | ({"null_handling": "special"} if udf.spec.nulls else {}),
            )
            for udf in udfs.values()
        ],
    )


def _macros(compat: packs.Compat) -> list[str]:
    return packs.statements(compat.pack, compat.version or 1, compat.macros) if compat.pack else []


class BindingInstance(Instance):
    """Where a query is bound that has no tables and functions of its own.

    The DuckDB below is shared by all of the same settings and limits, and locked as a model's own is; the macros are
    temporary, so that each cursor has its own.
    """

    def __init__(self, compat: packs.Compat, limits: Limits) -> None:
        self._macros = [re.sub(r"\ACREATE\s+MACRO", "CREATE TEMP MACRO", text) for text in _macros(compat)]
        self._shared = _shared(tuple(sorted(compat.settings.items())), replace(limits, threads=1))
        super().__init__(self._shared.cursor)

    def cursor(self) -> Any:
        """A new cursor with the macros."""
        cursor = self._shared.cursor()
        for macro in self._macros:
            cursor.execute(macro)
        return cursor


@functools.lru_cache(8)
def _shared(settings: tuple[tuple[str, str | bool], ...], limits: Limits) -> Instance:
    return Instance(functools.partial(sandbox.open_instance, limits=limits, settings=dict(settings)))
