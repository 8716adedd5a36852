"""The project's entry point: logs the query beside it as a model, in the run that `mlflow run` has started."""

from __future__ import annotations

from pathlib import Path

import click
import mlflow
import pandas as pd

import mlflow_sql_flavor

HERE = Path(__file__).parent


@click.command()
@click.option("--query", default="ranker.sql", help="The query's file, in the project's folder.")
@click.option("--dialect", default="databricks", help="What it is written in.")
@click.option("--top", default=3.0, help="How many rows the model gives unless asked otherwise.")
@click.option("--register", default="", help="The registered model to add a version to; none if empty.")
def main(query: str, dialect: str, top: float, register: str) -> None:
    """Logs the query as a model."""
    listings = pd.read_csv(HERE / "listings.csv")
    with mlflow.start_run():
        mlflow.log_input(mlflow.data.from_pandas(listings, name="listings"), context="reference table")
        info = mlflow_sql_flavor.log_model(
            HERE / query,
            name="ranker",
            dialect=dialect,
            tables={"listings": listings},
            input_example=(pd.DataFrame({"region": ["Seoul"]}), {"top": int(top)}),
            registered_model_name=register or None,
        )
    print(info.model_uri)


if __name__ == "__main__":
    main()
