"""Input larger than memory: readers, Parquet files and folders of them, opened part by part."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, SQLModelError

if TYPE_CHECKING:
    from typing import TypeAlias

    import pyarrow as pa
    import pyarrow.dataset as ds

    from .reading import Data

    #: What batches are read from: files by their path or URI, a dataset, or what a table may be given as.
    Batches: TypeAlias = str | os.PathLike[str] | ds.Dataset | Data

__all__ = ["Part", "Source", "open_source"]

#: Rows that Arrow decodes at a time: several to a batch of the query, so that DuckDB's threads share them.
_DECODED = 65_536


@dataclass(frozen=True)
class Part:
    """What is read, and scored, on its own: one file, or all there is.

    Attributes:
        name: Its path within the source, which is the name of its output; empty for what is no file.
        open: Its rows, cut to columns.
        rows: Number of rows, without reading them; None if that is not known.
        stamp: What tells this state of the file from another; None for what is no file.
    """

    name: str
    open: Callable[[Sequence[str]], Iterator[pa.RecordBatch]]
    rows: Callable[[], int | None]
    stamp: Callable[[], str | None]


@dataclass(frozen=True)
class Source:
    """What is to be scored.

    Attributes:
        schema: Its columns.
        parts: Its parts, in order.
        again: Whether it can be read more than once.
        path: Where it is, if that is a local path.
    """

    schema: pa.Schema
    parts: tuple[Part, ...]
    again: bool
    path: Path | None = None


def open_source(data: Any) -> Source:
    """Looks at the input of a batch prediction; reads no rows.

    Args:
        data: A path (or URI) of a Parquet file or of a folder of them, a ``pyarrow.dataset.Dataset``, a
            ``pyarrow.RecordBatchReader``, or any frame with Arrow's stream protocol (``__arrow_c_stream__``).

    Raises:
        InputError: It is nothing of these.
    """
    import pyarrow as pa
    import pyarrow.dataset as ds

    if isinstance(data, (str, os.PathLike)):
        return _from_path(os.fspath(data))
    if isinstance(data, ds.Dataset):
        return _from_dataset(data, None, None)
    if isinstance(data, pa.RecordBatchReader):
        return Source(data.schema, (Part("", lambda names: _pick(data, names), lambda: None, lambda: None),), False)
    if hasattr(data, "to_reader"):  # pyarrow's Table among others
        rows = data.num_rows if hasattr(data, "num_rows") else None
        part = Part("", lambda names: _pick(data.to_reader(), names), lambda: rows, lambda: None)
        return Source(data.to_reader().schema, (part,), True)
    if hasattr(data, "__arrow_c_stream__"):
        schema = pa.RecordBatchReader.from_stream(data).schema
        rows = len(data) if hasattr(data, "__len__") else None
        part = Part("", lambda names: _pick(pa.RecordBatchReader.from_stream(data), names), lambda: rows, lambda: None)
        return Source(schema, (part,), True)
    raise InputError(
        f"predict_batches cannot read data of type {type(data).__name__}: pass the path of a Parquet file or of a "
        "folder of them, a pyarrow Dataset, or a RecordBatchReader."
    )


def _pick(reader: pa.RecordBatchReader, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    try:
        for batch in reader:
            yield batch.select(list(names))
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"The input cannot be read: {(str(error).splitlines() or [''])[0]}") from None


def _from_path(path: str) -> Source:
    import pyarrow as pa
    import pyarrow.dataset as ds

    local = None if "://" in path else Path(path).absolute()
    if local is not None and not local.exists():
        raise InputError(f"There is no file or folder {local.name!r} at the path given.")
    try:
        found = ds.dataset(path if local is None else str(local), format="parquet", partitioning="hive")
    except (pa.ArrowException, OSError, ValueError) as error:
        first = (str(error).splitlines() or [""])[0]
        raise InputError(f"{posixpath.basename(path.rstrip('/'))!r} cannot be read as Parquet: {first}") from None
    if not isinstance(found, ds.FileSystemDataset) or not found.files:
        raise InputError(f"The folder {posixpath.basename(path.rstrip('/'))!r} holds no Parquet file.")
    folder = None if local is None or local.is_file() else local.as_posix()
    return _from_dataset(found, folder, local)


def _from_dataset(dataset: ds.Dataset, folder: str | None, path: Path | None) -> Source:
    fragments = list(dataset.get_fragments())
    paths = [getattr(fragment, "path", "") for fragment in fragments]
    if not all(paths):
        # Tables in memory, or datasets of datasets: no files to name the parts by.
        part = Part("", lambda names: _scan(dataset, names), dataset.count_rows, lambda: None)
        return Source(dataset.schema, (part,), True)
    if folder is None or any(not p.startswith(f"{folder}/") for p in paths):
        folder = posixpath.commonpath([posixpath.dirname(p) for p in paths])
    parts = []
    for fragment, file in sorted(zip(fragments, paths, strict=True), key=lambda pair: pair[1]):
        name = posixpath.relpath(file, folder)
        parts.append(Part(name, _opener(dataset, fragment, name), fragment.count_rows, _stamper(fragment)))
    return Source(dataset.schema, tuple(parts), True, path)


def _opener(dataset: ds.Dataset, fragment: Any, name: str) -> Callable[[Sequence[str]], Iterator[pa.RecordBatch]]:
    def open_(names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa
        import pyarrow.dataset as ds

        given = {*fragment.physical_schema.names, *ds.get_partition_keys(fragment.partition_expression)}
        for column in names:
            if column not in given:  # Arrow would fill it with NULLs
                raise InputError(f"The file {name!r} lacks column {column!r}, which other files of the input have.")
        try:
            yield from _scan(fragment, names, schema=dataset.schema)
        except SQLModelError:
            raise
        except (pa.ArrowException, OSError) as error:
            first = (str(error).splitlines() or [""])[0]
            raise InputError(f"The file {name!r} cannot be read: {first}") from None

    return open_


def _scan(source: Any, names: Sequence[str], **options: Any) -> Iterator[pa.RecordBatch]:
    import pyarrow.dataset as ds

    # Without a cache of what was read, and little read ahead: or memory grows with the file.
    scan = ds.ParquetFragmentScanOptions(pre_buffer=False, use_buffered_stream=True)
    scanner = source.scanner(
        columns=list(names), batch_size=_DECODED, batch_readahead=4, fragment_readahead=1,
        fragment_scan_options=scan, cache_metadata=False, **options,
    )  # fmt: skip
    yield from scanner.to_batches()


def _stamper(fragment: Any) -> Callable[[], str]:
    def stamp() -> str:
        info = fragment.filesystem.get_file_info(fragment.path)
        return f"{info.size}-{info.mtime_ns}"

    return stamp
