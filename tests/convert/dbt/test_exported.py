"""A model that ``mlflow-sql export`` wrote, built and tested by dbt itself beside models of a project's own."""

import json
import subprocess

import pandas as pd
import pyarrow as pa
import pytest
from click.testing import CliRunner

import mlflow_sql_flavor
from mlflow_sql_flavor.cli import main

from .record import environment_of

pytestmark = pytest.mark.ci

SQL = """SELECT id, price * :factor AS total, label, day, :note AS note, '{{ no jinja }} {% 1 %} {# 2 #}' AS braces
FROM input LEFT JOIN regions USING (code)"""
REGIONS = pa.table({"code": ["01", "b"], "label": ["north", 'o\'y, "q"']})
ROWS = pa.table(
    {
        "id": [1, 2, 3],
        "code": ["01", "b", None],
        "price": [1.5, 2.25, None],
        "day": pa.array([0, 19782, None], pa.int32()).cast(pa.date32()),
    }
)
PARAMS = {"factor": 2.0, "note": 'it\'s "100%"\\ é {{ x }}'}
PROJECT = {
    "dbt_project.yml": "name: shop\nprofile: shop\nversion: '1.0.0'\nmodel-paths: [models]\nseed-paths: [seeds]\n",
    "profiles.yml": "shop: {target: own, outputs: {own: {type: duckdb, path: shop.duckdb, schema: main}}}\n",
    "models/input.sql": (
        "select 1::bigint as id, '01' as code, 10.0::double as price, date '2024-02-29' as day\n"
        "union all select 7, 'z', null, null\n"
    ),
}
READ = """
import duckdb, json
connection = duckdb.connect('shop.duckdb', read_only=True)
print(json.dumps(connection.sql('SELECT * FROM ranker ORDER BY id').fetchall(), default=str))
"""


def run(dbt, project, *args):
    command = [dbt, "-c", "import sys; from dbt.cli.main import cli; sys.exit(cli())", *args]
    return subprocess.run(command, cwd=project, env=environment_of(project), capture_output=True, text=True)


def results(project):
    found = json.loads((project / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    return {result["unique_id"].split(".")[0] + " " + result["unique_id"].split(".")[2]: result for result in found}


@pytest.fixture
def project(tmp_path):
    """A project with the model written into it."""
    mlflow_sql_flavor.save_model(
        SQL, tmp_path / "ranker", tables={"regions": REGIONS}, input_example=(ROWS, PARAMS),
        input_types=ROWS.schema, pip_requirements=["mlflow"],
    )  # fmt: skip
    folder = tmp_path / "shop"
    for name, text in PROJECT.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    written = ["export", str(tmp_path / "ranker"), "--dbt", str(folder / "models"), "--seeds", str(folder / "seeds")]
    found = CliRunner().invoke(main, written)
    assert found.exit_code == 0, found.output
    return folder


def test_dbt_builds_and_tests_it(dbt, project, tmp_path):
    built = run(dbt, project, "build", "--quiet")
    assert built.returncode == 0, built.stdout
    outcomes = {name: result["status"] for name, result in results(project).items()}
    assert outcomes.pop("unit_test ranker") == "pass" and outcomes.pop("seed regions") == "success"
    assert outcomes.pop("test unique_regions_code") == "pass"
    assert outcomes == {"model input": "success", "model ranker": "success"}
    told = subprocess.run([dbt, "-c", READ], cwd=project, check=True, capture_output=True, text=True).stdout
    there = pd.DataFrame(
        {"id": [1, 7], "code": ["01", "z"], "price": [10.0, None], "day": [pd.Timestamp("2024-02-29"), None]}
    )
    expected = mlflow_sql_flavor.load_model(str(tmp_path / "ranker")).predict(there, output="arrow")
    rows = [[str(v) if hasattr(v, "year") else v for v in row.values()] for row in expected.to_pylist()]
    assert json.loads(told) == rows
    varied = run(dbt, project, "run", "--quiet", "--select", "ranker", "--vars", '{"factor": "5"}')
    assert varied.returncode == 0, varied.stdout
    told = subprocess.run([dbt, "-c", READ], cwd=project, check=True, capture_output=True, text=True).stdout
    assert [row[1] for row in json.loads(told)] == [50.0, None]


def test_its_unit_test_fails_where_the_query_is_changed(dbt, project):
    path = project / "models" / "ranker.sql"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("*", "+", 1), encoding="utf-8")
    assert path.read_text(encoding="utf-8") != text
    assert run(dbt, project, "build", "--quiet").returncode == 1
    assert results(project)["unit_test ranker"]["status"] == "fail"
