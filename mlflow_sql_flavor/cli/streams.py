"""Text files of rows read piece by piece, by a model's types: for files larger than memory."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..frames import reading
from . import files

if TYPE_CHECKING:
    import pyarrow as pa

#: Lines of JSON read at a time.
_LINES = 50_000


class Text:
    """A file of text, opened anew each time it is read.

    Args:
        path: A .csv, .json or .jsonl file.
        types: ``{column: DuckDB type}`` of the model's input; other columns are left out.
    """

    def __init__(self, path: Path, types: Mapping[str, str]) -> None:
        self._path, self._types = path, types

    def to_reader(self) -> pa.RecordBatchReader:
        """The file from its beginning; reading it raises InputError at a value that is not of its column's type."""
        import pyarrow as pa

        with files.readable(self._path):
            reader = self._open()
        return pa.RecordBatchReader.from_batches(reader.schema, self._batches(reader))

    def _open(self) -> Any:
        kind = self._path.suffix.lower()
        if kind == ".json":
            return files.read(self._path, self._types).to_reader()
        return _open_csv(self._path, self._types) if kind == ".csv" else _open_lines(self._path, self._types)

    def _batches(self, reader: Any) -> Iterator[pa.RecordBatch]:
        with files.readable(self._path):
            yield from reader


def _open_csv(path: Path, types: Mapping[str, str]) -> Any:
    from pyarrow import csv

    wanted = files.wanted(files.csv_names(path), types)
    return csv.open_csv(path, **files.csv_options(wanted, list(wanted)))


def _open_lines(path: Path, types: Mapping[str, str]) -> pa.RecordBatchReader:
    import pyarrow as pa

    chunks = _chunks(path)
    first = next(chunks, [])
    wanted = files.wanted(list(dict.fromkeys(name for row in first for name in row)) or list(types), types)
    schema = pa.schema(list(wanted.items()))

    def batches() -> Iterator[pa.RecordBatch]:
        for rows in itertools.chain([first] if first else [], chunks):
            columns = {name: files.column(name, [row.get(name) for row in rows], kind) for name, kind in wanted.items()}
            yield from reading.read(pa.table(columns), schema).table.to_batches()

    return pa.RecordBatchReader.from_batches(schema, batches())


def _chunks(path: Path) -> Iterator[list[dict[str, Any]]]:
    with path.open(encoding="utf-8-sig") as lines:
        filled = (line for line in enumerate(lines, 1) if line[1].strip())
        while chunk := [files.json_line(*line) for line in itertools.islice(filled, _LINES)]:
            if not all(isinstance(row, dict) for row in chunk):
                raise ValueError("a line is no JSON object.")
            yield chunk
