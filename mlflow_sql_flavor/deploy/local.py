"""A deployment to try out: a DuckDB file with the model's example as the input's table."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..artifact.example import stored
from ..engines.sandbox import quote
from ..errors import InputError
from ..frames import reading, schema
from ..model import definition_of
from .fetching import fetched

__all__ = ["run"]

#: The input's table in the file.
INPUT = "input"


def run(name: str, model_uri: str, config: Mapping[str, Any] | None, client: Callable[[Path], Any]) -> Path:
    """Makes the file; one that could not be made whole is taken away.

    Args:
        name: Of the deployment.
        model_uri: Of the model.
        config: Of the deployment, without its input.
        client: Gives a client of a DuckDB file.

    Raises:
        InputError: The file exists, or the model has no example.
    """
    import duckdb

    if config and "input" in config:
        raise InputError("A local deployment reads the stored example: leave input out.")
    path = Path(f"{re.sub(r'[^0-9A-Za-z_-]', '_', name)[:80]}.duckdb").absolute()
    if path.exists():
        raise InputError(f"There is a file {path.name!r} already: remove it, or take another name.")
    given = dict(config or {})
    try:
        with fetched(model_uri) as found, contextlib.closing(duckdb.connect(str(path))) as connection:
            model = found.model
            program = model.bind().program
            if program.input_schema is not None:
                folder = definition_of(model).folder
                assert folder is not None
                types = {field.name: schema.from_arrow(field.type) for field in program.input_schema}
                rows = reading.read(stored(folder)[0], program.input_schema).table
                columns = ", ".join(f"{quote(column)} {kind}" for column, kind in types.items())
                connection.execute(f"CREATE TABLE {quote(INPUT)} ({columns})")
                connection.register("mlflow_sql_rows", rows)
                connection.execute(f"INSERT INTO {quote(INPUT)} SELECT * FROM mlflow_sql_rows")
                connection.unregister("mlflow_sql_rows")
                given["input"] = INPUT
        client(path).create_deployment(name, model_uri, config=given)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path
