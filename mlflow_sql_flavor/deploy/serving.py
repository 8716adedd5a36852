"""What a deployment answers: rows that are sent along, its plan, and whether it can still be read."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from ..errors import InputError, RunError
from ..frames import reading, requests, schema, writing
from ..query.targets import statements
from . import bulk, ddl, ownership
from .fetching import version_of
from .records import Record
from .server import Made, Server
from .target import lacks_right

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["described", "explained", "predicted"]


def predicted(server: Server, record: Record, inputs: Any) -> pd.DataFrame:
    """The deployment's answer for rows that are sent along, as a temporary table.

    Args:
        server: The connection.
        record: The deployment.
        inputs: A frame, records, a dict of columns or a request to MLflow's server; None where the query reads no
            input.

    Raises:
        InputError: The rows do not fit the model.
    """
    slot = server.fresh("mlflow_sql", "input")
    outputs = record.output_types
    if any(kind.startswith("TIMESTAMP") for kind in (*record.input_types.values(), *outputs.values())):
        server.use_utc({record.name: record.input_types})
    with contextlib.ExitStack() as stack:
        if record.input_types:
            stack.enter_context(_sent(server, record, inputs, slot))
            return _pandas(server.answer(_over(server, record, slot), outputs, named=False), outputs)
        return _pandas(server.answer(record.query, outputs, named=False), outputs)


def _over(server: Server, record: Record, slot: str) -> str:
    """The query over a table; in MySQL over as many as it names it, since it opens a temporary one once a statement.

    https://dev.mysql.com/doc/refman/8.4/en/temporary-table-problems.html
    """
    (slot,) = server.stored(slot)
    first, *rest = record.query.split(record.slot)
    if server.dialect != "mysql":
        return slot.join([first, *rest])
    text = first
    for number, piece in enumerate(rest):
        name = slot
        if number:
            name = server.fresh("mlflow_sql", "input")
            server.run(
                f"CREATE TEMPORARY TABLE {server.exact(name)} AS SELECT * FROM {server.exact(slot)}",
                "make a table of the rows",
            )
        text += name + piece
    return text


@contextlib.contextmanager
def _sent(server: Server, record: Record, inputs: Any, name: str) -> Any:
    """The rows as a table, which is gone afterwards."""
    if inputs is None:
        raise InputError("The deployment reads its input: send the rows along.")
    types = dict(zip(record.input_names, record.input_types.values(), strict=True))
    if requests.key_of_rows(inputs, types) and inputs.get("params"):
        raise InputError("The parameters of a deployment have their values since create: change them by update.")
    inputs = requests.rows(inputs, types)
    table = reading.read(inputs, schema.arrow_schema(types)).table.rename_columns(list(record.input_types))
    dialect = server.dialect
    if statements.has_temporary(dialect):
        create = statements.create_temporary(server.stored(name)[0], dict(record.input_types), dialect)
        place = None
    else:
        listed = ", ".join(f"{server.exact(c)} {statements.type_in(k, dialect)}" for c, k in record.input_types.items())
        place = server.schema
        create = f"CREATE TABLE {server.quoted(place, name)} ({listed})"
    server.run(create, "make a table of the rows")
    try:
        bulk.load(server, place, name, table.column_names, table.to_batches())
        yield
    finally:
        with contextlib.suppress(RunError):  # one that is temporary ends with the connection
            server.drop(Made("table", place, name))


def _pandas(table: pa.Table, types: Any) -> pd.DataFrame:
    """The answer as ``predict`` gives it."""
    import pyarrow as pa

    plain = [schema.to_arrow(schema.plain(kind) or kind) for kind in types.values()]
    columns = [column.cast(kind) for column, kind in zip(table.columns, plain, strict=True)]
    return writing.Columns(types).pandas(pa.Table.from_arrays(columns, names=table.column_names))


def explained(server: Server, record: Record) -> pd.DataFrame:
    """The engine's plan of reading the deployment.

    Raises:
        InputError: The engine tells it in another way.
    """
    import pandas as pd

    found = pd.DataFrame()
    for statement, answers in ddl.plan_of(record.reads, server.dialect):
        if answers:
            names, rows = server.rows(statement, "tell the plan")
            found = pd.DataFrame(rows, columns=names)
        else:
            server.run(statement, "tell the plan")
    return found


def described(server: Server, record: Record) -> dict[str, Any]:
    """What ``get`` says: the record, whether the deployment can be read, and what its alias means now."""
    told = record.told()
    other = ownership.changed(server, record.objects[0])
    told["definition"] = None if other is None else "changed" if other else "as deployed"
    try:
        server.rows(ddl.no_row(record.reads, server.dialect), f"read {record.name!r}")
        told["status"] = "ready"
    except RunError as error:
        what = "not readable by you" if lacks_right(error.__context__) else "broken"
        told["status"] = f"{what}: {error.message}"
    return {**told, "alias_now": alias_now(record)}


def alias_now(record: Record) -> str | None:
    """The version that the alias of a deployment means now; None if it was deployed by no alias."""
    if record.model_uri == record.version_uri:
        return None
    try:
        return version_of(record.model_uri)
    except Exception as error:  # of whatever store the models are in
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        return f"not known: {first}"
