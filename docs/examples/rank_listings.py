"""Rank listings by their average review score, in the region asked: one SQL query, from the log to the server.

    python docs/examples/rank_listings.py

Logs two models of the same job (the region as a column of the input, and as a parameter), registers and loads them by
alias, serves one over HTTP, and then loads the same model with today's listings. Everything is written to a temporary
folder, or to the folder given as the argument. The listings are made up by a seeded generator.
"""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

import mlflow
import pandas as pd

import mlflow_sql_flavor

BY_COLUMN = """
-- The best listings of each region in the input; those with the same score share a place
WITH scored AS (
  SELECT l.region, l.listing_id, l.name, l.nightly_price, round(avg(r.score), 2) AS review_score, count(*) AS reviews
  FROM listings AS l JOIN reviews AS r ON r.listing_id = l.listing_id
  GROUP BY l.region, l.listing_id, l.name, l.nightly_price
  HAVING count(*) >= 3
), ranked AS (
  SELECT *, rank() OVER (PARTITION BY region ORDER BY review_score DESC) AS place FROM scored
)
SELECT i.region, k.name, k.nightly_price, k.review_score, k.reviews
FROM input AS i JOIN ranked AS k ON k.region = i.region
WHERE k.place <= 3
ORDER BY i.region, k.place, k.name
"""

BY_PARAMETER = """
-- The best listings of the region asked: no input, two parameters
WITH scored AS (
  SELECT l.name, l.nightly_price, round(avg(r.score), 2) AS review_score, count(*) AS reviews
  FROM listings AS l JOIN reviews AS r ON r.listing_id = l.listing_id
  WHERE l.region = :region
  GROUP BY l.listing_id, l.name, l.nightly_price
  HAVING count(*) >= 3
), ranked AS (
  SELECT *, rank() OVER (ORDER BY review_score DESC) AS place FROM scored
)
SELECT name, nightly_price, review_score, reviews FROM ranked WHERE place <= :top ORDER BY place, name
"""

REGIONS = {"Seoul": 95, "Busan": 80, "Jeju": 120}
KINDS = ("Hanok stay", "River loft", "Garden house", "Harbour flat", "Hillside room", "Market studio")


def make_listings(seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Listings and their reviews. A listing's reviews scatter around a quality of its own; some have few or none."""
    chance = random.Random(seed)
    listings, reviews = [], []
    for region, price in REGIONS.items():
        for kind in KINDS:
            number = len(listings) + 1
            nightly = round(price * chance.uniform(0.6, 1.8), 2)
            listings.append(
                {"listing_id": number, "region": region, "name": f"{kind} {number}", "nightly_price": nightly}
            )
            quality = chance.uniform(3.0, 4.9)
            for _ in range(chance.choice([0, 2, 5, 9, 14])):
                score = min(5, max(1, round(chance.gauss(quality, 0.7))))
                reviews.append({"listing_id": number, "score": score})
    return pd.DataFrame(listings), pd.DataFrame(reviews)


def say(step: str) -> None:
    """Says on stderr what takes its time now."""
    print(f"{step} …", file=sys.stderr, flush=True)


def show(title: str, table: pd.DataFrame) -> None:
    """Prints a table under a title."""
    print(f"\n{title}\n\n{table.to_string(index=False)}", flush=True)


@contextmanager
def serve(model_uri: str, folder: Path) -> Iterator[str]:
    """`mlflow models serve` while the block runs; gives the address to post to."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", model_uri, "-h", "127.0.0.1", "-p", str(port)]
    scripts = str(Path(sys.executable).parent) + os.pathsep + os.environ.get("PATH", "")
    environment = {**os.environ, "MLFLOW_TRACKING_URI": mlflow.get_tracking_uri(), "PATH": scripts}
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [*command, "--env-manager", "local"],
            env=environment, cwd=folder, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(1200):
            if server.poll() is not None:
                raise RuntimeError(f"the server did not start:\n{(folder / 'server.log').read_text()}")
            try:
                urllib.request.urlopen(f"{address}/ping", timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        yield f"{address}/invocations"
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()


def post(address: str, body: dict) -> pd.DataFrame:
    """The predictions a server gives for a request."""
    request = urllib.request.Request(address, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        return pd.DataFrame(json.load(response)["predictions"])


def main(folder: Path) -> None:
    """Runs the whole example in a folder."""
    say("Making MLflow's store")
    mlflow.set_tracking_uri(f"sqlite:///{folder / 'mlflow.db'}")
    mlflow.create_experiment("listings", artifact_location=(folder / "artifacts").as_uri())
    mlflow.set_experiment("listings")
    client = mlflow.MlflowClient()
    listings, reviews = make_listings(seed=1)
    tables = {"listings": listings, "reviews": reviews}

    with mlflow.start_run():
        say("Logging the model that reads regions")
        by_column = mlflow_sql_flavor.log_model(
            BY_COLUMN,
            name="ranker_by_column",
            dialect="databricks",
            tables=tables,
            input_example=pd.DataFrame({"region": ["Seoul"]}),
            registered_model_name="ranker_by_column",
        )
        say("Logging the model that takes a region")
        by_parameter = mlflow_sql_flavor.log_model(
            BY_PARAMETER,
            name="ranker",
            dialect="databricks",
            tables=tables,
            input_example=(None, {"region": "Seoul", "top": 5}),
            registered_model_name="ranker",
        )
    for info, name in ((by_column, "ranker_by_column"), (by_parameter, "ranker")):
        client.set_registered_model_alias(name, "champion", str(info.registered_model_version))

    asked = pd.DataFrame({"region": ["Jeju", "Seoul"]})
    model = mlflow.pyfunc.load_model("models:/ranker_by_column@champion")
    show("Regions as a column of the input:", model.predict(asked))

    model = mlflow.pyfunc.load_model("models:/ranker@champion")
    show("The region as a parameter:", model.predict(None, params={"region": "Busan", "top": 3}))

    say("Starting mlflow models serve, some seconds")
    with serve("models:/ranker@champion", folder) as address:
        # MLflow's server wants data in every request; a query that reads none takes an empty list.
        answer = post(address, {"inputs": [], "params": {"region": "Busan", "top": 3}})
    show("The same, from `mlflow models serve`:", answer)

    newer = dict(zip(tables, make_listings(seed=3), strict=True))
    model = mlflow.pyfunc.load_model("models:/ranker@champion", model_config={"tables": newer})
    show("The same model on the next day's listings:", model.predict(None, params={"region": "Busan", "top": 3}))

    loaded = mlflow_sql_flavor.load_model("models:/ranker@champion")
    print(f"\nThe query for Snowflake:\n\n{loaded.to_sql('snowflake')}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]).resolve())
    else:
        with tempfile.TemporaryDirectory() as temporary:
            main(Path(temporary))
