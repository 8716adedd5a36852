"""Rows that a project writes down, in seeds and unit tests, as tables of the types they have in the database."""

from __future__ import annotations

import contextlib
import csv
import datetime
import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...engines.sandbox import quote
from ...errors import InputError, did_you_mean
from ...frames import reading
from ...frames.columns import guess_array
from .types import ANY_DIGITS, duckdb_types

if TYPE_CHECKING:
    import pyarrow as pa

    from .project import Node, Project

__all__ = ["seed", "table_of"]


def table_of(rows: Sequence[Mapping[str, Any]], types: Mapping[str, str | None], what: str, *, whole: bool) -> pa.Table:
    """Rows of plain values as a table; a column that no row has is NULL.

    Args:
        rows: ``{column: value}`` each, columns in any case.
        types: ``{column: DuckDB type}``; None for that of the values.
        what: The rows, for messages.
        whole: Whether ``types`` names all columns that there are.

    Raises:
        InputError: A column that there is not, or a value that is not of its type.
    """
    import pyarrow as pa

    folded = {name.casefold(): name for name in types}
    names = dict.fromkeys(types)
    for row in rows:
        for key in row:
            name = folded.setdefault(key.casefold(), key)
            if whole and name not in types:
                raise InputError(f"{what} name a column {key!r} that there is not.{did_you_mean(key, list(types))}")
            names[name] = None
    values: dict[str, list[Any]] = {name: [None] * len(rows) for name in names}
    for number, row in enumerate(rows):
        for key, value in row.items():
            values[folded[key.casefold()]][number] = value
    arrays = {
        name: _typed(column, kind, what, name) if (kind := types.get(name)) else _untyped(column, name)
        for name, column in values.items()
    }
    return pa.table(arrays)


def _untyped(values: list[Any], name: str) -> Any:
    """Values whose type nobody tells: that of the values."""
    import pyarrow as pa

    known = {type(value) for value in values if value is not None}
    if {int, float} == known:
        values = [None if value is None else float(value) for value in values]
    if not known:
        return pa.array(values, pa.string())
    if known & {dict, list}:
        values = [value if value is None else json.dumps(value) for value in values]
    return guess_array(values, name)


def _typed(values: list[Any], kind: str, what: str, name: str) -> Any:
    """Values in an exact type, read from their text by DuckDB; no text but of text is NULL."""
    import duckdb
    import pyarrow as pa

    text = kind == "VARCHAR"
    kind = _digits(values) if kind == ANY_DIGITS else kind
    nested = any(isinstance(value, dict | list) for value in values)
    given = [None if value is None or (value == "" and not text) else _text(value, nested) for value in values]
    with duckdb.connect() as con:
        con.register("given", pa.table({"v": pa.array(given, pa.string())}))
        value = "CAST(v AS JSON)" if nested else "v"
        try:
            return con.sql(f"SELECT CAST({value} AS {kind}) AS {quote('v')} FROM given").to_arrow_table().column("v")
        except duckdb.Error:
            raise InputError(f"{what} have a value in column {name!r} that is no {kind}.") from None


def _digits(values: list[Any]) -> str:
    """The decimal that holds all values, or so many digits as there are of a number without an end."""
    scale = 0
    for value in values:
        with contextlib.suppress(InvalidOperation):
            exponent = Decimal(str(value)).normalize().as_tuple().exponent if value is not None else 0
            scale = max(scale, -exponent if isinstance(exponent, int) else 0)
    return f"DECIMAL(38,{min(scale, 18)})"


def _text(value: Any, nested: bool) -> str:
    if nested or isinstance(value, bool):
        return json.dumps(value)
    return value if isinstance(value, str) else str(value)


# seeds


def seed(project: Project, node: Node) -> pa.Table:
    """A seed's rows, typed as the catalog, the project's ``column_types``, or else dbt itself would.

    Raises:
        InputError: The file is not there, or a value is not of its type.
    """
    path = _file(project, node)
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter=node.config.get("delimiter") or ",")
        names = next(reader, [])
        lines = [line for line in reader if line]
    reading.refuse_twins(names)
    known = duckdb_types(project.columns(node), project.dialect)
    folded = {name.casefold(): kind for name, kind in known.items() if kind != ANY_DIGITS}
    columns = {name: [_filled(line[at]) if at < len(line) else None for line in lines] for at, name in enumerate(names)}
    types: dict[str, str | None] = {
        name: folded.get(name.casefold()) or _guessed(values, project.adapter) for name, values in columns.items()
    }
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return table_of(rows, types, f"The rows of seed {node.name!r}", whole=True)


def _file(project: Project, node: Node) -> Path:
    folders = [project.root, project.root / "dbt_packages" / node.package_name]
    folders = folders if node.package_name == project.name else folders[::-1]
    folders += [Path(node.root_path)] if node.root_path else []
    paths = [folder / node.original_file_path for folder in folders]
    found = next((path for path in paths if path.is_file()), None)
    if found is None:
        raise InputError(
            f"The seed {node.name!r} is not at {node.original_file_path} in the project: pass its rows by "
            f"tables={{{node.name!r}: ...}}."
        )
    return found


def _filled(text: str) -> str | None:
    """A cell; dbt reads an empty one, and the word null, as NULL in columns of any type."""
    return None if text.strip().lower() in ("", "null") else text


#: Adapters in which a column of whole numbers without a type of its own is BIGINT; INTEGER in the others.
_LONG = {"databricks", "spark", "bigquery", "snowflake"}
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def _guessed(values: Sequence[str | None], adapter: str) -> str:
    """The type that dbt gives a seed's column: number, date, moment, truth value, text, the first that all fit."""
    known = [value.strip() for value in values if value is not None]
    if all(_NUMBER.fullmatch(value) for value in known):
        return ("BIGINT" if adapter in _LONG else "INTEGER") if all(map(_is_whole, known)) else "DOUBLE"
    if all(_is_moment(value, "%Y-%m-%d") for value in known):
        return "DATE"
    if all(_is_moment(value, "%Y-%m-%d %H:%M:%S") for value in known) or all(map(_is_iso, known)):
        return "TIMESTAMP"
    return "BOOLEAN" if all(value.lower() in ("true", "false") for value in known) else "VARCHAR"


def _is_whole(text: str) -> bool:
    try:
        return Decimal(text) == int(Decimal(text))
    except (InvalidOperation, ValueError, OverflowError):
        return False


def _is_moment(text: str, form: str) -> bool:
    try:
        datetime.datetime.strptime(text, form)
    except ValueError:
        return False
    return True


def _is_iso(text: str) -> bool:
    try:
        datetime.datetime.fromisoformat(text)
    except ValueError:
        return False
    return "T" in text
