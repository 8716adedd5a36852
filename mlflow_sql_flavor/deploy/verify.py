"""What is deployed compared with what the model gives here, on the same rows, before anybody can read it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..artifact.example import stored
from ..compile.gates.row_number import orders_rows
from ..engines.sandbox import tables_on_disk
from ..errors import InputError, QueryError
from ..frames import reading, schema
from ..frames.compare import Comparison, compare
from ..model import definition_of
from .build import Build
from .server import ZONED

if TYPE_CHECKING:
    import pyarrow as pa

    from ..model import SQLModel

__all__ = ["verified"]

UNVERIFIED = "not verified"


def verified(build: Build, answering: Callable[[], SQLModel]) -> str:
    """Makes the object of the deployment over the rows to compare on, reads it, and takes it away again.

    Args:
        build: With its reference tables in place.
        answering: Gives the model with the rows of its tables, which are on disk meanwhile, however many there are.

    Returns:
        What was compared, in words.

    Raises:
        QueryError: A cell differs; the message shows which.
        InputError: There are no rows to compare on.
    """
    if build.settings.verify is False:
        return UNVERIFIED
    with tempfile.TemporaryDirectory(prefix="mlflow-sql-", ignore_cleanup_errors=True) as folder:
        with tables_on_disk(Path(folder)):
            model = answering()
            data, whose = _rows(build, model)
            expected = model.predict(data, dict(build.values), output="arrow")
            ordered = _ordered(build, model)
        del model
    with build.own_rows():
        found = _compared(build, data, expected, ordered)
        if found.equal and build.zoned:
            _check_zones(build, data, expected)
    if not found.equal:
        dialect = build.server.dialect
        raise QueryError(
            f"{build.name!r} is not deployed: on {whose} {dialect} gives other rows than the model.\n"
            f"{found.text(dialect, 'the model')}"
        )
    if not expected.num_rows:
        return f"{UNVERIFIED}: no row came out of {whose}"
    return f"equal on {expected.num_rows} rows of {whose}"


def _check_zones(build: Build, data: Any, expected: pa.Table) -> None:
    """Compares in sessions far east and far west of UTC, since a view is read in the zone of whoever reads it."""
    if build.settings.kind == "table" or build.server.dialect not in ZONED:
        return
    _, utc, others = ZONED[build.server.dialect]
    for zone in others:
        equal = _compared(build, data, expected, False, zone).equal
        build.server.set_zone(utc)
        if not equal:
            raise QueryError(
                f"{build.name!r} is not deployed: its rows depend on the time zone of the session that reads them, and "
                "the model counts days and hours in UTC. Say the zone in the query, as in t AT TIME ZONE 'UTC', or "
                "deploy a table."
            )


def _compared(build: Build, data: Any, expected: pa.Table, ordered: bool, zone: str | None = None) -> Comparison:
    server, source, made = build.server, None, []
    if build.input_table is not None:
        rows: pa.Table = reading.read(data, schema.arrow_schema(build.query.types[build.input_table])).table
        made.append(build.input_rows(server.fresh(build.name, "verify"), rows.to_batches()))
        source = server.stored(build.schema, made[0].name)
    if zone is not None:
        server.set_zone(zone)
    made.append(build.create(server.fresh(build.name, "tried"), source))
    found = compare(build.answer(made[-1].name), expected)
    if found.equal and ordered:  # which the query's own text promises, and a view does not
        found = compare(server.answer(build.text(source), build.query.outputs), expected, ordered=True)
    for each in reversed(made):
        server.drop(each)
    return found


def _ordered(build: Build, model: SQLModel) -> bool:
    """Whether the query orders its rows."""
    return build.query.rows == "table" and orders_rows(model.bind().program)


def _rows(build: Build, model: SQLModel) -> tuple[Any, str]:
    given = build.settings.verify
    if given is not None:
        return given, "the rows given to verify"
    if build.input_table is None:
        return None, "its reference tables"
    folder = definition_of(model).folder
    assert folder is not None
    try:
        data, _ = stored(folder)
    except InputError:
        raise InputError(
            "The model stores no input example to compare on: give rows by -C verify=rows.csv, or deploy it without "
            "by -C verify=false."
        ) from None
    return data, "the stored example"
