"""Reference tables: read from what the user has, stored as Parquet in the model, checked when they come back."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..engines.duckdb import Instance
from ..engines.sandbox import TableSource, quote
from ..errors import InputError, ModelFileError, SQLModelError, did_you_mean
from ..frames import reading, schema
from ..query.gate.identifiers import fold
from .bounded_files import checksum, open_file

if TYPE_CHECKING:
    import pyarrow as pa

    from .spec import TableSpec

__all__ = ["ReferenceTable", "open_table", "read_tables", "sha256_of", "source_of", "stored_table"]

#: The most columns a reference table may have.
MAX_COLUMNS = 10_000

#: The largest summary of a Parquet file that is read, and so many bytes that a file may have beside what it names.
_LARGEST_SUMMARY, _NOT_NAMED = 2**26, 2**26


class ReferenceTable:
    """A reference table: an Arrow table, or a Parquet file that is read only when it is needed.

    Args:
        name: The name the query reads it by.
        data: The table or the file.
        cast: ``{column: DuckDB type}`` the columns must have; None takes them as they are.
    """

    def __init__(self, name: str, data: pa.Table | Path, cast: Mapping[str, str] | None = None) -> None:
        self.name = name
        self.data = data
        self.cast = cast

    @property
    def arrow_schema(self) -> pa.Schema:
        """Columns and types, without reading the rows."""
        if isinstance(self.data, Path):
            import pyarrow.parquet as pq

            return pq.read_schema(self.data)
        return self.data.schema

    @property
    def types(self) -> dict[str, str]:
        """``{column: DuckDB type}``."""
        types = {}
        for field in self.arrow_schema:
            try:
                types[field.name] = schema.from_arrow(field.type)
            except SQLModelError as error:
                raise InputError(f"Reference table {self.name!r}, column {field.name!r}: {error.message}") from None
        return types

    @property
    def required(self) -> frozenset[str]:
        """The columns whose type is said to have no NULL: Arrow's ``nullable=False``, Parquet's ``REQUIRED``."""
        return frozenset(field.name for field in self.arrow_schema if not field.nullable)

    @property
    def rows(self) -> int:
        """Number of rows."""
        if isinstance(self.data, Path):
            import pyarrow.parquet as pq

            return pq.read_metadata(self.data).num_rows
        return self.data.num_rows

    def source(self, columns: list[str] | None) -> TableSource:
        """The data cut to columns, as the sandbox loads it."""
        if self.cast is None:
            return TableSource(self.data, columns)
        import pyarrow.parquet as pq

        wanted = {name: kind for name, kind in self.cast.items() if columns is None or name in columns}
        table = pq.read_table(self.data, columns=list(wanted)) if isinstance(self.data, Path) else self.data
        return TableSource(reading.read(table, schema.arrow_schema(wanted)).table, list(wanted))

    def unique(self, columns: Sequence[str], loose: Collection[str] = ()) -> bool:
        """Whether no two rows are equal, as DuckDB compares, in all of ``columns``.

        Rows with a NULL there match nothing and do not count.

        Args:
            columns: The columns, in any case.
            loose: Those of them that may be compared as another type: ``'1'`` and ``'01'`` are equal as numbers.
        """
        import duckdb

        folded = {fold(name): name for name in self.arrow_schema.names}
        if not columns or any(fold(c) not in folded for c in columns):
            return False
        with contextlib.closing(_UNLOCKED.cursor()) as con:
            data: Any = con.read_parquet(str(self.data)) if isinstance(self.data, Path) else con.from_arrow(self.data)
            kinds = dict(zip(data.columns, map(str, data.types), strict=True))
            keys = {c: quote(folded[fold(c)]) for c in columns}
            tries = [[*keys.values()]]
            for column in loose:
                kind = kinds[folded[fold(column)]].partition("(")[0]
                for other in _ALSO_COMPARED_AS.get(kind, ()):
                    tries.append([f"TRY_CAST({k} AS {other})" if c == column else k for c, k in keys.items()])
            try:
                return not any(data.query("data", _REPEATED.format(*_conditions(found))).fetchall() for found in tries)
            except duckdb.Error:
                return False  # a type whose values are not compared

    def missing(self, columns: Sequence[str]) -> bool:
        """Whether a row has NULL in one of the columns, given in any case."""
        folded = {fold(name): name for name in self.arrow_schema.names}
        nulls = " OR ".join(f"{quote(folded[fold(column)])} IS NULL" for column in columns)
        with contextlib.closing(_UNLOCKED.cursor()) as con:
            data: Any = con.read_parquet(str(self.data)) if isinstance(self.data, Path) else con.from_arrow(self.data)
            return bool(data.query("data", f"SELECT 1 FROM data WHERE {nulls} LIMIT 1").fetchall())


def _connect() -> Any:
    import duckdb

    return duckdb.connect()


#: For checks of the user's own data while a model is made. Kept open: opening takes longer than most of them.
_UNLOCKED = Instance(_connect)

_REPEATED = "SELECT 1 FROM data WHERE {} GROUP BY {} HAVING count(*) > 1 LIMIT 1"


def _conditions(keys: list[str]) -> tuple[str, str]:
    return " AND ".join(f"{key} IS NOT NULL" for key in keys), ", ".join(keys)


#: What values of a type become where the other side of a comparison is of another type.
_ALSO_COMPARED_AS = {
    "VARCHAR": ("DOUBLE", "TIMESTAMP", "TIME", "BOOLEAN", "UUID", "INTERVAL"),
    **dict.fromkeys(("BIGINT", "UBIGINT", "HUGEINT", "DECIMAL"), ("DOUBLE",)),
    "INTEGER": ("FLOAT",),
}


def read_tables(tables: Mapping[str, Any] | None) -> dict[str, ReferenceTable]:
    """The user's ``tables``: pandas, polars or Arrow tables, or paths of .parquet or .csv files.

    Raises:
        InputError: Not such data, or a name that cannot be a table's.
    """
    if tables is not None and not isinstance(tables, Mapping):
        raise InputError("tables is a dict: {'name in the query': DataFrame, Arrow table or path of .parquet or .csv}.")
    found: dict[str, ReferenceTable] = {}
    for name, data in (tables or {}).items():
        quote(name)
        if name.casefold() in (known.casefold() for known in found):
            raise InputError(f"Two reference tables are named {name!r} to SQL, where case does not count: rename one.")
        found[name] = open_table(name, data)
    return found


def open_table(name: str, data: Any, cast: Mapping[str, str] | None = None) -> ReferenceTable:
    """One reference table.

    Args:
        name: Its name in the query.
        data: A frame, or the path of a .parquet or .csv file.
        cast: Columns and types it must have, for data that takes the place of a model's own table.

    Raises:
        InputError: The data cannot be read, or lacks a column.
    """
    if isinstance(data, (str, os.PathLike)):
        found: pa.Table | Path = _open_file(name, Path(data))
    else:
        try:
            found = _as_said(reading.read(data).table, data)
        except SQLModelError as error:
            raise InputError(f"Reference table {name!r}: {error.message}") from None
    table = ReferenceTable(name, found, cast)
    columns = table.arrow_schema.names
    if not columns:
        raise InputError(f"Reference table {name!r} has no columns.")
    if len(columns) > MAX_COLUMNS:
        raise InputError(f"Reference table {name!r} has {len(columns):,} columns; at most {MAX_COLUMNS:,}.")
    reading.refuse_twins(columns)
    for column in cast or ():
        if column not in columns:
            raise InputError(
                f"The data given for reference table {name!r} lacks column {column!r}, which the query reads."
                f"{did_you_mean(column, columns)}"
            )
    return table


def _as_said(table: pa.Table, data: Any) -> pa.Table:
    """The table with what an Arrow schema says of its columns: those of which it says that they have no NULL."""
    import pyarrow as pa

    said = data.schema if isinstance(data, pa.Table) else None
    if said is None or said.names != table.schema.names or all(field.nullable for field in said):
        return table
    fields = [own.with_nullable(given.nullable) for own, given in zip(table.schema, said, strict=True)]
    return pa.Table.from_arrays(table.columns, schema=pa.schema(fields))


def _open_file(name: str, path: Path) -> pa.Table | Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.is_file():
        raise InputError(f"Reference table {name!r}: there is no file {path.name!r} at the path given.")
    if path.suffix.lower() in (".parquet", ".pq"):
        try:
            pq.read_schema(path)
        except (pa.ArrowInvalid, OSError):
            raise InputError(f"Reference table {name!r}: {path.name!r} is not a Parquet file.") from None
        return path
    if path.suffix.lower() in (".csv", ".tsv"):
        import duckdb

        with duckdb.connect() as con:
            try:
                return con.read_csv(str(path)).to_arrow_table()
            except duckdb.Error:
                raise InputError(f"Reference table {name!r}: {path.name!r} cannot be read as CSV.") from None
    raise InputError(f"Reference table {name!r}: {path.name!r} is neither a .parquet nor a .csv file.")


def source_of(tables: Mapping[str, ReferenceTable], name: str, columns: list[str] | None) -> TableSource:
    """What DuckDB makes one of the tables from, cut to ``columns``."""
    return tables[name].source(columns)


def sha256_of(path: Path) -> str:
    """The file's checksum, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def store(table: ReferenceTable, folder: Path, columns: list[str], unique: list[list[str]]) -> TableSpec:
    """Writes a table into a model's folder as Parquet; a Parquet file is copied as it is, not held in memory."""
    import pyarrow.parquet as pq

    directory = folder / "tables"
    directory.mkdir(exist_ok=True)
    stem = re.sub(r"[^\w-]", "_", table.name, flags=re.ASCII)[:80] or "table"
    path = directory / f"{stem}.parquet"
    number = 1
    while path.exists():
        number += 1
        path = directory / f"{stem}_{number}.parquet"
    if isinstance(table.data, Path):
        shutil.copyfile(table.data, path)
    else:
        pq.write_table(table.data, path, compression="zstd")
    types = table.types
    from .spec import TableSpec

    return TableSpec(
        path=f"tables/{path.name}",
        rows=table.rows,
        sha256=sha256_of(path),
        columns={name: types[name] for name in columns},
        unique=unique,
    )


def stored_table(name: str, spec: TableSpec, folder: Path, *, content: bool = True) -> ReferenceTable:
    """A table of a model, checked against what MLmodel says of it.

    Args:
        name: Its name in the query.
        spec: What MLmodel says.
        folder: The model.
        content: Whether its checksum is compared.

    Raises:
        ModelFileError: It is missing, lies outside of the model, or is not the file that was saved.
    """
    try:
        _check_extent(folder, spec.path)
        same = not content or checksum(folder, spec.path) == spec.sha256
    except ModelFileError as error:
        raise ModelFileError(f"The model's reference table {name!r}: {error.message}") from None
    if not same:
        raise ModelFileError(
            f"The model's reference table {name!r} ({spec.path}) is not the one that was saved: its checksum differs. "
            "To use newer data, load with model_config={'tables': {...}}."
        )
    return ReferenceTable(name, folder / spec.path)


def _check_extent(folder: Path, path: str) -> None:
    """Refuses a file that has a summary too large to be read, or gigabytes that its summary does not name."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with open_file(folder, path) as file:
        size = os.fstat(file.fileno()).st_size
        if size < 12:
            return  # told by whoever reads it
        file.seek(-8, os.SEEK_END)
        summary = int.from_bytes(file.read(4), "little")
        if file.read(4) == b"PAR1" and summary > _LARGEST_SUMMARY:
            raise ModelFileError(f"The summary of its file is {summary:,} bytes; at most {_LARGEST_SUMMARY:,}.")
        if size <= _NOT_NAMED:
            return
        try:
            meta = pq.read_metadata(file)
            groups = [meta.row_group(at) for at in range(meta.num_row_groups)]
            named = sum(group.column(at).total_compressed_size for group in groups for at in range(meta.num_columns))
        except (pa.ArrowException, OSError, MemoryError, UnicodeDecodeError) as error:
            raise ModelFileError(f"Its file is not readable as Parquet ({type(error).__name__}).") from None
        if size > 2 * named + _NOT_NAMED:
            raise ModelFileError(f"Its file has {size:,} bytes, and names {max(named, 0):,} of them as rows.")
