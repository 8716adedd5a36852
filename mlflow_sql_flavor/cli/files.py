"""Files of rows, read by a model's types and written with the result's."""

from __future__ import annotations

import base64
import contextlib
import datetime
import decimal
import json
import math
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import InputError
from ..frames import requests
from .output import clean

if TYPE_CHECKING:
    import pyarrow as pa

SUFFIXES = (".csv", ".json", ".jsonl", ".parquet")


def read(path: Path, types: Mapping[str, str]) -> Any:
    """The rows of a file, its text read as the model's types.

    In CSV an empty field without quotes is NULL.

    Raises:
        InputError: It is not such a file, or a value is not of its column's type.
    """
    kind = path.suffix.lower()
    with readable(path):
        if kind == ".parquet":
            import pyarrow.parquet as pq

            return pq.read_table(path)
        return _csv(path, types) if kind == ".csv" else _json(path, types)


#: The folder of a copy of what came through a pipe, or of a file whose name does not say what it is.
_COPIED = "mlflow-sql-piped-"


@contextlib.contextmanager
def piped(path: Path | None) -> Iterator[Path | None]:
    """A copy of what comes through a pipe (``-`` or ``/dev/stdin``), or of a file without suffix; else the path itself.

    JSON begins with ``[`` or ``{``, Parquet with ``PAR1``; what else comes is CSV.
    """
    if path is None or path.is_dir() or (path.suffix and path.is_file()):
        yield path
        return
    with contextlib.ExitStack() as opened:
        stream = sys.stdin.buffer if str(path) == "-" else opened.enter_context(path.open("rb"))
        device = str(path) == "-" or path.absolute().parts[1:2] in (("dev",), ("proc",))
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix=_COPIED)))
        copied = folder / "stdin" if device else folder / path.name
        with copied.open("wb") as copy:
            shutil.copyfileobj(stream, copy)
        yield copied.rename(f"{copied}{_suffix(copied)}")


def _suffix(path: Path) -> str:
    """What a file is, as its first bytes tell."""
    with path.open("rb") as file:
        start = file.read(4096)
        begins = start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
        if start.startswith(b"PAR1"):
            return ".parquet"
        if begins != b"{":
            return ".json" if begins == b"[" else ".csv"
        file.seek(0)
        lines = (line for line in file if line.removeprefix(b"\xef\xbb\xbf").strip())
        first, second = next(lines), next(lines, None)
    try:
        found = json.loads(first.decode("utf-8-sig"))
    except ValueError:  # an object of many lines, unless it is a line cut short
        return ".jsonl" if second is not None and second.startswith(b"{") else ".json"
    whole = second is None and (
        requests.key_of_rows(found, ()) or all(isinstance(values, list) for values in found.values())
    )
    return ".json" if whole else ".jsonl"


def named(path: Path) -> str:
    """What a message calls a file."""
    if not path.parent.name.startswith(_COPIED):
        return path.name
    return "The input from stdin" if path.stem == "stdin" else path.stem


@contextlib.contextmanager
def readable(path: Path) -> Iterator[None]:
    """What goes wrong while a file is read, as one sentence on that file.

    Raises:
        InputError: The sentence.
    """
    import pyarrow as pa

    if path.is_file() and not path.stat().st_size:
        raise InputError(f"{named(path)} is empty.")
    try:
        yield
    except (pa.ArrowException, ValueError, TypeError, KeyError) as error:
        first = (str(error).splitlines() or [""])[0]
        if isinstance(error, UnicodeDecodeError) or "invalid UTF8" in first:
            raise InputError(f"{named(path)} is not UTF-8 text: save it as UTF-8.") from None
        if path.suffix.lower() == ".parquet":
            raise InputError(f"{named(path)} is not a Parquet file.") from None
        if column := _CSV_COLUMN.match(first):
            name = csv_names(path)[int(column[1])]
            as_type = f" as {column[2]}" if column[2] else ""
            first = f"column {name!r}{as_type}: {first[column.end() :]}"
        raise InputError(f"{named(path)} cannot be read as the model's input: {first}") from None


#: How pyarrow names a column of CSV: by its number, from 0.
_CSV_COLUMN = re.compile(r"In CSV column #(\d+): (?:Row #\d+: )?(?:CSV conversion error to ([^:]+): )?")


def wanted(names: list[str], types: Mapping[str, str]) -> dict[str, pa.DataType]:
    """The Arrow types of those columns that the model reads."""
    from ..frames.schema import to_arrow

    folded = {name.casefold(): kind for name, kind in types.items()}
    return {name: to_arrow(folded[name.casefold()]) for name in names if name.casefold() in folded}


def _csv(path: Path, types: Mapping[str, str]) -> pa.Table:
    from pyarrow import csv

    return csv.read_csv(path, **csv_options(wanted(csv_names(path), types)))


def csv_names(path: Path) -> list[str]:
    """The columns of a CSV file, from its first line.

    Raises:
        ValueError: There is one, and it looks like many with something else between them.
    """
    from pyarrow import csv

    # All as text: it is the names that are wanted, not what the first rows look like.
    with csv.open_csv(path, convert_options=csv.ConvertOptions(check_utf8=False)) as reader:
        names: list[str] = reader.schema.names
    marks = [mark for mark in (";", "\t", "|") if mark in names[0]]
    if len(names) == 1 and marks:
        raise ValueError(f"its fields are separated by {marks[0]!r}, not by commas.")
    return names


def csv_options(types: Mapping[str, pa.DataType], columns: list[str] | None = None) -> dict[str, Any]:
    """How CSV is read: by the model's types, an empty field without quotes as NULL."""
    from pyarrow import csv

    return {
        "parse_options": csv.ParseOptions(newlines_in_values=True),
        "convert_options": csv.ConvertOptions(
            column_types=types,
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            include_columns=columns,
        ),
    }


def _json(path: Path, types: Mapping[str, str]) -> pa.Table:
    """Records, an object of columns, JSON lines, or a request to MLflow's server."""
    import pyarrow as pa

    text = path.read_text(encoding="utf-8-sig")
    if path.suffix.lower() == ".jsonl":
        found: Any = [json_line(*line) for line in enumerate(text.split("\n"), 1) if line[1].strip()]
    else:
        found = json.loads(text)
    found = requests.rows(found, types)
    if isinstance(found, list) and all(isinstance(row, dict) for row in found):
        names = list(dict.fromkeys(name for row in found for name in row)) or list(types)
        found = {name: [row.get(name) for row in found] for name in names}
    elif isinstance(found, dict) and found and not any(isinstance(values, (list, dict)) for values in found.values()):
        found = {name: [value] for name, value in found.items()}
    if not isinstance(found, dict) or not all(isinstance(values, list) for values in found.values()):
        raise ValueError("it is neither a list of records nor an object of columns.")
    kinds = wanted(list(found), types)
    return pa.table({name: column(name, values, kinds.get(name)) for name, values in found.items()})


def json_line(number: int, text: str) -> Any:
    """What a line of a .jsonl file holds.

    Raises:
        ValueError: It is not JSON; names the line.
    """
    try:
        return json.loads(text)
    except ValueError as error:
        raise ValueError(f"line {number} is not JSON ({error}).") from None


def column(name: str, values: list[Any], kind: pa.DataType | None) -> pa.Array:
    """Values of JSON as a column."""
    import pyarrow as pa

    try:
        if kind is not None and not pa.types.is_nested(kind) and any(isinstance(value, str) for value in values):
            # dates, times and exact decimals have no form of their own in JSON
            texts = [value if value is None or isinstance(value, str) else json.dumps(value) for value in values]
            return pa.array(texts, pa.string()).cast(kind)
        array = pa.array(values)
        if kind is None or array.type == kind:
            return array
        if pa.types.is_integer(array.type) and pa.types.is_floating(kind):
            return array.cast(kind)
        return pa.array(values, kind) if pa.types.is_nested(kind) or pa.types.is_null(array.type) else array
    except (pa.ArrowException, ValueError, TypeError) as error:
        raise ValueError(f"column {name!r}: {error}") from None


def parameter(name: str, text: str, types: Mapping[str, str]) -> Any:
    """A parameter's value from the command line, by its type; lists and records as JSON."""
    from ..frames.schema import to_arrow

    kind = next((kind for known, kind in types.items() if known.casefold() == name.casefold()), None)
    if kind is None or kind == "VARCHAR":
        return text
    import pyarrow as pa

    if text == "null":
        return None
    arrow = to_arrow(kind)
    try:
        if pa.types.is_nested(arrow):
            return json.loads(text)
        if pa.types.is_boolean(arrow):
            return {"true": True, "false": False}[text.lower()]
        if kind.endswith("INT") or kind == "INTEGER":
            return int(text)
        if pa.types.is_floating(arrow):
            return float(text)
        return decimal.Decimal(text) if pa.types.is_decimal(arrow) else text  # DuckDB reads dates and times
    except (ValueError, KeyError, decimal.InvalidOperation):
        raise InputError(f"Parameter {name!r} is {kind}: {text[:80]!r} is no such value.") from None


def write(reader: pa.RecordBatchReader, path: Path, progress: Callable[[int], None] = lambda rows: None) -> int:
    """Writes a result by the suffix of its file, batch by batch; the file appears when it is complete.

    Args:
        reader: The result.
        path: A .csv, .json or .jsonl file.
        progress: Told after each batch how many rows were written.

    Returns:
        Number of rows.
    """
    from ..scale.batches import replacing

    kind = path.suffix.lower()
    with replacing(path) as partial:
        if kind == ".csv":
            return _write_csv(reader, partial, progress)
        head, between, tail = ("", "\n", "\n") if kind == ".jsonl" else ("[\n", ",\n", "\n]\n")
        rows = 0
        with partial.open("w", encoding="utf-8") as file:
            for batch in reader:
                for row in batch.to_pylist():
                    file.write((between if rows else head) + _dump(row))
                    rows += 1
                progress(rows)
            file.write(tail if rows else "" if kind == ".jsonl" else "[]\n")
        return rows


def _write_csv(reader: pa.RecordBatchReader, path: Path, progress: Callable[[int], None]) -> int:
    from pyarrow import csv

    _check_csv(reader.schema)
    rows = 0
    with csv.CSVWriter(path, reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch)
            rows += batch.num_rows
            progress(rows)
    return rows


def echo(table: pa.Table, form: str) -> None:
    """Writes a result to stdout."""
    if form == "csv":
        click.echo(_csv_bytes(table), nl=False)
    elif form == "json":
        click.echo(_records(table), nl=False)
    else:
        frame = table.to_pandas(integer_object_nulls=True)
        shown = frame.astype(object).where(frame.notna(), "NULL")  # na_rep leaves None as it is
        text = shown.to_string(index=False) if len(frame) else "  ".join(frame.columns)
        click.echo(clean(text))
        click.echo(f"{table.num_rows:,} {'row' if table.num_rows == 1 else 'rows'}", err=True)


def _check_csv(schema: pa.Schema) -> None:
    import pyarrow as pa

    for field in schema:
        if pa.types.is_nested(field.type) or pa.types.is_binary(field.type):
            raise InputError(f"Output {field.name!r} has no form in CSV: write .json or .parquet.")


def _csv_bytes(table: pa.Table) -> bytes:
    import pyarrow as pa
    from pyarrow import csv

    _check_csv(table.schema)
    sink = pa.BufferOutputStream()
    csv.write_csv(table, sink)
    return sink.getvalue().to_pybytes()


def _records(table: pa.Table) -> str:
    rows = table.to_pylist()
    return "[\n" + ",\n".join(_dump(row) for row in rows) + "\n]\n" if rows else "[]\n"


def _dump(value: Any) -> str:
    return json.dumps(_plain(value), ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    """A value as JSON has it: what is no finite number is null, as in the server's answers."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, decimal.Decimal):
        value = int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)
