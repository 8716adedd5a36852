"""Text files of rows read piece by piece, by a model's types: for files larger than memory."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

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
        progress: Told after each piece how much of the file was read, of 1.
    """

    def __init__(
        self, path: Path, types: Mapping[str, str], progress: Callable[[float], None] = lambda read: None
    ) -> None:
        self._path, self._types, self._progress = path, types, progress
        self._size = max(path.stat().st_size, 1)

    def to_reader(self) -> pa.RecordBatchReader:
        """The file from its beginning; reading it raises InputError at a value that is not of its column's type."""
        import pyarrow as pa

        with files.readable(self._path):
            reader, read = self._open()
        return pa.RecordBatchReader.from_batches(reader.schema, self._batches(reader, read))

    def _open(self) -> tuple[Any, Callable[[], int]]:
        """The batches, and what tells how many bytes were read for them."""
        kind = self._path.suffix.lower()
        if kind == ".json":
            return files.read(self._path, self._types).to_reader(), lambda: self._size
        return _open_csv(self._path, self._types) if kind == ".csv" else _open_lines(self._path, self._types)

    def _batches(self, reader: Any, read: Callable[[], int]) -> Iterator[pa.RecordBatch]:
        with files.readable(self._path):
            for batch in reader:
                self._progress(read() / self._size)
                yield batch


def _open_csv(path: Path, types: Mapping[str, str]) -> tuple[Any, Callable[[], int]]:
    import pyarrow as pa
    from pyarrow import csv

    wanted = files.wanted(files.csv_names(path), types)
    file = pa.OSFile(str(path))
    return csv.open_csv(file, **files.csv_options(wanted, list(wanted))), file.tell


def _open_lines(path: Path, types: Mapping[str, str]) -> tuple[pa.RecordBatchReader, Callable[[], int]]:
    import pyarrow as pa

    lines: TextIO = path.open(encoding="utf-8-sig")
    chunks = _chunks(lines)
    first = next(chunks, [])
    wanted = files.wanted(list(dict.fromkeys(name for row in first for name in row)) or list(types), types)
    schema = pa.schema(list(wanted.items()))

    def batches() -> Iterator[pa.RecordBatch]:
        for rows in itertools.chain([first] if first else [], chunks):
            columns = {name: files.column(name, [row.get(name) for row in rows], kind) for name, kind in wanted.items()}
            yield from reading.read(pa.table(columns), schema).table.to_batches()

    return pa.RecordBatchReader.from_batches(schema, batches()), lambda: 0 if lines.closed else lines.buffer.tell()


def _chunks(lines: TextIO) -> Iterator[list[dict[str, Any]]]:
    with lines:
        filled = (line for line in enumerate(lines, 1) if line[1].strip())
        while chunk := [files.json_line(*line) for line in itertools.islice(filled, _LINES)]:
            if not all(isinstance(row, dict) for row in chunk):
                raise ValueError("a line is no JSON object.")
            yield chunk
