"""``mlflow-sql export``: a stored model's query for another tool's project."""

from __future__ import annotations

from pathlib import Path

import click

from .options import Dialect, fetched
from .output import clean


@click.command()
@click.argument("model_uri")
@click.option(
    "--dbt", "folder", required=True, type=click.Path(path_type=Path, file_okay=False),
    help="The folder of the models in a dbt project.",
)  # fmt: skip
@click.option("--name", help="Of the dbt model; else that of the registered model or the folder.")
@click.option("--to", "target", type=Dialect(), help="The warehouse's dialect; else the model's own.")
@click.option("--seeds", type=click.Path(path_type=Path, file_okay=False), help="Write the reference tables here.")
def export(model_uri: str, folder: Path, name: str | None, target: str | None, seeds: Path | None) -> None:
    """Write a model's query as a dbt model, with a schema.yml that has its stored example as a unit test."""
    from ..convert.to_dbt import write_dbt
    from ..pyfunc import load_model

    if name is None:
        parts = model_uri.rstrip("/").removeprefix("models:/").partition("@")[0].split("/")
        name = parts[0] if model_uri.startswith("models:/") else parts[-1]
    with fetched(model_uri) as found:
        for path in write_dbt(load_model(str(found)), folder, name, target, seeds):
            click.echo(clean(str(path), line=True))
