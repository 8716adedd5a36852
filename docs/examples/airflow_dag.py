"""Batch scoring with Airflow: one file of rows a day, scored by the model an alias names.

    export SCORING_MODEL=models:/ranker@champion SCORING_IN=/data/in SCORING_OUT=/data/out
    airflow dags test batch_scoring 2026-01-31

The alias is looked up once a run, and all tasks use the version found: a new champion never answers half a day. A
day's result is written whole or not at all, and written again when the day is run again. The tasks are plain functions;
Airflow is needed for the DAG at the end only.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

MODEL = os.environ.get("SCORING_MODEL", "models:/ranker@champion")
IN = os.environ.get("SCORING_IN", "in")
OUT = os.environ.get("SCORING_OUT", "out")


def resolve(model_uri: str) -> str:
    """The version an alias names now: ``models:/ranker@champion`` → ``models:/ranker/3``. Other addresses stay."""
    import mlflow

    alias = re.fullmatch(r"models:/([^/@]+)@([^/@]+)", model_uri)
    if alias is None:
        return model_uri
    version = mlflow.MlflowClient().get_model_version_by_alias(alias[1], alias[2])
    return f"models:/{version.name}/{version.version}"


def find(folder: str, day: str) -> str:
    """The day's file.

    Raises:
        FileNotFoundError: It is not there yet: Airflow tries again.
    """
    path = Path(folder) / f"{day}.parquet"
    if not path.is_file():
        raise FileNotFoundError(f"No rows for {day}: {path} is not there.")
    return str(path)


def score(model_uri: str, source: str, folder: str) -> dict[str, Any]:
    """Scores a file of rows.

    Args:
        model_uri: The model; of a fixed version, so that a retry gives the same.
        source: A parquet file with the columns of the model's signature.
        folder: Where the result goes, under the name of the source.

    Returns:
        The result's path, the model's address, and how many rows went in and came out.
    """
    import pyarrow.parquet as pq

    import mlflow_sql_flavor

    rows = pq.read_table(source)
    result = mlflow_sql_flavor.load_model(model_uri).predict(rows, output="arrow")
    target = Path(folder) / Path(source).name
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    pq.write_table(result, partial)
    partial.replace(target)  # whole or not at all
    return {"path": str(target), "model": model_uri, "rows_in": rows.num_rows, "rows_out": result.num_rows}


def record(source: str, scored: dict[str, Any], day: str) -> str:
    """A run of MLflow that says what was scored by what; gives its id."""
    import mlflow
    import pandas as pd

    mlflow.set_experiment("batch_scoring")
    with mlflow.start_run(run_name=day) as run:
        rows = mlflow.data.from_pandas(pd.read_parquet(source), source=source, name=f"rows_{day}")
        mlflow.log_input(rows, context="scoring")
        mlflow.log_params({"model": scored["model"], "output": scored["path"]})
        mlflow.log_metrics({"rows_in": scored["rows_in"], "rows_out": scored["rows_out"]})
    return run.info.run_id


try:
    from airflow.sdk import dag, task
except ImportError:  # without Airflow the functions serve alone
    dag = task = None

if dag is not None:
    import datetime

    @dag(
        schedule="@daily",
        start_date=datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
        catchup=False,
        max_active_runs=1,
        default_args={"retries": 2, "retry_delay": datetime.timedelta(minutes=10)},
        doc_md=__doc__,
    )
    def batch_scoring() -> None:
        day = "{{ ds }}"
        source = task(find)(IN, day)
        scored = task(score)(task(resolve)(MODEL), source, OUT)
        task(record)(source, scored, day)

    batch_scoring()
