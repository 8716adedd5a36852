"""A Spark DataFrame in, Spark SQL, a lazy Spark DataFrame out: equal to DuckDB's rows, and no Python on the way."""

from __future__ import annotations

import datetime
import decimal
import runpy
from pathlib import Path

import mlflow
import pandas as pd
import pyarrow as pa
import pytest
import yaml
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema

import mlflow_sql_flavor
from mlflow_sql_flavor import SQLModel
from mlflow_sql_flavor.engines.spark import spark_sql as engine
from mlflow_sql_flavor.frames.compare import compare

from .conftest import plain

pytestmark = pytest.mark.ci
EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"

ROWS = pa.table(
    {
        "id": pa.array([1, 2, 3, 4], pa.int64()),
        "g": ["a", "b", None, "a"],
        "v": [1.5, 2.5, 3.5, None],
        "n": pa.array([1, None, 3, 4], pa.int64()),
        "t": pa.array([datetime.datetime(2020, 1, 1, 12, 30), None, *[datetime.datetime(2021, 3, 1)] * 2]),
        "amount": pa.array([decimal.Decimal("1.25"), decimal.Decimal("2.50"), None, decimal.Decimal("4.00")]),
    }
)
REFERENCE = pa.table(
    {
        "g": ["a", "b"],
        "name": ["A{}", None],
        "w": pa.array([1, 2], pa.int32()),
        "day": pa.array([datetime.date(2020, 1, 1), None]),
        "ts": pa.array([datetime.datetime(2020, 1, 1, 3), None], pa.timestamp("us")),
    }
)
JOIN = """
SELECT i.id, i.v * :k AS v, r.name, r.w, r.day, r.ts, i.t, i.amount * 2 AS twice, i.n / 2 AS half, :d AS d,
       i.g IN (:gs) AS listed, i.n IS NULL AS absent, '{x} ${env:HOME}' AS literal
FROM input AS i LEFT JOIN ref AS r ON r.g = i.g  -- ${env:HOME} {
"""
SIGNATURE = ModelSignature(
    inputs=Schema([ColSpec("long", "id"), ColSpec("string", "g")]),
    params=ParamSchema([ParamSpec("gs", "string", ["x"], (-1,)), ParamSpec("ns", "long", [1], (-1,))]),
)
VALUES = {"k": 2.0, "d": datetime.date(2020, 5, 5), "gs": ["a", "x"]}


@pytest.mark.parametrize("dialect", ["databricks", "duckdb", "postgres"])
def test_equals_duckdb(spark, dialect):
    model = SQLModel(JOIN, dialect, {"ref": REFERENCE})
    result = model.predict(spark.createDataFrame(ROWS), VALUES)
    expected = model.predict(ROWS, VALUES, output="arrow")
    assert result.columns == expected.column_names
    assert compare(plain(result.orderBy("id").toArrow()), expected).equal
    assert expected["literal"][0].as_py() == "{x} ${env:HOME}"


@pytest.mark.parametrize("values", [["a", None], ["b"], []])
def test_lists(spark, values):
    model = SQLModel(
        "SELECT id, g IN (:gs) AS i, g NOT IN (:gs) AS o, CASE WHEN id IN (:ns) THEN 1 END AS n FROM input", "postgres"
    )
    params = {"gs": values or pa.array([], pa.string()).to_numpy(zero_copy_only=False), "ns": [1, 3]}
    if not values:
        model = model.copy(SIGNATURE)
    expected = model.predict(ROWS, params, output="arrow")
    assert compare(model.predict(spark.createDataFrame(ROWS), params).orderBy("id").toArrow(), expected).equal


def test_the_plan_has_no_python(classic):
    model = SQLModel(JOIN, "databricks", {"ref": REFERENCE})
    classic.sparkContext.setJobGroup("native", "native")
    frame = classic.createDataFrame(ROWS)
    result = model.predict(frame, VALUES)
    assert list(classic.sparkContext.statusTracker().getJobIdsForGroup("native")) == [], "it is lazy"
    plan = result._jdf.queryExecution().toString()
    assert "BroadcastHashJoin" in plan and "LocalTableScan" in plan
    assert not any(word in plan for word in ("Python", "BatchEval", "ArrowEval", "MapInPandas"))
    assert [t.name for t in classic.catalog.listTables() if t.isTemporary] == [], "and leaves no view behind"


def test_output_types(classic):
    model = SQLModel(
        "SELECT id::INTEGER AS i, sum(id) OVER () AS big, amount, t, t::DATE AS day, [v] AS l, {'a': g} AS s, "
        "id::UTINYINT AS u, v::FLOAT AS f FROM input"
    )
    assert model.predict(classic.createDataFrame(ROWS)).schema.simpleString() == (
        "struct<i:int,big:bigint,amount:decimal(3,2),t:timestamp,day:date,l:array<double>,s:struct<a:string>,u:int,"
        "f:float>"
    )


def test_integer_division_of_a_typed_column(spark):
    model = SQLModel("SELECT sum(id / 2) AS half FROM input", "postgres")
    frame = spark.createDataFrame(ROWS)
    assert model.predict(frame).collect()[0][0] == model.predict(ROWS.to_pandas())["half"][0] == 0 + 1 + 1 + 2


def test_a_parameter_is_data(spark):
    model = SQLModel("SELECT id FROM input WHERE g = :g", "databricks")
    frame = spark.createDataFrame(ROWS)
    assert model.predict(frame, {"g": "a' OR '1'='1"}).count() == 0
    assert model.predict(frame, {"g": "a"}).count() == 2


def test_counts_stay_integers(spark):
    model = SQLModel("SELECT id, date_add(DATE'2020-01-01', :n) AS d FROM input ORDER BY id LIMIT :top", "databricks")
    got = model.predict(spark.createDataFrame(ROWS), {"n": 3, "top": 2}).collect()
    assert [tuple(row) for row in got] == [(1, datetime.date(2020, 1, 4)), (2, datetime.date(2020, 1, 4))]


def test_expanded_names_are_refused(classic):
    model = SQLModel("SELECT id AS `${env:HOME}` FROM input", "databricks")
    with pytest.raises(MlflowException, match="would expand"):
        model.predict(classic.createDataFrame(ROWS))


def test_settings_that_change_the_answer(classic):
    model = SQLModel("SELECT id FROM input")
    frame = classic.createDataFrame(ROWS)
    classic.conf.set("spark.sql.ansi.enabled", "false")
    try:
        with pytest.raises(MlflowException, match=r"spark\.sql\.ansi\.enabled"):
            model.predict(frame)
    finally:
        classic.conf.set("spark.sql.ansi.enabled", "true")


def test_columns_that_do_not_fit(classic, tmp_path):
    mlflow_sql_flavor.save_model(
        "SELECT v * id AS y FROM input", tmp_path / "m", input_example=ROWS.select(["id", "v"]).to_pandas()
    )
    model = mlflow_sql_flavor.load_model(str(tmp_path / "m"))
    frame = classic.createDataFrame(ROWS)
    assert model.predict(frame).count() == 4
    with pytest.raises(MlflowException, match="lacks column"):
        model.predict(frame.drop("id"))
    with pytest.raises(MlflowException, match="'v' is of type string and the model reads double"):
        model.predict(frame.withColumn("v", frame["g"]))
    widened = frame.withColumn("id", frame["id"].cast("int")).withColumn("v", frame["v"].cast("float"))
    assert model.predict(widened).agg({"y": "sum"}).collect()[0][0] == 1.5 + 5 + 10.5


def test_python_functions_are_refused(classic):
    def twice(x: float) -> float:
        return 2 * x

    model = SQLModel("SELECT twice(v) AS v FROM input", udfs=[twice])
    with pytest.raises(MlflowException, match="Python functions"):
        model.predict(classic.createDataFrame(ROWS))


def test_pyfunc(spark, tmp_path):
    mlflow_sql_flavor.save_model(
        "SELECT id, v * :k AS score FROM input",
        tmp_path / "m",
        dialect="databricks",
        input_example=(ROWS.select(["id", "v"]).to_pandas(), {"k": 2.0}),
        prediction_column="score",
    )
    model = mlflow.pyfunc.load_model(str(tmp_path / "m"))
    frame = spark.createDataFrame(ROWS)
    assert model.predict(frame, params={"k": 3.0}).schema.simpleString() == "struct<score:double>"
    assert model.predict(frame).toArrow()["score"].to_pylist() == [3.0, 5.0, 7.0, None]


GROUPS = ROWS.select(["id", "g"]).to_pandas()
LOOKUP = "SELECT i.id, r.w FROM input AS i LEFT JOIN ref AS r ON r.g = i.g"


def test_a_large_reference_is_named(classic, tmp_path, monkeypatch):
    path = str(tmp_path / "m")
    mlflow_sql_flavor.save_model(LOOKUP, path, tables={"ref": REFERENCE}, input_example=GROUPS)
    frame = classic.createDataFrame(ROWS)
    monkeypatch.setattr(engine, "REFERENCE_BYTES", 10)
    with pytest.raises(MlflowException, match="spark:catalog"):
        mlflow_sql_flavor.load_model(path).predict(frame)
    classic.createDataFrame([("a", 7, "x")], "g string, w int, other string").createOrReplaceTempView("weights")
    try:
        named = mlflow.pyfunc.load_model(path, model_config={"tables": {"ref": "spark:weights"}})
        assert [row["w"] for row in named.predict(frame).orderBy("id").collect()] == [7, None, None, 7]
        with pytest.raises(MlflowException, match="table of Spark's"):
            named.predict(ROWS.to_pandas())
        twice = classic.table("weights").union(classic.table("weights"))
        with pytest.raises(MlflowException, match="repeats values of g"):
            mlflow_sql_flavor.load_model(path, model_config={"tables": {"ref": twice}}).predict(frame)
    finally:
        classic.catalog.dropTempView("weights")


def test_a_text_that_is_not_the_checked_one(classic, tmp_path):
    path = tmp_path / "m"
    mlflow_sql_flavor.save_model("SELECT upper(g) AS g FROM input", path, dialect="databricks", input_example=GROUPS)
    file = path / "MLmodel"
    text = yaml.safe_load(file.read_text())
    text["flavors"]["sql"]["sql"] = "SELECT java_method('java.lang.System', 'getProperty', g) AS g FROM input"
    file.write_text(yaml.safe_dump(text))
    model = mlflow_sql_flavor.load_model(str(path))
    with pytest.raises(MlflowException, match="java_method"):
        model.predict(classic.createDataFrame(ROWS))


QUALIFIED = """
WITH best AS (SELECT g, id, v FROM input QUALIFY row_number() OVER (PARTITION BY g ORDER BY v DESC NULLS LAST) = 1)
SELECT g, max(v) AS top FROM best GROUP BY g QUALIFY rank() OVER (ORDER BY max(v)) <= 2 ORDER BY count(*), max(v) DESC
LIMIT 1
"""


def test_qualify(spark):
    model = SQLModel(QUALIFIED, "databricks")
    assert model.predict(spark.createDataFrame(ROWS)).toArrow().to_pylist() == [{"g": "b", "top": 2.5}]
    assert model.predict(ROWS).to_pylist() == [{"g": "b", "top": 2.5}]


def test_the_example_models(spark):
    example = runpy.run_path(str(EXAMPLES / "rank_listings.py"))
    listings, reviews = example["make_listings"](seed=1)
    tables = {"listings": listings, "reviews": reviews}
    asked = pd.DataFrame({"region": ["Jeju", "Seoul"]})
    model = SQLModel(example["BY_COLUMN"], "databricks", tables)
    found = model.predict(spark.createDataFrame(pa.Table.from_pandas(asked))).toArrow()
    assert compare(found, model.predict(asked, output="arrow"), ordered=True).equal and found.num_rows == 6
    model = SQLModel(example["BY_PARAMETER"], "databricks", tables)
    params = {"region": "Busan", "top": 3}
    found = model.run_on(spark, params=params).toArrow()
    assert compare(found, model.predict(params=params, output="arrow"), ordered=True).equal and found.num_rows == 3


def test_the_penguins(spark):
    pytest.importorskip("palmerpenguins")
    example = runpy.run_path(str(EXAMPLES / "classify_penguins.py"))
    penguins = example["load_penguins"]()
    data = pa.Table.from_pandas(penguins, preserve_index=False)
    model = SQLModel(example["RULE"])
    expected = model.predict(data, output="arrow")
    got = model.predict(spark.createDataFrame(data)).toArrow()
    assert compare(got, expected, ordered=False).equal and got.num_rows > 300
