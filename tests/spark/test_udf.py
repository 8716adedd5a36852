"""``mlflow.pyfunc.spark_udf``: right, or refused by name; never another row's answer and never 'nan' for NULL."""

from __future__ import annotations

import datetime

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow.exceptions import MlflowException

import mlflow_sql_flavor

from ..shares import params

EXAMPLE = pd.DataFrame({"v": [1.0, 2.0], "g": ["a", None]})
MOMENT = datetime.datetime(2020, 1, 1, 10)
#: One output column: query, what Spark calls its type, the answers for v of 1, 2, 3 and g of a, NULL, c.
ONE = {
    "text": ("nullif(g, 'c')", "string", ["a", None, None]),
    "integer": ("CASE WHEN v < 2 THEN 1 END", "int", [1, None, None]),
    "long": ("CASE WHEN v < 2 THEN 1::BIGINT END", "bigint", [1, None, None]),
    "boolean": ("CASE WHEN v < 3 THEN v < 2 END", "boolean", [True, False, None]),
    "double": ("CASE WHEN v < 3 THEN v END", "double", [1.0, 2.0, None]),
    "decimal": ("CASE WHEN v < 3 THEN 1.25::DECIMAL(10,2) END", "double", [1.25, 1.25, None]),
    "timestamp": ("CASE WHEN v < 3 THEN TIMESTAMP '2020-01-01 10:00:00' END", "timestamp", [MOMENT, MOMENT, None]),
}
#: Several: either the answers, or the column that is refused.
MANY = {
    "nulls": (
        "coalesce(g, 'b') AS g, CASE WHEN v < 3 THEN v END AS d, v::BIGINT AS n, v < 2 AS b",
        [("a", 1.0, 1, True), ("b", 2.0, 2, False), ("c", None, 3, False)],
    ),
    "text": ("v, g AS o", "'o' has a NULL"),
    "integer": ("v, CASE WHEN v < 2 THEN 1 END AS o", "'o' has a NULL"),
    "boolean": ("v, CASE WHEN v < 2 THEN true END AS o", "'o' has a NULL"),
    "timestamp": ("v, TIMESTAMP '2020-01-01' AS o", "'o' is a date or timestamp"),
    "list": ("v, [g] AS o", "'o' has a NULL within a list"),
}


def _udf(session, folder, sql, example=EXAMPLE, **more):
    mlflow_sql_flavor.save_model(sql, folder, input_example=example, **more)
    return mlflow.pyfunc.spark_udf(session, str(folder), env_manager="local")


@pytest.fixture
def frame(classic):
    return classic.createDataFrame([(1.0, "a"), (2.0, None), (3.0, "c")], "v double, g string").coalesce(1)


@pytest.mark.ci
@pytest.mark.parametrize("case", params(ONE, 0.1, always=("text", "integer", "timestamp")))
def test_one_column(classic, frame, tmp_path, case):
    sql, kind, answers = ONE[case]
    got = frame.select(_udf(classic, tmp_path / "m", f"SELECT {sql} AS o FROM input")("v", "g").alias("o"))
    assert got.schema.simpleString() == f"struct<o:{kind}>"
    assert [row["o"] for row in got.collect()] == answers


@pytest.mark.ci
@pytest.mark.parametrize("case", params(MANY, 0.1, always=("nulls", "timestamp")))
def test_many_columns(classic, frame, tmp_path, case):
    sql, answers = MANY[case]
    got = frame.select(_udf(classic, tmp_path / "m", f"SELECT {sql} FROM input")("v", "g").alias("o"))
    if isinstance(answers, str):
        with pytest.raises(Exception, match=answers):
            got.collect()
    else:
        assert [tuple(row["o"]) for row in got.collect()] == answers


@pytest.mark.parametrize("case", [name for name in MANY if name != "nulls"])
def test_refused_in_a_task(tmp_path, monkeypatch, case):
    sql, message = MANY[case]
    mlflow_sql_flavor.save_model(f"SELECT {sql} FROM input", tmp_path / "m", input_example=EXAMPLE)
    model = mlflow.pyfunc.load_model(str(tmp_path / "m"))
    assert len(model.predict(EXAMPLE)) == 2
    monkeypatch.setenv("SPARK_REUSE_WORKER", "1")
    with pytest.raises(MlflowException, match=message):
        model.predict(EXAMPLE)


def test_a_null_text_that_is_sent_as_json(tmp_path, monkeypatch, serving):
    mlflow_sql_flavor.save_model("SELECT g FROM input", tmp_path / "m", input_example=EXAMPLE)
    model = mlflow.pyfunc.load_model(str(tmp_path / "m"))
    assert model.predict(EXAMPLE)["g"].tolist() == ["a", None]
    monkeypatch.setenv("SPARK_REUSE_WORKER", "1")
    with pytest.raises(MlflowException, match="'g' has a NULL"):
        model.predict(EXAMPLE)


ROWS = 60_000
PLACES = pd.DataFrame({"k": np.random.default_rng(1).permutation(30_000), "w": range(30_000)})
#: The queries that gave 60,000 wrong rows without an error.
SILENT = {
    "window": ("SELECT id, rank() OVER (ORDER BY a) AS o FROM input", None),
    "order": ("SELECT id, a AS o FROM input ORDER BY a", None),
    "join": ("SELECT i.id, p.w AS o FROM input AS i LEFT JOIN places AS p ON p.k = i.k", {"places": PLACES}),
}


@pytest.mark.ci
@pytest.mark.parametrize("case", SILENT)
def test_no_row_gets_the_answer_of_another(classic, tmp_path, case):
    sql, tables = SILENT[case]
    chance = np.random.default_rng(0)
    data = pd.DataFrame(
        {"id": range(ROWS), "a": chance.permutation(ROWS).astype(float), "k": chance.integers(0, 30_000, ROWS)}
    )
    rank = data["a"].astype(int) + 1
    truth = {"window": rank, "order": data["a"], "join": data["k"].map(PLACES.set_index("k")["w"])}[case]
    udf = _udf(classic, tmp_path / "m", sql, data.head(), tables=tables)
    found = mlflow.pyfunc.load_model(str(tmp_path / "m")).predict(data)
    if case == "order":
        found = found.set_index("id").loc[range(ROWS)].reset_index()
        assert found["o"].is_unique
    assert found["id"].tolist() == list(range(ROWS)) and found["o"].tolist() == truth.tolist()
    spark_frame = classic.createDataFrame(data).repartition(4)
    native = mlflow.pyfunc.load_model(str(tmp_path / "m")).predict(spark_frame).toPandas().set_index("id")["o"]
    assert native.sort_index().tolist() == truth.tolist()
    scored = spark_frame.select("id", udf("id", "a", "k").alias("r"))
    if case == "join":
        pairs = {row["id"]: (row["r"]["id"], row["r"]["o"]) for row in scored.collect()}
        assert sum(pairs[i] != (i, truth[i]) for i in range(ROWS)) == 0
    else:
        with pytest.raises(Exception, match="one batch at a time"):
            scored.collect()
