"""A model as an object: by itself, in threads, in a forked child, pickled, and at the end of the interpreter."""

import gc
import os
import pickle
import subprocess
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor

import cloudpickle
import pandas as pd
import pytest
from mlflow.exceptions import MlflowException

import mlflow_sql_flavor
from mlflow_sql_flavor import SQLModel
from mlflow_sql_flavor.engines.duckdb import SMALL
from mlflow_sql_flavor.errors import InputError, LimitError, QueryError

REGIONS = pd.DataFrame({"k": range(50), "v": [f"region {i}" for i in range(50)]})
QUERY = "SELECT id, v, sum(id) OVER (PARTITION BY k) + $plus AS s FROM input LEFT JOIN t USING (k)"


def data(rows, shift=0):
    return pd.DataFrame({"id": range(shift, shift + rows), "k": [(i * 7 + shift) % 60 for i in range(rows)]})


@pytest.fixture(scope="module")
def plain():
    return SQLModel(QUERY, tables={"t": REGIONS})


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "m"
    mlflow_sql_flavor.save_model(
        QUERY, path, tables={"t": REGIONS}, input_example=(data(5), {"plus": 1}), pip_requirements=[]
    )
    return path


@pytest.fixture(scope="module")
def loaded(saved):
    return mlflow_sql_flavor.load_model(str(saved))


@pytest.fixture(params=["plain", "loaded"])
def model(request):
    return request.getfixturevalue(request.param)


# by itself


def test_text_paths_and_expressions(tmp_path):
    import sqlglot

    (tmp_path / "q.sql").write_text("\ufeffSELECT 1 AS 하나 -- 주석\n", encoding="utf-8")
    assert SQLModel(tmp_path / "q.sql").predict()["하나"].tolist() == [1]
    assert SQLModel(sqlglot.parse_one("SELECT 1 AS x")).predict()["x"].tolist() == [1]
    with pytest.raises(QueryError, match=r"no file 'no\.sql'") as error:
        SQLModel(tmp_path / "no.sql")
    assert str(tmp_path) not in str(error.value)
    (tmp_path / "latin.sql").write_bytes(b"SELECT '\xe9' AS x")
    with pytest.raises(QueryError, match="not UTF-8"):
        SQLModel(tmp_path / "latin.sql")


def test_a_query_without_input():
    model = SQLModel("SELECT max(k) AS m FROM t", tables={"t": REGIONS})
    assert model.predict()["m"].tolist() == [49]
    assert model.predict(pd.DataFrame({"anything": [1, 2]}))["m"].tolist() == [49]
    assert model.predict(output="arrow")["m"].to_pylist() == [49]


def test_repr_and_parts(plain, loaded):
    assert repr(plain) == f"SQLModel({QUERY[:60]!r}…, dialect='duckdb')"
    assert list(plain.tables) == list(loaded.tables) == ["t"]
    assert plain.udfs == loaded.udfs == {}
    assert loaded.sql == QUERY


def test_bind_shows_the_query_as_it_would_run(plain, loaded):
    for bound in (plain.bind(data(2), {"plus": 1}), loaded.bind(None)):
        assert "PARTITION BY k" in bound.program.sql
        assert list(bound.program.output_types.items()) == [("id", "BIGINT"), ("v", "VARCHAR"), ("s", "HUGEINT")]
        assert bound.program.rows == "aligned"
        assert bound.compiled.warnings == ()
    with pytest.raises(MlflowException, match="Parameter 'plus' has no type"):
        plain.bind(data(2))
    unknown = SQLModel("SELECT upper(name) AS code FROM input", "doris", input_types={"name": "VARCHAR"}).bind(None)
    assert unknown.compiled.level == "unverified"
    assert [warning.feature for warning in unknown.compiled.warnings] == ["dialect doris"]


def test_to_sql(plain, loaded):
    assert plain.to_sql("duckdb") == QUERY
    for made in (plain.to_sql("postgres", data(1), {"plus": 1}), loaded.to_sql("postgres")):
        assert "SUM(" in made.upper()
        assert "plus" in made


def test_failures_leave_the_model_usable(model):
    wrong = [
        (lambda: model.predict(data(2), params={"plus": "text"}), MlflowException),
        (lambda: model.predict(data(2).assign(k="x"), params={"plus": 1}), MlflowException),
        (lambda: model.predict(data(2), params={}), MlflowException),
        (lambda: model.predict(data(2)[["id"]], params={"plus": 1}), MlflowException),
    ]
    for call, kind in wrong[: 4 if model.spec is None else 2]:
        with pytest.raises(kind):
            call()
    assert model.predict(data(3), params={"plus": 1})["id"].tolist() == [0, 1, 2]


def test_errors_while_running_tell_no_data():
    model = SQLModel("SELECT CAST(s AS INTEGER) AS i FROM input")
    for rows in (1, SMALL + 1):
        with pytest.raises(InputError, match="cannot be converted") as error:
            model.predict(pd.DataFrame({"s": ["secret"] * rows}))
        assert "secret" not in str(error.value)
    assert model.predict(pd.DataFrame({"s": ["7"]}))["i"].tolist() == [7]


@pytest.mark.parametrize("rows", [3, SMALL + 1])
def test_max_rows_is_an_error_not_a_cut(rows):
    model = SQLModel("SELECT * FROM input", limits={"max_rows": 2})
    frame = pd.DataFrame({"x": range(rows)})
    with pytest.raises(LimitError, match="more than 2 rows, the limit set by max_rows"):
        model.predict(frame)
    assert len(model.predict(frame.iloc[:2])) == 2


# in threads


def test_threads_give_what_one_gives(model):
    inputs = [(data(rows, shift), shift) for shift in range(6) for rows in (1, 2, 40, SMALL + 5)]
    expected = [model.predict(frame, params={"plus": shift}) for frame, shift in inputs]
    start = threading.Barrier(8)

    def run(first):
        start.wait()
        for turn in range(18):
            at = (first * 3 + turn) % len(inputs)
            frame, shift = inputs[at]
            if turn % 6 == 5:
                with pytest.raises(MlflowException):
                    model.predict(frame, params={"plus": shift, "unknown": 1})
            pd.testing.assert_frame_equal(model.predict(frame, params={"plus": shift}), expected[at])

    with ThreadPoolExecutor(8) as pool:
        for future in [pool.submit(run, i) for i in range(8)]:
            future.result()


# in a forked child


def in_child(work):
    """What ``work`` returns in a child that is a fork of this process; its traceback if it raises."""
    if not hasattr(os, "fork"):
        pytest.skip("this platform has no fork")
    read, write = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover
        os.close(read)
        try:
            answer = pickle.dumps(work())
        except BaseException:
            answer = pickle.dumps(traceback.format_exc())
        with os.fdopen(write, "wb") as out:
            out.write(answer)
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as found:
        answer = found.read()
    assert os.waitpid(child, 0)[1] == 0
    return pickle.loads(answer)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("rows", [2, SMALL + 1])
def test_a_forked_child_predicts(model, rows):
    expected = model.predict(data(rows), params={"plus": 1})
    pd.testing.assert_frame_equal(in_child(lambda: model.predict(data(rows), params={"plus": 1})), expected)
    pd.testing.assert_frame_equal(model.predict(data(rows), params={"plus": 1}), expected)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_fork_while_others_predict(model):
    expected = model.predict(data(30), params={"plus": 1})
    for _ in range(2):  # models whose garbage the child inherits
        other = SQLModel(QUERY, tables={"t": REGIONS})
        other.predict(data(2), params={"plus": 1})
        other.myself = other
        del other
    stop = threading.Event()

    def run():
        while not stop.is_set():
            model.predict(data(30), params={"plus": 1})

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(20):
            found = in_child(lambda: (model.predict(data(30), params={"plus": 1}), gc.collect())[0])
            pd.testing.assert_frame_equal(found, expected)
    finally:
        stop.set()
        for thread in threads:
            thread.join()


# pickled


@pytest.mark.parametrize("how", [pickle, cloudpickle])
def test_pickled(model, how):
    expected = model.predict(data(20), params={"plus": 1})
    again = pickle.loads(how.dumps(model))
    assert again.sql == model.sql
    pd.testing.assert_frame_equal(again.predict(data(20), params={"plus": 1}), expected)
    pd.testing.assert_frame_equal(model.predict(data(20), params={"plus": 1}), expected)


def test_pickled_before_its_first_use():
    model = SQLModel("SELECT k + 1 AS x FROM input LEFT JOIN t USING (k)", tables={"t": REGIONS})
    assert pickle.loads(pickle.dumps(model)).predict(pd.DataFrame({"k": [1]}))["x"].tolist() == [2]


def test_pickled_after_it_was_translated():
    model = SQLModel("SELECT max(k) AS m FROM raw.t WHERE k < 7", "postgres", tables={"raw.t": REGIONS})
    assert model.predict()["m"].tolist() == [6]
    again = pickle.loads(pickle.dumps(model))
    assert again.predict()["m"].tolist() == [6]
    assert again.to_sql("spark") == model.to_sql("spark")


def test_pickled_with_functions():
    step = 2.0

    def more(x: float) -> float:
        return x + step

    model = SQLModel("SELECT more(x) AS y FROM input", udfs=[more])
    assert model.predict(pd.DataFrame({"x": [1.0]}))["y"].tolist() == [3.0]
    again = pickle.loads(cloudpickle.dumps(model))
    assert again.predict(pd.DataFrame({"x": [1.0]}))["y"].tolist() == [3.0]


# at the end of the interpreter


def test_silent_at_exit(saved):
    code = f"""
import threading
import pandas as pd
import mlflow_sql_flavor
from mlflow_sql_flavor import SQLModel

def twice(x: int) -> int:
    return 2 * x

frame = pd.DataFrame({{"id": [1, 2], "k": [3, 4]}})
table = pd.DataFrame({{"k": [3], "v": [1]}})
models = [
    (SQLModel("SELECT CAST(k AS TINYINT) AS b, v FROM input LEFT JOIN t USING (k)", tables={{"t": table}}), {{}}),
    (SQLModel("SELECT twice(id) AS y FROM input", udfs=[twice]), {{}}),
    (mlflow_sql_flavor.load_model({str(saved)!r}), {{"plus": 1}}),
]
for model, params in models:
    model.predict(frame, params=params)
    model.predict(pd.concat([frame] * 2000), params=params)
    try:
        model.predict(frame.assign(k=1000), params=params)
    except Exception:
        pass
    threads = [threading.Thread(target=model.predict, args=(frame, params)) for _ in range(4)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
print("done")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert (done.stdout, done.stderr, done.returncode) == ("done\n", "", 0)
