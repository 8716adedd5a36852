"""What a model brings of the package is enough where neither the package nor sqlglot is: every way to load and to ask.

The environment is this one's packages without those two, and without Python's way to this checkout.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
import venv
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import pytest

import mlflow_sql_flavor
from mlflow_sql_flavor.artifact import packaging
from mlflow_sql_flavor.query.gate.package_text import ARCHIVE, unpacked

from ..conftest import free_port, stop, wait_for

FRAME = pd.DataFrame({"id": [2, 1], "region": ["Seoul", "x"], "price": [10.0, 0.5]})
REGIONS = pd.DataFrame({"region": ["Seoul", "Busan"], "factor": [1.5, 1.25]})
#: Those with macros, and what they share.
DIALECTS = [path.parent.name for path in Path(mlflow_sql_flavor.__file__).parent.glob("query/dialects/*/macros_v1.sql")]
#: The most that the code may take of a model, in bytes.
MOST = 600_000


def surcharge(price: float) -> float:
    return round(price * 1.1, 2)


#: ``{model: (what it is saved with, params, the answer)}``; what differs is how it is loaded or run.
MODELS: dict[str, tuple[dict[str, Any], dict[str, Any] | None, list[dict[str, Any]]]] = {
    "scalar": (
        {"sql_model": "SELECT id, price::numeric(10,1) / 3 AS third FROM input", "dialect": "postgres"},
        None,
        [{"id": 2, "third": 10 / 3}, {"id": 1, "third": 0.5 / 3}],
    ),
    "table": (
        {
            "sql_model": "SELECT id, price * factor * :rate AS total FROM input LEFT JOIN regions USING (region) "
            "ORDER BY id",
            "dialect": "databricks",
            "tables": {"regions": REGIONS},
        },
        {"rate": 2.0},
        [{"id": 1, "total": None}, {"id": 2, "total": 30.0}],
    ),
    "aligned": (
        {"sql_model": "SELECT id, row_number() OVER (ORDER BY id) AS place FROM input", "dialect": "trino"},
        None,
        [{"id": 2, "place": 2}, {"id": 1, "place": 1}],
    ),
    "function": (
        {"sql_model": "SELECT id, surcharge(price) AS total FROM input", "udfs": [surcharge]},
        None,
        [{"id": 2, "total": 11.0}, {"id": 1, "total": 0.55}],
    ),
    "process": (
        {
            "sql_model": "SELECT id, surcharge(price) AS total FROM input",
            "udfs": [surcharge],
            "limits": {"isolation": "process"},
        },
        None,
        [{"id": 2, "total": 11.0}, {"id": 1, "total": 0.55}],
    ),
    "nested": (
        {"sql_model": "SELECT id, [id, 7] AS both, {'a': region} AS named FROM input"},
        None,
        [{"id": 2, "both": [2, 7], "named": {"a": "Seoul"}}, {"id": 1, "both": [1, 7], "named": {"a": "x"}}],
    ),
    "one column": (
        {"sql_model": "SELECT id, price > 1 AS dear FROM input", "prediction_column": "dear"},
        None,
        [{"dear": True}, {"dear": False}],
    ),
}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    for name, (given, params, _) in MODELS.items():
        example = (FRAME, params) if params else FRAME
        mlflow_sql_flavor.save_model(path=folder / name, input_example=example, bundle_flavor=True, **given)
    return folder


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with neither the package nor sqlglot."""
    if os.name == "nt":
        pytest.skip("an environment made of links is POSIX's")
    folder = tmp_path_factory.mktemp("elsewhere")
    venv.create(folder, symlinks=True)
    library = next(folder.glob("lib/python*/site-packages"))
    for path in Path(mlflow.__file__).parents[1].iterdir():
        if not path.name.startswith(("sqlglot", "mlflow_sql_flavor", "__editable__")) and path.suffix != ".pth":
            (library / path.name).symlink_to(path)
    return folder / "bin" / Path(sys.executable).name


def _environment(python: Path) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "1", "PYSPARK_PYTHON": str(python)}
    return {**own, **quiet, "PATH": f"{python.parent}{os.pathsep}{own['PATH']}"}


def _run(python: Path, *arguments: Any, cwd: Path) -> str:
    done = subprocess.run(
        [python, *map(str, arguments)], capture_output=True, text=True, cwd=cwd, env=_environment(python)
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


def _script(python: Path, code: str, *arguments: Any, cwd: Path) -> Any:
    """What a script prints last, as JSON."""
    start = (
        "import importlib.util, json, sys\n"
        "assert not [n for n in ('sqlglot', 'mlflow_sql_flavor') if importlib.util.find_spec(n)]\n"
    )
    return json.loads(_run(python, "-c", start + code, *arguments, cwd=cwd).splitlines()[-1])


def test_its_size_and_what_it_asks_for(models: Path) -> None:
    for name in MODELS:
        bundle = models / name / "code" / packaging.PACKAGE
        # Bytecode is written where the model's own code runs, and no file of the model.
        own = [path for path in bundle.rglob("*") if path.is_file() and path.parent.name != "__pycache__"]
        assert sum(path.stat().st_size for path in own) <= MOST
        # A second model of another dialect in the process runs on the first one's code.
        held = unpacked((bundle / ARCHIVE).read_bytes())
        assert {f"query/dialects/{name}/macros_v1.sql" for name in DIALECTS} < {*held}
        found = (models / name / "requirements.txt").read_text()
        assert "duckdb==" in found and "sqlglot" not in found


def test_every_module_of_it_can_be_imported(models: Path, elsewhere: Path, tmp_path: Path) -> None:
    """None imports, when it is imported, what was left out."""
    names = [
        ".".join([packaging.PACKAGE, *Path(path).with_suffix("").parts]).removesuffix(".__init__")
        for path in packaging.bundled_files()
        if path.endswith(".py")
    ]
    code = """
sys.path.insert(0, sys.argv[1])
import importlib
for name in json.loads(sys.argv[2]):
    module = importlib.import_module(name)
    assert module.__file__.startswith(sys.argv[1]), module.__file__
print(len(json.loads(sys.argv[2])))
"""
    found = _script(elsewhere, code, models / "scalar/code", json.dumps(names), cwd=tmp_path)
    assert found == len(names) > 50


LOADED = """
import mlflow, pandas as pd
folder, frame, params = sys.argv[1], pd.DataFrame(json.loads(sys.argv[2])), json.loads(sys.argv[3])
found = {}
for name in params:
    model = mlflow.pyfunc.load_model(f"{folder}/{name}")
    answer = model.predict(frame, params=params[name])
    found[name] = pd.DataFrame(answer).to_json(orient="records")
    import mlflow_sql_flavor
    native = mlflow_sql_flavor.load_model(f"{folder}/{name}").predict(frame, params[name], output="arrow")
    assert native.num_rows == len(answer)
newer = mlflow.pyfunc.load_model(
    f"{folder}/table", model_config={"tables": {"regions": pd.DataFrame({"region": ["Seoul"], "factor": [2.0]})}}
)
found["newer"] = newer.predict(frame, params={"rate": 1.0}).to_json(orient="records")
assert "sqlglot" not in sys.modules
print(json.dumps({"files": mlflow_sql_flavor.__file__, "answers": found}))
"""


def test_every_kind_of_model_is_loaded_and_asked(models: Path, elsewhere: Path, tmp_path: Path) -> None:
    params = {name: given for name, (_, given, _) in MODELS.items()}
    found = _script(elsewhere, LOADED, models, FRAME.to_json(orient="records"), json.dumps(params), cwd=tmp_path)
    assert found["files"].startswith(str(models))
    answers = {name: json.loads(text) for name, text in found["answers"].items()}
    assert answers.pop("newer") == [{"id": 1, "total": None}, {"id": 2, "total": 20.0}]
    assert list(answers) == list(MODELS)
    for name, (_, _, expected) in MODELS.items():
        pd.testing.assert_frame_equal(pd.DataFrame(answers[name]), pd.DataFrame(expected))


BEYOND = """
import mlflow, pandas as pd
model = mlflow.pyfunc.load_model(f"{sys.argv[1]}/scalar").get_raw_model()
import mlflow_sql_flavor
told = []
for ask in (
    lambda: model.to_sql("snowflake"),
    lambda: model.verify(pd.DataFrame({"id": [1]}), expected=pd.DataFrame({"id": [1]})),
    lambda: model.predict_batches("x.parquet"),
    lambda: model.run_on(object()),
    lambda: mlflow_sql_flavor.SQLModel("SELECT 1 AS a"),
    lambda: mlflow_sql_flavor.save_model("SELECT 1 AS a", "m"),
    lambda: mlflow_sql_flavor.diff("a", "b"),
):
    try:
        ask()
    except (mlflow.exceptions.MlflowException, ImportError) as error:
        told.append(str(error))
print(json.dumps(told))
"""


def test_what_it_leaves_out_is_said_in_a_sentence(models: Path, elsewhere: Path, tmp_path: Path) -> None:
    told = _script(elsewhere, BEYOND, models, cwd=tmp_path)
    assert len(told) == 7
    assert set(told) == {
        "This needs mlflow-sql-flavor installed, and sqlglot with it: the code that a model brings only loads it and "
        "predicts."
    }


@pytest.mark.ci
@pytest.mark.parametrize("name", ["table", "process"])
def test_it_is_served(models: Path, elsewhere: Path, tmp_path: Path, name: str) -> None:
    port, log = free_port(), tmp_path / "log"
    options = ["--port", str(port), "--env-manager", "local", "--workers", "1"]
    with log.open("wb") as out:
        server = subprocess.Popen(
            [elsewhere, "-m", "mlflow", "models", "serve", "-m", models / name, *options],
            stdout=out,
            stderr=out,
            cwd=tmp_path,
            env=_environment(elsewhere),
            start_new_session=True,
        )
    try:
        wait_for(f"http://127.0.0.1:{port}/ping", server, log)
        body: dict[str, Any] = {"dataframe_records": FRAME.to_dict(orient="records")}
        if MODELS[name][1]:
            body["params"] = MODELS[name][1]
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/invocations", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=120) as answer:
            assert json.load(answer) == {"predictions": MODELS[name][2]}
    finally:
        stop(server)


@pytest.mark.ci
def test_it_is_asked_by_the_command(models: Path, elsewhere: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.json").write_text(json.dumps({"dataframe_split": FRAME.to_dict(orient="split")}))
    options = ["-i", "rows.json", "-o", "answer.json", "--env-manager", "local"]
    _run(elsewhere, "-m", "mlflow", "models", "predict", "-m", models / "function", *options, cwd=tmp_path)
    assert json.loads((tmp_path / "answer.json").read_text()) == {"predictions": MODELS["function"][2]}


SPARK = """
import mlflow, pyspark.sql
session = pyspark.sql.SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
frame = session.createDataFrame(json.loads(sys.argv[2]))
udf = mlflow.pyfunc.spark_udf(session, sys.argv[1], env_manager="local")
rows = frame.withColumn("made", udf("id", "region", "price")).selectExpr("made.*").collect()
print(json.dumps([row.asDict() for row in rows]))
"""


@pytest.mark.ci
def test_it_is_a_function_of_spark(models: Path, elsewhere: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyspark")
    records = FRAME.to_json(orient="records")
    assert _script(elsewhere, SPARK, models / "function", records, cwd=tmp_path) == MODELS["function"][2]
