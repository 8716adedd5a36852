"""A model compiles once for each set of types, for a bounded number of them, whoever asks."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pyarrow as pa

from mlflow_sql_flavor import SQLModel
from mlflow_sql_flavor.model import compiled_model_of


def test_compiled_once_for_each_set_of_types():
    model = SQLModel("SELECT x + $y AS z FROM input")
    for _ in range(3):
        assert model.predict(pd.DataFrame({"x": [1]}), params={"y": 1}).dtypes["z"] == "Int64"
        assert model.predict(pd.DataFrame({"x": [1.5]}), params={"y": 1}).dtypes["z"] == "float64"
        assert model.predict(pa.table({"x": [1]}), params={"y": 1.5})["z"].to_pylist() == [2.5]
        assert model.predict([{"x": 1}], params={"y": 1}).dtypes["z"] == "Int64"
    assert len(compiled_model_of(model).bound) == 3


def test_compiled_for_a_bounded_number_of_types(monkeypatch):
    monkeypatch.setattr("mlflow_sql_flavor.compile.compiled_model.MOST_BOUND", 3)
    model = SQLModel("SELECT x FROM input")
    for scale in range(6):
        table = pa.table({"x": pa.array([None], pa.decimal128(9, scale))})
        assert model.predict(table).schema.field("x").type == pa.decimal128(9, scale)
        assert max(len(compiled_model_of(model).bound), len(compiled_model_of(model)._by_shape)) <= 3


def test_threads_compile_once():
    model = SQLModel("SELECT x + 1 AS y FROM input")
    start = threading.Barrier(8)

    def run(_):
        start.wait()
        return model.predict(pd.DataFrame({"x": [1]}))["y"].tolist()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(run, range(8))) == [[2]] * 8
    assert len(compiled_model_of(model).bound) == 1
