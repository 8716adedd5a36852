"""Tables there that are not quite the model's: of other types, under a name of the query's own, in another zone."""

from __future__ import annotations

import datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from mlflow.deployments import get_deploy_client
from mlflow.exceptions import MlflowException

import mlflow_sql_flavor
from mlflow_sql_flavor.query.targets.columns import as_type

from .conftest import EXAMPLE
from .places import Place, opened

WEIGHTS = pa.table({"code": ["a"], "w": [2.0]})


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Halves of numbers with fractions, under names that the databases have tables of."""
    path = tmp_path_factory.mktemp("models") / "halves"
    mlflow_sql_flavor.save_model(
        """WITH events AS (SELECT id, price * 2 AS twice FROM input), codes AS (SELECT id, code FROM input)
        SELECT input.id AS id, price / 2 AS half, twice, w / 4 AS share
        FROM input JOIN events USING (id) JOIN codes ON codes.id = input.id
        LEFT JOIN weights ON codes.code = weights.code
        WHERE price > :least""",
        path, tables={"weights": WEIGHTS}, input_example=(EXAMPLE, {"least": 0.0}), pip_requirements=["mlflow"],
    )  # fmt: skip
    return str(path)


def test_columns_are_read_as_the_model_s_types(place: Place, halves: str) -> None:
    """Whole numbers where the model has fractions: 5 / 2 is 2.5, in the input and in a table that is there."""
    client = get_deploy_client(place.target)
    end = " ENGINE = MergeTree ORDER BY tuple()" if place.engine == "clickhouse" else ""
    place.ask(f"CREATE TABLE whole (price int, id int, code varchar(20), more int){end}")
    place.ask(f"CREATE TABLE weighed (w int, code varchar(20)){end}")
    place.ask(f"CREATE TABLE texts (id bigint, code varchar(20), price varchar(20)){end}")
    try:
        place.ask("INSERT INTO whole VALUES (5, 1, 'a', 0)")
        place.ask("INSERT INTO weighed VALUES (3, 'a')")
        config = {"input": "whole", "tables": {"weights": "weighed"}}
        assert client.create_deployment("half", halves, config=config)["verification"].startswith("equal on 2 rows")
        assert [tuple(map(float, row)) for row in place.ask("SELECT * FROM half")] == [(1.0, 2.5, 10.0, 0.75)]
        client.update_deployment("half")
        assert [float(row[1]) for row in place.ask("SELECT * FROM half")] == [2.5]
        with pytest.raises(MlflowException, match=r"'price' of type .* and the model reads DOUBLE"):
            client.create_deployment("other", halves, config={"input": "texts"})
    finally:
        client.delete_deployment("half")
        for name in ("whole", "weighed", "texts"):
            place.ask(f"DROP TABLE {name}")


def test_a_table_under_a_name_of_the_query_s_own(place: Place, halves: str) -> None:
    client = get_deploy_client(place.target)
    told = client.create_deployment("half", halves, config={"input": "events"})
    assert told["input"].endswith(".events")
    got = place.ask("SELECT id, half, twice FROM half ORDER BY id")
    assert [tuple(map(float, row)) for row in got] == [(1.0, 5.0, 20.0), (2.0, 2.0, 8.0)]
    with pytest.raises(MlflowException, match="cannot read itself"):
        client.update_deployment("half", config={"input": "half"})


@pytest.mark.ci
def test_another_user_s_path_of_schemas(postgres: Place, doubler: str) -> None:
    """An update reads the same table and stays where it is."""
    postgres.ask("CREATE ROLE bob LOGIN SUPERUSER")
    postgres.ask("CREATE SCHEMA bob")
    try:
        postgres.ask("CREATE TABLE bob.events AS SELECT 77::bigint AS id, 'b' AS code, 1.0::float8 AS price")
        get_deploy_client(postgres.target).create_deployment("twice", doubler, config={"input": "events"})
        bob = get_deploy_client(postgres.target.replace("postgres:@", "bob:@").replace("?", "?mlflow_schema=public&"))
        told = bob.update_deployment("twice", config={"params": {"by": 3.0}})
        assert (told["input"], told["schema"]) == ("public.events", "public")
        assert postgres.ask("SELECT twice FROM public.twice WHERE id = 1") == [(30.0,)]
    finally:
        get_deploy_client(postgres.target).delete_deployment("twice")
        postgres.ask("DROP OWNED BY bob CASCADE")
        postgres.ask("DROP ROLE bob")


@pytest.mark.parametrize("engine", ["duckdb", pytest.param("postgres", marks=pytest.mark.ci)])
def test_rows_that_depend_on_the_reader_s_zone(engine: str, tmp_path: Path) -> None:
    moment = datetime.datetime(2024, 1, 1, 12, 30, tzinfo=datetime.UTC)
    data = pa.table({"id": [1], "t": pa.array([moment], pa.timestamp("us", tz="UTC"))})
    for name, hour in (("bare", "extract(hour FROM t)"), ("said", "extract(hour FROM t AT TIME ZONE 'UTC')")):
        mlflow_sql_flavor.save_model(
            f"SELECT id, {hour} AS h, t FROM input", tmp_path / name, input_types=data.schema,
            pip_requirements=["mlflow"],
        )  # fmt: skip
    (tmp_path / "db").mkdir()
    with opened(engine, tmp_path / "db") as place:
        place.ask("CREATE TABLE moments (id bigint, t timestamp with time zone)")
        place.ask("INSERT INTO moments VALUES (1, '2024-01-01 23:30:00+00')")
        client = get_deploy_client(place.target)
        config = {"input": "moments", "verify": data}
        with pytest.raises(MlflowException, match="depend on the time zone of the session"):
            client.create_deployment("hours", str(tmp_path / "bare"), config=config)
        made = client.create_deployment("hours", str(tmp_path / "said"), config=config)
        assert made["verification"].startswith("equal on 1 row")
        assert place.ask("SELECT h FROM hours") == [(23,)]


def test_no_row_is_no_verification(sqlite: Place, doubler: str, tmp_path: Path) -> None:
    client = get_deploy_client(sqlite.target)
    told = client.create_deployment("twice", doubler, config={"input": "events", "verify": "[]"})
    assert told["verification"] == "not verified: no row came out of the rows given to verify"
    frame = client.update_deployment("twice", config={"verify": pd.DataFrame(EXAMPLE)})
    assert frame["verification"] == "equal on 3 rows of the rows given to verify"


@pytest.mark.parametrize(
    ("dialect", "have", "kind", "read"),
    [
        ("postgres", "INTEGER", "DOUBLE", "CAST(c AS DOUBLE PRECISION)"),
        ("postgres", "VARCHAR(20)", "VARCHAR", "c"),
        ("postgres", "CHAR(3)", "VARCHAR", "CAST(c AS TEXT)"),
        ("postgres", "NUMERIC(10, 2)", "BIGINT", None),
        ("postgres", "DOUBLE PRECISION", "BIGINT", None),
        ("postgres", "TIMESTAMP WITH TIME ZONE", "TIMESTAMP", None),
        ("postgres", "some_domain", "DOUBLE", "c"),
        ("snowflake", "DECIMAL(38, 0)", "BIGINT", "CAST(c AS BIGINT)"),
        ("clickhouse", "Nullable(Int32)", "DOUBLE", "CAST(c AS Nullable(Float64))"),
        ("mysql", "TINYINT(1)", "BOOLEAN", "c"),
        ("mysql", "DATE", "TIMESTAMP", "CAST(c AS DATETIME(6))"),
        ("duckdb", "INTEGER", "BIGINT", "CAST(c AS BIGINT)"),
        ("duckdb", "BIGINT", "INTEGER", "c"),
        ("sqlite", "REAL", "DOUBLE", "c"),
    ],
)
def test_the_cast_of_a_column(dialect: str, have: str, kind: str, read: str | None) -> None:
    assert as_type("c", have, kind, dialect) == read
