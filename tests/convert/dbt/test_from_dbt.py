"""Models of a dbt project, from what dbt 1.11 wrote of it for DuckDB, Snowflake and BigQuery (record.py)."""

import json
import re
import shutil
import sqlite3

import duckdb
import mlflow
import pandas as pd
import pyarrow as pa
import pytest
from mlflow.exceptions import MlflowException

import mlflow_sql_flavor
from mlflow_sql_flavor import from_dbt
from mlflow_sql_flavor.artifact import example

from .record import HERE


@pytest.fixture
def shop(tmp_path):
    """The project as a user has it: its files, and what dbt wrote to target."""
    return project(tmp_path, "duckdb")


def project(tmp_path, adapter):
    folder = tmp_path / "shop"
    shutil.copytree(HERE / "shop", folder)
    shutil.copytree(HERE / "written" / adapter, folder / "target")
    return folder


def edit(folder, change, file="manifest.json"):
    path = folder / "target" / file
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def outcomes(model):
    return {verdict.name: (verdict.outcome, verdict.rows) for verdict in model.about.verdicts}


SCORED = {
    "scores_by_region": ("equal", 3),
    "scores_in_csv": ("equal", 2),
    "scores_in_sql": ("equal", 2),
    "nothing_in_nothing_out": ("equal", 0),
    "a_higher_bar": ("not run", None),
}


@pytest.mark.parametrize("where", [".", "target"])
def test_a_model_with_its_seed_and_tests(shop, where):
    model = from_dbt(shop / where, "scored_orders", "stg_orders")
    assert model.dialect == "duckdb" and model.input_table == "shop.main.stg_orders"
    assert outcomes(model) == SCORED
    assert model.input_types["amount"] == "DECIMAL(10,2)"  # the catalog's
    regions = model.tables["shop.main.regions"]
    assert regions.types == {
        "code": "VARCHAR", "name": "VARCHAR", "factor": "DECIMAL(6,3)", "opened": "DATE", "active": "BOOLEAN",
    }  # fmt: skip
    assert regions.data.column("name").to_pylist() == ["Seoul", "Jeju, island", None]
    orders = pd.DataFrame({"order_id": [1, 2], "customer_id": 1, "region": ["02", "09"], "amount": [10.0, 1]})
    found = model.predict(orders.assign(ordered_at=pd.Timestamp("2024-01-01")))
    assert found[["region", "score"]].astype(object).values.tolist() == [
        ["Jeju, island", 5.0],
        [found["region"][1], 1.0],
    ]
    assert found["region"].isna().tolist() == [False, True]


@pytest.mark.parametrize("adapter", ["snowflake", "bigquery"])
def test_other_adapters_without_a_catalog(tmp_path, adapter):
    """The types of a parent's rows are then those that its own text makes of the seed."""
    model = from_dbt(project(tmp_path, adapter), "scored_orders", "ref('stg_orders')")
    assert model.dialect == adapter and model.input_table == "shop.main.stg_orders"
    assert outcomes(model) == SCORED


def test_saved(shop, tmp_path):
    mlflow_sql_flavor.save_model(
        from_dbt(shop, "scored_orders", "stg_orders"), tmp_path / "m", metadata={"team": "growth"}, pip_requirements=[]
    )
    stored = mlflow.models.Model.load(str(tmp_path / "m"))
    assert stored.metadata == {
        "dbt": {
            "unique_id": "model.shop.scored_orders",
            "project": "shop",
            "tags": ["score", "daily"],
            "dbt_version": "1.11.16",
        },
        "team": "growth",
    }
    section = stored.flavors["sql"]
    assert [v["name"] for v in section["expected_output"]["verdicts"] if v["outcome"] == "equal"] == list(SCORED)[:4]
    assert section["expected_output"]["path"] is None
    # the fixture's three regions are not the seed's
    assert section["tables"]["shop.main.regions"]["rows"] == 3
    rows, _ = example.stored(tmp_path / "m")
    assert rows["region"].tolist()[:2] == ["01", "09"] and rows["customer_id"].isna().all()
    answer = mlflow_sql_flavor.load_model(str(tmp_path / "m")).predict(rows)
    assert answer["score"].tolist()[:2] == [25.0, 2.5]  # by the model's own table: 1.25, not the fixture's 2
    card = (tmp_path / "m" / "README.md").read_text(encoding="utf-8")
    assert "Orders with the score that marketing ranks them by." in card
    assert "| Amount times the region's factor. |" in card
    assert "- dbt unit test `scores_by_region`: equal on 3 rows" in card
    assert re.search(r"`a_higher_bar`: not run: It overrides vars at&#95;least", card)
    from mlflow_sql_flavor.review.audit import audit

    assert {r.subject: r.verdict for r in audit(str(tmp_path / "m")).remarks}["card"] == "ok"


def test_no_unit_test_no_example(shop, tmp_path):
    model = from_dbt(shop, "untested")
    assert model.input_types == {"order_id": "INTEGER", "amount": "DECIMAL(10,2)"}
    mlflow_sql_flavor.save_model(model, tmp_path / "m", pip_requirements=[])
    assert not (tmp_path / "m" / "input_example.json").exists()
    assert "no unit test, so no example is stored" in (tmp_path / "m" / "README.md").read_text(encoding="utf-8")


def test_ephemeral_parents_source_and_types_of_tables(shop):
    orders = pa.table({"order_id": [1, 2], "customer_id": [10, 10], "amount": pa.array([20.5, 3.0])})
    model = from_dbt(shop, "customer_orders", "source('raw', 'customers')", tables={"stg_orders": orders})
    assert outcomes(model) == {"big_orders_count": ("equal", 2)}
    found = model.predict(pd.DataFrame({"id": [10, 11], "full_name": ["Ann", "Bo"]}))
    assert sorted(map(tuple, found[["full_name", "orders", "total"]].values.tolist())) == [
        ("Ann", 1, 20.5),
        ("Bo", 0, 0),
    ]


def test_parents_through_a_connection(shop):
    con = duckdb.connect()
    con.execute(
        "ATTACH ':memory:' AS shop; "
        "CREATE TABLE shop.main.stg_orders (order_id INT, customer_id INT, amount DECIMAL(10, 2))"
    )
    con.execute("INSERT INTO shop.main.stg_orders VALUES (7, 10, 50)")
    model = from_dbt(shop, "customer_orders", "raw.customers", connection=con)
    assert model.tables["shop.main.stg_orders"].types["amount"] == "DECIMAL(10,2)"
    assert model.predict(pd.DataFrame({"id": [10], "full_name": ["Ann"]}))["total"].tolist() == [50]


def test_parents_through_a_driver(shop):

    def change(manifest):
        manifest["nodes"]["model.shop.stg_orders"]["relation_name"] = "main.stg_orders"
        model = manifest["nodes"]["model.shop.customer_orders"]
        for each in (model, *model["extra_ctes"]):
            key = "sql" if "sql" in each else "compiled_code"
            each[key] = each[key].replace('"shop"."main"."stg_orders"', "main.stg_orders")

    edit(shop, change)
    con = sqlite3.connect(":memory:")
    con.execute("CREATE TABLE stg_orders (order_id, customer_id, amount, note)")
    con.execute("INSERT INTO stg_orders VALUES (7, 10, 50.5, NULL)")
    model = from_dbt(shop, "customer_orders", "raw.customers", connection=con)
    assert model.tables["main.stg_orders"].types == {
        "order_id": "BIGINT", "customer_id": "BIGINT", "amount": "DOUBLE", "note": "VARCHAR",
    }  # fmt: skip
    assert model.predict(pd.DataFrame({"id": [10], "full_name": ["Ann"]}))["total"].tolist() == [50.5]


@pytest.mark.parametrize(("compiled_for", "run"), [("new", "everything"), ("grown", "newer_only")])
def test_an_incremental_model_is_tested_as_it_was_compiled(shop, compiled_for, run):
    tables = {}
    if compiled_for == "grown":
        where = '\nwhere ordered_at > (select max(ordered_at) from "shop"."main"."order_log")'
        node = "model.shop.order_log"
        edit(shop, lambda m: m["nodes"][node].update(compiled_code=m["nodes"][node]["compiled_code"].rstrip() + where))
        tables = {"order_log": pd.DataFrame({"ordered_at": pd.to_datetime(["2024-01-01"])})}
    model = from_dbt(shop, "order_log", "stg_orders", tables=tables)
    assert [name for name, (outcome, _) in outcomes(model).items() if outcome == "equal"] == [run]
    assert len(model.about.verdicts) == 2


@pytest.mark.parametrize(("name", "columns"), [("spend", 3), ("spend.v2", 3), ("spend.v1", 2), ("shop.spend.v1", 2)])
def test_versions(shop, name, columns):
    model = from_dbt(shop, name)
    assert outcomes(model) == {"sums": ("equal", 1)}
    assert len(model.predict(pd.DataFrame({"customer_id": [1], "amount": [2]})).columns) == columns


def test_a_failing_test_raises(shop):
    def change(manifest):
        manifest["unit_tests"]["unit_test.shop.scored_orders.scores_by_region"]["expect"]["rows"][0]["score"] = 41

    edit(shop, change)
    with pytest.raises(MlflowException, match=r"(?s)'scores_by_region'.*fails.*score: got .*40.*expected .*41"):
        from_dbt(shop, "scored_orders", "stg_orders")


def test_what_a_seed_holds(shop):
    """Types where neither catalog nor config says: those that dbt gives."""
    (shop / "target" / "catalog.json").unlink()
    (shop / "seeds" / "raw_orders.csv").write_text(
        "id,customer,region,amount,ordered_at,day,iso,flag,words\n"
        '1,,01,1.5,2024-03-09 10:00:00,2024-03-09,2024-03-09T10:00:00,True,"a\nb"\n'
        "2.0,,02,NULL,2024-03-10 11:30:00,,2024-03-09T10:00:00,false,null\n"
    )
    edit(shop, lambda m: m["nodes"]["model.shop.untested"].update(
        compiled_code='select s.*, i.order_id from "shop"."main"."raw_orders" as s, "shop"."main"."stg_orders" as i',
        depends_on={"nodes": ["seed.shop.raw_orders", "model.shop.stg_orders"]},
    ))  # fmt: skip
    model = from_dbt(shop, "untested", "stg_orders")
    assert model.tables["shop.main.raw_orders"].types == {
        "id": "INTEGER", "customer": "INTEGER", "region": "VARCHAR", "amount": "DOUBLE", "ordered_at": "TIMESTAMP",
        "day": "DATE", "iso": "TIMESTAMP", "flag": "BOOLEAN", "words": "VARCHAR",
    }  # fmt: skip
    assert model.tables["shop.main.raw_orders"].data.column("words").to_pylist() == ["a\nb", None]


UNIT = "unit_test.shop.scored_orders.scores_by_region"
ONE = {"model": "spend.v1"}


def metadata(**changed):
    return lambda manifest: manifest["metadata"].update(changed)


def spend(**changed):
    return lambda manifest: manifest["nodes"]["model.shop.spend.v1"].update(changed)


def given(**changed):
    return lambda manifest: manifest["unit_tests"][UNIT]["given"][0]["rows"][0].update(changed)


def expected(row=(), **changed):
    def change(manifest):
        manifest["unit_tests"][UNIT]["expect"]["rows"][0].update(row)
        manifest["unit_tests"][UNIT]["expect"].update(changed)

    return change


def version(number):
    return metadata(dbt_schema_version=f"https://schemas.getdbt.com/dbt/manifest/v{number}.json")


@pytest.mark.parametrize(
    ("change", "arguments", "words"),
    [
        (None, {"model": "scored_order"}, "no 'scored_order' here. Did you mean 'scored_orders'"),
        (None, {"model": "scored_orders"}, r"reads ref\('stg_orders'\), ref\('regions'\): name.*input='stg_orders'"),
        (None, {"model": "scored_orders", "input": "customers"}, "no 'customers' here"),
        (None, {"model": "customer_orders", "input": "customers"}, r"reads ref\('stg_orders'\): pass its rows by"),
        (None, {"model": "spend", "tables": {"regions": []}}, "no 'regions' here"),
        (spend(compiled_code=None), ONE, "run dbt compile"),
        (spend(language="python"), ONE, "written in python"),
        (version(11), {}, r"version 11.*before 1\.8"),
        (version(20), {}, r"version 20.*later"),
        (metadata(adapter_type="abacus"), {}, "adapter 'abacus'"),
        (lambda m: m["unit_tests"][UNIT]["given"].pop(), {}, r"'scores_by_region'.*no rows of ref\('regions'\)"),
        (lambda m: m["unit_tests"][UNIT].update(given=7), {}, "not what dbt writes at unit_test.shop"),
        (given(amont=1), {}, "name a column 'amont'.*Did you mean 'amount'"),
        (given(amount="x"), {}, "column 'amount' that is no DECIMAL"),
        (expected({"scor": 1}), {}, "do not all name the same columns"),
        (expected(rows="select 1 as score", format="sql"), {}, "without the model's column"),
    ],
)
def test_what_does_not_fit_is_said(shop, change, arguments, words):
    if change is not None:
        edit(shop, change)
    with pytest.raises(MlflowException, match=f"(?s){words}"):
        from_dbt(shop, **{"model": "scored_orders", "input": "stg_orders" if not arguments else None, **arguments})


def test_types_that_nobody_tells(tmp_path):
    folder = project(tmp_path, "snowflake")
    (folder / "seeds" / "raw_orders.csv").unlink()
    with pytest.raises(MlflowException, match=r"ref\('stg_orders'\) are not known: run dbt docs"):
        from_dbt(folder, "scored_orders", "stg_orders")


def test_no_project(tmp_path):
    with pytest.raises(MlflowException, match=r"no manifest\.json.*run dbt compile"):
        from_dbt(tmp_path, "m")
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(MlflowException, match=r"manifest\.json cannot be read"):
        from_dbt(tmp_path, "m")


def test_jinja_alone_is_refused_with_both_ways(shop):
    with pytest.raises(MlflowException, match=r"from_dbt\(project, model\) or mlflow-sql log --dbt.*rendered text"):
        mlflow_sql_flavor.SQLModel(shop / "models" / "stg_orders.sql", "snowflake")
