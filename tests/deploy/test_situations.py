"""What goes wrong around a deployment, and who else is at it: on PostgreSQL each, the rest wherever it is quick."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from mlflow.deployments import get_deploy_client, set_deployments_target
from mlflow.deployments.cli import commands
from mlflow.exceptions import MlflowException

import mlflow_sql_flavor
from mlflow_sql_flavor.deploy import lifecycle
from mlflow_sql_flavor.deploy import server as deploy_server

from .conftest import EXAMPLE
from .places import Place, opened


def together(*calls: Any) -> list[Any]:
    """What calls at the same time give, errors too."""

    def one(call: Any) -> Any:
        try:
            return call()
        except MlflowException as error:
            return error.message

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(one, calls))


def creates(place: Place, model: str, name: str) -> Any:
    client = get_deploy_client(place.target)
    return lambda: client.create_deployment(name, model, config={"input": "events"})["name"]


@pytest.mark.ci
def test_two_at_once_on_postgres(postgres: Place, ranker: str) -> None:
    same = together(*[creates(postgres, ranker, "one")] * 2)
    assert sorted(same) == sorted(["one", "There is a deployment 'one' here already: update it, or take another name."])
    assert together(creates(postgres, ranker, "two"), creates(postgres, ranker, "three")) == ["two", "three"]
    client = get_deploy_client(postgres.target)
    updates = [
        lambda factor=factor: client.update_deployment("one", config={"params": {"factor": factor}})["params"]["factor"]
        for factor in (5.0, 6.0)
    ]
    assert together(*updates) == [5.0, 6.0]
    assert postgres.ask("SELECT total FROM one WHERE id = 1")[0][0] in (50.0, 60.0)
    assert len(client.list_deployments()) == 3


@pytest.mark.ci
@pytest.mark.parametrize("engine", ["postgres", "mysql"])
def test_two_processes_update_at_once(engine: str, tmp_path: Path, ranker: str) -> None:
    """Each by MLflow's command: whoever is last has all of it, and nothing is left of the others."""
    with opened(engine, tmp_path) as place:
        client = get_deploy_client(place.target)
        client.create_deployment("one", ranker, config={"input": "events"})
        there = {name.rpartition("__")[0] or name for name in place.objects()}
        commands_ = [
            [sys.executable, "-m", "mlflow", "deployments", "update", "-t", place.target, "--name", "one",
             "-m", ranker, "--flavor", "sql", "-C", f'params={{"factor": {factor}, "note": "n{factor}"}}']
            for factor in (5, 6, 7)
        ]  # fmt: skip
        running = [
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            for command in commands_
        ]
        for process in running:
            said = process.communicate(timeout=120)[0]
            assert process.returncode == 0, said
        last = client.get_deployment("one")["params"]
        assert place.ask("SELECT total, note FROM one WHERE id = 1") == [(10.0 * last["factor"], last["note"])]
        assert last["note"] == f"n{int(last['factor'])}"
        assert len(place.objects()) == len(there)
        assert {name.rpartition("__")[0] or name for name in place.objects()} == there


def test_two_at_once_on_sqlite(sqlite: Place, ranker: str) -> None:
    found = together(*[creates(sqlite, ranker, "one")] * 2)
    assert "one" in found and any("a deployment 'one' here already" in each or "locked" in each for each in found)
    assert len(get_deploy_client(sqlite.target).list_deployments()) == 1


def test_two_at_once_on_duckdb(tmp_path: Path, ranker: str) -> None:
    with opened("duckdb", tmp_path) as place:
        before = place.objects()
        found = together(*[creates(place, ranker, "one")] * 2)
        assert found.count("one") == 1, found
        client = get_deploy_client(place.target)
        assert len(client.list_deployments()) == 1
        client.delete_deployment("one")
        assert place.objects() == before


@pytest.mark.ci
def test_a_lock_that_is_not_given_on_mysql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing goes on without it."""
    lock, unlock = deploy_server._LOCK["mysql"]
    monkeypatch.setitem(deploy_server._LOCK, "mysql", (lock.replace("60", "1"), unlock))
    with opened("mysql", tmp_path) as place:
        client, other = get_deploy_client(place.target), sa.create_engine(place.uri)
        with other.connect() as connection:
            connection.exec_driver_sql(lock).fetchall()
            with pytest.raises(MlflowException, match="Another deployment has been at work"):
                client.delete_deployment("nothing")
        other.dispose()
        client.delete_deployment("nothing")


@pytest.mark.ci
@pytest.mark.parametrize("step", ["verified", "_record"])
def test_a_connection_that_is_lost(postgres: Place, ranker: str, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """In the middle of the work, and before it is written down."""
    client = get_deploy_client(postgres.target)
    client.create_deployment("ranker", ranker, config={"input": "events"})
    there, told = postgres.objects(), client.get_deployment("ranker")
    kept = getattr(lifecycle, step)

    def lost(build: Any, *rest: Any) -> Any:
        (pid,) = build.server.rows("SELECT pg_backend_pid()")[1][0]
        postgres.ask(f"SELECT pg_terminate_backend({int(pid)})")
        return kept(build, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(lifecycle, step, lost)
        with pytest.raises(MlflowException, match="postgresql failed to") as caught:
            client.update_deployment("ranker", config={"params": {"factor": 7.0}})
        with pytest.raises(MlflowException, match="postgresql failed to"):
            client.create_deployment("other", ranker, config={"input": "events"})
    assert "connection was lost" in caught.value.message
    assert (postgres.objects(), client.get_deployment("ranker")) == (there, told)


@pytest.mark.parametrize("engine", ["sqlite", "duckdb"])
@pytest.mark.parametrize("step", ["verified", "_record"])
def test_a_connection_that_is_closed(
    engine: str, step: str, tmp_path: Path, ranker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of an engine inside of the process, which no server can take away."""
    with opened(engine, tmp_path) as place:
        client = get_deploy_client(place.target)
        client.create_deployment("ranker", ranker, config={"input": "events"})
        there, told = place.objects(), client.get_deployment("ranker")
        kept = getattr(lifecycle, step)

        def closed(build: Any, *rest: Any) -> Any:
            build.server.connection.connection.driver_connection.close()
            return kept(build, *rest)

        with monkeypatch.context() as patch:
            patch.setattr(lifecycle, step, closed)
            for call in (
                lambda: client.update_deployment("ranker", config={"params": {"factor": 7.0}}),
                lambda: client.create_deployment("other", ranker, config={"input": "events"}),
            ):
                with pytest.raises(MlflowException, match=f"{engine} failed to") as caught:
                    call()
                assert "Traceback" not in caught.value.message
        client = get_deploy_client(place.target)
        assert (place.objects(), client.get_deployment("ranker")) == (there, told)
        client.delete_deployment("ranker")


@pytest.mark.parametrize("engine", ["sqlite", "duckdb"])
def test_a_file_that_may_only_be_read(engine: str, tmp_path: Path, ranker: str) -> None:
    with opened(engine, tmp_path) as place:
        file = place.uri.partition(":///")[2]
        uris = {"sqlite": f"sqlite:///file:{file}?mode=ro&uri=true", "duckdb": f"{place.uri}?access_mode=read_only"}
        before = place.objects()
        reader = get_deploy_client(f"sql:{uris[engine]}")
        with pytest.raises(MlflowException, match=r"(?i)read-?only") as caught:
            reader.create_deployment("ranker", ranker, config={"input": "events"})
        assert "Traceback" not in caught.value.message and reader.list_deployments() == []
        assert place.objects() == before


@pytest.mark.ci
def test_a_right_that_is_missing(postgres: Place, ranker: str) -> None:
    postgres.ask("CREATE ROLE reader LOGIN")
    try:
        postgres.ask("GRANT SELECT ON events TO reader")
        before = postgres.objects()
        reader = get_deploy_client(postgres.target.replace("postgres:@", "reader:@"))
        with pytest.raises(MlflowException, match="permission denied for schema public"):
            reader.create_deployment("ranker", ranker, config={"input": "events"})
        assert postgres.objects() == before and reader.list_deployments() == []

        owner = get_deploy_client(postgres.target)
        owner.create_deployment("ranker", ranker, config={"input": "events"})
        with pytest.raises(MlflowException, match="permission denied for table mlflow_sql_deployments"):
            reader.list_deployments()
        postgres.ask("GRANT SELECT ON mlflow_sql_deployments, ranker TO reader")
        references = [name for name in postgres.objects() if name.startswith("ranker__")]
        postgres.ask(f"GRANT SELECT ON {', '.join(references)} TO reader")
        assert reader.predict("ranker", EXAMPLE)["total"].tolist() == [3.0, 4.5]
        with pytest.raises(MlflowException, match="must be owner of view ranker"):
            reader.delete_deployment("ranker")

        owner.update_deployment("ranker", config={"params": {"factor": 7.0}})  # the view keeps whom it was granted to
        granted = "SELECT grantee FROM information_schema.role_table_grants WHERE table_name = 'ranker'"
        assert ("reader",) in postgres.ask(granted)
    finally:
        get_deploy_client(postgres.target).delete_deployment("ranker")
        postgres.ask("DROP OWNED BY reader")
        postgres.ask("DROP ROLE reader")


@pytest.mark.ci
def test_schemas(postgres: Place, ranker: str) -> None:
    """The objects in one, with a name that needs quotes, the bookkeeping in another, which the address names."""
    for schema in ('"my ""schema"', "books"):
        postgres.ask(f"CREATE SCHEMA {schema}")
    try:
        client = get_deploy_client(f"{postgres.target}&mlflow_schema=books")
        made = client.create_deployment("ranker", ranker, config={"input": "public.events", "schema": 'my "schema'})
        assert made["schema"] == 'my "schema'
        assert postgres.ask('SELECT count(*) FROM "my ""schema".ranker') == [(2,)]
        assert postgres.ask("SELECT name FROM books.mlflow_sql_deployments") == [("ranker",)]
        assert get_deploy_client(postgres.target).list_deployments() == []
        client.update_deployment("ranker", config={"schema": "public"})
        assert postgres.ask("SELECT count(*) FROM public.ranker") == [(2,)]
        assert postgres.ask('SELECT count(*) FROM pg_class WHERE relnamespace = \'"my ""schema"\'::regnamespace') == [
            (0,)
        ]
        client.delete_deployment("ranker")
        nowhere = get_deploy_client(f"{postgres.target}&mlflow_schema=nowhere")
        assert nowhere.list_deployments() == []
        with pytest.raises(MlflowException, match="no schema 'nowhere' for the bookkeeping table"):
            nowhere.create_deployment("ranker", ranker, config={"input": "public.events"})
    finally:
        postgres.ask('DROP SCHEMA "my ""schema"')
        postgres.ask("DROP SCHEMA books")


@pytest.mark.ci
def test_what_others_made_of_a_view_stays(postgres: Place, ranker: str) -> None:
    client = get_deploy_client(postgres.target)
    client.create_deployment("ranker", ranker, config={"input": "events"})
    postgres.ask("CREATE VIEW theirs AS SELECT id, total FROM ranker")
    try:
        there = postgres.objects()
        with pytest.raises(MlflowException, match="depend on it"):
            client.delete_deployment("ranker")
        assert postgres.objects() == there
        client.update_deployment("ranker", config={"params": {"factor": 7.0}})
        assert postgres.ask("SELECT total FROM theirs ORDER BY id") == [(70.0,), (28.0,)]
    finally:
        postgres.ask("DROP VIEW theirs")


# passwords


SECRET = "s3/cr:et @pw"


def test_a_password_is_not_said(caplog: pytest.LogCaptureFixture, ranker: str, capsys: Any) -> None:
    caplog.set_level(logging.DEBUG)
    quoted = "s3%2Fcr%3Aet%20%40pw"
    said = []
    for uri in (
        f"sql:postgresql+psycopg://me:{quoted}@127.0.0.1:1/db?connect_timeout=2",
        f"sql:postgresql+psycopg://me@127.0.0.1:1/db?connect_timeout=2&password={quoted}",
        f"sql:nosuch://me:{quoted}@h/db",
        f"sql:{quoted}",
    ):
        try:
            client = get_deploy_client(uri)
            said += [client.target_uri, repr(client), str(vars(client))]
            client.create_deployment("x", ranker, config={"input": "t"})
        except MlflowException as error:
            said += [error.message, str(error), repr(error.__cause__), repr(error.serialize_as_json())]
    said += [caplog.text, *capsys.readouterr()]
    assert any("127.0.0.1" in text for text in said)
    assert not [text for text in said if SECRET in text or quoted in text or "s3/cr" in text]


@pytest.mark.ci
def test_a_password_is_not_stored(postgres: Place, ranker: str) -> None:
    client = get_deploy_client(postgres.target.replace("postgres:@", "postgres:s3cret@"))
    told = client.create_deployment("ranker", ranker, config={"input": "events"})
    stored = postgres.ask("SELECT * FROM mlflow_sql_deployments")
    assert len(stored) == 1 and "s3cret" not in str(stored) + str(told) + str(client.get_deployment("ranker"))


# aliases and versions


def test_an_alias_is_what_it_meant(sqlite: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    before = mlflow.get_tracking_uri(), mlflow.get_registry_uri()
    try:
        mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
        mlflow.set_registry_uri(f"sqlite:///{tmp_path}/mlflow.db")
        for factor in (1, 2):
            with mlflow.start_run() as run:
                mlflow_sql_flavor.log_model(
                    f"SELECT id, price * {factor} AS total FROM input", name="m", registered_model_name="ranker",
                    input_example=EXAMPLE, pip_requirements=["mlflow"],
                )  # fmt: skip
            if factor == 1:
                first = run.info.run_id
                mlflow.MlflowClient().set_registered_model_alias("ranker", "champion", "1")
        client = get_deploy_client(sqlite.target)
        made = client.create_deployment("ranker", "models:/ranker@champion", config={"input": "events"})
        assert (made["model_uri"], made["version_uri"]) == ("models:/ranker@champion", "models:/ranker/1")
        assert made["run_id"] == first
        assert client.get_deployment("ranker")["alias_now"] == "models:/ranker/1"
        mlflow.MlflowClient().set_registered_model_alias("ranker", "champion", "2")
        assert client.get_deployment("ranker")["alias_now"] == "models:/ranker/2"
        same = client.update_deployment("ranker")
        assert (same["model_uri"], same["version_uri"]) == ("models:/ranker@champion", "models:/ranker/1")
        assert client.get_deployment("ranker")["alias_now"] == "models:/ranker/2"
        assert sqlite.ask("SELECT total FROM ranker WHERE id = 1") == [(10.0,)]
        client.update_deployment("ranker", "models:/ranker@champion")
        assert sqlite.ask("SELECT total FROM ranker WHERE id = 1") == [(20.0,)]
        assert client.get_deployment("ranker")["alias_now"] == client.get_deployment("ranker")["version_uri"]
    finally:
        mlflow.set_tracking_uri(before[0])
        mlflow.set_registry_uri(before[1])


# MLflow's command line


def run(*args: str) -> Any:
    return CliRunner().invoke(commands, list(args))


def test_the_commands(sqlite: Place, ranker: str, tmp_path: Path) -> None:
    at = ("-t", sqlite.target)
    named = (*at, "--name", "ranker")
    made = run("create", *named, "-m", ranker, "-C", "input=events", "-C", 'params={"factor": 3}')
    assert made.output.strip() == "sql deployment ranker is created"
    assert "'name': 'ranker'" in run("list", *at).output
    assert "verification: equal on 2 rows of the stored example" in run("get", *named).output
    (tmp_path / "rows.json").write_text(EXAMPLE.to_json())
    out = tmp_path / "out.json"
    asked = run("predict", *named, "-I", str(tmp_path / "rows.json"), "-O", str(out))
    assert asked.exit_code == 0 and list(json.loads(out.read_text())["total"].values()) == [4.5, 6.75]
    assert "SCAN" in run("explain", *named, "-I", str(tmp_path / "rows.json")).output
    updated = run("update", *named, "-C", 'params={"factor": 5}')
    assert updated.output == "Deployment ranker is updated (with flavor sql)\n"
    assert sqlite.ask("SELECT total FROM ranker WHERE id = 1") == [(50.0,)]
    assert run("delete", *named).output == "Deployment ranker is deleted\n"
    assert "-C key=value" in run("help", "-t", "sql").output


@pytest.mark.ci
@pytest.mark.timeout(300)
def test_mlflow_s_own_program(postgres: Place, ranker: str, tmp_path: Path) -> None:
    """Every command in a process of its own; the password is in none of what they print."""
    (tmp_path / "rows.json").write_text(EXAMPLE.to_json())
    target = postgres.target.replace("postgres:@", "postgres:s3cret-pw@")
    env = {**os.environ, "MLFLOW_LOGGING_LEVEL": "DEBUG", "MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path}/m.db"}

    def program(*args: str, good: bool = True) -> str:
        told = subprocess.run(
            [sys.executable, "-m", "mlflow", "deployments", *args], capture_output=True, text=True, env=env,
            cwd=tmp_path,
        )  # fmt: skip
        assert (told.returncode == 0) == good, told.stderr
        assert "s3cret-pw" not in told.stdout + told.stderr and "Traceback" not in told.stderr
        return told.stdout + told.stderr

    at, rows = ("-t", target), ("-I", str(tmp_path / "rows.json"))
    named = (*at, "--name", "ranker")
    assert "is created" in program("create", *named, "-m", ranker, "-C", "input=public.events")
    assert "'name': 'ranker'" in program("list", *at)
    assert "definition: as deployed" in program("get", *named)
    assert "is updated" in program("update", *named, "-C", 'params={"factor": 3}')
    assert postgres.ask("SELECT total FROM ranker WHERE id = 1") == [(30.0,)]
    assert "6.75" in program("predict", *named, *rows)
    assert "Scan" in program("explain", *named, *rows)
    assert "'evnts' is not there" in program("update", *named, "-C", "input=evnts", good=False)
    assert "is deleted" in program("delete", *named)
    assert "sql:postgresql" in program("help", "-t", "sql")


def test_a_mistake_on_the_command_line_is_a_sentence(sqlite: Place, ranker: str) -> None:
    found = run("create", "-t", sqlite.target, "--name", "ranker", "-m", ranker, "-C", "input=evnts")
    assert found.exit_code == 1
    assert found.output.strip() == (
        "Error: The input 'evnts' is not there, or may not be read: name a table of the database."
    )
    assert isinstance(found.exception, SystemExit)


def test_run_local(ranker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import duckdb

    pytest.importorskip("duckdb_sqlalchemy", reason="pip install duckdb-sqlalchemy")
    monkeypatch.chdir(tmp_path)
    found = run("run-local", "-t", "sql", "--name", "my ranker", "-m", ranker, "-C", 'params={"factor": 3}')
    assert found.exit_code == 0 and 'SELECT * FROM "my ranker"' in found.output
    with duckdb.connect(str(tmp_path / "my_ranker.duckdb"), read_only=True) as connection:
        assert connection.sql('SELECT total FROM "my ranker" ORDER BY id').fetchall() == [(4.5,), (6.75,)]
    again = run("run-local", "-t", "sql", "--name", "my ranker", "-m", ranker)
    assert again.exit_code == 1 and "There is a file 'my_ranker.duckdb' already" in again.output
    failed = run("run-local", "-t", "sql", "--name", "x", "-m", ranker, "-C", "params={}", "-C", "as=function")
    assert failed.exit_code == 1 and not (tmp_path / "x.duckdb").exists()


def test_run_local_of_another_dialect(postgres_like: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In an SQLite file."""
    monkeypatch.chdir(tmp_path)
    found = run("run-local", "-t", "sql", "--name", "p", "-m", postgres_like)
    assert found.exit_code == 0, found.output
    with contextlib.closing(sqlite3.connect(tmp_path / "p.sqlite")) as connection:
        assert connection.execute("SELECT h, c FROM p ORDER BY h").fetchall() == [(0, "AB"), (1, "Z")]


def test_values_in_files(sqlite: Place, ranker: str, tmp_path: Path) -> None:
    (tmp_path / "params.json").write_text('{"factor": 7}')
    (tmp_path / "rows.json").write_text(EXAMPLE.to_json(orient="records"))
    made = run(
        "create", "-t", sqlite.target, "--name", "ranker", "-m", ranker, "-C", "input=events",
        "-C", f"params={tmp_path}/params.json", "-C", f"verify={tmp_path}/rows.json",
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    told = get_deploy_client(sqlite.target).get_deployment("ranker")
    assert told["params"]["factor"] == 7.0
    assert told["verification"] == "equal on 2 rows of the rows given to verify"


def test_the_environment_names_the_target(sqlite: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which MLflow's own call cannot: the address has no host."""
    with pytest.raises(MlflowException):
        set_deployments_target(sqlite.target)
    monkeypatch.setenv("MLFLOW_DEPLOYMENTS_TARGET", sqlite.target)
    assert get_deploy_client().list_deployments() == []


def test_addresses() -> None:
    for uri, match in (
        ("sql", "The target is sql: and an SQLAlchemy URL"),
        ("sql:not a url", "no SQLAlchemy URL"),
        ("sql:postgresql://h/db?mlflow_schema=a&mlflow_schema=b", "the name of one schema"),
    ):
        with pytest.raises(MlflowException, match=match):
            get_deploy_client(uri)
    with pytest.raises(MlflowException, match="no dialect 'nosuch' installed"):
        get_deploy_client("sql:nosuch://h/db").list_deployments()


def test_a_query_of_another_dialect(tmp_path: Path, postgres_like: str) -> None:
    """Written for SQLite anew; DuckDB would need settings, which no view brings."""
    for engine in ("sqlite", "duckdb"):
        (tmp_path / engine).mkdir()
        with opened(engine, tmp_path / engine) as place:
            before = place.objects()
            client = get_deploy_client(place.target)
            if engine == "duckdb":
                with pytest.raises(MlflowException, match="DuckDB gives the rows of postgres under settings"):
                    client.create_deployment("one", postgres_like, config={"input": "events"})
            else:
                client.create_deployment("one", postgres_like, config={"input": "events"})
                assert place.ask("SELECT h, c FROM one ORDER BY h") == [(0, "A"), (1, "Z"), (1, None)]
                client.delete_deployment("one")
            assert place.objects() == before


@pytest.fixture
def postgres_like(tmp_path: Path) -> str:
    """A model in PostgreSQL's dialect, whose division of whole numbers is DuckDB's //."""
    mlflow_sql_flavor.save_model(
        "SELECT id / 2 AS h, upper(code) AS c FROM input", tmp_path / "m", dialect="postgres",
        input_example=pd.DataFrame({"id": [1, 2], "code": ["ab", "z"]}), pip_requirements=["mlflow"],
    )  # fmt: skip
    return str(tmp_path / "m")
