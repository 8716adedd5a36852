"""What callers pass and databases hold that nobody meant: odd values, edited rows, moved models, secrets."""

from __future__ import annotations

import datetime
import decimal
import json
import logging
import pickle
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pytest
from mlflow.deployments import get_deploy_client
from mlflow.exceptions import MlflowException

import mlflow_sql_flavor
from mlflow_sql_flavor.deploy import fetching
from mlflow_sql_flavor.deploy.target import Target, lacks_right
from mlflow_sql_flavor.errors import InputError
from mlflow_sql_flavor.query.targets import literals

from .conftest import EXAMPLE
from .places import Place, mariadb, opened, tables


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


@pytest.mark.parametrize("given", [1, "1", 1.0])
def test_a_whole_number_for_a_decimal(sqlite: Place, tmp_path: Path, given: object) -> None:
    model = saved(tmp_path / "m", "SELECT id FROM input WHERE price > :least", least=decimal.Decimal("0.5"))
    client = get_deploy_client(sqlite.target)
    client.create_deployment("some", model, config={"input": "events", "params": json.dumps({"least": given})})
    assert sqlite.ask("SELECT id FROM some ORDER BY id") == [(1,), (2,)]


@pytest.mark.parametrize("address", ["{}", "file://{}"])
def test_a_folder_that_is_no_model_is_not_copied(
    sqlite: Place, tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlflow_sql_flavor._mlflow.download", None)
    with pytest.raises(MlflowException, match="is not a model: it has no MLmodel file"):
        get_deploy_client(sqlite.target).create_deployment("none", address.format(tmp_path))


@pytest.mark.parametrize("schema", ["Cap", "My Schema", "a.b", 'say "hi"', 'a."b', "it's", "ü.ß"])
def test_a_schema_of_duckdb_that_needs_quotes(schema: str, doubler: str, tmp_path: Path) -> None:
    with opened("duckdb", tmp_path) as place:
        written = '"' + schema.replace('"', '""') + '"'
        place.ask(f"CREATE SCHEMA {written}")
        client = get_deploy_client(f"{place.target}?mlflow_schema={quote(schema)}")
        assert client.create_deployment("v", doubler, config={"input": "events", "schema": schema})["schema"] == schema
        assert place.ask(f"SELECT twice FROM {written}.v WHERE id = 1") == [(20.0,)]
        client.update_deployment("v", config={"params": {"by": 3.0}})
        assert client.get_deployment("v")["status"] == "ready"
        client.delete_deployment("v")
        assert place.objects() == {"events", "codes"}


def test_the_digest_covers_what_decides_the_rows(sqlite: Place, tmp_path: Path) -> None:
    client, digests = get_deploy_client(sqlite.target), []
    for name, label in (("a", "north"), ("b", "south")):
        mlflow_sql_flavor.save_model(
            "SELECT id, price * :by AS x, label FROM input LEFT JOIN regions USING (code)", tmp_path / name,
            tables={"regions": pa.table({"code": ["a"], "label": [label]})}, input_example=(EXAMPLE, {"by": 1.0}),
            pip_requirements=["mlflow"],
        )  # fmt: skip
    first = str(tmp_path / "a")
    digests.append(client.create_deployment("d", first, config={"input": "events"})["digest"])
    assert client.update_deployment("d")["digest"] == digests[0]
    for model, config in (
        (first, {"params": {"by": 2.0}}),
        (str(tmp_path / "b"), {"params": {"by": 1.0}}),
        (first, {"tables": {"regions": "codes"}}),
    ):
        digests.append(client.update_deployment("d", model, config=config)["digest"])
    assert len(set(digests)) == 4 and {len(each) for each in digests} == {64}


@pytest.mark.parametrize(("engine", "there"), [("sqlite", None), ("duckdb", "NaN")])
def test_numbers_that_are_not_finite(engine: str, there: str | None, tmp_path: Path) -> None:
    """Where the engine has them, and by name where it has not: SQLite has no NaN."""
    infinite = saved(tmp_path / "inf", "SELECT id, :x AS x, -:x AS y FROM input", x=float("inf"))
    none = saved(tmp_path / "nan", "SELECT id, :x AS x FROM input", x=float("nan"))
    with opened(engine, tmp_path) as place:
        client = get_deploy_client(place.target)
        client.create_deployment("inf", infinite, config={"input": "events"})
        assert client.update_deployment("inf")["params"] == {"x": float("inf")}
        assert place.ask("SELECT x, y FROM inf WHERE id = 1") == [(float("inf"), float("-inf"))]
        if there is None:
            with pytest.raises(MlflowException, match="sqlite NULL, the model nan"):
                client.create_deployment("none", none, config={"input": "events"})
        else:
            client.create_deployment("none", none, config={"input": "events"})
            assert place.ask("SELECT count(*) FROM none WHERE isnan(x)") == [(3,)]
    for dialect in ("mysql", "tsql"):
        with pytest.raises(InputError, match="finite numbers only"):
            literals.literal(float("nan"), dialect)


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


def test_an_error_crosses_processes(tmp_path) -> None:
    client = get_deploy_client(f"sql:duckdb:///{tmp_path}/x.db")
    with pytest.raises(MlflowException) as found:
        client.get_deployment("x")
    copied = pickle.loads(pickle.dumps(found.value))
    assert type(copied) is type(found.value)
    assert (copied.message, copied.error_code) == (found.value.message, found.value.error_code)


@pytest.mark.parametrize("engine", ["sqlite", "duckdb"])
def test_a_name_in_other_capitals_is_the_same_name(engine: str, doubler: str, tmp_path: Path) -> None:
    with opened(engine, tmp_path) as place:
        client = get_deploy_client(place.target)
        client.create_deployment("v", doubler, config={"input": "events", "verify": "FALSE"})
        with pytest.raises(MlflowException, match="There is a deployment 'v' here already"):
            client.create_deployment("V", doubler, config={"input": "events"})
        with pytest.raises(MlflowException, match="cannot read itself"):
            client.update_deployment("v", config={"input": "V"})


@pytest.mark.ci
@pytest.mark.parametrize("folds", [True, False])
def test_a_server_of_mysql_says_whether_capitals_count(folds: bool, doubler: str, tmp_path: Path) -> None:
    with mariadb(tmp_path, f"--lower-case-table-names={int(folds)}") as uri:
        place = Place("mysql", uri)
        tables(place)
        client = get_deploy_client(place.target)
        client.create_deployment("v", doubler, config={"input": "events"})
        if not folds:
            client.create_deployment("V", doubler, config={"input": "events", "params": {"by": 3.0}})
            assert [place.ask(f"SELECT twice FROM {name} WHERE id = 1") for name in "vV"] == [[(20.0,)], [(30.0,)]]
            client.update_deployment("v", config={"params": {"by": 4.0}})  # names that the server takes for equal texts
            client.delete_deployment("v")
            assert [found["name"] for found in client.list_deployments()] == ["V"]
            client.delete_deployment("V")
            assert place.objects() == {"events", "codes"}
            return
        with pytest.raises(MlflowException, match="There is a deployment 'v' here already"):
            client.create_deployment("V", doubler, config={"input": "events"})
        with pytest.raises(MlflowException, match="cannot read itself"):
            client.update_deployment("v", config={"input": "V"})


class _Raised(Exception):
    """An error as drivers raise them."""

    def __init__(self, *args: Any, **attributes: Any) -> None:
        super().__init__(*args)
        self.__dict__ |= attributes


@pytest.mark.parametrize(
    ("error", "missing"),
    [
        (_Raised("permission denied", sqlstate="42501"), True),
        (_Raised("no such table", sqlstate="42P01"), False),
        (_Raised({"S": "ERROR", "C": "42501", "M": "permission denied"}), True),
        (_Raised({"S": "ERROR", "C": "42P01", "M": "SQLSTATE: 42501"}), False),
        (_Raised("Code: 497. DB::Exception: bob: Not enough privileges. (ACCESS_DENIED)"), True),
        (_Raised("Code: 60. DB::Exception: Unknown table expression identifier. (UNKNOWN_TABLE)"), False),
        (
            _Raised("[INSUFFICIENT_PERMISSIONS] Insufficient privileges. SQLSTATE: 42501", getSqlState=lambda: None),
            True,
        ),
        (_Raised("[TABLE_OR_VIEW_NOT_FOUND] SQLSTATE: 42P01", getSqlState=lambda: "42P01"), False),
        (_Raised("TrinoUserError(type=USER_ERROR, name=PERMISSION_DENIED)"), True),
        (_Raised("ORA-01031: insufficient privileges"), True),
        (_Raised("ORA-00942: table or view does not exist"), False),
        (_Raised("403 GET https://bigquery: Access Denied: Table t"), True),
        (_Raised("003001 (42501): SQL access control error"), True),
        (_Raised("Conversion failed for the value 42501"), False),
    ],
)
def test_a_missing_right_by_what_engines_say(error: Exception, missing: bool) -> None:
    assert lacks_right(error) is missing
    assert lacks_right(_Raised("around it", orig=error)) is missing


def test_a_right_that_sqlite_does_not_give(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "db")) as connection:
        connection.execute("CREATE TABLE t (x)")
        connection.set_authorizer(lambda action, *_: sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_READ else 0)
        with pytest.raises(sqlite3.DatabaseError) as denied:
            connection.execute("SELECT x FROM t")
        connection.set_authorizer(None)
        with pytest.raises(sqlite3.OperationalError) as absent:
            connection.execute("SELECT x FROM u")
    assert lacks_right(denied.value) and not lacks_right(absent.value)


def test_rows_as_mlflow_s_server_takes_them(sqlite: Place, tmp_path: Path) -> None:
    client = get_deploy_client(sqlite.target)
    mlflow_sql_flavor.save_model(
        "SELECT id, price * :by AS twice FROM input", tmp_path / "m",
        input_example=(EXAMPLE[["id", "price"]], {"by": 2.0}), pip_requirements=["mlflow"],
    )  # fmt: skip
    client.create_deployment("twice", str(tmp_path / "m"), config={"input": "events"})
    big = 2**53 + 1  # no double
    records = [{"id": big, "price": 1.5}, {"id": 2, "price": None}]
    split = {"columns": ["price", "id"], "index": [8, 9], "data": [[1.5, big], [None, 2]]}
    for request in (
        {"dataframe_split": split}, {"dataframe_records": records}, {"instances": records},
        {"inputs": {"id": [big, 2], "price": [1.5, None]}}, {"dataframe_records": records, "params": {}},
    ):  # fmt: skip
        found = client.predict("twice", request)
        assert found["id"].tolist() == [big, 2] and found["twice"].fillna(0).tolist() == [3.0, 0.0]
    for request, said in (
        ({"dataframe_records": records, "params": {"by": 3.0}}, "values since create: change them by update"),
        ({"dataframe_records": {"id": [1]}}, "a list of records"),
        ({"dataframe_split": [[1]]}, "has columns and lists of as many values"),
        ({"dataframe_split": {"columns": ["id", "price"], "data": [[1]]}}, "Row 1 .* 1 values for 2 columns"),
        ({"dataframe_split": {"columns": ["id", "id"], "data": [[1, 2]]}}, "names a column twice"),
    ):
        with pytest.raises(MlflowException, match=said):
            client.predict("twice", request)


@pytest.mark.ci
def test_a_deployment_that_the_caller_may_not_read(postgres: Place, doubler: str) -> None:
    client = get_deploy_client(postgres.target)
    postgres.ask("CREATE TABLE lent AS SELECT * FROM events")
    client.create_deployment("twice", doubler, config={"input": "lent"})
    postgres.ask("CREATE ROLE weak LOGIN")
    try:
        postgres.ask("GRANT SELECT ON mlflow_sql_deployments TO weak")
        told = get_deploy_client(postgres.target.replace("postgres:@", "weak:@")).get_deployment("twice")
        assert told["status"].startswith("not readable by you: postgresql failed to read 'twice'")
        assert told["definition"] == "as deployed"
        postgres.ask("DROP TABLE lent CASCADE")
        assert client.get_deployment("twice")["status"].startswith("broken: ")
    finally:
        postgres.ask("DROP OWNED BY weak")
        postgres.ask("DROP ROLE weak")
