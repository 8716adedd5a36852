"""``mlflow-sql predict``: a model's answer for a file."""

from __future__ import annotations

from pathlib import Path

import click

from .options import Pair


@click.command()
@click.argument("model_uri")
@click.option(
    "-i", "--input", "source", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The input."
)
@click.option("-o", "--output", "target", type=click.Path(dir_okay=False, path_type=Path), help="Where to write.")
@click.option("-p", "--param", "params", type=Pair("value"), multiple=True, help="A parameter's value; repeatable.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv"]),
    default="table",
    show_default=True,
    help="What is written to stdout without -o.",
)
def predict(
    model_uri: str, source: Path | None, target: Path | None, params: tuple[tuple[str, str], ...], form: str
) -> None:
    """Run the model of MODEL_URI on a .csv, .json, .jsonl or .parquet file."""
    from ..flavor import load_model
    from . import files

    for path in (source, target):
        if path is not None and path.suffix.lower() not in files.SUFFIXES:
            raise click.UsageError(f"{path.name!r} is none of {', '.join(files.SUFFIXES)}.")
    from .options import fetched

    with fetched(model_uri) as folder:
        model = load_model(str(folder))
        assert model.spec is not None
        data = files.read(source, model.spec.input_types or {}) if source is not None else None
        values = {name: files.parameter(name, text, model.spec.param_types) for name, text in params}
        result = model.predict(data, values, output="arrow")
    if target is not None:
        files.write(result, target)
        click.echo(f"{result.num_rows:,} rows written to {target.name}", err=True)
    else:
        files.echo(result, form)
