"""Tables by the names that people have for them: of one to three parts, in every spelling of the dialect."""

import duckdb
import mlflow
import pandas as pd
import pytest
from mlflow.exceptions import MlflowException

import mlflow_sql_flavor
from mlflow_sql_flavor import SQLModel

ORDERS = pd.DataFrame({"id": [1, 2], "x": [10, 20]})
NAMES = pd.DataFrame({"id": [1, 2], "n": ["a", "b"]})


@pytest.mark.parametrize(
    ("dialect", "written"),
    [
        ("bigquery", "`my-project.shop.orders`"),
        ("bigquery", "my-project.shop.`orders`"),
        ("bigquery", "`my-project`.`shop`.orders"),
        ("bigquery", "`shop.orders`"),
        ("databricks", "`main`.shop.`orders`"),
        ("databricks", "Main.Shop.Orders"),
        ("snowflake", 'MAIN.shop."ORDERS"'),
        ("postgres", '"Shop".orders'),
        ("redshift", "shop.orders"),
        ("tsql", "[my shop].dbo.[the orders]"),
        ("tsql", "shop..orders"),
        ("mysql", "`shop`.`orders`"),
        ("oracle", "shop.orders"),
        ("clickhouse", "shop.orders"),
        ("trino", 'hive."shop".orders'),
        ("sqlite", "[shop].orders"),
        ("duckdb", 'main."the shop".orders'),
    ],
)
def test_spellings(dialect, written):
    sql = f"SELECT q.id, q.x + 1 AS y FROM {written} q WHERE q.x > 10"
    for name in (written, written.lower()):
        model = SQLModel(sql, dialect, tables={name: ORDERS})
        assert model.predict().values.tolist() == [[2, 21]]
    # the last part alone serves it, as table and as input
    short = "the orders" if "the orders" in written else "orders"
    assert SQLModel(sql, dialect, tables={short: ORDERS}).predict().values.tolist() == [[2, 21]]
    assert SQLModel(sql, dialect, input_table=short).predict(ORDERS).values.tolist() == [[2, 21]]


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "mysql", "tsql", "snowflake", "bigquery"])
def test_columns_by_two_and_three_parts(dialect):
    sql = (
        "SELECT orders.id, shop.orders.x, main.shop.orders.x AS z FROM main.shop.orders "
        "WHERE EXISTS (SELECT 1 AS one FROM names WHERE names.id = shop.orders.id AND names.n = 'b')"
    )
    model = SQLModel(sql, dialect, tables={"main.shop.orders": ORDERS, "names": NAMES})
    assert model.predict().values.tolist() == [[2, 20, 20]]
    assert list(model.predict()) == ["id", "x", "z"]


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "bigquery", "databricks"])
def test_a_step_does_not_catch_a_qualified_name(dialect):
    sql = "WITH orders AS (SELECT 7 AS id) SELECT o.id AS a, orders.id AS b FROM raw.orders AS o CROSS JOIN orders"
    for name in ("raw.orders", "orders"):
        assert SQLModel(sql, dialect, tables={name: ORDERS}).predict().values.tolist() == [[1, 7], [2, 7]]
    sql = "WITH raw AS (SELECT 1 AS i), orders AS (SELECT 7 AS id) SELECT o.id FROM raw.orders AS o"
    assert SQLModel(sql, dialect, tables={"raw.orders": ORDERS}).predict().values.tolist() == [[1], [2]]


def test_a_step_with_a_dot_in_its_name_does_not_either():
    sql = 'WITH "raw.orders" AS (SELECT 7 AS id) SELECT a.id, b.id AS i FROM raw.orders AS a, "raw.orders" AS b'
    for dialect in ("duckdb", "postgres"):
        assert SQLModel(sql, dialect, tables={"raw.orders": ORDERS}).predict().values.tolist() == [[1, 7], [2, 7]]


def test_a_quoted_dot_and_two_parts_are_two():
    sql = 'SELECT p.n, q.x FROM "a.b" AS p JOIN a.b AS q ON p.id = q.id'
    for dialect in ("duckdb", "postgres", "snowflake"):
        model = SQLModel(sql, dialect, tables={'"a.b"': NAMES, "a.b": ORDERS})
        assert model.predict().values.tolist() == [["a", 10], ["b", 20]]
    assert SQLModel('SELECT n FROM "a.b"', "postgres", tables={"a.b": NAMES}).predict()["n"].tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("dialect", "sql", "tables", "words", "caret"),
    [
        ("bigquery", "SELECT id FROM `p.d.events_*`", ["events"], r"p\.d\.events_\* is a wildcard table", 16),
        ("tsql", "SELECT id FROM a.b.c.d", ["d"], r"a\.b\.c\.d is not the name of a table", 22),
        ("postgres", "SELECT id FROM raw.orderz", ["raw.orders"], r"'raw.orderz'.*Did you mean 'raw.orders'", 20),
        ("duckdb", "SELECT id FROM raw.orderz", ["raw.orders"], r"'raw.orderz'.*Did you mean 'raw.orders'", 20),
        ("postgres", "SELECT id FROM a.t UNION ALL SELECT id FROM b.t", ["t"], "'t' may be a.t and b.t", None),
        ("postgres", "SELECT id FROM a.t UNION ALL SELECT id FROM b.t", ["a.t", "t"], None, None),
        ("postgres", "SELECT id FROM t UNION ALL SELECT id FROM b.t", ["t"], "Table 'b.t' is neither", 45),
        ("postgres", "SELECT id FROM a.t", ["a.t", '"a".t'], "both name the table a.t", None),
        ("snowflake", 'SELECT id FROM "t" UNION ALL SELECT id FROM t', ["t"], "differ in case only", 45),
        ("duckdb", "SELECT nope FROM raw.orders", ["raw.orders"], '"nope"', 8),
        ("duckdb", "SELECT raw.orders.id, getenv('A') AS e FROM raw.orders", ["raw.orders"], "getenv", 23),
    ],
)
def test_what_a_name_may_not_be(dialect, sql, tables, words, caret):
    if words is None:
        assert len(SQLModel(sql, dialect, tables=dict.fromkeys(tables, ORDERS)).predict()) == 4
        return
    with pytest.raises(MlflowException, match=words) as error:
        SQLModel(sql, dialect, tables=dict.fromkeys(tables, ORDERS)).predict()
    if caret is not None:
        assert f"line 1, column {caret}: {sql}" in error.value.message


def test_the_advice_works():
    with pytest.raises(MlflowException, match=r"tables=\{'raw.orders': ...\}"):
        SQLModel("SELECT id FROM raw.orders", "snowflake").predict()
    assert len(SQLModel("SELECT id FROM raw.orders", "snowflake", tables={"raw.orders": ORDERS}).predict()) == 2


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    path = tmp_path_factory.mktemp("stored") / "m"
    mlflow_sql_flavor.save_model(
        "SELECT e.id, n FROM raw.events AS e LEFT JOIN main.ref.listings USING (id)",
        path,
        dialect="databricks",
        tables={"main.ref.listings": NAMES},
        input_table="events",
        input_example=ORDERS,
        pip_requirements=[],
    )
    return path


def test_a_stored_model_speaks_the_writers_names(stored):
    spec = mlflow.models.Model.load(str(stored)).flavors["sql"]
    assert spec["input_table"] == "raw.events" and list(spec["tables"]) == ["main.ref.listings"]
    assert "raw.events" in (stored / "README.md").read_text(encoding="utf-8")
    model = mlflow_sql_flavor.load_model(str(stored))
    assert model.predict(ORDERS).values.tolist() == [[1, "a"], [2, "b"]]
    assert model.to_sql("snowflake") == (
        "SELECT e.id, n FROM raw.events AS e LEFT JOIN main.ref.listings AS listings USING (id)"
    )
    assert "FROM raw.events AS e LEFT JOIN main.ref.listings" in model.to_sql("duckdb")


@pytest.mark.parametrize("name", ["main.ref.listings", "ref.listings", "LISTINGS", "`main`.ref.listings"])
def test_newer_data_by_any_name(stored, name):
    newer = pd.DataFrame({"id": [1, 2], "n": ["new", "er"]})
    model = mlflow.pyfunc.load_model(str(stored), model_config={"tables": {name: newer}})
    assert model.predict(ORDERS)["n"].tolist() == ["new", "er"]


def test_run_where_the_tables_have_these_names(stored):
    con = duckdb.connect()
    con.execute("CREATE SCHEMA raw; CREATE TABLE raw.events AS SELECT 2::BIGINT AS id, 1::BIGINT AS x")
    con.execute("CREATE SCHEMA ref; CREATE TABLE ref.listings AS SELECT 2::BIGINT AS id, 'there' AS n")
    model = mlflow_sql_flavor.load_model(str(stored))
    assert model.run_on(con).read_all().to_pylist() == [{"id": 2, "n": "b"}]
    there = model.run_on(con, tables={"listings": "ref.listings"})
    assert there.read_all().to_pylist() == [{"id": 2, "n": "there"}]
    plain = SQLModel(
        "SELECT raw.events.id AS i FROM raw.events", input_table="raw.events", input_types={"id": "BIGINT"}
    )
    assert plain.run_on(con).read_all().to_pylist() == [{"i": 2}]
