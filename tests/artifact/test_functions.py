"""Python functions: types from hints, row by row or by Arrow arrays, NULL, failure, and the pickle they are."""

import datetime
import decimal
import subprocess
import sys
from typing import Annotated, Optional

import mlflow
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import yaml
from mlflow.exceptions import MlflowException

import mlflow_sql_flavor
from mlflow_sql_flavor import SQLModel
from mlflow_sql_flavor.engines import sandbox
from mlflow_sql_flavor.engines.empty_instance import EMPTY_INSTANCE
from mlflow_sql_flavor.errors import InputError, ModelFileError, RunError, SQLModelError

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

    def either(x: float, y: float | None) -> float | None:
        return None if x > 2 else x + (y or 0.5)

    found = SQLModel("SELECT either(x, NULL) AS a, either(1.0, x) AS b FROM input", udfs=[either]).predict(DATA)
    assert found["a"].fillna(-1).tolist() == [1.5, -1, -1]
    assert found["b"].tolist() == [2.0, 1.5, 4.0]


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
     (wide, "no SQL type"), (lambda x: x, "must be named functions"), (5, "Argument udfs takes a list of functions"),
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


def test_a_failing_function_is_named_and_tells_no_data():
    def fails(x: float) -> float:
        raise ValueError(f"secret {x}")

    def failing(x: pa.DoubleArray) -> pa.DoubleArray:
        raise ValueError(f"secret {x}")

    for function in (fails, failing):
        model = SQLModel(f"SELECT {function.__name__}(x) AS y FROM input", udfs=[function])
        with pytest.raises(InputError) as error:
            model.predict(DATA)
        name = function.__name__
        assert error.value.message == f"The model's Python function {name!r} failed on this input (ValueError)."
    assert SQLModel("SELECT double(x) AS y FROM input", udfs=[double]).predict(DATA)["y"][7] == 6.0


def text(x: float) -> float:
    return f"secret {x}"  # type: ignore[return-value]


def half(x: float) -> int:
    return x + 0.5  # type: ignore[return-value]


def truth(x: float) -> float:
    return True


def missing(x: float) -> float:
    return None  # type: ignore[return-value]


def short(x: pa.DoubleArray) -> pa.DoubleArray:
    return x[:1]


def texts(x: pa.DoubleArray) -> pa.DoubleArray:
    return x.cast(pa.string())


def halves(x: pa.DoubleArray) -> pa.Int64Array:
    return pc.add(x, 0.5)


def single(x: pa.DoubleArray) -> pa.DoubleArray:
    return 1.0  # type: ignore[return-value]


@pytest.mark.parametrize("rows", [3, 5000])
@pytest.mark.parametrize(
    ("function", "words"),
    [(text, "type str, and its type hint says DOUBLE"), (half, "type float, and its type hint says BIGINT"),
     (truth, "type bool, and its type hint says DOUBLE"), (missing, "gave None, and its type hint says DOUBLE"),
     (short, "gave 1 values for"), (texts, "of type string, and its type hint says DOUBLE"),
     (halves, "of type double, and its type hint says BIGINT"), (single, "type float, and its type hint says DOUBLE")],
)  # fmt: skip
def test_a_result_of_another_type_is_the_models_mistake(function, words, rows):
    data = pd.concat([DATA] * (rows // 3))
    with pytest.raises(RunError, match=words) as error:
        SQLModel(f"SELECT {function.__name__}(x) AS y FROM input", udfs=[function]).predict(data)
    assert f"function {function.__name__!r}" in error.value.message
    assert error.value.error_code == "INTERNAL_ERROR"
    assert "secret" not in error.value.message and "\n" not in error.value.message


def test_a_result_that_only_duckdb_can_judge():
    def large(x: float) -> int:
        return 10**30

    def letters(x: float) -> list[float]:
        return "abc"  # type: ignore[return-value]

    for function in (large, letters):
        with pytest.raises(RunError, match="its type hint does not allow"):
            SQLModel(f"SELECT {function.__name__}(x) AS y FROM input", udfs=[function]).predict(DATA)


def test_results_of_numpy():
    def scalar(x: float) -> float:
        return np.float32(x)  # type: ignore[return-value]

    def whole(x: float) -> int:
        return np.floor(x)

    def flag(x: float) -> bool:
        return np.float64(x) > 2

    def filled(x: pa.DoubleArray) -> pa.DoubleArray:
        return x.fill_null(0).to_numpy() + 1

    query = "SELECT scalar(x) AS a, whole(x + 0.5) AS b, flag(x) AS c, filled(x) AS d FROM input"
    found = SQLModel(query, udfs=[scalar, whole, flag, filled]).predict(DATA, output="arrow").to_pydict()
    assert found == {"a": [1, None, 3], "b": [1, None, 3], "c": [False, None, True], "d": [2, 1, 4]}


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


@pytest.mark.parametrize("few_rows", [True, False])
def test_a_newer_duckdb_has_functions_and_views_of_the_same_names(tmp_path, monkeypatch, few_rows):
    """What was free at save stays the model's."""

    def shifted(x: float) -> float:
        return x + 1

    mlflow_sql_flavor.save_model(
        "SELECT shifted(x), k FROM offsets JOIN input USING (x)", tmp_path / "m", udfs=[shifted],
        tables={"offsets": pd.DataFrame({"x": [1.0], "k": ["a"]})}, input_example=DATA, pip_requirements=[],
    )  # fmt: skip
    before = mlflow_sql_flavor.load_model(str(tmp_path / "m")).predict(DATA)
    known = {kind: sandbox.own_names(EMPTY_INSTANCE.cursor(), kind) for kind in ("function", "table")}
    monkeypatch.setattr(
        sandbox, "_known", {"function": known["function"] | {"shifted"}, "table": known["table"] | {"offsets", "input"}}
    )
    model = mlflow_sql_flavor.load_model(str(tmp_path / "m"))
    asked = DATA if few_rows else pd.concat([DATA] * 1000)
    found = model.predict(asked)
    assert found.columns.tolist() == before.columns.tolist() == ["shifted(x)", "k"]
    assert found.values.tolist() == before.values.tolist() * (len(asked) // len(DATA)) == [[2.0, "a"]] * len(found)
    with pytest.raises(SQLModelError, match="rename it"):
        SQLModel("SELECT shifted(x) AS y FROM input", udfs=[shifted]).predict(DATA)


def test_the_pickle_flag(saved, monkeypatch):
    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
    with pytest.raises(ModelFileError, match="set MLFLOW_ALLOW_PICKLE_DESERIALIZATION=true"):
        mlflow_sql_flavor.load_model(str(saved / "with"))
    assert mlflow_sql_flavor.load_model(str(saved / "without")).predict(DATA)["x"].tolist()[0] == 1.0


def test_a_changed_pickle_is_not_read(saved, tmp_path):
    import shutil

    shutil.copytree(saved / "with", tmp_path / "m")
    file = tmp_path / "m" / "udfs.cloudpickle"
    pickled = b"cos\nsystem\n(S'touch " + str(tmp_path).encode() + b"/ran'\ntR."
    file.write_bytes(pickled.ljust(file.stat().st_size))  # a shorter file is refused as cut off
    with pytest.raises(ModelFileError, match="its checksum differs"):
        mlflow_sql_flavor.load_model(str(tmp_path / "m"))
    assert not (tmp_path / "ran").exists()


def test_a_model_without_functions_never_touches_pickle(saved):
    code = f"""
import pickle, sys
def never(*a, **k): raise SystemExit("unpickled")
import mlflow_sql_flavor.flavor, pandas as pd
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


@pytest.mark.ci
def test_in_a_process_functions_are_told_by_the_names_that_mlmodel_keeps(tmp_path):
    """Of a stored model as of a thread: values, and errors caught by their class, without the data's values."""

    def risky(x: int) -> int:
        if x < 0:
            raise KeyError("secret 4711")
        return x * 2

    def wrong(x: int) -> int:
        return "no number" if x > 5 else x  # type: ignore[return-value]

    risky.__name__ = "Twice"
    mlflow_sql_flavor.save_model(
        "SELECT twice(x) AS a, wrong(x) AS b FROM input", tmp_path / "m", udfs=[risky, wrong],
        input_example=pd.DataFrame({"x": [1, 2]}), pip_requirements=[], bundle_flavor=False,
    )  # fmt: skip
    kept = yaml.safe_load((tmp_path / "m" / "MLmodel").read_text(encoding="utf-8"))["flavors"]["sql"]["udfs"]
    assert sorted(kept["functions"]) == ["Twice", "wrong"]
    said = {}
    for isolation in ("thread", "process"):
        config = {"isolation": isolation}
        for model in (
            mlflow_sql_flavor.load_model(str(tmp_path / "m"), model_config=config),
            mlflow.pyfunc.load_model(str(tmp_path / "m"), model_config=config),
        ):
            assert model.predict(pd.DataFrame({"x": [3, 4]})).to_dict("list") == {"a": [6, 8], "b": [3, 4]}
            with pytest.raises(InputError, match=r"function 'Twice' failed on this input \(KeyError\)") as input:
                model.predict(pd.DataFrame({"x": [-1]}))
            with pytest.raises(RunError, match="Python function 'wrong' gave a result of type str") as run:
                model.predict(pd.DataFrame({"x": [6]}))
            for error in (input.value, run.value):
                assert isinstance(error, MlflowException) and "4711" not in str(error)
            told = [(type(error).__name__, str(error), error.error_code) for error in (input.value, run.value)]
            assert said.setdefault("told", told) == told
            # The model answers on after both.
            assert model.predict(pd.DataFrame({"x": [5]})).to_dict("list") == {"a": [10], "b": [5]}
