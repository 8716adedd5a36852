"""Rows stored beside the input example: the model's own answer when it was saved, and the source engine's."""

from __future__ import annotations

import hashlib
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..engines import child_process
from ..errors import InputError, LimitError, ModelFileError
from . import stored_rows
from .bounded_files import read_file
from .spec import ExpectedSpec, SqlSpec
from .tables import sha256_of

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["EXPECTED", "OUTPUT", "check_saved", "recorded_output", "stored_output", "write_expected", "write_output"]

#: What the model itself answered to its example when it was saved. Arrow's own format: Parquet has no intervals.
OUTPUT = "example_output.arrow"

#: The rows of the source engine.
EXPECTED: Final = "expected_output.parquet"

#: A longer answer is not kept, in rows.
MOST_ROWS = 100_000

_logger = logging.getLogger(__name__)


def check_saved(spec: SqlSpec, path: str, data: bytes) -> None:
    """Refuses a file that is not the one that was saved, where the manifest tells.

    Raises:
        ModelFileError: Its checksum differs.
    """
    file = (spec.manifest or {}).get(path)
    if file is not None and hashlib.sha256(data).hexdigest() != file.sha256:
        raise ModelFileError(f"The model's file {path} is not the one that was saved: its checksum differs.")


def stored_output(folder: Path | None, section: ExpectedSpec | None) -> pa.Table:
    """The rows of the source engine that a model stores.

    Raises:
        InputError: It stores none.
        ModelFileError: The file is missing, altered, damaged or too large.
    """
    if folder is None or section is None or section.path is None:
        raise InputError(
            "The model stores no rows of its source engine: pass expected=..., or save it with expected_output."
        )
    data = read_file(folder, section.path, stored_rows.MOST_BYTES)
    if hashlib.sha256(data).hexdigest() != section.sha256:
        raise ModelFileError(f"The model's file {section.path} is not the one that was saved: its checksum differs.")
    try:
        plain = child_process.call(f"{__package__}.parquet_to_ipc", data)
    except child_process.ChildError as error:
        reason = str(error) if error.kind == "TooLargeError" else f"it is damaged ({error.kind})"
        raise ModelFileError(f"The model's file {section.path} is not read: {reason}.") from None
    except LimitError:
        raise ModelFileError(
            f"The model's file {section.path} unpacks to more than is read: pass expected=... with fewer rows."
        ) from None
    return stored_rows.from_ipc(plain, section.path, rows=section.rows)


def write_expected(table: pa.Table, verdict: str, folder: Path) -> ExpectedSpec:
    """Stores the rows of the source engine.

    Raises:
        InputError: They are more than would be read back, or Parquet has no place for them.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        stored_rows.check_size(table)
        pq.write_table(table, folder / EXPECTED)
        stored_rows.from_ipc(stored_rows.to_ipc(pq.read_table(folder / EXPECTED)), EXPECTED)
    except stored_rows.TooLargeError as error:
        raise InputError(f"expected_output: {error}. Give fewer rows.") from None
    except (pa.ArrowException, ModelFileError) as error:
        raise InputError(f"expected_output cannot be stored as Parquet: {str(error).splitlines()[0]}") from None
    return ExpectedSpec(path=EXPECTED, sha256=sha256_of(folder / EXPECTED), rows=table.num_rows, verdict=verdict)


def write_output(table: pa.Table | None, folder: Path) -> None:
    """Keeps the model's answer to its example beside it, for ``mlflow-sql test`` to compare with after an upgrade."""
    if table is None or table.num_rows > MOST_ROWS:
        return
    import pyarrow as pa

    try:
        data = stored_rows.to_ipc(table)
        stored_rows.from_ipc(data, OUTPUT)
        (folder / OUTPUT).write_bytes(data)
    except (stored_rows.TooLargeError, ModelFileError, pa.ArrowException) as error:
        _logger.warning("The answer to the input example is not kept: %s", error)


def recorded_output(folder: Path, spec: SqlSpec) -> pa.Table | None:
    """The model's own answer to its example when it was saved; None if none was kept.

    Raises:
        ModelFileError: The file is damaged, or not the one that was saved.
    """
    if not os.path.lexists(folder / OUTPUT):
        return None
    data = read_file(folder, OUTPUT, stored_rows.MOST_BYTES + 2**24)
    check_saved(spec, OUTPUT, data)
    return stored_rows.from_ipc(data, OUTPUT, columns=list(spec.output_types))
