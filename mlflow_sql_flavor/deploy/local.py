"""A deployment to try out: a file of DuckDB or SQLite with the model's example as the input's table."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..artifact.example import stored
from ..compile.source_query import stored_query
from ..errors import InputError
from ..frames import reading, schema
from ..model import definition_of
from ..query.targets.statements import type_in
from . import bulk
from .fetching import fetched
from .server import opened
from .target import Target

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["run"]

#: The input's table in the file.
INPUT = "input"


def run(name: str, model_uri: str, config: Mapping[str, Any] | None, client: Callable[[str], Any]) -> Path:
    """Makes the file; one that could not be made whole is taken away.

    Args:
        name: Of the deployment.
        model_uri: Of the model.
        config: Of the deployment, without its input.
        client: Gives a client of a target.

    Returns:
        ``NAME.duckdb``; for a model that is not in DuckDB's dialect, whose rows rest on settings of a session there,
        ``NAME.sqlite``.

    Raises:
        InputError: The file exists, or the model has no example.
    """
    if config and "input" in config:
        raise InputError("A local deployment reads the stored example: leave input out.")
    given = dict(config or {})
    with fetched(model_uri) as found:
        model = definition_of(found.model)
        engine = "duckdb" if stored_query(model).parsed.dialect == "duckdb" else "sqlite"
        path = Path(f"{re.sub(r'[^0-9A-Za-z_-]', '_', name)[:80]}.{engine}").absolute()
        if path.exists():
            raise InputError(f"There is a file {path.name!r} already: remove it, or take another name.")
        target = f"sql:{engine}:///{path}"
        try:
            program = found.model.bind().program
            if program.input_schema is not None:
                assert model.folder is not None
                rows = reading.read(stored(model.folder)[0], program.input_schema).table
                types = {field.name: schema.from_arrow(field.type) for field in program.input_schema}
                _fill(Target.read(target), rows, types)
                given["input"] = INPUT
            client(target).create_deployment(name, model_uri, config=given)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
    return path


def _fill(target: Target, rows: pa.Table, types: Mapping[str, str]) -> None:
    """Makes the input's table of the example."""
    with opened(target, target.engine(), changes=True) as server:
        columns = ", ".join(f"{server.exact(c)} {type_in(kind, server.dialect)}" for c, kind in types.items())
        server.run(f"CREATE TABLE {server.exact(INPUT)} ({columns})", "make the input's table")
        bulk.load(server, None, INPUT, list(types), rows.to_batches())
