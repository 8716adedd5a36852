"""``mlflow-sql log``: a query becomes a logged model, and with a name a registered one."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import click

from .options import Dialect, Pair, Types, as_keys, formats, keys, query_text, say_dialect
from .output import echo_csv, echo_json, status


@click.command()
@click.argument("query", metavar="QUERY")
@click.option(
    "--dbt", "project", type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A dbt project, or its target folder: QUERY is the name of a model in it, --input-table the ref or source "
    "that is its input.",
)  # fmt: skip
@click.option("--name", default="model", show_default=True, help="The name of the logged model.")
@click.option("--dialect", type=Dialect(), help="The dialect it is written in.  [default: duckdb]")
@click.option(
    "-i", "--input-example", "example", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Rows of the input: .csv, .json, .jsonl or .parquet.",
)  # fmt: skip
@click.option("-p", "--param", "params", type=Pair("value"), multiple=True, help="A parameter's default; repeatable.")
@click.option("--input-types", type=Types(), help='Types of the input: {"price": "DECIMAL(10,2)"}, or a .json file.')
@click.option("--param-types", type=Types(), help="Types of the parameters; without: a number, true, false, or text.")
@click.option("--table", "tables", type=Pair("path"), multiple=True, help="A reference table: .parquet or .csv.")
@keys()
@click.option("--input-table", help="The name by which it reads the input.  [default: input]")
@click.option("--prediction-column", help="The one column that pyfunc returns, as a Series.")
@click.option(
    "--expected-output", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The rows the source engine gave for the input example; other rows refuse the model.",
)  # fmt: skip
@click.option("--allow", multiple=True, help="A refusal to accept, by name.")
@click.option("--strict/--no-strict", default=None, help="Refuse what was never compared with the source engine.")
@click.option("--registered-model-name", help="Registers a new version under this name.")
@click.option("--alias", help="An alias for the new version, such as challenger.")
@click.option("--experiment", help="The experiment's name; else as MLflow's environment says.")
@click.option("--run-id", help="A run to log into; else a new one.")
@click.option("--tag", "tags", type=Pair("value"), multiple=True, help="A tag of the model; repeatable.")
@formats()
def log(
    query: str,
    project: Path | None,
    name: str,
    dialect: str | None,
    example: Path | None,
    params: tuple[tuple[str, str], ...],
    input_types: dict[str, str] | None,
    param_types: dict[str, str] | None,
    tables: tuple[tuple[str, str], ...],
    keys: tuple[tuple[str, str], ...],
    input_table: str | None,
    prediction_column: str | None,
    expected_output: Path | None,
    allow: tuple[str, ...],
    strict: bool | None,
    registered_model_name: str | None,
    alias: str | None,
    experiment: str | None,
    run_id: str | None,
    tags: tuple[tuple[str, str], ...],
    form: str,
) -> None:
    """Log the SQL file QUERY ("-" reads stdin) as a model to MLflow's tracking server (MLFLOW_TRACKING_URI).

    With --dbt DIR, QUERY is the name of a model that dbt compiled there.
    """
    with status("loading MLflow"):
        import mlflow

        from ..flavor import log_model
        from . import files

    if alias is not None and registered_model_name is None:
        raise click.UsageError("--alias needs --registered-model-name.")
    given_tables: dict[str, Any] | None = dict(tables) or None
    own: dict[str, Any] = {"dialect": dialect, "input_types": input_types, "prediction_column": prediction_column}
    own |= {"allow": list(allow) or None, "keys": as_keys(keys)}
    if project is not None:
        brought = [
            f"--{'key' if key == 'keys' else key.replace('_', '-')}" for key, value in own.items() if value is not None
        ]
        if brought:
            raise click.UsageError(f"A dbt model brings its own {', '.join(brought)}: leave it out.")
        from ..convert.dbt import from_dbt

        with status(f"reading {query} of dbt's project"):
            sql_model: Any = from_dbt(project, query, input_table, given_tables)
    else:
        sql_model = query_text(_file(query))
        say_dialect(click.get_current_context(), sql_model)
        own |= {"tables": given_tables, "input_table": input_table}
    with status(f"reading {example.name}") if example is not None else contextlib.nullcontext():
        data = files.read(example, input_types or {}) if example is not None else None
    values = {key: _value(key, value, param_types) for key, value in params}
    for key in param_types or {}:
        if key not in values:
            raise click.UsageError(f"--param-types names {key!r}, which has no default: give it by -p {key}=VALUE.")
    given = (data, values) if values else data
    with status("opening MLflow's store") as say:
        if experiment is not None:
            mlflow.set_experiment(experiment)
        with mlflow.start_run(run_id=run_id) as run:
            say("checking and logging the query")
            info = log_model(
                sql_model,
                name=name,
                **own,
                strict=strict,
                input_example=given,
                expected_output=files.read(expected_output, {}) if expected_output is not None else None,
                registered_model_name=registered_model_name,
                tags=dict(tags) or None,
            )
    found: dict[str, Any] = {"model_uri": info.model_uri, "model_id": info.model_id, "run_id": run.info.run_id}
    if registered_model_name is not None:
        version = str(info.registered_model_version)
        found["registered"] = f"models:/{registered_model_name}/{version}"
        if alias is not None:
            mlflow.MlflowClient().set_registered_model_alias(registered_model_name, alias, version)
            found["alias"] = f"models:/{registered_model_name}@{alias}"
    if form == "json":
        echo_json(found)
    elif form == "csv":
        echo_csv(found, [found.values()])
    else:
        click.echo(found.get("alias") or found.get("registered") or info.model_uri)
        _say_where(run.info, registered_model_name, found)


def _say_where(run: Any, registered: str | None, found: dict[str, Any]) -> None:
    """Experiment, run, version, and the page that shows them, on stderr."""
    import mlflow

    experiment = mlflow.get_experiment(run.experiment_id)
    click.echo(f"experiment: {experiment.name} ({run.experiment_id})", err=True)
    click.echo(f"run: {run.run_name} ({run.run_id})", err=True)
    if registered is not None:
        click.echo(f"version: {found['registered'].rpartition('/')[2]} of {registered}", err=True)
    store = mlflow.get_tracking_uri()
    if store.startswith(("http://", "https://")):
        version = found["registered"].rpartition("/")[2] if registered is not None else None
        click.echo(
            f"page: {store.rstrip('/')}/#/{page(run.experiment_id, found['model_id'], registered, version)}", err=True
        )
    else:
        click.echo(f"page: mlflow ui --backend-store-uri {shown(store)}", err=True)


def page(experiment_id: str, model_id: str, registered: str | None, version: str | None) -> str:
    """Where MLflow's pages show a model with its description: of a registered one, the version's own."""
    if registered is None:
        return f"experiments/{experiment_id}/models/{model_id}"
    return f"models/{quote(registered, safe='')}/versions/{version}"


def shown(store: str) -> str:
    """A store's address without the password in it."""
    parts = urlsplit(store)
    if not parts.password:
        return store
    return parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", ":***@")).geturl()


def _file(query: str) -> Path:
    """The file of a query.

    Raises:
        UsageError: There is none.
    """
    path = Path(query)
    if query != "-" and not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise click.BadParameter(
            f"File {query!r} {what}. (Of a dbt model: --dbt PROJECT {path.stem or query}.)", param_hint="'QUERY'"
        )
    return path


def _value(name: str, text: str, types: dict[str, str] | None) -> Any:
    """A default by its declared type; without one a number or a truth value where it reads as one."""
    import json
    import math

    from . import files

    if types is not None and any(known.casefold() == name.casefold() for known in types):
        return files.parameter(name, text, types)
    try:
        value = json.loads(text)
    except ValueError:
        return text
    if isinstance(value, (bool, int)) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return text
