"""``mlflow models`` and the scoring server, in this process: a real server is in tests/serving."""

import asyncio
import json

import mlflow
import pytest
from click.testing import CliRunner

from ..conftest import served
from .conftest import ANSWER, DATA, values


@pytest.fixture(scope="module")
def saved(flavor, tmp_path_factory):
    path = tmp_path_factory.mktemp(flavor.name) / "m"
    flavor.save(path, input_example=DATA)
    return path


class Client:
    """Requests to an ASGI application, without a socket."""

    def __init__(self, app):
        self.app = app

    def get(self, path):
        return asyncio.run(self._call("GET", path, b"", "text/plain"))

    def post(self, path, content, kind="application/json"):
        return asyncio.run(self._call("POST", path, content.encode(), kind))

    async def _call(self, method, path, body, kind):
        sent = []

        async def receive():
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message):
            sent.append(message)

        headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
        scope = {"type": "http", "http_version": "1.1", "method": method, "path": path, "raw_path": path.encode()}
        scope.update(query_string=b"", headers=headers, scheme="http", server=("here", 80), client=("here", 1))
        await self.app(scope, receive, send)
        text = b"".join(message.get("body", b"") for message in sent[1:]).decode()
        return sent[0]["status"], text


@pytest.fixture(scope="module")
def client(saved):
    from mlflow.pyfunc import scoring_server

    patch = pytest.MonkeyPatch()
    patch.setenv("_MLFLOW_IS_IN_SERVING_ENVIRONMENT", "true")  # which the server sets, and here has to be unset
    yield Client(scoring_server.init(mlflow.pyfunc.load_model(str(saved))))
    patch.undo()


def numbers(body):
    """SQL answers with records, as its columns have names; sklearn with numbers."""
    return [value["y"] if isinstance(value, dict) else value for value in body["predictions"]]


def cli(*arguments):
    from mlflow.models.cli import commands

    return CliRunner().invoke(commands, list(arguments), catch_exceptions=False)


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("in.json", json.dumps({"dataframe_split": {"columns": ["x"], "data": [[1.0], [2.0], [3.5]]}}), "json"),
        ("in.json", json.dumps({"inputs": {"x": [1.0, 2.0, 3.5]}}), "json"),
        ("in.csv", "x\n1.0\n2.0\n3.5\n", "csv"),
    ],
    ids=["split", "inputs", "csv"],
)
def test_predict(saved, tmp_path, name, text, kind):
    (tmp_path / name).write_text(text)
    done = cli(
        *("predict", "-m", str(saved), "-i", str(tmp_path / name), "-t", kind),
        *("-o", str(tmp_path / "out.json"), "--env-manager", "local"),
    )
    assert done.exit_code == 0, done.output
    assert numbers(json.loads((tmp_path / "out.json").read_text())) == ANSWER


def test_generate_dockerfile(saved, tmp_path):
    done = cli("generate-dockerfile", "-m", str(saved), "-d", str(tmp_path / "image"))
    assert done.exit_code == 0, done.output
    text = (tmp_path / "image/Dockerfile").read_text()
    assert "FROM python:" in text
    assert len(list((tmp_path / "image/model_dir").rglob("MLmodel"))) == 1


def test_update_pip_requirements(flavor, tmp_path):
    flavor.save(tmp_path / "m")
    done = cli("update-pip-requirements", "-m", str(tmp_path / "m"), "add", "a==1")
    assert done.exit_code == 0, done.output
    assert "a==1" in (tmp_path / "m/requirements.txt").read_text().splitlines()
    flavor.module.load_model(str(tmp_path / "m"))


# the scoring server


@pytest.mark.parametrize("path", ["/ping", "/health", "/version"])
def test_the_server_is_up(client, path):
    assert client.get(path)[0] == 200


@pytest.mark.parametrize(
    "body",
    [
        {"dataframe_split": {"columns": ["x"], "data": [[1.0], [2.0], [3.5]]}},
        {"dataframe_records": [{"x": 1.0}, {"x": 2.0}, {"x": 3.5}]},
        {"instances": [{"x": 1.0}, {"x": 2.0}, {"x": 3.5}]},
        {"inputs": {"x": [1.0, 2.0, 3.5]}},
    ],
    ids=lambda body: next(iter(body)),
)
def test_the_forms_of_a_request(client, body):
    status, text = client.post("/invocations", json.dumps(body))
    assert status == 200, text
    assert numbers(json.loads(text)) == ANSWER


def test_csv(client):
    _, text = client.post("/invocations", "x\n1.0\n2.0\n3.5\n", "text/csv")
    assert numbers(json.loads(text)) == ANSWER


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ("{", "application/json", 400),
        ('{"rows": []}', "application/json", 400),
        ('{"dataframe_records": [{"z": 1}]}', "application/json", 400),
        ('{"dataframe_records": [{"x": "a"}]}', "application/json", 400),
        ('{"dataframe_records": [{"x": 1}], "instances": []}', "application/json", 400),
        ("<x/>", "text/xml", 415),
        ("x\n1\n", "text/csv; charset=latin-1", 415),
    ],
)
def test_a_request_that_is_wrong(client, body, kind, status):
    found, text = client.post("/invocations", body, kind)
    assert found == status, text


def test_the_saved_request_is_answered(client, saved):
    _, text = client.post("/invocations", (saved / "serving_input_example.json").read_text())
    assert numbers(json.loads(text)) == ANSWER


def test_mlflow_finds_the_example_fit_to_serve(saved):
    assert values(served(saved)) == ANSWER
