"""What callers pass and databases hold that nobody meant: odd values, edited rows, moved models, secrets."""

from __future__ import annotations

import datetime
import decimal
import logging
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mlflow.deployments import get_deploy_client
from mlflow.exceptions import MlflowException

import mlflow_sql_flavor
from mlflow_sql_flavor.deploy import fetching
from mlflow_sql_flavor.deploy.target import Target

from .conftest import EXAMPLE
from .places import Place


def saved(folder: Path, sql: str, **params: Any) -> str:
    mlflow_sql_flavor.save_model(sql, folder, input_example=(EXAMPLE, params), pip_requirements=["mlflow"])
    return str(folder)


def test_parameters_that_json_has_no_word_for(sqlite: Place, tmp_path: Path) -> None:
    """They are kept, and an update starts from them."""
    model = saved(
        tmp_path / "m", "SELECT id, :since AS since, :much AS much, :n AS n FROM input",
        since=datetime.date(2024, 1, 1), much=decimal.Decimal("1.5"), n=1,
    )  # fmt: skip
    client = get_deploy_client(sqlite.target)
    params = {"since": datetime.date(2024, 2, 1), "much": decimal.Decimal("3.5"), "n": np.int64(7)}
    client.create_deployment("odd", model, config={"input": "events", "params": params})
    told = client.update_deployment("odd")
    assert (told["params"]["since"], told["params"]["n"]) == ("2024-02-01", 7)
    assert sqlite.ask("SELECT since, much, n FROM odd WHERE id = 1") == [("2024-02-01", 3.5, 7)]


def test_whatever_goes_wrong_is_mlflow_s_error(sqlite: Place, doubler: str, monkeypatch: pytest.MonkeyPatch) -> None:
    client = get_deploy_client(sqlite.target)
    for model in (None, "", 5):
        with pytest.raises(MlflowException, match="the address of a model"):
            client.create_deployment("x", model, config={"input": "events"})

    def fails(uri: str) -> Any:
        raise ModuleNotFoundError("No module named 'boto3'", name="boto3")

    monkeypatch.setattr(fetching, "version_of", fails)
    with pytest.raises(MlflowException, match="boto3 is not installed"):
        client.create_deployment("x", doubler, config={"input": "events"})


def test_an_update_keeps_the_version_that_another_one_brought(
    sqlite: Place, doubler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between reading which version is deployed and changing it."""
    later = saved(tmp_path / "later", "SELECT id, price * :by + 1000 AS twice FROM input", by=2.0)
    client = get_deploy_client(sqlite.target)
    client.create_deployment("race", doubler, config={"input": "events"})
    kept, others = fetching.fetched, [later]

    @contextmanager
    def slow(uri: str) -> Any:
        with kept(uri) as found:
            if others:
                get_deploy_client(sqlite.target).update_deployment("race", others.pop())
            yield found

    monkeypatch.setattr(fetching, "fetched", slow)
    assert client.update_deployment("race", config={"params": {"by": 3.0}})["version_uri"] == later
    assert sqlite.ask("SELECT twice FROM race WHERE id = 1") == [(1030.0,)]


def test_a_path_means_the_same_from_every_folder(
    sqlite: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, factor in (("a", 1), ("b", 100)):
        (tmp_path / name).mkdir()
        saved(tmp_path / name / "m", f"SELECT id, price * {factor} AS x FROM input")
    client = get_deploy_client(sqlite.target)
    monkeypatch.chdir(tmp_path / "a")
    client.create_deployment("rel", "m", config={"input": "events"})
    monkeypatch.chdir(tmp_path / "b")
    client.update_deployment("rel")
    assert sqlite.ask("SELECT x FROM rel WHERE id = 1") == [(10.0,)]
    (tmp_path / "a").rename(tmp_path / "gone")
    (tmp_path / "b").rename(tmp_path / "a")
    with pytest.raises(MlflowException, match="is another now than when 'rel' was deployed"):
        client.update_deployment("rel")
    assert sqlite.ask("SELECT x FROM rel WHERE id = 1") == [(10.0,)]


def test_a_row_that_cannot_be_read(sqlite: Place, doubler: str, caplog: pytest.LogCaptureFixture) -> None:
    """It blocks no other deployment, and goes by name."""
    client = get_deploy_client(sqlite.target)
    for name in ("a1", "a2"):
        client.create_deployment(name, doubler, config={"input": "events"})
    sqlite.ask("UPDATE mlflow_sql_deployments SET params = 'x' WHERE name = 'a1'")
    with caplog.at_level(logging.WARNING):
        assert [each["name"] for each in client.list_deployments()] == ["a2"]
    assert "The row of 'a1'" in caplog.text
    assert client.predict("a2", EXAMPLE)["twice"].tolist()[:2] == [3.0, 4.5]
    for call in (client.get_deployment, lambda name: client.create_deployment(name, doubler)):
        with pytest.raises(MlflowException, match=r"row of 'a1' .* cannot be read|'a1' here already"):
            call("a1")
    client.delete_deployment("a2")
    assert {"a1", "mlflow_sql_deployments"} <= sqlite.objects()
    client.delete_deployment("a1")
    assert sqlite.objects() == {"events", "codes"}


def test_secrets_of_drivers() -> None:
    """Whole values that hold a password are hidden, and no letters within words."""
    odbc = "DRIVER%3D%7BODBC+18%7D%3BUID%3Du%3BPWD%3Dhunter2"
    for uri in (f"sql:mssql+pyodbc:///?odbc_connect={odbc}", "sql:postgresql://h/db?options=-c%20my.pw%3Dhunter2"):
        target = Target.read(uri)
        said = target.shown + target.masked("login failed for 'u' with hunter2") + repr(target.masked("PWD=hunter2;"))
        assert "hunter2" not in said and "login failed for 'u'" in said
    short = Target.read("sql:postgresql://u:e@h/db")
    assert short.masked("relation events does not exist") == "relation events does not exist"
    assert "u:e@" not in short.masked("cannot read postgresql://u:e@h/db") + short.shown
    assert "hunter2" not in Target.read("sql:spark?token=hunter2").shown


def test_the_hint_names_the_driver_s_address() -> None:
    pytest.importorskip("sqlalchemy")
    with pytest.raises(MlflowException, match="write mssql\\+pymssql:// in the target"):
        get_deploy_client("sql:mssql://h/db").list_deployments()
