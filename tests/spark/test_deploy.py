"""A model in the catalog of a Spark session: created, asked, updated and deleted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from mlflow.deployments import get_deploy_client
from mlflow.exceptions import MlflowException

import mlflow_sql_flavor

pytestmark = pytest.mark.ci

ROWS = pd.DataFrame({"id": [1, 2, 3], "code": ["a", "b", None], "price": [1.5, 2.25, None]})


@pytest.fixture
def catalog(_sessions: Any) -> Iterator[Any]:
    session = _sessions[0]
    session.sql("CREATE DATABASE shop")
    session.sql("CREATE TABLE shop.events (id BIGINT, code STRING, price DOUBLE) USING parquet")
    session.sql("CREATE TABLE shop.codes (id BIGINT, code STRING) USING parquet")
    session.sql("INSERT INTO shop.events VALUES (1, 'a', 10.0), (2, 'z', 4.0)")
    yield session
    session.sql("DROP DATABASE shop CASCADE")


def names(session: Any) -> set[str]:
    return {table.name for table in session.catalog.listTables("shop")}


def test_the_way_of_a_deployment(catalog: Any, tmp_path: Path) -> None:
    mlflow_sql_flavor.save_model(
        "SELECT id, price * :factor AS total, label FROM input LEFT JOIN regions USING (code) WHERE price > :least",
        tmp_path / "m", dialect="databricks", tables={"regions": pa.table({"code": ["a"], "label": ["o'y\\n"]})},
        input_example=(ROWS, {"factor": 2.0, "least": 1.0}), pip_requirements=["mlflow"],
    )  # fmt: skip
    before = names(catalog)
    client = get_deploy_client("sql:spark?mlflow_schema=shop")
    config = {"input": "shop.events", "schema": "shop", "params": {"factor": 3.0}}
    with pytest.raises(MlflowException, match="lacks column 'price'"):
        client.create_deployment("ranker", str(tmp_path / "m"), config={**config, "input": "shop.codes"})
    assert names(catalog) == before
    made = client.create_deployment("ranker", str(tmp_path / "m"), config=config)
    assert made["verification"] == "equal on 2 rows of the stored example"
    found = catalog.sql("SELECT id, total, label FROM shop.ranker ORDER BY id").collect()
    assert [tuple(row) for row in found] == [(1, 30.0, "o'y\\n"), (2, 12.0, None)]
    assert client.get_deployment("ranker")["status"] == "ready"
    assert client.predict("ranker", ROWS).sort_values("id")["total"].tolist() == [4.5, 6.75]
    assert "Scan" in client.explain("ranker").to_string(max_colwidth=None)
    client.update_deployment("ranker", config={"params": {"factor": 10.0}})
    assert catalog.sql("SELECT total FROM shop.ranker WHERE id = 1").collect()[0][0] == 100.0
    client.delete_deployment("ranker")
    assert names(catalog) == before
    if not catalog.version.startswith("3."):
        client.create_deployment("scored", str(tmp_path / "m"), config={**config, "as": "function"})
        assert catalog.sql("SELECT total FROM shop.scored(5) ORDER BY id").collect()[0][0] == 50.0
        client.delete_deployment("scored")
        assert names(catalog) == before


def test_a_converted_model(catalog: Any, tmp_path: Path) -> None:
    ensemble = pytest.importorskip("sklearn.ensemble")
    data = pd.DataFrame({"id": range(8), "price": [1.0, 2.5, 4.0, 4.5, 7.0, 8.0, 9.5, 10.0]})
    made = ensemble.RandomForestRegressor(3, max_depth=2, random_state=0).fit(data, data["price"] * 2)
    mlflow_sql_flavor.save_model(
        mlflow_sql_flavor.from_sklearn(made, data), tmp_path / "m", input_example=data, pip_requirements=["mlflow"]
    )
    client = get_deploy_client("sql:spark?mlflow_schema=shop")
    told = client.create_deployment("scored", str(tmp_path / "m"), config={"input": "shop.events", "schema": "shop"})
    assert told["verification"] == "equal on 8 rows of the stored example"
    found = catalog.sql("SELECT prediction FROM shop.scored").collect()
    events = pd.DataFrame({"id": [1, 2], "price": [10.0, 4.0]})
    assert sorted(row[0] for row in found) == pytest.approx(sorted(made.predict(events)), rel=1e-12)
    client.delete_deployment("scored")


def test_a_table_gets_new_rows_where_it_is(catalog: Any, tmp_path: Path) -> None:
    mlflow_sql_flavor.save_model(
        "SELECT id, price * :by AS twice FROM input", tmp_path / "m", dialect="databricks",
        input_example=(ROWS, {"by": 2.0}), pip_requirements=["mlflow"],
    )  # fmt: skip
    before = names(catalog)
    client = get_deploy_client("sql:spark?mlflow_schema=shop")
    config = {"input": "shop.events", "schema": "shop", "as": "table"}
    client.create_deployment("scored", str(tmp_path / "m"), config=config)
    catalog.sql("INSERT INTO shop.events VALUES (9, 'b', 100.0)")
    assert catalog.sql("SELECT count(*) FROM shop.scored").collect()[0][0] == 2
    client.update_deployment("scored", config={"params": {"by": 3.0}})
    found = catalog.sql("SELECT twice FROM shop.scored ORDER BY id").collect()
    assert [row[0] for row in found] == [30.0, 12.0, 300.0]
    assert client.get_deployment("scored")["definition"] == "as deployed"
    client.delete_deployment("scored")
    client.create_deployment("mine", str(tmp_path / "m"), config={**config, "as": "view"})
    catalog.sql("DROP VIEW shop.mine")
    catalog.sql("CREATE VIEW shop.mine AS SELECT id, price * 100 AS twice FROM shop.events")
    for call in (client.update_deployment, client.delete_deployment):
        with pytest.raises(MlflowException, match="somebody put it in its place"):
            call("mine")
    assert client.get_deployment("mine")["definition"] == "changed"
    catalog.sql("DROP VIEW shop.mine")
    client.delete_deployment("mine")
    assert names(catalog) == before
