"""The image of a SQL model: it answers as ``predict`` does on the host, and lives as MLflow's own images do."""

from __future__ import annotations

import json
import time

import mlflow
import pytest

from .engine import Container
from .models import FRAME, KINDS, PARAMS, bodies, expected

pytestmark = [pytest.mark.ci, pytest.mark.timeout(900)]

#: As far as a container can be closed and still be one that MLflow's server runs in.
CLOSED = {"network": "none", "user": "1000:1000", "read_only": True, "tmpfs": {"/tmp": "rw"}}

#: MLflow makes arrays of these, in which a null among texts is the text "None" before any flavor sees it.
TENSORS = ("instances", "inputs")
NAMED = FRAME.dropna(subset="region").reset_index(drop=True)


def _same(answer, wanted):
    status, text = answer
    assert status == 200, text
    assert json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))["predictions"] == wanted


def _check_formats(container, model):
    host = mlflow.pyfunc.load_model(str(model))
    takes_params = host.metadata.signature.params is not None
    for params in (None, PARAMS) if takes_params else (None,):
        for name, body in bodies(FRAME, params).items():
            if name in TENSORS:
                body = bodies(NAMED, params)[name]
            _same(container.post(body), expected(host.predict(NAMED if name in TENSORS else FRAME, params=params)))
    # A CSV body has no room for parameters: their defaults hold.
    _same(container.post(FRAME.to_csv(index=False).encode(), "text/csv"), expected(host.predict(FRAME)))
    _same(container.post(b"id,region,price\n", "text/csv"), [])


def test_answers_as_on_the_host(sql_image, sql_models):
    with Container(sql_image) as container:
        container.wait()
        _check_formats(container, sql_models["all"])
        status, text = container.post({"dataframe_split": {"columns": ["region"], "data": [["Seoul"]]}})
        assert status == 400, text
        assert "Traceback" not in text


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "all"])
def test_every_kind_of_model(sql_image, sql_models, kind):
    with Container(sql_image, model=sql_models[kind]) as container:
        container.wait()
        _check_formats(container, sql_models[kind])


def test_closed(sql_image, sql_models):
    """No network, not root, nothing to write to but /tmp."""
    with Container(sql_image, **CLOSED) as container:
        container.wait()
        assert container.container.exec_run(["id", "-u"]).output.decode().strip() == "1000"
        assert container.container.exec_run(["touch", "/opt/mlflow/x"]).exit_code != 0
        _check_formats(container, sql_models["all"])


def test_two_workers_and_a_clean_end(sql_image, sql_models):
    with Container(sql_image, env={"MLFLOW_MODELS_WORKERS": "2"}) as container:
        container.wait()
        end = time.monotonic() + 60
        while container.logs.count("Application startup complete") < 2 and time.monotonic() < end:
            time.sleep(0.2)
        assert container.logs.count("Application startup complete") == 2
        wanted = expected(mlflow.pyfunc.load_model(str(sql_models["all"])).predict(FRAME))
        for _ in range(8):
            _same(container.post(bodies(FRAME, None)["dataframe_records"]), wanted)
        start = time.monotonic()
        container.container.kill("SIGTERM")
        assert container.exited(30) == 0
        assert time.monotonic() - start < 10
        assert "Traceback" not in container.logs
