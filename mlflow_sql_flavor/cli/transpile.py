"""``mlflow-sql transpile``: a query in another dialect."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from .options import Dialect, Types, fetched, query_text, readable
from .output import sql_text
from .watch import Watched


@click.command(cls=Watched)
@click.argument("source", metavar="MODEL_URI|FILE")
@click.option("--to", "target", type=Dialect(), required=True, help="The dialect to write.")
@click.option("--dialect", type=Dialect(), help="The dialect of a FILE [default: duckdb]; a model knows its own.")
@click.option("--input-types", type=Types(), help="Types of the input's columns, for a FILE.")
@click.option("--param-types", type=Types(), help="Types of the parameters, for a FILE.")
@click.option("--input-table", default="input", show_default=True, help="The name of the input, for a FILE.")
def transpile(
    source: str,
    target: str,
    dialect: str | None,
    input_types: dict[str, str] | None,
    param_types: dict[str, str] | None,
    input_table: str,
) -> None:
    """Write a model's query, or a file's, in another dialect. The model is not loaded."""
    from ..query.reading.parse import parse
    from ..query.reading.table_names import with_names
    from ..query.targets.render import render

    known: dict[str, Mapping[str, str]]
    if Path(source).is_file():
        text = query_text(Path(source))
        written, kinds = dialect or "duckdb", param_types or {}
        known = {input_table: input_types} if input_types else {}
    else:
        if dialect or input_types or param_types:
            raise click.UsageError("--dialect and types are for a FILE: a model brings its own.")
        from ..artifact import mlmodel

        with fetched(source) as folder:
            spec, _ = mlmodel.read_spec(folder, "sql")
        text, written, kinds = spec.sql, spec.dialect, spec.param_types
        known = {name: table.columns for name, table in spec.tables.items()}
        if spec.input_types:
            known[spec.input_table] = spec.input_types
    query, names = with_names(parse(text, written), [*known, input_table])
    known = {names.get(name, name): columns for name, columns in known.items()}
    if query.tree is None:
        readable(query.sql)
    click.echo(sql_text(render(query, target, known, kinds), target))
