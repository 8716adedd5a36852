"""What a stored model claims of its query, checked again when it is loaded: anybody may have edited the file."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..engines import sandbox
from ..errors import ModelFileError
from ..frames.schema import to_arrow
from ..query.facts.rows import row_class
from ..query.gate import packs
from ..query.gate.identifiers import fold

if TYPE_CHECKING:
    from ..artifact.spec import CompatSpec, SqlSpec

__all__ = ["check_compat", "check_fields", "check_rows", "unlike"]


def check_compat(compat: CompatSpec) -> None:
    """Refuses names of packs, macros or settings that this package does not have, before anything is installed.

    Raises:
        ModelFileError: Names the first of them.
    """
    packs.check_settings(compat.settings)
    if compat.pack is not None:
        packs.statements(compat.pack, compat.version or 1, compat.macros)
    elif compat.macros or compat.version is not None:
        raise ModelFileError("MLmodel's compat names macros or a version without a pack: save the model again.")


def check_fields(spec: SqlSpec) -> None:
    """Refuses names and types that contradict each other.

    Raises:
        ModelFileError: Names the field.
        InputError: A name or a type that is none.
    """
    sandbox.quote(spec.input_table)
    for field, types in (("input_types", spec.input_types), ("param_types", spec.param_types)):
        _no_twins(field, list(types or {}))
        for name, kind in (types or {}).items():
            sandbox.quote(name)
            to_arrow(kind)
    if unknown := [name for name in spec.keys if name not in spec.tables]:
        raise ModelFileError(f"MLmodel's keys name {unknown[0][:80]!r}, which is no table of it: save the model again.")
    _no_twins("tables", [*spec.tables, *([spec.input_table] if spec.input_types is not None else [])])
    if spec.prediction_column is not None and spec.prediction_column not in spec.output_types:
        raise ModelFileError("MLmodel's prediction_column is not among its output_types: save the model again.")


def _no_twins(field: str, names: list[str]) -> None:
    if len({fold(name) for name in names}) != len(names):
        raise ModelFileError(f"MLmodel's {field} has one name twice (case does not count): save the model again.")


_CLASSES = ("table", "aligned", "independent")


def check_rows(spec: SqlSpec, tree: dict[str, Any], kind: Callable[[str], str]) -> bool:
    """Refuses a row class that the query has not: its rows would be cut into batches or handed a wrong index.

    Args:
        spec: What the model claims.
        tree: The query as DuckDB parses it.
        kind: A function's kind by its name.

    Returns:
        Whether DuckDB keeps the input's order by itself, so that no row number is needed.

    Raises:
        ModelFileError: The claim is not borne out.
    """
    if spec.rows == "table":
        return True
    claims = {
        fold(name): [{fold(c) for c in key} for key in (*t.unique, *spec.keys.get(name, []))]
        for name, t in spec.tables.items()
    }
    rows, plain = row_class(
        tree["statements"][0],
        spec.input_table,
        {name: list(table.columns) for name, table in spec.tables.items()},
        kind=kind,
        # Not looked up in the data: a repeated key shows when the query runs, by the row numbers.
        unique=lambda name, columns, loose: any(key <= set(map(fold, columns)) for key in claims.get(fold(name), [])),
        types={**{n: t.columns for n, t in spec.tables.items()}, spec.input_table: spec.input_types or {}},
    )
    if _CLASSES.index(rows) < _CLASSES.index(spec.rows):
        raise unlike(spec)
    return plain


def unlike(spec: SqlSpec) -> ModelFileError:
    """The query's rows are not what the model says of them."""
    return ModelFileError(
        f"MLmodel says that the query's rows are {spec.rows}, which its text does not bear out: save it again."
    )
