"""Keys of reference tables: columns that identify their rows, declared by the writer and checked on the data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import InputError, did_you_mean
from ..query.gate.identifiers import fold
from ..query.reading.qualified_names import known_name

if TYPE_CHECKING:
    from typing import TypeAlias

    from .tables import ReferenceTable

    #: A key of a table: its column, its columns, or several such where the table has several.
    Key: TypeAlias = str | Sequence[str] | Sequence[Sequence[str]]

__all__ = ["check_key", "covers", "read_keys"]


def read_keys(
    keys: Mapping[str, Key] | None, tables: Mapping[str, ReferenceTable], dialect: str
) -> dict[str, list[list[str]]]:
    """The writer's ``keys``, each held against its table.

    Args:
        keys: ``{table: columns of its key}``, or a list of keys where it has several.
        tables: The reference tables by name.
        dialect: In which a table's name may be spelled.

    Returns:
        ``{table: [columns of a key, …]}``, as the tables spell them.

    Raises:
        InputError: No such table or column, or the rows repeat values there, or miss some.
    """
    if keys is not None and not isinstance(keys, Mapping):
        raise InputError("keys is a dict: {'reference table': ['column', ...]}.")
    found: dict[str, list[list[str]]] = {}
    for label, given in (keys or {}).items():
        name = known_name(str(label), list(tables), dialect)
        if name is None:
            raise InputError(
                f"keys names the table {str(label)!r}, which is no reference table."
                f"{did_you_mean(str(label), list(tables))}"
            )
        several = not isinstance(given, str) and bool(given) and all(not isinstance(part, str) for part in given)
        for columns in given if several else [given]:
            own = _spelled(name, [columns] if isinstance(columns, str) else columns, tables[name].arrow_schema.names)
            check_key(name, tables[name], own)
            found.setdefault(name, []).append(own)
    return found


def _spelled(table: str, columns: Iterable[Any], known: Sequence[str]) -> list[str]:
    by_name = {fold(name): name for name in known}
    own = []
    for column in columns:
        if fold(str(column)) not in by_name:
            hint = did_you_mean(str(column), list(known))
            raise InputError(f"keys names the column {column!r}, which reference table {table!r} does not have.{hint}")
        own.append(by_name[fold(str(column))])
    if not own:
        raise InputError(f"keys names no column of reference table {table!r}: leave it out, or name its key.")
    return own


def check_key(name: str, table: ReferenceTable, columns: Sequence[str]) -> None:
    """Holds a key against a table's rows.

    Raises:
        InputError: Two rows have the same values there, or one has none.
    """
    if table.unique(columns) and not table.missing(columns):
        return
    raise InputError(
        f"{', '.join(columns)} is no key of reference table {name!r}: its rows repeat values there, or have none. "
        "Remove those rows, or leave the key out."
    )


def covers(keys: Mapping[str, Sequence[Sequence[str]]], name: str, columns: Iterable[str]) -> bool:
    """Whether columns hold a declared key of a table, so that no two of its rows share their values."""
    wanted = set(map(fold, columns))
    own = next((found for known, found in keys.items() if known.casefold() == name.casefold()), ())
    return any({fold(column) for column in key} <= wanted for key in own)
