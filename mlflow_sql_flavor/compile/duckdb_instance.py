"""Where a model's query runs: a DuckDB with its tables, its dialect's macros and settings, and its functions."""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Callable, Mapping
from typing import Any

from ..artifact.functions import Udf
from ..engines import sandbox
from ..engines.duckdb import Instance
from ..engines.limits import Limits
from ..engines.sandbox import TableSource
from ..query.gate import packs

__all__ = ["instances_for"]

#: Tables of so many rows DuckDB reads in one thread anyway: a row group.
_ONE_THREAD = 122_880


def instances_for(
    columns: Mapping[str, list[str]],
    source: Callable[[str, list[str] | None], TableSource],
    compat: packs.Compat,
    udfs: Mapping[str, Udf],
    limits: Limits,
    rows: int,
    *,
    stored: bool = False,
) -> tuple[Instance, Instance]:
    """The locked DuckDB of a model, with its tables, macros, settings and functions; and that for few rows.

    Args:
        columns: ``{reference table: its columns the query uses}``.
        source: Gives a reference table's data, cut to columns.
        compat: The macros and settings.
        udfs: The Python functions.
        limits: What its queries may take.
        rows: Rows of the reference tables: where they are many, they are not held twice.
        stored: Whether the model is a stored one.
    """
    opened = functools.partial(_open, columns, source, compat, udfs, limits, stored)
    whole = Instance(opened)
    if not columns and not udfs:
        return whole, _SharedInstance(compat, limits)
    return whole, whole if rows > _ONE_THREAD else Instance(functools.partial(opened, few_rows=True))


def _open(
    columns: Mapping[str, list[str]],
    source: Callable[[str, list[str] | None], TableSource],
    compat: packs.Compat,
    udfs: Mapping[str, Udf],
    limits: Limits,
    stored: bool,
    few_rows: bool = False,
) -> Any:
    macros = _macros(compat)
    return sandbox.open_instance(
        limits=limits,
        few_rows=few_rows,
        stored=stored,
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


class _SharedInstance(Instance):
    """Where a query is bound, and runs on few rows, that has no tables and functions of its own.

    The DuckDB below is shared by all of the same settings and limits, and locked as a model's own is; the macros are
    temporary, so that each cursor has its own.
    """

    def __init__(self, compat: packs.Compat, limits: Limits) -> None:
        self._macros = [re.sub(r"\ACREATE\s+MACRO", "CREATE TEMP MACRO", text) for text in _macros(compat)]
        self._shared = _shared(tuple(sorted(compat.settings.items())), limits)
        self._state = (compat, limits)
        super().__init__(self._shared.cursor)

    def cursor(self) -> Any:
        """A new cursor with the macros."""
        cursor = self._shared.cursor()
        for macro in self._parsed:
            cursor.execute(macro)
        return cursor

    @functools.cached_property
    def _parsed(self) -> list[Any]:
        """The macros as statements: parsing one takes as long as making it."""
        with contextlib.closing(self._shared.cursor()) as cursor:
            return [statement for macro in self._macros for statement in cursor.extract_statements(macro)]

    def __reduce__(self) -> Any:
        return _SharedInstance, self._state


@functools.lru_cache(8)
def _shared(settings: tuple[tuple[str, str | bool], ...], limits: Limits) -> Instance:
    return Instance(functools.partial(sandbox.open_instance, limits=limits, settings=dict(settings), few_rows=True))
