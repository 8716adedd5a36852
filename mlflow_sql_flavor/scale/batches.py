"""Scoring of data larger than memory: batches in, batches out, to a reader or to Parquet files that are whole."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..artifact.atomic_folder import partial_name, remove_left
from ..artifact.tables import sha256_of
from ..engines.stream import once, stream
from ..engines.worker import ProcessRunner
from ..errors import InputError
from ..frames import reading
from ..frames.sources import Part, Source
from ..query.gate import packs
from ..version import __version__

if TYPE_CHECKING:
    import pyarrow as pa

    from ..compile.bound_query import Bound
    from ..compile.model_definition import Definition

__all__ = ["BATCH_ROWS", "Written", "predict_batches", "replacing"]

#: Rows given to the query at a time.
BATCH_ROWS = 500_000

#: Of an output file's Parquet metadata: what it was made of.
_MADE_OF = b"mlflow_sql_flavor.made_of"


@dataclass(frozen=True)
class Written:
    """What a batch prediction wrote.

    Attributes:
        rows: Rows of the output, those of skipped files included.
        files: Files written.
        skipped: Files that an earlier run had finished.
    """

    rows: int
    files: int
    skipped: int = 0


def predict_batches(
    model: Definition,
    bound: Bound,
    source: Source | None,
    params: Mapping[str, Any] | None = None,
    *,
    output: str | os.PathLike[str] | None = None,
    batch_rows: int = BATCH_ROWS,
    resume: bool = False,
) -> pa.RecordBatchReader | Written:
    """What :meth:`SQLModel.predict_batches` does, with a query compiled for the columns of its source."""
    if not isinstance(batch_rows, int) or isinstance(batch_rows, bool) or batch_rows < 1:
        raise InputError(f"batch_rows is a whole number of rows from 1, not {batch_rows!r}.")
    scoring = _Scoring(model, bound, source, params, batch_rows)
    if output is None:
        if resume:
            raise InputError("resume goes with an output folder: pass output=...")
        return scoring.reader(scoring.parts)
    if "://" in str(output):
        raise InputError(
            f"The output {str(output)!r} is no path of this machine: name a file or folder here, and copy it."
        )
    target = Path(output)
    _check_apart(target, source)
    if target.suffix.lower() == ".parquet":
        if resume:
            raise InputError("resume goes with an output folder, which has one file for each of the input's.")
        with _bar(scoring.total(scoring.parts)) as scoring.progress:
            return Written(_write(scoring.reader(scoring.parts), target, None), 1)
    return _write_folder(scoring, target, resume)


class _Scoring:
    """One model on one source."""

    def __init__(
        self,
        model: Definition,
        bound: Bound,
        source: Source | None,
        params: Mapping[str, Any] | None,
        batch_rows: int,
    ) -> None:
        self._model, self._bound = model, bound
        self._values = bound.parameters.values(params)
        self._rows = batch_rows
        self._reads = self._bound.program.input_schema is not None
        self._again = source is not None and source.again
        self.parts = source.parts if source is not None and self._reads else ()
        self._names: list[str] = []
        if source is not None and self._bound.program.input_schema is not None:
            self._names = reading.match(self._bound.program.input_schema.names, source.schema.names)
        self.progress: Callable[[int], None] = lambda rows: None

    @property
    def independent(self) -> bool:
        """Whether each part may be scored on its own."""
        return self._bound.program.rows == "independent"

    def total(self, parts: tuple[Part, ...]) -> int | None:
        """Rows to read, if that is known and somebody looks."""
        if not parts or not _watched():
            return None
        counts = [part.rows() for part in parts]
        return None if None in counts else sum(count or 0 for count in counts)

    def reader(self, parts: tuple[Part, ...]) -> pa.RecordBatchReader:
        """The result for some parts of the input."""
        import pyarrow as pa

        bound = self._bound
        runner, projection = bound.runner, bound.columns.arrow_projection
        if self.independent:
            assert bound.program.input_schema is not None
            schema = runner.arrow(bound.program.input_schema.empty_table(), self._values, projection).schema
            results = (runner.arrow(table, self._values, projection) for table in self._tables(parts))
            return pa.RecordBatchReader.from_batches(schema, (b for table in results for b in table.to_batches()))
        if isinstance(runner, ProcessRunner):  # a worker takes its input in one piece
            tables = list(self._tables(parts))
            schema = bound.program.input_schema
            whole = pa.concat_tables([schema.empty_table(), *tables]) if schema is not None else None
            return runner.arrow(whole, self._values, projection).to_reader()
        open_ = (lambda: self._tables(parts)) if self._again else once(self._tables(parts))
        instance, limits = bound.compiled.instance, self._model.limits
        return stream(instance, bound.program, limits, open_, self._values, projection, self._rows)

    def _tables(self, parts: tuple[Part, ...]) -> Iterator[pa.Table]:
        for part in parts:
            for table in _grouped(part.open(self._names), self._rows):
                found = reading.read(table, self._bound.program.input_schema).table
                yield found
                self.progress(table.num_rows)

    def fingerprint(self) -> str:
        """Of all that decides the rows of a file, beside the file."""
        import cloudpickle
        import duckdb

        program, compiled = self._bound.program, self._bound.compiled
        compat = compiled.compat
        macros = packs.statements(compat.pack, compat.version or 1, compat.macros) if compat.pack else []
        decides = {
            "query": [program.sql, program.input_table, program.rows, program.id_position],
            "input": None if program.input_schema is None else program.input_schema.to_string(),
            "output": list(program.output_types.items()),
            "parameters": repr(sorted(self._values.items())),
            "types of parameters": sorted(compiled.param_types.items()),
            "compat": asdict(compat),
            "macros": macros,
            "tables": [
                [name, _hash(table.data), list(table.types.items()), list((table.cast or {}).items())]
                for name, table in sorted(self._model.tables.items())
            ],
            "functions": [[name, udf.spec.model_dump()] for name, udf in sorted(self._model.udfs.items())],
            "versions": [__version__, duckdb.__version__],
        }
        found = hashlib.sha256(json.dumps(decides, sort_keys=True).encode())
        for _, udf in sorted(self._model.udfs.items()):
            found.update(cloudpickle.dumps(udf.function))
        return found.hexdigest()


def _hash(data: pa.Table | Path) -> str:
    if isinstance(data, Path):
        return sha256_of(data)
    found = hashlib.sha256(data.schema.serialize())
    for batch in data.to_batches():
        found.update(batch.serialize())
    return found.hexdigest()


def _grouped(batches: Iterator[pa.RecordBatch], rows: int) -> Iterator[pa.Table]:
    """Batches of any size as tables of about ``rows`` rows; of several chunks, for DuckDB's threads to share."""
    import pyarrow as pa

    held: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        while batch.num_rows:
            piece = batch.slice(0, rows - count)
            batch = batch.slice(piece.num_rows)
            held.append(piece)
            count += piece.num_rows
            if count == rows:
                yield pa.Table.from_batches(held)
                held, count = [], 0
    if held:
        yield pa.Table.from_batches(held)


def _write_folder(scoring: _Scoring, folder: Path, resume: bool) -> Written:
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder.name!r} is a file: name a folder, or a file that ends in .parquet.")
    jobs: list[tuple[Path, tuple[Part, ...], str]]
    query = scoring.fingerprint()
    if scoring.independent:
        jobs = [
            (folder / (part.name or "part-0.parquet"), (part,), f"{query} {part.stamp()}") for part in scoring.parts
        ]
    else:
        stamps = hashlib.sha256(repr([(part.name, part.stamp()) for part in scoring.parts]).encode()).hexdigest()
        jobs = [(folder / "part-0.parquet", scoring.parts, f"{query} {stamps}")]
    if any(part.stamp() is None for part in scoring.parts) and resume:
        raise InputError("resume needs an input of files: what came from a reader cannot be told from other data.")
    present = {path for path in folder.rglob("*.parquet") if not path.name.startswith(".")}
    if present and not resume:
        raise InputError(f"The folder {folder.name!r} holds Parquet files: name another, or pass resume to go on.")
    foreign = sorted(present - {path for path, _, _ in jobs})
    if foreign:
        raise InputError(
            f"The folder {folder.name!r} holds {foreign[0].relative_to(folder).as_posix()!r}, which is no output of "
            "this input: remove it, or name another folder."
        )
    done = {path: rows for path, _, stamp in jobs if path in present and (rows := _finished(path, stamp)) is not None}
    left = [job for job in jobs if job[0] not in done]
    rows = sum(done.values())
    total = scoring.total(tuple(part for _, parts, _ in left for part in parts))
    with _bar(total) as scoring.progress:
        for path, parts, stamp in left:
            rows += _write(scoring.reader(parts), path, stamp)
    return Written(rows, len(left), len(done))


def _finished(path: Path, stamp: str) -> int | None:
    """Rows of a file that was made of just this; None of any other."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        meta = pq.read_metadata(path)
    except (pa.ArrowException, OSError):
        return None
    return meta.num_rows if (meta.metadata or {}).get(_MADE_OF) == stamp.encode() else None


def _write(reader: pa.RecordBatchReader, path: Path, stamp: str | None) -> int:
    import pyarrow.parquet as pq

    rows = 0
    _check_types(reader.schema)
    with contextlib.ExitStack() as opened:
        with _written(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            file = opened.enter_context(opened.enter_context(replacing(path)).open("wb"))
            writer = opened.enter_context(pq.ParquetWriter(file, reader.schema, compression="zstd"))
        if stamp is not None:
            writer.add_key_value_metadata({_MADE_OF: stamp.encode()})
        for batch in reader:
            with _written(path):
                writer.write_batch(batch)
            rows += batch.num_rows
        with _written(path):
            opened.close()
    return rows


def _check_types(schema: pa.Schema) -> None:
    """Refuses columns of types that Parquet has not, before anything is made."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    for field in schema:
        try:
            pq.ParquetWriter(pa.BufferOutputStream(), pa.schema([field])).close()
        except pa.ArrowNotImplementedError as error:
            raise InputError(
                f"Output column {field.name!r} is of a type that Parquet does not have, {field.type}: write "
                "CAST(… AS VARCHAR) in the query, or take batches without output."
            ) from error


@contextlib.contextmanager
def _written(path: Path) -> Iterator[None]:
    """Raises InputError with the caller's own path where it cannot be written; no error of the input passes here."""
    try:
        yield
    except OSError as error:
        raise InputError(
            f"The output {str(path)!r} cannot be written: {error.strerror or error}. Name a file or folder that can."
        ) from error


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path to write to, which takes the place of ``path`` when all went well and is removed otherwise.

    Its name starts with a dot: readers of folders of Parquet files pass over it, should the process be killed. It is of
    this call alone: two that write to one path each write a whole file.
    """
    remove_left(path.parent, path.name)
    partial = path.with_name(partial_name(path.name))
    try:
        yield partial
        os.replace(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _check_apart(target: Path, source: Source | None) -> None:
    path = source.path if source is not None else None
    if path is not None and (target.resolve() == path.resolve() or path.resolve() in target.resolve().parents):
        raise InputError("The output lies where the input is: name another file or folder.")


def _watched() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()


@contextlib.contextmanager
def _bar(total: int | None) -> Iterator[Callable[[int], None]]:
    """A progress bar on stderr, for a person who waits."""
    if not total or not _watched():
        yield lambda rows: None
        return
    import click

    with click.progressbar(length=total, label="rows", show_pos=True, file=sys.stderr) as bar:
        yield bar.update
