"""The verbs on SQL models: what is written, what comes back, and what loading does and does not do."""

import datetime
import decimal
import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import sqlglot
import yaml
from mlflow.exceptions import MlflowException
from mlflow.models import Model, ModelSignature
from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema

import mlflow_sql_flavor
from mlflow_sql_flavor import SQLModel

from .conftest import served

DATA = pd.DataFrame({"a": [1, 2], "region": ["x", "y"]})
LOOKUP = pd.DataFrame({"region": ["x", "y", "z"], "score": [0.5, 1.5, 2.5]})
KOREAN = """-- 평점이 높은 순서: 지역별
SELECT a + :more AS "합계",	region
FROM input
WHERE region <> '없음'  -- it's "quoted"
"""


@pytest.fixture
def save(tmp_path):
    """Saves a model and gives its folder."""

    def save(sql, **given):
        if not {"input_example", "signature", "input_types"} & set(given):
            given["input_example"] = DATA
        folder = tmp_path / f"m{len(list(tmp_path.iterdir()))}"
        mlflow_sql_flavor.save_model(sql, folder, **{"pip_requirements": [], "bundle_flavor": False, **given})
        return folder

    return save


def section(folder):
    return yaml.safe_load((folder / "MLmodel").read_text(encoding="utf-8"))["flavors"]["sql"]


# what may be saved


def test_every_form_of_a_query(save, tmp_path):
    text = "SELECT a + 1 AS b FROM input"
    (tmp_path / "query.sql").write_text("\ufeff" + text, encoding="utf-8")
    forms = [text, tmp_path / "query.sql", SQLModel(text), sqlglot.parse_one(text, read="duckdb")]
    for form in forms:
        folder = save(form)
        assert section(folder)["sql"] == text
        assert mlflow_sql_flavor.load_model(str(folder)).predict(DATA)["b"].tolist() == [2, 3]


def test_a_missing_file(save, tmp_path):
    with pytest.raises(MlflowException, match=r"no file 'nowhere\.sql'") as error:
        save(tmp_path / "nowhere.sql")
    assert str(tmp_path) not in error.value.message


def test_a_model_brings_its_own(save):
    with pytest.raises(MlflowException, match=r"brings its own dialect"):
        save(SQLModel("SELECT a FROM input"), dialect="postgres")


def test_a_model_saved_is_not_changed(save):
    model = SQLModel("SELECT a FROM input")
    save(model, signature=ModelSignature(inputs=Schema([ColSpec("double", "a")])))
    assert model.signature is None
    assert model.predict(DATA)["a"].dtype == "Int64"


def test_a_loaded_model_is_saved_again(save):
    first = save(
        "SELECT a, score, :d AS d FROM input JOIN lookup USING (region) WHERE a > :low",
        tables={"lookup": LOOKUP},
        input_example=(DATA, {"low": 0, "d": datetime.date(2024, 2, 29)}),
        prediction_column="score",
        limits={"timeout_seconds": 7},
    )
    again = save(mlflow_sql_flavor.load_model(str(first)), signature=None)
    files = [set(section(folder)["manifest"]) for folder in (first, again)]
    assert files[0] - files[1] == {"input_example.json", "serving_input_example.json", "example_output.arrow"}
    assert {**section(again), "manifest": None} == {**section(first), "manifest": None}
    assert Model.load(str(again)).signature == Model.load(str(first)).signature


# MLmodel


def test_the_text_is_verbatim_and_readable(save):
    sql = "-- 평점이 높은 순서\nSELECT a AS 합계\nFROM input\nWHERE region <> '없음'"
    folder = save(sql)
    text = (folder / "MLmodel").read_text(encoding="utf-8")
    block = "    sql: |-\n" + "".join(f"      {line}\n" for line in sql.split("\n"))
    assert block in text
    assert section(folder)["sql"] == sql


@pytest.mark.parametrize(
    "sql",
    [
        KOREAN,
        "SELECT a FROM input\r\nWHERE a > 0\r\n",
        "  SELECT a FROM input  \n\n\n",
        "SELECT 'a: b #c' AS x, '{{' || '' AS y FROM input -- 💡",
        "SELECT a FROM input\n\tWHERE a > 0 \t\n",
        "SELECT '\u2028\u0085' || region AS r FROM input",
    ],
)
def test_any_text_comes_back_as_it_was(save, sql):
    folder = save(sql, input_example=(DATA, {"more": 1}) if ":more" in sql else DATA)
    assert section(folder)["sql"] == sql
    assert Model.load(str(folder)).flavors["sql"]["sql"] == sql
    assert mlflow_sql_flavor.load_model(str(folder)).sql == sql


def test_after_mlflow_rewrote_the_file(save):
    folder = save(KOREAN, input_example=(DATA, {"more": 1}))
    signature = Model.load(str(folder)).signature
    mlflow.models.set_signature(str(folder), signature)
    assert "평점" not in (folder / "MLmodel").read_text(encoding="utf-8")  # MLflow escapes what is not ASCII
    assert section(folder)["sql"] == KOREAN
    assert mlflow_sql_flavor.load_model(str(folder)).predict(DATA)["합계"].tolist() == [2, 3]
    assert mlflow.pyfunc.load_model(str(folder)).predict(DATA)["합계"].tolist() == [2, 3]


def test_every_key_has_its_value(save):
    folder = save(
        "SELECT a, score FROM input JOIN lookup USING (region) WHERE score >= :low",
        dialect="postgres",
        tables={"lookup": LOOKUP.assign(unused=1)},
        input_example=(DATA, {"low": 0.5}),
        limits={"timeout_seconds": 5},
    )
    found = section(folder)
    table = found["tables"]["lookup"]
    assert (folder / table["path"]).is_file()
    assert table["columns"] == {"region": "VARCHAR", "score": "DOUBLE"}
    assert table["rows"] == 3
    assert found["dialect"] == "postgres"
    assert found["input_types"] == {"a": "BIGINT", "region": "VARCHAR"}
    assert found["output_types"] == {"a": "BIGINT", "score": "DOUBLE"}
    assert found["param_types"] == {"low": "DOUBLE"}
    assert found["limits"] == {"timeout_seconds": 5}
    assert found["rows"] == "table"
    assert found["duckdb_version"] == __import__("duckdb").__version__
    assert found["sqlglot_version"] == sqlglot.__version__
    assert found["mlflow_sql_flavor_version"] == mlflow_sql_flavor.__version__


def test_the_config_gives_no_permission(save):
    config = yaml.safe_load((save("SELECT a FROM input") / "MLmodel").read_text())["flavors"]["python_function"][
        "config"
    ]
    assert set(config) == {"timeout_seconds", "memory_limit", "threads", "max_rows", "isolation", "tables"}
    assert set(config.values()) == {None}


@pytest.mark.ci
@pytest.mark.parametrize("locale", [{"LANG": "C"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}])
def test_in_an_environment_that_is_not_utf8(save, locale):
    """MLflow opens MLmodel in the locale's encoding: in plain ASCII it cannot, and the flavor itself can."""
    folder = save(KOREAN, input_example=(DATA, {"more": 1}))
    code = (
        "import sys, pandas as pd, mlflow_sql_flavor\n"
        "data = pd.DataFrame({'a': [1], 'region': ['x']})\n"
        f"print(mlflow_sql_flavor.load_model({str(folder)!r}).predict(data).iloc[0, 0])\n"
    )
    if "LANG" in locale:
        code += f"import mlflow\nprint(mlflow.pyfunc.load_model({str(folder)!r}).predict(data).iloc[0, 0])\n"
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG", "PYTHONUTF8"))}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**environment, **locale}, cwd=folder
    )
    assert set(done.stdout.split()) == {"2"}, done.stderr


# signature and example


def test_outputs_are_duckdbs_whatever_the_signature_says(save):
    signature = ModelSignature(inputs=Schema([ColSpec("long", "a")]), outputs=Schema([ColSpec("string", "wrong")]))
    folder = save("SELECT a / 2 AS half, sum(a) OVER () AS total FROM input", signature=signature)
    assert Model.load(str(folder)).signature.outputs == Schema(
        [ColSpec("double", "half", required=False), ColSpec("long", "total", required=False)]
    )


def test_a_column_with_a_null_in_the_example_is_optional(save):
    folder = save("SELECT * FROM input", input_example=pd.DataFrame({"a": [1.5, None], "b": [1, 2]}))
    assert Model.load(str(folder)).signature.inputs == Schema(
        [ColSpec("double", "a", required=False), ColSpec("long", "b")]
    )


def test_a_column_left_out_that_is_optional_is_null(save):
    inputs = Schema(
        [ColSpec("long", "a"), ColSpec("long", "b", required=False), ColSpec("datetime", "d", required=False)]
    )
    folder = save("SELECT a + coalesce(b, 10) AS c, d FROM input", signature=ModelSignature(inputs=inputs))
    loaded = mlflow.pyfunc.load_model(str(folder))
    found = loaded.predict(pd.DataFrame({"a": [1]}))
    assert found["c"].tolist() == [11]
    assert found["d"].isna().all()
    assert loaded.predict(pd.DataFrame({"a": [1], "b": [1]}))["c"].tolist() == [2]


def test_an_input_of_other_columns_alone_is_refused(save):
    """MLflow drops them, and the number of rows with them, so that no rows would come out."""
    folder = save("SELECT a + 1 AS b FROM input", input_example=pd.DataFrame({"a": pd.array([1, None], dtype="Int64")}))
    loaded = mlflow.pyfunc.load_model(str(folder))
    for frame in (pd.DataFrame({"z": [1, 2]}), pd.DataFrame(index=[0, 1])):
        with pytest.raises(MlflowException, match="none of the model's columns 'a'"):
            loaded.predict(frame)


def test_parameters_of_every_kind_have_types_and_defaults(save):
    params = {
        "i": 1,
        "f": 0.5,
        "s": "it's",
        "b": True,
        "d": datetime.date(2024, 2, 29),
        "t": datetime.datetime(2024, 2, 29, 12, 30),
        "l": [1, 2],
        "x": decimal.Decimal("1.50"),
        "n": datetime.timedelta(days=1, hours=2),
        "o": datetime.time(3, 4, 5),
    }
    names = ", ".join(f":{name} AS {name}" for name in "ifsbdtxno")
    sql = f"SELECT a, {names}, len(:l) AS l FROM input"
    folder = save(sql, input_example=(DATA, params))
    found = Model.load(str(folder)).signature.params
    assert found == ParamSchema(
        [
            ParamSpec("i", "long", 1),
            ParamSpec("f", "double", 0.5),
            ParamSpec("s", "string", "it's"),
            ParamSpec("b", "boolean", True),
            ParamSpec("d", "datetime", datetime.date(2024, 2, 29)),
            ParamSpec("t", "datetime", datetime.datetime(2024, 2, 29, 12, 30)),
            ParamSpec("x", "double", 1.5),
            ParamSpec("n", "string", "26:00:00"),
            ParamSpec("o", "string", "03:04:05"),
            ParamSpec("l", "long", [1, 2], shape=(-1,)),
        ]
    )
    row = mlflow.pyfunc.load_model(str(folder)).predict(DATA).iloc[0]
    assert row["d"] == pd.Timestamp("2024-02-29")
    assert row["n"] == "26:00:00"
    assert (row["o"], row["x"], row["l"]) == ("03:04:05", 1.5, 2)
    assert len(served(folder)) == 2


EXACT = pa.table(
    {
        "n": pa.array([1, 2], pa.int32()),
        "d": pa.array([decimal.Decimal("1.20"), None], pa.decimal128(10, 2)),
        "day": pa.array([datetime.date(2024, 2, 29), None]),
        "t": pa.array([datetime.time(3, 4, 5), None]),
        "z": pa.array([datetime.datetime(2024, 2, 29, 12, tzinfo=datetime.UTC), None], pa.timestamp("us", "UTC")),
        "s": ["a", None],
        "l": [[1, 2], [3]],
        "st": [{"x": 1.5}, {"x": None}],
    }
)


@pytest.mark.parametrize("kind", ["arrow", "polars", "pandas"])
def test_examples_beyond_json_are_stored_so_that_the_model_answers_them(save, kind):
    data = {
        "arrow": EXACT,
        "polars": pl.from_arrow(EXACT),
        "pandas": pd.DataFrame({name: pd.Series(EXACT[name].to_pylist(), dtype=object) for name in EXACT.column_names}),
    }[kind]
    if kind == "pandas":
        data["n"] = data["n"].astype("int32")
    folder = save("SELECT * FROM input", input_example=data)
    stored = json.loads((folder / "input_example.json").read_text())
    first = dict(zip(stored["columns"], stored["data"][0], strict=True))
    assert first["n"] == 1
    assert first["d"] == 1.2
    assert first["day"].startswith("2024-02-29")
    assert first["t"] == "03:04:05"
    assert first["z"].startswith("2024-02-29T12:00:00")
    answer = served(folder)
    assert answer["d"].tolist()[0] == 1.2
    assert answer["day"].tolist()[0] == pd.Timestamp("2024-02-29")
    assert answer["s"].tolist() == ["a", None]
    assert answer["t"].tolist() == ["03:04:05", None]


@pytest.mark.parametrize(
    ("example", "expected"),
    [
        ({"a": 1, "region": "x"}, [2]),
        ({"a": [1, 2], "region": ["x", "y"]}, [2, 3]),
        ([{"a": 1, "region": "x"}, {"a": 2, "region": None}], [2, 3]),
        ({"a": np.array([1, 2])}, [2, 3]),
    ],
)
def test_examples_without_a_frame(save, example, expected):
    folder = save("SELECT a + 1 AS b FROM input", input_example=example)
    assert served(folder)["b"].tolist() == expected
    assert mlflow.pyfunc.load_model(str(folder)).predict(example)["b"].tolist() == expected


def test_params_alone_for_a_query_without_input(save):
    """A request needs some data: ``{"inputs": {}, "params": {...}}`` is stored, and any other is read by nothing."""
    folder = save(
        "SELECT score FROM lookup WHERE region = :region",
        tables={"lookup": LOOKUP},
        input_example=(None, {"region": "x"}),
    )
    assert json.loads((folder / "serving_input_example.json").read_text()) == {"inputs": {}, "params": {"region": "x"}}
    assert served(folder)["score"].tolist() == [0.5]
    loaded = mlflow.pyfunc.load_model(str(folder))
    assert loaded.metadata.signature.inputs is None
    for data in (None, {}, [], pd.DataFrame({"z": [1]})):
        assert loaded.predict(data, params={"region": "z"})["score"].tolist() == [2.5]


def test_a_query_without_input_and_without_example(save):
    folder = save("SELECT max(score) AS m FROM lookup", tables={"lookup": LOOKUP}, signature=None)
    assert not (folder / "input_example.json").exists()
    assert mlflow.pyfunc.load_model(str(folder)).predict(None)["m"].tolist() == [2.5]


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("SELECT a AS r FROM input ORDER BY a", True),
        ("SELECT a AS r FROM input LIMIT 1", True),
        ("SELECT a AS r FROM input", False),
        ("SELECT sum(a) OVER (ORDER BY a) AS r FROM input", False),
    ],
)
def test_rows_that_evaluate_would_pair_wrongly_are_told(save, sql, told, caplog, monkeypatch):
    monkeypatch.setattr(logging.getLogger("mlflow_sql_flavor"), "propagate", True)
    save(sql, prediction_column="r")
    assert any("mlflow.models.evaluate pairs predictions" in message for message in caplog.messages) == told


def test_prediction_column(save):
    folder = save("SELECT a, region AS r FROM input", prediction_column="r")
    found = mlflow.pyfunc.load_model(str(folder)).predict(DATA)
    assert isinstance(found, pd.Series)
    assert found.tolist() == ["x", "y"]
    assert list(mlflow_sql_flavor.load_model(str(folder)).predict(DATA).columns) == ["a", "r"]


# loading


def test_loading_runs_nothing_of_the_artifact(save, tmp_path):
    """Neither the code folder nor a pickle in it is touched, and no pickle module is needed."""
    trap = tmp_path / "trap.py"
    trap.write_text(f"open({str(tmp_path / 'sprung')!r}, 'w')\n")
    folder = save("SELECT a FROM input", code_paths=[str(trap)])
    (folder / "udfs.cloudpickle").write_bytes(b"cos\nsystem\n(S'touch /tmp/never'\ntR.")
    code = (
        "import sys, pandas as pd, mlflow_sql_flavor\n"
        "before = list(sys.path)\n"
        f"model = mlflow_sql_flavor.load_model({str(folder)!r})\n"
        "model.predict(pd.DataFrame({'a': [1], 'region': ['x']}))\n"
        "assert sys.path == before, sys.path\n"
        "assert 'trap' not in sys.modules\n"
        "assert 'sqlglot' not in sys.modules, 'loading needs no sqlglot'\n"
    )
    environment = {**os.environ, "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "sprung").exists()


def double(x: int) -> int:
    return 2 * x


def test_functions_are_stored_only_where_there_are_some(save, monkeypatch):
    plain, with_udfs = save("SELECT a FROM input"), save("SELECT double(a) AS b FROM input", udfs=[double])
    assert not (plain / "udfs.cloudpickle").exists()
    assert (with_udfs / "udfs.cloudpickle").is_file()
    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
    assert mlflow_sql_flavor.load_model(str(plain)).predict(DATA)["a"].tolist() == [1, 2]
    with pytest.raises(MlflowException, match="MLFLOW_ALLOW_PICKLE_DESERIALIZATION"):
        mlflow_sql_flavor.load_model(str(with_udfs))


def test_a_table_of_the_loader(save):
    folder = save("SELECT score FROM input JOIN lookup USING (region)", tables={"lookup": LOOKUP})
    newer = {"tables": {"lookup": LOOKUP.assign(score=9.0)}}
    assert mlflow_sql_flavor.load_model(str(folder), model_config=newer).predict(DATA)["score"].tolist() == [9, 9]
    assert mlflow.pyfunc.load_model(str(folder), model_config=newer).predict(DATA)["score"].tolist() == [9, 9]
    with pytest.raises(MlflowException, match=r"lacks column 'score'"):
        mlflow_sql_flavor.load_model(str(folder), model_config={"tables": {"lookup": LOOKUP[["region"]]}})
    with pytest.raises(MlflowException, match=r"no reference table 'lokup'.*'lookup'"):
        mlflow_sql_flavor.load_model(str(folder), model_config={"tables": {"lokup": LOOKUP}})


def test_an_unknown_key_of_the_loader(save):
    folder = save("SELECT a FROM input")
    with pytest.raises(MlflowException, match="no key 'thread'"):
        mlflow_sql_flavor.load_model(str(folder), model_config={"thread": 1})


def test_the_effective_limit_is_the_smaller(save):
    folder = save("SELECT a FROM input", limits={"timeout_seconds": 5, "max_rows": 100})

    def limits(**config):
        return mlflow_sql_flavor.load_model(str(folder), model_config=config).limits

    assert limits().timeout_seconds == 5
    assert limits(timeout_seconds=2).timeout_seconds == 2
    assert limits(timeout_seconds=50).timeout_seconds == 5
    with pytest.raises(MlflowException, match="max_rows"):
        mlflow_sql_flavor.load_model(str(folder), model_config={"max_rows": 1}).predict(DATA)


def test_the_package_is_light_to_import():
    code = (
        "import sys, mlflow_sql_flavor\n"
        "heavy = {'duckdb', 'sqlglot', 'pyspark', 'polars', 'cloudpickle'} & set(sys.modules)\n"
        "print(sorted(heavy - BEFORE))"
    )
    code = "import sys, mlflow, mlflow.pyfunc\nBEFORE = set(sys.modules)\n" + code
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[1])
    assert done.stdout.strip() == "[]", done.stderr
