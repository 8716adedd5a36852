"""The examples of evaluation, of a project, of batch scoring and of live routing, as their users run them."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import mlflow
import pandas as pd
import pytest
from mlflow import MlflowClient

import mlflow_sql_flavor

from ..conftest import free_port, stop, wait_for

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


def module(name: str) -> ModuleType:
    """An example, imported from its file."""
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = made  # dataclasses look their module up
    spec.loader.exec_module(made)
    return made


def environment(folder: Path, **more: str) -> dict[str, str]:
    """For a process with a store of its own, where ``python`` is the one that runs the tests."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db", **more}


# Evaluation


@pytest.mark.ci
@pytest.mark.timeout(600)
def test_evaluate_baseline(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    command = [sys.executable, str(EXAMPLES / "evaluate_baseline.py"), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr

    client = MlflowClient(f"sqlite:///{tmp_path}/mlflow.db")

    def runs(experiment: str) -> dict[str, Any]:
        found = client.search_runs([client.get_experiment_by_name(experiment).experiment_id])
        return {run.info.run_name: run for run in found}

    numbers = runs("progression")
    assert set(numbers) == {"mean of the band, in SQL", "ridge", "five folds"}
    inputs = {
        tag.value: item.dataset
        for item in numbers["mean of the band, in SQL"].inputs.dataset_inputs
        for tag in item.tags
        if tag.key == "mlflow.data.context"
    }
    assert {"training", "reference table"} <= set(inputs)
    assert json.loads(inputs["reference table"].profile)["num_rows"] == 4
    folds = client.get_metric_history(numbers["five folds"].info.run_id, "rmse_ridge")
    mean = numbers["five folds"].data.metrics["mean_rmse_ridge"]
    assert len(folds) == 5 and mean == pytest.approx(sum(fold.value for fold in folds) / 5)
    metrics = {name: run.data.metrics for name, run in numbers.items()}
    first, second = (metrics[name]["root_mean_squared_error"] for name in ("mean of the band, in SQL", "ridge"))
    gain, low, high = map(float, re.findall(r"-?\d+\.\d", done.stdout.partition("Bootstrap:")[2].splitlines()[0]))
    assert low < gain < high and gain == pytest.approx(first - second, abs=1)
    assert 0 < metrics["ridge"]["within_50"] < 1

    classes = {name: run.data.metrics for name, run in runs("tumours").items()}
    # Of scikit-learn's own model MLflow knows the probabilities, too, and measures more.
    same = {key: classes["logistic regression"][key] for key in classes["logistic regression, as SQL"]}
    assert classes["logistic regression, as SQL"] == pytest.approx(same, rel=1e-9)
    for found in classes.values():
        assert 0.9 < found["accuracy_score"] < 1 and found["cost"] > 0


# MLproject


@pytest.mark.ci
@pytest.mark.timeout(600)
def test_mlflow_run_of_the_project(tmp_path: Path) -> None:
    command = [
        *(sys.executable, "-m", "mlflow", "run", str(EXAMPLES / "mlproject"), "--env-manager", "local"),
        *("-P", "top=2", "-P", "registered_model_name=ranker"),
    ]
    before = sorted((EXAMPLES / "mlproject").iterdir())
    store = environment(tmp_path, PYTHONDONTWRITEBYTECODE="1")
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=store)
    assert done.returncode == 0, done.stderr
    assert sorted((EXAMPLES / "mlproject").iterdir()) == before

    tracking, registry = mlflow.get_tracking_uri(), mlflow.get_registry_uri()
    mlflow.set_tracking_uri(store["MLFLOW_TRACKING_URI"])
    mlflow.set_registry_uri(store["MLFLOW_TRACKING_URI"])
    try:
        model = mlflow_sql_flavor.load_model("models:/ranker/1")
        run = MlflowClient().get_run(MlflowClient().get_model_version("ranker", "1").run_id)
    finally:
        mlflow.set_tracking_uri(tracking)
        mlflow.set_registry_uri(registry)
    regions = pd.DataFrame({"region": ["Seoul", "Jeju"]})
    assert model.predict(regions)["name"].tolist() == ["Garden house", "River loft"]
    assert model.predict(regions, {"top": 1})["name"].tolist() == ["Garden house"]
    assert run.data.params["top"] == "2" and run.data.tags["mlflow.project.entryPoint"] == "main"
    assert {item.dataset.name for item in run.inputs.dataset_inputs} == {"listings", "input"}


# Airflow


@pytest.fixture
def registered(tmp_path: Path) -> MlflowClient:
    """A registered model of two versions, in the store of all tests: a store of its own takes seconds to make."""
    client = MlflowClient()
    client.create_registered_model("doubled")
    for factor in (2, 3):
        folder = tmp_path / f"model_{factor}"
        sql = f"SELECT x, x * {factor} AS y FROM input WHERE x >= 0"
        mlflow_sql_flavor.save_model(sql, folder, input_example=pd.DataFrame({"x": [1.5]}))
        client.create_model_version("doubled", folder.as_uri())
    client.set_registered_model_alias("doubled", "champion", "1")
    return client


@pytest.mark.timeout(120)
def test_the_tasks_of_the_dag(tmp_path: Path, registered: MlflowClient) -> None:
    tasks = module("airflow_dag")
    inputs, outputs = tmp_path / "in", tmp_path / "out"
    inputs.mkdir()
    with pytest.raises(FileNotFoundError, match="No rows for 2026-01-31"):
        tasks.find(str(inputs), "2026-01-31")
    pd.DataFrame({"x": [-1.0, 2.0, 4.0]}).to_parquet(inputs / "2026-01-31.parquet")

    uri = tasks.resolve("models:/doubled@champion")
    assert uri == "models:/doubled/1" and tasks.resolve("models:/doubled/2") == "models:/doubled/2"
    registered.set_registered_model_alias("doubled", "champion", "2")  # in the middle of the run
    source = tasks.find(str(inputs), "2026-01-31")
    for _ in range(2):  # run again: the same
        scored = tasks.score(uri, source, str(outputs))
        assert (scored["rows_in"], scored["rows_out"]) == (3, 2)
        assert [path.name for path in outputs.iterdir()] == ["2026-01-31.parquet"]
        assert pd.read_parquet(scored["path"])["y"].tolist() == [4.0, 8.0]
    run = registered.get_run(tasks.record(source, scored, "2026-01-31"))
    assert run.data.params["model"] == uri and run.data.metrics == {"rows_in": 3, "rows_out": 2}
    assert [item.dataset.name for item in run.inputs.dataset_inputs] == ["rows_2026-01-31"]


def test_the_dag() -> None:
    pytest.importorskip("airflow.sdk", reason="Airflow is not installed; its tasks are tested without it")
    dag = module("airflow_dag").batch_scoring()
    assert set(dag.task_ids) == {"find", "resolve", "score", "record"}
    assert dag.get_task("score").upstream_task_ids == {"find", "resolve"}


# The router


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Addresses of a champion, a challenger that differs for x > 1, and one that fails for x > 1."""
    home = tmp_path_factory.mktemp("models")
    queries = {
        "champion": "SELECT x * $factor AS y, t FROM input",
        "other": "SELECT CASE WHEN x > 1 THEN 0 ELSE x * $factor END AS y, t FROM input",
        "broken": "SELECT CASE WHEN x > 1 THEN CAST('n' || t AS DOUBLE) ELSE x * $factor END AS y, t FROM input",
    }
    example = (pd.DataFrame({"x": [1.0], "t": ["a"]}), {"factor": 2.0})
    for name, sql in queries.items():
        mlflow_sql_flavor.save_model(sql, home / name, input_example=example)
    return {name: str(home / name) for name in queries}


@pytest.fixture(scope="module")
def router() -> ModuleType:
    return module("router")


ROWS = {"dataframe_records": [{"x": 1.0, "t": None}, {"x": 2.0, "t": "b"}]}
GIVEN = [{"y": 2.0, "t": None}, {"y": 4.0, "t": "b"}]


def client(router: ModuleType, models: dict[str, str], **settings: Any) -> Any:
    """A client of a server with these settings."""
    try:
        from starlette.testclient import TestClient
    except (ImportError, RuntimeError) as error:  # Starlette's own words for a missing httpx
        pytest.skip(str(error))
    values = {"champion": models["champion"], **settings}
    return TestClient(router.create_app({f"ROUTER_{name.upper()}": str(value) for name, value in values.items()}))


def test_a_b_divides_by_key(router: ModuleType, models: dict[str, str]) -> None:
    server = client(router, models, challenger=models["other"], mode="ab", share=0.3)
    again = client(router, models, challenger=models["other"], mode="ab", share=0.3)
    served = Counter()
    for user in range(60):
        answers = [s.post("/invocations", json=ROWS, headers={"X-Routing-Key": str(user)}) for s in (server, again)]
        names = {answer.headers["X-Served-By"] for answer in answers}
        assert len(names) == 1, "the same user meets the same model on every replica"
        name = names.pop()
        expected = GIVEN if name == "champion" else [GIVEN[0], {"y": 0.0, "t": "b"}]
        assert answers[0].json() == {"predictions": expected}
        served[name] += 1
    assert 5 < served["challenger"] < 35
    assert server.get("/metrics").json() == {f"{name}_answers": count for name, count in served.items()}


def test_the_share(router: ModuleType, models: dict[str, str]) -> None:
    rule = router.Router(router.Settings(models["champion"], models["other"], "ab", share=0.2))
    by_key = sum(rule.drawn(f"user {number}") for number in range(20_000)) / 20_000
    by_chance = sum(rule.drawn(None) for _ in range(20_000)) / 20_000
    assert by_key == pytest.approx(0.2, abs=0.015) and by_chance == pytest.approx(0.2, abs=0.015)
    for share in (0, 1):
        rule = router.Router(router.Settings(models["champion"], models["other"], "ab", share))
        assert {rule.drawn(key) for key in (None, "a", "b", "c")} == {bool(share)}


def test_canary_falls_back_and_ends(router: ModuleType, models: dict[str, str], tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    options = {"challenger": models["broken"], "mode": "canary", "share": 1, "max_failures": 2, "log": log}
    server = client(router, models, **options)
    fine = server.post("/invocations", json={"dataframe_records": ROWS["dataframe_records"][:1]})
    assert fine.headers["X-Served-By"] == "challenger" and fine.json() == {"predictions": GIVEN[:1]}
    for _ in range(4):
        answer = server.post("/invocations", json=ROWS)
        assert answer.headers["X-Served-By"] == "champion" and answer.json() == {"predictions": GIVEN}
    counts = server.get("/metrics").json()
    assert counts == {"challenger_answers": 1, "champion_answers": 4, "challenger_failures": 2}
    events = [json.loads(line) for line in log.read_text().splitlines()]
    assert Counter(event["event"] for event in events) == counts
    assert all(event["error"] for event in events if event["event"] == "challenger_failures")


def test_a_b_does_not_hide_failures(router: ModuleType, models: dict[str, str]) -> None:
    server = client(router, models, challenger=models["broken"], mode="ab", share=1)
    assert server.post("/invocations", json=ROWS).status_code == 400


def test_shadow_answers_by_the_champion_and_counts(router: ModuleType, models: dict[str, str]) -> None:
    server = client(router, models, challenger=models["other"], share=1)
    for _ in range(3):
        answer = server.post("/invocations", json={**ROWS, "params": {"factor": 2.0}})
        assert answer.headers["X-Served-By"] == "champion" and answer.json() == {"predictions": GIVEN}
    expected = {"champion_answers": 3, "challenger_answers": 3, "rows_compared": 6, "rows_that_differ": 3}
    assert server.get("/metrics").json() == expected
    server = client(router, models, challenger=models["broken"], share=1)
    assert server.post("/invocations", json=ROWS).json() == {"predictions": GIVEN}
    assert server.get("/metrics").json() == {"champion_answers": 1, "challenger_failures": 1}


def test_a_caller_s_mistake_is_400_and_no_failure_of_the_challenger(router: ModuleType, models: dict[str, str]) -> None:
    server = client(router, models, challenger=models["other"], mode="canary", share=1)
    for payload in ({"dataframe_records": [{"x": 1.0}]}, {"rows": []}, {**ROWS, "params": {"factor": "many"}}):
        answer = server.post("/invocations", json=payload)
        assert answer.status_code == 400, answer.text
        assert "Traceback" not in answer.text
    split = {"dataframe_split": {"columns": ["x", "t"], "data": [[1.0, None]]}, "params": {"factor": 3}}
    assert server.post("/invocations", json=split).json() == {"predictions": [{"y": 3.0, "t": None}]}
    assert server.get("/metrics").json() == {"challenger_answers": 1}


@pytest.mark.parametrize(
    "settings",
    [{"ROUTER_MODE": "both"}, {"ROUTER_SHARE": "1.5"}, {"ROUTER_SHARE": "a tenth"}, {"ROUTER_MAX_FAILURES": "some"}],
)
def test_settings_that_make_no_sense(router: ModuleType, settings: dict[str, str]) -> None:
    with pytest.raises(ValueError):
        router.Settings.of(settings)


def test_without_a_challenger(router: ModuleType, models: dict[str, str]) -> None:
    server = client(router, models, challenger="", mode="ab", share=1)
    assert server.post("/invocations", json=ROWS).headers["X-Served-By"] == "champion"


@pytest.mark.ci
@pytest.mark.timeout(300)
def test_the_command_in_its_text(models: dict[str, str], tmp_path: Path) -> None:
    import requests

    port, log = free_port(), tmp_path / "log"
    command = [sys.executable, "-m", "uvicorn", "--app-dir", str(EXAMPLES), "router:app", "--port", str(port)]
    settings = {"ROUTER_CHAMPION": models["champion"], "ROUTER_CHALLENGER": models["other"], "ROUTER_SHARE": "1"}
    values = environment(tmp_path, PYTHONDONTWRITEBYTECODE="1", **settings)
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=values, cwd=tmp_path, start_new_session=True)
    try:
        wait_for(f"http://127.0.0.1:{port}/ping", process, log)
        answer = requests.post(f"http://127.0.0.1:{port}/invocations", json=ROWS, timeout=60)
        assert answer.json() == {"predictions": GIVEN}
    finally:
        stop(process)
