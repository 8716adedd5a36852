"""``mlflow-sql openapi``: what a served model takes and gives, for tools that make clients of it."""

from __future__ import annotations

from pathlib import Path

import click

from .options import fetched
from .output import echo_json
from .watch import Watched


@click.command(cls=Watched)
@click.argument("model_uri")
def openapi(model_uri: str) -> None:
    """Write the OpenAPI 3.1 document of MODEL_URI as `mlflow models serve` answers, without loading the model."""
    from ..artifact import mlmodel
    from ..report.facts import of_spec
    from ..report.openapi import openapi as document

    with fetched(model_uri) as folder:
        stored = mlmodel.read(folder, "sql")
        name = model_uri if ":" in model_uri else Path(model_uri).name
        echo_json(document(of_spec(stored.spec, stored.signature), stored.signature, name))
