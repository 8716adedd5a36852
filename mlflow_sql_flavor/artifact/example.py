"""The input example as MLflow stores it: JSON, in the types its schema has."""

from __future__ import annotations

import datetime
import decimal
import logging
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, ModelFileError, SQLModelError
from ..frames import reading, schema, writing
from .spec import ExpectedSpec
from .tables import sha256_of

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["parameter", "recorded_output", "saved", "stored", "stored_output", "write_output"]

#: What the model itself answered to its example when it was saved. Arrow's own format: Parquet has no intervals.
OUTPUT = "example_output.arrow"

#: Where MLflow writes an input example.
_EXAMPLE = "input_example.json"

#: A longer answer is not kept, in rows.
MOST_ROWS = 100_000

#: The most a recorded answer of the source engine may be, in bytes before compression.
MOST_BYTES = 2**30

_logger = logging.getLogger(__name__)

#: What is stored for a query that reads no input: a request needs some data, and this is read by none.
NO_DATA: dict[str, Any] = {}


def saved(data: Any, params: Mapping[str, Any] | None) -> Any:
    """The example in the form MLflow's encoder has, so that it also is a request the served model answers.

    Decimals become floats; dates, moments in UTC; times, intervals and UUIDs text; polars and Arrow tables pandas.

    Args:
        data: What the writer gave; None for a query that reads no input.
        params: The parameters given with it.

    Returns:
        What ``input_example`` takes in MLflow: the data, or ``(data, params)``.
    """
    if data is None:
        data = NO_DATA
    elif type(data).__module__.partition(".")[0] in ("polars", "pyarrow"):
        table = reading.read(data).table
        data = writing.Columns({field.name: schema.from_arrow(field.type) for field in table.schema}).pandas(table)
    data = _frame(data) if hasattr(data, "iloc") and hasattr(data, "columns") else _plain(data)
    return (data, {str(name): parameter(value) for name, value in params.items()}) if params else data


def parameter(value: Any) -> Any:
    """A parameter's value as MLflow stores it: it has no decimals, times or intervals."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    return _plain(value)


def _frame(data: Any) -> Any:
    import pandas as pd

    changed = {}
    for at in range(data.shape[1]):
        column = data.iloc[:, at]
        if isinstance(column.dtype, pd.DatetimeTZDtype):
            changed[at] = column.dt.tz_convert("UTC").dt.tz_localize(None)
        elif pd.api.types.is_timedelta64_dtype(column.dtype) or (
            pd.api.types.is_object_dtype(column.dtype) and any(_plain(v) is not v for v in column)
        ):
            changed[at] = pd.Series([_plain(v) for v in column], index=data.index)
    if not changed:
        return data
    columns = {at: changed.get(at, data.iloc[:, at]) for at in range(data.shape[1])}
    frame = pd.DataFrame(columns, index=data.index)
    frame.columns = data.columns
    return frame


def _plain(value: Any) -> Any:
    """The value itself where MLflow's encoder has it."""
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, datetime.timedelta):  # pandas' NaT is one too
        return str(value).replace(",", "") if value == value else None
    if isinstance(value, (datetime.time, uuid.UUID)):
        return str(value)
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        return value.astimezone(datetime.UTC).replace(tzinfo=None)
    if isinstance(value, Mapping):
        found = {key: _plain(item) for key, item in value.items()}
        return found if any(found[key] is not value[key] for key in found) else value
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, list):
        items = [_plain(item) for item in value]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    return value


def stored(folder: Path) -> tuple[Any, dict[str, Any] | None]:
    """The input example of a model's folder, and its parameters.

    Raises:
        InputError: It has none.
        ModelFileError: It cannot be read.
    """
    from mlflow.models import Model

    try:
        model = Model.load(str(folder))
        info = model.saved_input_example_info
        if info is None:
            raise InputError("The model stores no input example: pass the data.")
        # MLflow reads whatever file is named here, of the model or not.
        path = folder / info["artifact_path"]
        if info["artifact_path"] != _EXAMPLE or path.is_symlink() or not path.is_file():
            raise ModelFileError(f"The model's input example {_EXAMPLE} is missing: save the model again.")
        return model.load_input_example(str(folder)), model.load_input_example_params(str(folder))
    except SQLModelError:
        raise
    except Exception as error:
        raise ModelFileError(
            f"The model's input example cannot be read ({type(error).__name__}): pass the data, or save it again."
        ) from error


def stored_output(folder: Path, section: ExpectedSpec) -> Any:
    """The rows of the source engine that a model stores.

    Raises:
        ModelFileError: The file is missing or altered.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if section.path is None:
        raise InputError("The model stores no rows of its source engine: pass expected=...")
    path = folder / section.path
    if path.is_symlink() or not path.is_file() or sha256_of(path) != section.sha256:
        raise ModelFileError(f"The model's file {section.path} is missing or not the one that was saved: save again.")
    try:
        meta = pq.read_metadata(path)
        size = sum(max(meta.row_group(i).total_byte_size, 0) for i in range(meta.num_row_groups))
        if size <= MOST_BYTES:
            return pq.read_table(path)
    except (pa.ArrowException, OSError, MemoryError, UnicodeDecodeError) as error:
        raise ModelFileError(f"The model's file {section.path} cannot be read ({type(error).__name__}).") from None
    raise ModelFileError(
        f"The model's file {section.path} holds {size:,} bytes; at most {MOST_BYTES:,} are read: "
        "pass expected=... with fewer rows."
    )


def write_output(table: pa.Table | None, folder: Path) -> None:
    """Keeps the model's answer to its example beside it, for ``mlflow-sql test`` to compare with after an upgrade."""
    if table is None or table.num_rows > MOST_ROWS:
        return
    import pyarrow as pa

    try:
        with pa.OSFile(str(folder / OUTPUT), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table)
    except pa.ArrowException as error:
        _logger.warning("The answer to the input example is not kept: %s", error)


def recorded_output(folder: Path) -> pa.Table | None:
    """The model's own answer to its example when it was saved; None if none was kept.

    Raises:
        ModelFileError: The file cannot be read.
    """
    import pyarrow as pa

    path = folder / OUTPUT
    if path.is_symlink() or not path.is_file():
        return None
    try:
        with pa.OSFile(str(path)) as file:
            return pa.ipc.open_file(file).read_all()
    except (pa.ArrowException, OSError) as error:
        raise ModelFileError(f"The model's file {OUTPUT} cannot be read: {str(error).splitlines()[0]}") from None
