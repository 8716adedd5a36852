"""What belongs to a deployment and what to others: objects under its name, what hangs on it, what a call left."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from mlflow.deployments import get_deploy_client
from mlflow.exceptions import MlflowException

import mlflow_sql_flavor
from mlflow_sql_flavor.deploy import bulk, lifecycle, records
from mlflow_sql_flavor.deploy.server import Server
from mlflow_sql_flavor.errors import RunError

from .conftest import EXAMPLE
from .places import Place, opened


def saved(folder: Path, sql: str, **params: Any) -> str:
    mlflow_sql_flavor.save_model(
        sql, folder, input_example=(EXAMPLE, params) if params else EXAMPLE, pip_requirements=["mlflow"]
    )
    return str(folder)


@pytest.mark.parametrize("kind", ["view", "table"])
def test_what_others_put_under_the_name_stays(place: Place, doubler: str, kind: str) -> None:
    """Of the same kind and the same columns: neither replaced nor dropped, until it is out of the way."""
    client = get_deploy_client(place.target)
    client.create_deployment("mine", doubler, config={"input": "events", "as": kind})
    assert client.get_deployment("mine")["definition"] == "as deployed"
    client.update_deployment("mine")
    assert client.get_deployment("mine")["definition"] == "as deployed"
    end = " ENGINE = MergeTree ORDER BY tuple()" if (place.engine, kind) == ("clickhouse", "table") else ""
    theirs = f"CREATE {kind.upper()} mine{end} AS SELECT id, price * 100 AS twice FROM events"
    place.ask(f"DROP {kind.upper()} mine")
    place.ask(theirs)
    there = place.objects()
    assert client.get_deployment("mine")["definition"] == "changed"
    for call in (client.update_deployment, client.delete_deployment):
        with pytest.raises(MlflowException, match="somebody put it in its place"):
            call("mine")
    assert place.objects() == there
    assert place.ask("SELECT twice FROM mine WHERE id = 1") == [(1000.0,)]
    place.ask(f"DROP {kind.upper()} mine")
    assert client.get_deployment("mine")["status"].startswith("broken")
    client.delete_deployment("mine")


def test_another_definition_of_the_same_view(place: Place, doubler: str) -> None:
    """Where an engine knows the object by more than its definition, it stays the deployment's: ``get`` tells."""
    if place.engine == "sqlite":
        pytest.skip("not on this engine: SQLite replaces no view")
    client = get_deploy_client(place.target)
    client.create_deployment("mine", doubler, config={"input": "events"})
    place.ask("CREATE OR REPLACE VIEW mine AS SELECT id, price * 3 AS twice FROM events")
    assert client.get_deployment("mine")["definition"] == "changed"
    if place.engine == "postgres":
        client.update_deployment("mine")
        assert client.get_deployment("mine")["definition"] == "as deployed"
    else:
        place.ask("DROP VIEW mine")


def test_an_input_under_another_name_leaves_the_view_the_deployment_s(place: Place, doubler: str) -> None:
    """PostgreSQL and SQLite write the definition anew then."""
    if place.engine not in ("postgres", "sqlite"):
        pytest.skip("not on this engine: the definition stays as it was written")
    client = get_deploy_client(place.target)
    client.create_deployment("mine", doubler, config={"input": "events"})
    place.ask("ALTER TABLE events RENAME TO happenings")
    try:
        client.delete_deployment("mine")
        assert "mine" not in place.objects()
    finally:
        place.ask("ALTER TABLE happenings RENAME TO events")


def test_a_table_keeps_its_indexes(place: Place, doubler: str, tmp_path: Path) -> None:
    """Its rows are made anew where it is; one of other columns has what can be given to it."""
    if place.engine == "clickhouse":
        pytest.skip("not on this engine: ClickHouse's tables have no such indexes")
    indexes = {
        "sqlite": "SELECT count(*) FROM sqlite_master WHERE type = 'index' AND tbl_name = 'scored'",
        "duckdb": "SELECT count(*) FROM duckdb_indexes() WHERE table_name = 'scored'",
        "postgres": "SELECT count(*) FROM pg_indexes WHERE tablename = 'scored'",
        "mysql": "SELECT count(*) FROM information_schema.statistics WHERE table_name = 'scored'",
    }[place.engine]
    client = get_deploy_client(place.target)
    client.create_deployment("scored", doubler, config={"input": "events", "as": "table"})
    place.ask("CREATE INDEX scored_id ON scored (id)")
    place.ask("INSERT INTO events VALUES (9, 'b', 100.0)")
    client.update_deployment("scored")
    assert place.ask("SELECT count(*) FROM scored") == [(4,)] and place.ask(indexes) == [(1,)]
    more = saved(tmp_path / "more", "SELECT id, price AS p, code FROM input")
    if place.engine == "mysql":
        with pytest.raises(MlflowException, match="has indexes or triggers"):
            client.update_deployment("scored", more)
        assert place.ask("SELECT count(*) FROM scored WHERE twice = 200.0") == [(1,)]
        return
    client.update_deployment("scored", more)
    assert place.ask("SELECT p FROM scored WHERE id = 9") == [(100.0,)] and place.ask(indexes) == [(1,)]
    without = saved(tmp_path / "without", "SELECT price AS p FROM input")
    there = place.objects()
    with pytest.raises(MlflowException, match=r"indexes and triggers of the old one.*id"):
        client.update_deployment("scored", without)
    assert place.objects() == there and place.ask("SELECT p FROM scored WHERE id = 9") == [(100.0,)]


@pytest.mark.parametrize("engine", ["sqlite", "duckdb", pytest.param("postgres", marks=pytest.mark.ci)])
def test_a_table_with_an_index_becomes_no_view(engine: str, doubler: str, tmp_path: Path) -> None:
    with opened(engine, tmp_path) as place:
        client = get_deploy_client(place.target)
        client.create_deployment("scored", doubler, config={"input": "events", "as": "table"})
        place.ask("CREATE INDEX scored_id ON scored (id)")
        with pytest.raises(
            MlflowException, match=r"has what a view in its place would not have, CREATE INDEX.*take it"
        ):
            client.update_deployment("scored", config={"as": "view"})
        place.ask("DROP INDEX scored_id")
        assert client.update_deployment("scored", config={"as": "view"})["kind"] == "view"


@pytest.mark.ci
def test_grants_stay_on_postgres(postgres: Place, doubler: str, tmp_path: Path) -> None:
    other = saved(tmp_path / "other", "SELECT code, id, price * :by AS twice FROM input", by=2.0)
    client = get_deploy_client(postgres.target)
    postgres.ask("CREATE ROLE reader")
    try:
        for kind in ("view", "table", "function"):
            on = "FUNCTION mine(double precision)" if kind == "function" else "mine"
            client.create_deployment("mine", doubler, config={"input": "events", "as": kind})
            what = "EXECUTE" if kind == "function" else "SELECT"
            postgres.ask(f"GRANT {what} ON {on} TO reader WITH GRANT OPTION")
            if kind == "function":
                postgres.ask(f"REVOKE ALL ON {on} FROM PUBLIC")
                may = "SELECT has_function_privilege('reader', 'mine(double precision)', 'EXECUTE WITH GRANT OPTION')"
            else:
                may = "SELECT has_table_privilege('reader', 'mine', 'SELECT WITH GRANT OPTION')"
            client.update_deployment("mine", config={"params": {"by": 3.0}})
            assert postgres.ask(may) == [(True,)]
            client.update_deployment("mine", other)
            assert postgres.ask(may) == [(True,)]
            if kind == "function":
                acl = postgres.ask("SELECT proacl::text FROM pg_proc WHERE proname = 'mine'")
                assert "{=X" not in acl[0][0] and ",=X" not in acl[0][0]
            client.delete_deployment("mine")
        client.create_deployment("mine", doubler, config={"input": "events", "as": "table"})
        postgres.ask("GRANT SELECT (id) ON mine TO reader")
        client.update_deployment("mine")
        with pytest.raises(MlflowException, match="grants of single columns"):
            client.update_deployment("mine", other)
    finally:
        postgres.ask("DROP OWNED BY reader")
        postgres.ask("DROP ROLE reader")


# what a call leaves that ended in the middle


def lost(*args: Any, **kwargs: Any) -> Any:
    raise RunError("the connection was lost")


@pytest.mark.parametrize("step", ["create", "update"])
def test_what_a_lost_call_left_goes_with_the_next_one(
    place: Place, ranker: str, doubler: str, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Not even what it noted could be dropped; where transactions take it back there is nothing."""
    client = get_deploy_client(place.target)
    client.create_deployment("other", doubler, config={"input": "events"})
    if step == "update":
        client.create_deployment("ranker", ranker, config={"input": "events"})
    before = place.objects()
    with monkeypatch.context() as patch:
        patch.setattr(lifecycle, "verified", lost)
        patch.setattr(Server, "drop", lost)
        with pytest.raises(MlflowException, match="connection was lost"):
            if step == "update":
                client.update_deployment("ranker", config={"params": {"factor": 9.0}})
            else:
                client.create_deployment("ranker", ranker, config={"input": "events"})
    assert [each["name"] for each in client.list_deployments()] == ["other", "ranker"][: 1 + (step == "update")]
    if place.engine == "clickhouse":  # where no call waits for another one, what is young may be at work
        assert place.objects() != before
        client.update_deployment("other")
        assert place.objects() != before
        monkeypatch.setattr(lifecycle, "STALE", datetime.timedelta(0))
    elif place.engine == "mysql":
        assert place.objects() != before
    client.update_deployment("other")
    assert place.objects() == before


def test_a_reference_table_that_cannot_be_loaded(place: Place, ranker: str, monkeypatch: pytest.MonkeyPatch) -> None:
    client = get_deploy_client(place.target)
    client.create_deployment("ranker", ranker, config={"input": "events"})
    before = place.objects()
    with monkeypatch.context() as patch:
        patch.setattr(bulk, "load", lost)
        with pytest.raises(MlflowException, match="connection was lost"):
            client.update_deployment("ranker")
    assert place.objects() == before
    assert client.get_deployment("ranker")["status"] == "ready"


def test_old_tables_that_would_not_go_go_later(place: Place, ranker: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the new one is live; the next call on the deployment takes them away."""
    client = get_deploy_client(place.target)
    before = place.objects()
    client.create_deployment("ranker", ranker, config={"input": "events"})
    with monkeypatch.context() as patch:
        patch.setattr(lifecycle, "_drop", lost)
        with pytest.raises(MlflowException, match="connection was lost"):
            client.update_deployment("ranker", config={"params": {"factor": 9.0}})
    live = 90.0 if place.engine in ("mysql", "clickhouse") else 20.0
    assert place.ask("SELECT total FROM ranker WHERE id = 1") == [(live,)]
    monkeypatch.setattr(lifecycle, "STALE", datetime.timedelta(0))
    client.update_deployment("ranker", config={"params": {"factor": 4.0}})
    assert sorted(name.split("__")[0] for name in place.objects() - before) == [records.TABLE, "ranker", "ranker"]
    client.delete_deployment("ranker")
    assert place.objects() == before


def test_the_input_read_twice_in_one_query(place: Place, tmp_path: Path) -> None:
    """MySQL opens a temporary table once a statement."""
    model = saved(
        tmp_path / "m", "SELECT a.id, b.price AS other FROM input a JOIN input b ON a.id = b.id - 1 ORDER BY a.id"
    )
    client = get_deploy_client(place.target)
    before = place.objects()
    client.create_deployment("pairs", model, config={"input": "events"})
    frame = pd.DataFrame({"id": [1, 2, 3], "code": ["a", "b", "c"], "price": [1.0, 2.0, 3.0]})
    assert client.predict("pairs", frame).to_dict("list") == {"id": [1, 2], "other": [2.0, 3.0]}
    client.delete_deployment("pairs")
    assert place.objects() == before
