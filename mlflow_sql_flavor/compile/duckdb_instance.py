"""Where a model's query runs: a DuckDB with its tables, its dialect's macros and settings, and its functions."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from ..artifact.functions import Udf
from ..artifact.spec import CompatSpec
from ..engines import sandbox
from ..engines.duckdb import Instance
from ..engines.sandbox import Limits, TableSource
from ..query.gate import packs

__all__ = ["instance_for"]


def instance_for(
    columns: Mapping[str, list[str]],
    source: Callable[[str, list[str] | None], TableSource],
    compat: CompatSpec,
    udfs: Mapping[str, Udf],
    limits: Limits,
) -> Instance:
    """The DuckDB instance of a model: its tables, its dialect's macros and settings, its functions; then the lock."""
    return Instance(functools.partial(_open, columns, source, compat, udfs, limits))


def _open(
    columns: Mapping[str, list[str]],
    source: Callable[[str, list[str] | None], TableSource],
    compat: CompatSpec,
    udfs: Mapping[str, Udf],
    limits: Limits,
) -> Any:
    macros = packs.statements(compat.pack, compat.version or 1, compat.macros) if compat.pack else []
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
