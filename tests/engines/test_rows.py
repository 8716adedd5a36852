"""Rows through predict: the input's order and index where the query keeps them, an error where it does not."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import mlflow_sql_flavor
from mlflow_sql_flavor import SQLModel
from mlflow_sql_flavor.engines.duckdb import SMALL
from mlflow_sql_flavor.errors import RunError
from mlflow_sql_flavor.model import compiled_model_of

REGIONS = pd.DataFrame({"k": range(1000), "v": range(1000, 2000)})
MANY = 200_000


def rows_of(model):
    (bound,) = compiled_model_of(model).bound
    return bound.program.rows


@pytest.fixture(scope="module")
def data():
    chance = np.random.default_rng(1)
    return pd.DataFrame({"id": chance.permutation(MANY), "k": chance.integers(0, 1100, MANY)}).set_index(
        chance.permutation(MANY) + 7
    )


QUERIES = {
    "SELECT id, k + 1 AS o FROM input": "independent",
    "WITH a AS MATERIALIZED (SELECT * FROM input) SELECT id, k + 1 AS o FROM a": "independent",
    "SELECT id, v AS o FROM input LEFT JOIN t USING (k)": "independent",
    "SELECT id, (SELECT max(v) FROM t WHERE t.k = input.k) AS o FROM input": "independent",
    "SELECT id, k IN (SELECT k FROM t) AS o FROM input": "independent",
    "SELECT id, count(*) OVER (PARTITION BY k) AS o FROM input": "aligned",
    "SELECT id, row_number() OVER (ORDER BY id) AS o FROM input": "aligned",
    "SELECT id, m AS o FROM input LEFT JOIN (SELECT k, max(id) AS m FROM input GROUP BY k) USING (k)": "aligned",
}


@pytest.mark.parametrize("sql", QUERIES)
@pytest.mark.parametrize("rows", [0, 1, SMALL - 1, SMALL + 1, MANY])
def test_order_and_index_of_the_input(sql, rows, data):
    model = SQLModel(sql, tables={"t": REGIONS})
    part = data.iloc[:rows]
    found = model.predict(part)
    assert rows_of(model) == QUERIES[sql]
    assert found.index.equals(part.index)
    assert found["id"].tolist() == part["id"].tolist()
    if "LEFT JOIN t" in sql:
        expected = (part["k"] + 1000).where(part["k"] < 1000)
        assert found["o"].astype("Float64").fillna(-1).tolist() == expected.fillna(-1).tolist()
    if "PARTITION BY k" in sql:
        assert found["o"].tolist() == part.groupby("k")["id"].transform("size").tolist()


def test_order_in_other_frames(data):
    model = SQLModel("SELECT id, v FROM input LEFT JOIN t USING (k)", tables={"t": REGIONS})
    arrow = pa.Table.from_pandas(data, preserve_index=False)
    assert model.predict(arrow)["id"].to_pylist() == data["id"].tolist()
    assert model.predict(pl.from_arrow(arrow))["id"].to_list() == data["id"].tolist()
    assert model.predict(arrow.slice(5, 9))["id"].to_pylist() == data["id"].tolist()[5:14]


INDEXES = [
    pd.Index(["b", "a", "b"], name="n"),
    pd.date_range("2024", periods=3),
    pd.MultiIndex.from_tuples([(1, "x"), (1, "y"), (0, "x")], names=["p", "q"]),
]


@pytest.mark.parametrize("index", INDEXES)
def test_any_index(index):
    data = pd.DataFrame({"k": [3, 1, 2]}, index=index)
    found = SQLModel("SELECT v FROM input LEFT JOIN t USING (k)", tables={"t": REGIONS}).predict(data)
    assert found.index.equals(index)
    assert found.index.names == index.names
    assert found["v"].tolist() == [1003, 1001, 1002]


def test_a_table_has_an_index_of_its_own():
    data = pd.DataFrame({"k": [3, 1, 2]}, index=[7, 8, 9])
    found = SQLModel("SELECT k FROM input ORDER BY k DESC").predict(data)
    assert found["k"].tolist() == [3, 2, 1]
    assert found.index.equals(pd.RangeIndex(3))


def test_one_row_at_a_time_is_the_same(data):
    part = data.iloc[:40]
    model = SQLModel("SELECT id, v, (SELECT count(*) FROM t WHERE t.k < input.k) AS c FROM input LEFT JOIN t USING (k)",
                     tables={"t": REGIONS})  # fmt: skip
    alone = pd.concat([model.predict(part.iloc[i : i + 1]) for i in range(40)])
    pd.testing.assert_frame_equal(model.predict(part), alone)
    twice = part.iloc[np.repeat(np.arange(40)[::-1], 2)]
    pd.testing.assert_frame_equal(model.predict(twice), model.predict(part).iloc[np.repeat(np.arange(40)[::-1], 2)])


@pytest.mark.parametrize("rows", [1, 2, SMALL + 1])
def test_a_row_count_that_does_not_fit_is_an_error(rows):
    """What the decision rests on has changed behind its back: two rows of the table are made one key."""
    model = SQLModel("SELECT v FROM input LEFT JOIN t USING (k)", tables={"t": REGIONS})
    data = pd.DataFrame({"k": [1] * rows})
    model.predict(data)
    (bound,) = compiled_model_of(model).bound
    repeated = pa.table({"k": [1, 1], "v": [1, 2]})
    for instance, runner in ((bound.compiled.instance, bound.runner), (bound.compiled.quick, bound.quick)):
        instance._open = _opened_with(bound, repeated)
        instance.close()
        runner._sessions.clear()
    with pytest.raises(RunError, match=rf"gave {2 * rows} rows for {rows}: a reference table has repeated keys"):
        model.predict(data)


def _opened_with(bound, table):
    from mlflow_sql_flavor.engines import sandbox

    return lambda: sandbox.open_instance(limits=bound.runner._limits, tables={"t": sandbox.TableSource(table, None)})


def test_tables_that_repeat_keys_are_refused_at_load(tmp_path):
    data = pd.DataFrame({"k": [1, 2]}, index=[5, 6])
    mlflow_sql_flavor.save_model(
        "SELECT v FROM input LEFT JOIN t USING (k)", tmp_path / "m", tables={"t": REGIONS}, input_example=data,
        pip_requirements=[],
    )  # fmt: skip
    import mlflow

    def load(table):
        return mlflow.pyfunc.load_model(str(tmp_path / "m"), model_config={"tables": {"t": table}}).predict(data)

    with pytest.raises(mlflow.exceptions.MlflowException, match="repeats values of k, which were unique"):
        load(pd.concat([REGIONS, REGIONS]))
    assert load(REGIONS.assign(v=1)).index.tolist() == [5, 6]
    found = mlflow_sql_flavor.load_model(str(tmp_path / "m")).predict(data)
    assert found["v"].tolist() == [1001, 1002]
    assert found.index.tolist() == [5, 6]


def test_an_input_by_another_name_case_and_quotes():
    data = pd.DataFrame({"k": [2, 1]}, index=[5, 6])
    model = SQLModel('SELECT "My Input".k, v FROM "my input" AS "My Input" LEFT JOIN T ON t.K = "MY INPUT".K',
                     tables={"t": REGIONS}, input_table="My Input")  # fmt: skip
    found = model.predict(data)
    assert found["v"].tolist() == [1002, 1001]
    assert found.index.tolist() == [5, 6]


@pytest.mark.parametrize("name", ["__mlflow_sql_row", "__MLFLOW_SQL_ROW"])
def test_an_input_with_the_hidden_columns_name(name):
    data = pd.DataFrame({"k": [2, 1], name: [7, 8]}, index=[5, 6])
    found = SQLModel(f"SELECT k, {name} AS r, v FROM input LEFT JOIN t USING (k)", tables={"t": REGIONS}).predict(data)
    assert sorted(found[["k", "r", "v"]].itertuples(index=False, name=None)) == [(1, 8, 1001), (2, 7, 1002)]
    found = SQLModel("SELECT *, (SELECT max(k) FROM input) AS m FROM input").predict(data)
    assert sorted(found.itertuples(index=False, name=None)) == [(1, 8, 2), (2, 7, 2)]
