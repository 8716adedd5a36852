"""Saving and logging need no network, and start no process that does."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from .conftest import run

SAVE = """
import sys
started, reached = [], []

def hook(event, args):
    # MLflow asks git for the commit it runs in: a local command that every flavor causes.
    if event == "subprocess.Popen" and args[1][0] != "git":
        started.append(args[1])
    elif event in ("socket.connect", "socket.getaddrinfo"):
        reached.append(args)

import mlflow, pandas as pd, mlflow_sql_flavor
frame = pd.DataFrame({"x": [1, 2]})

def plus(x: int) -> int:
    return x + 1

mlflow.set_tracking_uri("sqlite:///" + sys.argv[1] + "/mlflow.db")
mlflow.set_experiment("offline")
sys.addaudithook(hook)
JOINED = "SELECT x FROM input JOIN t USING (x)"
mlflow_sql_flavor.log_model(JOINED, name="plain", tables={"t": frame}, input_example=frame)
mlflow_sql_flavor.save_model("SELECT x FROM input", sys.argv[1] + "/saved", input_example=frame)
assert not started, started
assert not reached, reached
info = mlflow_sql_flavor.log_model("SELECT plus(x) AS y FROM input", name="udf", udfs=[plus], input_example=frame)
assert not reached, reached
assert mlflow.pyfunc.load_model(info.model_uri).predict(frame).y.tolist() == [2, 3]
print("started", len(started))
"""


@pytest.mark.ci
def test_no_connection_and_no_process(tmp_path):
    """No process at all without Python functions; with them MLflow's own, which imports the model."""
    done = run(sys.executable, "-c", SAVE, tmp_path, cwd=tmp_path)
    assert done.stdout.splitlines()[-1] == "started 1"


@pytest.mark.ci
def test_in_a_network_namespace_of_its_own(tmp_path):
    unshare = shutil.which("unshare")
    command = [unshare or "unshare", "--net", "--map-root-user"]
    if not unshare or subprocess.run([*command, "true"], capture_output=True).returncode:
        pytest.skip("this machine gives no process a network namespace of its own")
    run(*command, sys.executable, "-c", SAVE, tmp_path, cwd=tmp_path)
