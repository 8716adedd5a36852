"""Python functions: types from hints, row by row or by Arrow arrays, NULL, failure, and the pickle they are."""

import datetime
import decimal
import subprocess
import sys
from typing import Annotated, Optional

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import mlflow_sql_flavor
from mlflow_sql_flavor import SQLModel
from mlflow_sql_flavor.errors import InputError, ModelFileError, SQLModelError

DATA = pd.DataFrame({"x": [1.0, None, 3.0], "s": ["a", None, "c"]}, index=[5, 6, 7])


def double(x: float) -> float:
    return x * 2


def known(x: float | None) -> bool:
    return x is not None


def plus(x: pa.DoubleArray, y: pa.DoubleArray) -> pa.DoubleArray:
    assert isinstance(x, pa.Array)
    return pc.add(x, y)


def test_row_by_row():
    found = SQLModel("SELECT double(x) AS y, Double(double(1)) AS z FROM input", udfs=[double]).predict(DATA)
    assert found["y"].fillna(-1).tolist() == [2.0, -1, 6.0]
    assert found["z"].tolist() == [4.0] * 3
    assert found.index.tolist() == [5, 6, 7]


def test_null_reaches_only_who_asks_for_it():
    found = SQLModel("SELECT known(x) AS k FROM input", udfs=[known]).predict(DATA)
    assert found["k"].tolist() == [True, False, True]

    def old(x: Optional[float]) -> bool:  # noqa: UP045
        return x is not None

    assert SQLModel("SELECT old(x) AS k FROM input", udfs=[old]).predict(DATA)["k"].tolist() == [True, False, True]


@pytest.mark.parametrize("rows", [3, 5000])
def test_vectorized(rows):
    data = pd.DataFrame({"x": range(rows), "y": [1.5] * rows}).astype(float)
    found = SQLModel("SELECT plus(x, y) AS z FROM input", udfs=[plus]).predict(data)
    assert found["z"].tolist() == (data["x"] + 1.5).tolist()


def test_every_hint():
    def f(
        a: bool, b: int, c: float, d: str, e: bytes, f: datetime.date, g: datetime.datetime, h: datetime.time,
        i: datetime.timedelta, j: decimal.Decimal, k: list[int], m: Annotated[int, "UTINYINT"],
    ) -> str:  # fmt: skip
        return repr((a, b, c, d, e, f, g, h, i, j, k, m))

    query = """SELECT f(true, 1, 1.5, 'é', 'b'::BLOB, DATE '2024-01-01', TIMESTAMP '2024-01-01', TIME '01:00',
        INTERVAL 1 DAY, 1.5, [1, 2], 255) AS r"""
    found = SQLModel(query, udfs=[f]).predict()["r"][0]
    assert found.startswith(
        "(True, 1, 1.5, 'é', b'b', datetime.date(2024, 1, 1), datetime.datetime(2024, 1, 1, 0, 0), "
    )
    assert "datetime.time(1, 0), datetime.timedelta(days=1), Decimal('1.500000000')" in found
    assert found.endswith("[1, 2], 255)")


def add(x, y: float) -> float:
    return x + y


def nothing(x: float):
    return x


def spread(*x: float) -> float:
    return 1.0


def mixed(x: pa.DoubleArray) -> float:
    return 1.0


def odd(x: object) -> float:
    return 1.0


def wide(x: pa.StructArray) -> pa.DoubleArray:
    return x


@pytest.mark.parametrize(
    ("function", "words"),
    [(add, "lacks a type hint for parameter 'x'"), (nothing, "lacks a type hint for the result"),
     (spread, r"takes \*args"), (mixed, "mixes Arrow arrays and single values"), (odd, "no SQL type"),
     (wide, "no SQL type"), (lambda x: x, "must be named functions"), (5, "must be named functions"),
     (dict, "type hint")],
)  # fmt: skip
def test_what_is_no_function_for_sql(function, words):
    with pytest.raises(SQLModelError, match=words) as error:
        SQLModel("SELECT 1 AS x", udfs=[function])
    assert "\n" not in str(error.value)


def test_names_that_clash():
    def upper(x: str) -> str:
        return x

    def DOUBLE(x: float) -> float:
        return x

    with pytest.raises(SQLModelError, match=r"Two of the functions in udfs are named DOUBLE|named double"):
        SQLModel("SELECT 1 AS x", udfs=[double, DOUBLE])
    with pytest.raises(SQLModelError, match="'upper' of the model has the name of one of DuckDB's own: rename it"):
        SQLModel("SELECT upper(s) AS x FROM input", udfs=[upper]).predict(DATA)


def test_closures_and_callables():
    factor = 3.0

    def times(x: float) -> float:
        return x * factor

    class Adder:
        __name__ = "adder"

        def __call__(self, x: float) -> float:
            return x + factor

    found = SQLModel("SELECT times(x) AS y FROM input", udfs=[times]).predict(DATA)
    assert found["y"].fillna(-1).tolist() == [3.0, -1, 9.0]
    found = SQLModel("SELECT adder(x) AS y FROM input", udfs=[Adder()]).predict(DATA)
    assert found["y"].fillna(-1).tolist() == [4.0, -1, 6.0]


def test_a_failing_function_tells_no_data():
    def fails(x: float) -> float:
        raise ValueError(f"secret {x}")

    def wrong(x: float) -> float:
        return "text"

    def short(x: pa.DoubleArray) -> pa.DoubleArray:
        return x[:1]

    for function in (fails, wrong, short):
        model = SQLModel(f"SELECT {function.__name__}(x) AS y FROM input", udfs=[function])
        with pytest.raises(InputError) as error:
            model.predict(DATA)
        assert "secret" not in str(error.value)
        assert "\n" not in str(error.value)
    assert SQLModel("SELECT double(x) AS y FROM input", udfs=[double]).predict(DATA)["y"][7] == 6.0


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("udfs")
    offset = 10.0

    def shifted(x: float) -> float:
        return x + offset

    mlflow_sql_flavor.save_model(
        "SELECT shifted(x) AS y FROM input", folder / "with", udfs=[shifted], input_example=DATA, pip_requirements=[]
    )
    mlflow_sql_flavor.save_model("SELECT x FROM input", folder / "without", input_example=DATA, pip_requirements=[])
    return folder


def test_stored_and_loaded(saved):
    model = mlflow_sql_flavor.load_model(str(saved / "with"))
    assert model.predict(DATA)["y"].fillna(-1).tolist() == [11.0, -1, 13.0]


def test_the_pickle_flag(saved, monkeypatch):
    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
    with pytest.raises(ModelFileError, match="set MLFLOW_ALLOW_PICKLE_DESERIALIZATION=true"):
        mlflow_sql_flavor.load_model(str(saved / "with"))
    assert mlflow_sql_flavor.load_model(str(saved / "without")).predict(DATA)["x"].tolist()[0] == 1.0


def test_a_changed_pickle_is_not_read(saved, tmp_path):
    import shutil

    shutil.copytree(saved / "with", tmp_path / "m")
    file = tmp_path / "m" / "udfs.cloudpickle"
    file.write_bytes(b"cos\nsystem\n(S'touch " + str(tmp_path).encode() + b"/ran'\ntR.")
    with pytest.raises(ModelFileError, match="its checksum differs"):
        mlflow_sql_flavor.load_model(str(tmp_path / "m"))
    assert not (tmp_path / "ran").exists()


def test_a_model_without_functions_never_touches_pickle(saved):
    code = f"""
import pickle, sys
def never(*a, **k): raise SystemExit("unpickled")
import mlflow_sql_flavor, pandas as pd
before = "cloudpickle" in sys.modules
pickle.load = pickle.loads = pickle.Unpickler = pickle._Unpickler = never
model = mlflow_sql_flavor.load_model({str(saved / "without")!r})
found = model.predict(pd.DataFrame({{"x": [1.0], "s": ["a"]}}))["x"].tolist()
print(found, "cloudpickle" in sys.modules and not before)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=_environment(), timeout=120)
    assert done.stdout.split("\n")[0] == "[1.0] False", done.stderr


def _environment():
    import os

    return os.environ | {"MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false"}
