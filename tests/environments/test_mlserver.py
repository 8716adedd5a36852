"""MLServer's MLflow runtime loads the model folder as it is and answers MLflow's own requests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request

import pandas as pd
import pytest

import mlflow_sql_flavor

from ..conftest import free_port, stop, wait_for
from .conftest import run

pytestmark = [pytest.mark.full, pytest.mark.timeout(1800)]

QUERY = "SELECT region, factor * :rate AS total FROM input LEFT JOIN regions USING (region) ORDER BY total DESC"
FRAME = pd.DataFrame({"region": ["Seoul", "부산"]})
REGIONS = pd.DataFrame({"region": ["Seoul", "부산"], "factor": [1.5, 1.25]})


def test_invocations(uv, tmp_path):
    folder = tmp_path / "ranker"
    mlflow_sql_flavor.save_model(
        QUERY, folder / "model", tables={"regions": REGIONS}, input_example=(FRAME, {"rate": 1.0}), bundle_flavor=True
    )
    python = tmp_path / "venv" / "bin" / "python"
    run(uv, "venv", "--python", sys.executable, tmp_path / "venv")
    needed = folder / "model" / "requirements.txt"
    run(uv, "pip", "install", "--python", python, "mlserver", "mlserver-mlflow", "-r", needed)
    settings = {"name": "ranker", "implementation": "mlserver_mlflow.MLflowRuntime", "parameters": {"uri": "./model"}}
    (folder / "model-settings.json").write_text(json.dumps(settings))
    ports = {f"{kind}_port": free_port() for kind in ("http", "grpc", "metrics")}
    (folder / "settings.json").write_text(json.dumps({**ports, "parallel_workers": 0}))

    log = tmp_path / "log"
    with log.open("wb") as out:
        server = subprocess.Popen(
            [python.parent / "mlserver", "start", folder],
            env={**os.environ, "PYTHONPATH": ""},
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    url = f"http://127.0.0.1:{ports['http_port']}"
    try:
        wait_for(f"{url}/v2/models/ranker/ready", server, log)
        body = {"dataframe_split": json.loads(FRAME.to_json(orient="split")), "params": {"rate": 2.0}}
        request = urllib.request.Request(
            f"{url}/invocations", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            found = json.load(answer)
    finally:
        stop(server)
    assert found == {"predictions": [{"region": "Seoul", "total": 3.0}, {"region": "부산", "total": 2.5}]}
