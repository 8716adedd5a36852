"""A model in a database: created, read, updated, asked and deleted, and nothing left of what failed."""

from __future__ import annotations

import datetime
import decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from mlflow.deployments import get_deploy_client
from mlflow.exceptions import MlflowException

import mlflow_sql_flavor
from mlflow_sql_flavor.deploy import lifecycle, records
from mlflow_sql_flavor.errors import RunError
from mlflow_sql_flavor.query.targets import literals

from .conftest import EXAMPLE, PARAMS
from .places import Place

NOTE = PARAMS["note"]


def rows(place: Place, name: str = "ranker") -> list[tuple[Any, ...]]:
    return [tuple(row) for row in place.ask(f"SELECT id, total, label, note FROM {name} ORDER BY id")]


def test_the_way_of_a_deployment(place: Place, ranker: str) -> None:
    before = place.objects()
    client = get_deploy_client(place.target)
    made = client.create_deployment("ranker", ranker, config={"input": "events", "params": '{"factor": 3}'})
    assert (made["name"], made["flavor"], made["kind"]) == ("ranker", "sql", "view")
    assert made["verification"] == "equal on 2 rows of the stored example"
    assert rows(place) == [(1, 30.0, "north", NOTE), (2, 12.0, None, NOTE)]

    assert [found["name"] for found in client.list_deployments()] == ["ranker"]
    got = client.get_deployment("ranker")
    assert got["params"] == {"factor": 3.0, "least": 1.0, "note": NOTE}
    assert (got["status"], got["alias_now"], got["model_uri"]) == ("ready", None, ranker)
    assert len(got["digest"]) == 64 and got["deployed_by"] and got["deployed_at"].endswith("+00:00")

    client.update_deployment("ranker", config={"params": {"factor": 10.0, "least": 5.0}})
    assert rows(place) == [(1, 100.0, "north", NOTE)]
    assert client.get_deployment("ranker")["params"]["factor"] == 10.0
    made_now = place.objects() - before
    assert sorted(name.split("__")[0] for name in made_now) == [records.TABLE, "ranker", "ranker"]

    client.delete_deployment("ranker")
    client.delete_deployment("ranker")  # which is gone already
    assert place.objects() == before


def test_predict_gives_what_the_model_does(place: Place, ranker: str) -> None:
    client = get_deploy_client(place.target)
    client.create_deployment("ranker", ranker, config={"input": "events"})
    data = pd.DataFrame({"id": [7, 8, 9], "code": ["b", None, "q"], "price": [1.25, 3.5, 0.5]})
    expected = mlflow_sql_flavor.load_model(ranker).predict(data)
    before = place.objects()
    got = client.predict("ranker", data)
    assert list(got.dtypes) == list(expected.dtypes)
    pd.testing.assert_frame_equal(got.sort_values("id", ignore_index=True), expected)
    assert client.predict("ranker", data.to_dict("records")).equals(got)
    none = client.predict("ranker", data[data["id"] > 100])
    assert len(none) == 0 and list(none.dtypes) == list(expected.dtypes)
    assert place.objects() == before
    with pytest.raises(MlflowException, match="price"):
        client.predict("ranker", data[["id", "code"]])
    with pytest.raises(MlflowException, match="send the rows along"):
        client.predict("ranker")


def test_explain_is_the_engine_s_plan(place: Place, ranker: str) -> None:
    client = get_deploy_client(place.target)
    client.create_deployment("ranker", ranker, config={"input": "events"})
    plan = client.explain("ranker", EXAMPLE).to_string()
    assert any(word in plan.lower() for word in ("scan", "all", "readfrom"))


TYPED = """SELECT id, c, price, ok, day, moment, sum(c) OVER (ORDER BY id) AS running, 'x' || label AS label, big
FROM input LEFT JOIN codes USING (c)"""
CODES = pa.table({"c": pa.array([3, 5], pa.int32()), "label": ["x", None], "big": pa.array([2**60, None], pa.int64())})
DATA = pa.table(
    {
        "id": [1, 2, 3],
        "c": pa.array([3, 5, None], pa.int32()),
        "price": pa.array([decimal.Decimal("1.25"), None, decimal.Decimal("9.99")], pa.decimal128(18, 2)),
        "ok": [True, None, False],
        "day": [datetime.date(2024, 2, 29), None, datetime.date(1999, 12, 31)],
        "moment": pa.array([datetime.datetime(2024, 1, 1, 12, 0, 0, 5), None, datetime.datetime(1970, 1, 1)]),
    }
)


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("models") / "typed"
    mlflow_sql_flavor.save_model(
        TYPED, path, tables={"codes": CODES}, input_types=DATA.schema, pip_requirements=["mlflow"]
    )
    return str(path)


def test_types_are_kept(place: Place, typed: str) -> None:
    """Of the rows that are compared, of the reference tables, and of those sent along."""
    many = place.engine == "clickhouse"
    kinds = ["bigint", "int", "decimal(18,2)", "boolean", "date", "timestamp"]
    if place.engine == "mysql":
        kinds[-1] = "datetime(6)"
    if many:
        kinds = [f"Nullable({kind})" for kind in (*kinds[:-1], "DateTime64(6)")]
    listed = ", ".join(f"{name} {kind}" for name, kind in zip(DATA.column_names, kinds, strict=True))
    place.ask("DROP TABLE IF EXISTS typed_input")
    place.ask(f"CREATE TABLE typed_input ({listed}){' ENGINE = MergeTree ORDER BY tuple()' if many else ''}")
    try:
        client = get_deploy_client(place.target)
        made = client.create_deployment("typed", typed, config={"input": "typed_input", "verify": DATA})
        assert made["verification"] == "equal on 3 rows of the rows given to verify"
        expected = mlflow_sql_flavor.load_model(typed).predict(DATA, output="pandas")
        got = client.predict("typed", DATA).sort_values("id", ignore_index=True)
        pd.testing.assert_frame_equal(got, expected)
        client.delete_deployment("typed")
    finally:
        place.ask("DROP TABLE typed_input")


# what is refused, and what is left then


def test_a_difference_is_not_deployed(place: Place, ranker: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A text that means something else there: here by a number that is written wrong."""
    before = place.objects()
    client = get_deploy_client(place.target)
    right = literals.literal
    with monkeypatch.context() as patch:
        patch.setattr(literals, "literal", lambda value, dialect: right(4.5 if value == 2.0 else value, dialect))
        with pytest.raises(MlflowException, match="other rows than the model") as caught:
            client.create_deployment("ranker", ranker, config={"input": "events"})
    assert "column total" in caught.value.message and "6.75" in caught.value.message and "3.0" in caught.value.message
    assert place.objects() == before

    client.create_deployment("ranker", ranker, config={"input": "events"})
    there = place.objects()
    monkeypatch.setattr(literals, "literal", lambda value, dialect: right(4.5 if value == 7.0 else value, dialect))
    with pytest.raises(MlflowException, match="other rows than the model"):
        client.update_deployment("ranker", config={"params": {"factor": 7.0}})
    assert place.objects() == there
    assert rows(place) == [(1, 20.0, "north", NOTE), (2, 8.0, None, NOTE)]


@pytest.mark.parametrize("step", ["try_out", "add", "remove"])
def test_a_failure_leaves_what_was_there(place: Place, ranker: str, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    before = place.objects()
    client = get_deploy_client(place.target)

    def fails(*args: Any, **kwargs: Any) -> None:
        raise RunError("no more space")

    where = lifecycle.Build if step == "try_out" else records.DatabaseBook
    if step != "remove":
        with monkeypatch.context() as patch:
            patch.setattr(where, step, fails)
            with pytest.raises(MlflowException, match="no more space"):
                client.create_deployment("ranker", ranker, config={"input": "events"})
        assert place.objects() == before
        assert client.list_deployments() == []
    client.create_deployment("ranker", ranker, config={"input": "events"})
    there, told = place.objects(), client.get_deployment("ranker")
    if step == "remove" and place.engine in ("mysql", "clickhouse"):
        return  # the new one is live by then
    with monkeypatch.context() as patch:
        patch.setattr(where, step, fails)
        with pytest.raises(MlflowException, match="no more space"):
            client.update_deployment("ranker", config={"params": {"factor": 7.0}})
    assert place.objects() == there
    assert client.get_deployment("ranker") == told
    assert rows(place)[0][1] == 20.0


def test_refusals(sqlite: Place, ranker: str, tmp_path: Path) -> None:
    place = sqlite
    client = get_deploy_client(place.target)
    before = place.objects()

    def refused(match: str, model: str = ranker, name: str = "ranker", **config: Any) -> None:
        with pytest.raises(MlflowException, match=match) as caught:
            client.create_deployment(name, model, config={"input": "events", **config})
        assert "Traceback" not in caught.value.message and place.objects() == before

    refused("no schema 'nowhere'", schema="nowhere")
    refused("'nothing' is not there", input="nothing")
    refused("lacks column 'id'", input="codes")
    refused("no name of a table", input="events; DROP TABLE events")
    refused("that is no deployment", name="codes")
    refused("no key 'shema'. Did you mean 'schema'", shema="x")
    refused("one of view, function, table", **{"as": "index"})
    refused("params is no JSON", params="{factor")
    refused("there is no file 'nothing.json'", params="nothing.json")
    refused("no parameter 'facto'. Did you mean 'factor'", params={"facto": 1.0})
    refused("'factor' is of type DOUBLE", params={"factor": "x"})
    refused("no reference table 'region'. Did you mean 'regions'", tables={"region": "codes"})
    refused("there is no file 'none.csv'", verify="none.csv")
    refused("characters that are seen", name="")
    refused("bytes long", name="x" * 200)
    refused("the name of the bookkeeping table", name="MLflow_sql_deployments")
    with pytest.raises(MlflowException, match="name its table in the database"):
        client.create_deployment("ranker", ranker)
    with pytest.raises(MlflowException, match="not 'python_function'"):
        client.create_deployment("ranker", ranker, flavor="python_function", config={"input": "events"})
    with pytest.raises(MlflowException, match="no endpoints"):
        client.create_deployment("ranker", ranker, config={"input": "events"}, endpoint="x")
    with pytest.raises(MlflowException, match=r"No such|not found|does not exist|not a model"):
        client.create_deployment("ranker", str(tmp_path / "none"), config={"input": "events"})
    for call in (client.get_deployment, client.update_deployment, client.predict, client.explain):
        with pytest.raises(MlflowException, match="no deployment 'rankr'"):
            call("rankr")
    client.create_deployment("ranker", ranker, config={"input": "events"})
    with pytest.raises(MlflowException, match="a deployment 'ranker' here already"):
        client.create_deployment("ranker", ranker, config={"input": "events"})
    with pytest.raises(MlflowException, match="Did you mean 'ranker'"):
        client.get_deployment("rankr")


def test_a_name_that_is_taken_and_a_schema_that_is_not_there(place: Place, ranker: str) -> None:
    before = place.objects()
    client = get_deploy_client(place.target)
    for name, schema, match in (("codes", None, "that is no deployment"), ("ranker", "nowhere", "no schema 'nowhere'")):
        config = {"input": "events", **({"schema": schema} if schema else {})}
        with pytest.raises(MlflowException, match=match):
            client.create_deployment(name, ranker, config=config)
        assert place.objects() == before
    client.create_deployment("ranker", ranker, config={"input": "events"})
    there, told = place.objects(), client.get_deployment("ranker")
    with pytest.raises(MlflowException, match="a deployment 'ranker' here already"):
        client.create_deployment("ranker", ranker, config={"input": "events"})
    with pytest.raises(MlflowException, match="no schema 'nowhere'"):
        client.update_deployment("ranker", config={"schema": "nowhere"})
    assert (place.objects(), client.get_deployment("ranker")) == (there, told)


def test_a_model_without_an_example(place: Place, tmp_path: Path) -> None:
    mlflow_sql_flavor.save_model(
        "SELECT id + 1 AS next FROM input", tmp_path / "m", input_types={"id": "BIGINT"}, pip_requirements=["mlflow"]
    )
    client = get_deploy_client(place.target)
    with pytest.raises(MlflowException, match="no input example"):
        client.create_deployment("next", str(tmp_path / "m"), config={"input": "events"})
    (tmp_path / "rows.csv").write_text("id\n1\n41\n")
    rows = client.create_deployment(
        "next", str(tmp_path / "m"), config={"input": "events", "verify": f"{tmp_path}/rows.csv"}
    )
    assert rows["verification"] == "equal on 2 rows of the rows given to verify"
    client.update_deployment("next", config={"verify": "false"})
    assert client.get_deployment("next")["verification"] == "not verified"
    assert client.predict("next", [{"id": 4}])["next"].tolist() == [5]


# kinds


def test_a_table_made_anew_by_update(place: Place, doubler: str) -> None:
    client = get_deploy_client(place.target)

    def ids() -> list[int]:
        return [row[0] for row in place.ask("SELECT id FROM scored ORDER BY id")]

    client.create_deployment("scored", doubler, config={"input": "events", "as": "table"})
    place.ask("INSERT INTO events VALUES (9, 'b', 100.0)")
    assert ids() == [1, 2, 3]
    client.update_deployment("scored")
    assert ids() == [1, 2, 3, 9]
    assert client.get_deployment("scored")["kind"] == "table"
    if place.engine in ("mysql", "clickhouse"):
        with pytest.raises(MlflowException, match="cannot turn a table into a view"):
            client.update_deployment("scored", config={"as": "view"})
        return
    client.update_deployment("scored", config={"as": "view"})
    place.ask("INSERT INTO events VALUES (10, 'b', 100.0)")
    assert ids() == [1, 2, 3, 9, 10]


def test_no_table_of_rows_that_depend_on_others(place: Place, typed: str) -> None:
    with pytest.raises(MlflowException, match="Deploy it as a view"):
        get_deploy_client(place.target).create_deployment("t", typed, config={"input": "events", "as": "table"})


def test_functions(place: Place, ranker: str) -> None:
    client = get_deploy_client(place.target)
    config = {"input": "events", "as": "function", "params": {"factor": 3.0}}
    if place.engine not in ("postgres", "clickhouse"):
        with pytest.raises(MlflowException, match="no functions that give tables"):
            client.create_deployment("scored", ranker, config=config)
        return
    client.create_deployment("scored", ranker, config=config)
    if place.engine == "postgres":
        calls = ["scored()", "scored(10)", 'scored("least" => 5)']
    else:
        calls = [f"scored(factor = {f}, least = {at}, note = 'x')" for f, at in ((3, 1), (10, 1), (3, 5))]
    answers = [[float(r[0]) for r in place.ask(f"SELECT total FROM {call} ORDER BY id")] for call in calls]
    assert answers == [[30.0, 12.0], [100.0, 40.0], [30.0]]
    assert client.predict("scored", EXAMPLE)["total"].tolist() == [4.5, 6.75]
    client.update_deployment("scored", config={"params": {"factor": 5.0}})
    assert client.get_deployment("scored")["status"] == "ready"
    if place.engine == "postgres":
        assert place.ask("SELECT total FROM scored() ORDER BY id") == [(50.0,), (20.0,)]


def test_reference_tables_that_are_there(place: Place, ranker: str) -> None:
    before = place.objects()
    client = get_deploy_client(place.target)
    client.create_deployment("ranker", ranker, config={"input": "events", "tables": {"regions": "codes"}})
    assert [row[2] for row in rows(place)] == ["eins", "zwei"]
    assert place.objects() - before == {"ranker", records.TABLE}


def test_a_query_that_reads_no_input(place: Place, tmp_path: Path) -> None:
    mlflow_sql_flavor.save_model(
        "SELECT n, n * :by AS m FROM numbers WHERE n IN (:some) ORDER BY n DESC", tmp_path / "m",
        tables={"numbers": pa.table({"n": [1, 2, 3, 4]})}, input_example=(None, {"by": 10, "some": [1, 3]}),
        pip_requirements=["mlflow"],
    )  # fmt: skip
    client = get_deploy_client(place.target)
    made = client.create_deployment("numbered", str(tmp_path / "m"))
    assert made["verification"] == "equal on 2 rows of its reference tables"
    assert place.ask("SELECT n, m FROM numbered ORDER BY n") == [(1, 10), (3, 30)]
    assert client.predict("numbered")["m"].tolist() == [30, 10]
    client.update_deployment("numbered", config={"params": {"some": []}})
    assert place.ask("SELECT n FROM numbered") == []


def test_names_that_need_quotes(place: Place, tmp_path: Path) -> None:
    name, table = 'My "Ranker"; -- é 5% %% %s', 'odd "input" %%'
    if place.uri.startswith("chdb:"):  # whose SQLAlchemy neither escapes a double quote nor takes % in a name
        name, table = "My 'Ranker'; -- é", "odd input"
    quote = (lambda text: f"`{text}`") if place.engine == "mysql" else lambda text: '"' + text.replace('"', '""') + '"'
    data = pd.DataFrame({"Select": [1, 2], "a b": ["x", None]})
    mlflow_sql_flavor.save_model(
        'SELECT "Select" AS "Order", r."Some Label" AS "x; y" FROM input LEFT JOIN "Ref T" r USING ("a b")',
        tmp_path / "m", tables={"Ref T": pa.table({"a b": ["x"], "Some Label": ["one"]})}, input_example=data,
        pip_requirements=["mlflow"],
    )  # fmt: skip
    end = " ENGINE = MergeTree ORDER BY tuple()" if place.engine == "clickhouse" else ""
    text = "Nullable(String)" if end else "varchar(20)"
    place.ask(f"CREATE TABLE {quote(table)} ({quote('Select')} bigint, {quote('a b')} {text}){end}")
    try:
        place.ask(f"INSERT INTO {quote(table)} VALUES (5, 'x'), (6, 'y')")
        client = get_deploy_client(place.target)
        client.create_deployment(name, str(tmp_path / "m"), config={"input": quote(table)})
        found = place.ask(f"SELECT {quote('Order')}, {quote('x; y')} FROM {quote(name)} ORDER BY 1")
        assert found == [(5, "one"), (6, None)]
        assert client.predict(name, data)["x; y"].fillna("-").tolist() == ["one", "-"]
        client.update_deployment(name)
        assert client.get_deployment(name)["status"] == "ready"
        client.delete_deployment(name)
    finally:
        place.ask(f"DROP TABLE {quote(table)}")


def test_two_deployments_of_one_database(place: Place, ranker: str) -> None:
    client = get_deploy_client(place.target)
    client.create_deployment("one", ranker, config={"input": "events"})
    client.create_deployment("two", ranker, config={"input": "events", "params": {"factor": 5.0}})
    assert [found["name"] for found in client.list_deployments()] == ["one", "two"]
    client.delete_deployment("one")
    assert [found["name"] for found in client.list_deployments()] == ["two"]
    assert rows(place, "two")[0][1] == 50.0


def test_a_column_that_is_dropped(place: Place, ranker: str) -> None:
    client = get_deploy_client(place.target)
    client.create_deployment("ranker", ranker, config={"input": "events"})
    if place.engine == "postgres":  # which drops the view with it
        place.ask("ALTER TABLE events DROP COLUMN price CASCADE")
    elif place.engine in ("sqlite", "duckdb"):  # which keep a column that a view reads, but not its table
        place.ask("DROP TABLE events")
        place.ask("CREATE TABLE events (id bigint, code varchar(20))")
    else:
        place.ask("ALTER TABLE events DROP COLUMN price")
    assert client.get_deployment("ranker")["status"].startswith("broken: ")
    with pytest.raises(MlflowException, match="lacks column 'price'"):
        client.update_deployment("ranker")
    assert client.predict("ranker", EXAMPLE)["total"].tolist() == [3.0, 4.5]
    if place.engine == "postgres":
        place.ask("ALTER TABLE events ADD COLUMN price double precision DEFAULT 7")
        client.update_deployment("ranker")
        assert (client.get_deployment("ranker")["status"], len(rows(place))) == ("ready", 3)
