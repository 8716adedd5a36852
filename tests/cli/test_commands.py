"""``log``, ``test``, ``diff`` and ``lineage``, and what all commands share: formats, colours, completion."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import mlflow
import pandas as pd
import pyarrow as pa
import pytest
import yaml
from click.shell_completion import BashComplete
from click.testing import CliRunner, Result

import mlflow_sql_flavor
from mlflow_sql_flavor.cli import main

from ..convert.dbt.record import HERE as DBT
from .terminal import open_terminal, read_terminal

SQL = """WITH good AS (SELECT code, label FROM regions WHERE label <> :without)
SELECT i.id, i.price * :factor AS total, g.label
FROM input AS i JOIN good AS g ON g.code = i.code
ORDER BY i.id
"""
REGIONS = pd.DataFrame({"code": ["01", "02"], "label": ["서울", "Busan"]})
INPUT = pd.DataFrame({"id": [1, 2], "code": ["01", "02"], "price": [2.5, 4.0]})


def run(*args: object, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args], input=stdin)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def save(path: Path, sql: str = SQL, **given: object) -> Path:
    arguments = {
        "tables": {"regions": REGIONS},
        "input_example": (INPUT, {"factor": 2.0, "without": "-"}),
        "pip_requirements": ["mlflow"],
        "bundle_flavor": False,
        **given,
    }
    mlflow_sql_flavor.save_model(sql, path, **arguments)  # type: ignore[arg-type]
    return path


@pytest.fixture(scope="module")
def champion(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(tmp_path_factory.mktemp("champion") / "model")


@pytest.fixture(scope="module")
def challenger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    sql = SQL.replace("i.price * :factor", "round(i.price * :factor + i.id - 1, 1)").replace("<>", ">")
    return save(tmp_path_factory.mktemp("challenger") / "model", sql)


@pytest.fixture
def copy(champion: Path, tmp_path: Path) -> Path:
    """A copy that a test may alter."""
    return Path(shutil.copytree(champion, tmp_path / "copy"))


def edit(model: Path, **change: object) -> None:
    path = model / "MLmodel"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["flavors"]["sql"].update(change)
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")


# test


def test_test_of_a_model_as_it_was(champion: Path) -> None:
    result = run("test", champion)
    assert (result.exit_code, result.stderr) == (0, "")
    told = [line.split()[:2] for line in result.stdout.splitlines()]
    assert told == [["ok", "load"], ["ok", "answer"], ["ok", "translation"]]
    assert json.loads(run("test", champion, "--format", "json").stdout)["ok"] is True


def test_test_finds_another_answer(copy: Path) -> None:
    content = yaml.safe_load((copy / "MLmodel").read_text(encoding="utf-8"))
    edit(copy, duckdb_sql=content["flavors"]["sql"]["duckdb_sql"].replace("price *", "price +"))
    result = run("test", copy, "--format", "csv")
    found = {row["check"]: row for row in rows(result.stdout)}
    assert result.exit_code == 1
    assert found["answer"]["verdict"] == "bad" and "column total: now 4.5, then 5.0" in found["answer"]["message"]
    assert found["translation"]["verdict"] == "bad"  # the stored text is not what this version makes of the query


def test_test_names_the_versions(copy: Path) -> None:
    edit(copy, duckdb_version="1.9.9", sqlglot_version="29.0.0")
    result = run("test", copy)
    assert result.exit_code == 0
    assert "duckdb 1.9.9 then" in result.stdout and "sqlglot 29.0.0 then" in result.stdout


def test_test_of_a_model_that_no_longer_loads(copy: Path) -> None:
    content = yaml.safe_load((copy / "MLmodel").read_text(encoding="utf-8"))
    edit(copy, output_types={**content["flavors"]["sql"]["output_types"], "total": "VARCHAR"})
    result = run("test", copy)
    assert result.exit_code == 1
    assert result.stdout.split()[:2] == ["bad", "load"]


def test_test_against_the_source_engine(tmp_path: Path) -> None:
    expected = pd.DataFrame({"id": [1, 2], "total": [5.0, 8.0], "label": ["서울", "Busan"]})
    model = save(tmp_path / "m", expected_output=expected)
    assert "ok  source engine" in run("test", model).stdout


def test_test_says_what_the_query_leaves_open(tmp_path: Path) -> None:
    sql = "SELECT id, random() AS r FROM input ORDER BY id"
    model = save(tmp_path / "m", sql, tables=None, input_example=INPUT)
    result = run("test", model)
    assert result.exit_code == 1
    assert "leaves it open" in result.stdout


def test_test_without_an_example(tmp_path: Path) -> None:
    model = save(tmp_path / "m", "SELECT id FROM input", tables=None, input_example=None, input_types={"id": "BIGINT"})
    result = run("test", model)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "stores no input example" in result.stderr


def test_the_answer_is_kept_whatever_its_types(tmp_path: Path) -> None:
    sql = "SELECT INTERVAL 1 DAY AS i, 1::HUGEINT AS h, [1, NULL] AS l, MAP {1: 'a'} AS m, TIME '01:02:03' AS t"
    mlflow_sql_flavor.save_model(sql, tmp_path / "m", input_example=(None, {}), pip_requirements=["mlflow"])
    assert run("test", tmp_path / "m").exit_code == 0
    with pa.OSFile(str(tmp_path / "m/example_output.arrow")) as file:
        assert pa.ipc.open_file(file).read_all().num_rows == 1


# diff


def test_diff_of_the_same_model(champion: Path) -> None:
    result = run("diff", champion, champion)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "query: no change" in result.stdout and "no change (on the input example" in result.stdout


def test_diff_as_text_json_and_csv(champion: Path, challenger: Path) -> None:
    result = run("diff", champion, challenger)
    assert result.exit_code == 1 and result.stderr == ""
    assert "good: WHERE: label <> $without → label > $without" in result.stdout
    assert "id 2, total: 8.0 → 9.0" in result.stdout
    found = json.loads(run("diff", champion, challenger, "--format", "json").stdout)
    assert found["rows"]["columns"] == {"total": 1} and found["rows"]["by"] == ["id"]
    cells = [row for row in rows(run("diff", champion, challenger, "--format", "csv").stdout) if row["part"] == "cell"]
    assert cells == [{"part": "cell", "where": "2", "name": "total", "old": "8.0", "new": "9.0"}]


def test_diff_on_data_and_parameters(champion: Path, challenger: Path, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("id,code,price\n1,01,1\n7,02,1\n", encoding="utf-8")
    result = run("diff", champion, challenger, "--data", path, "-p", "without=Busan", "-p", "factor=3", "--by", "id")
    assert result.exit_code == 1
    assert "rows: 1 → 1: no change (on the data given, paired by id)" in result.stdout  # Busan > Busan drops it too
    assert run("diff", champion, challenger, "-p", "factr=3").exit_code == 1
    assert run("diff", champion, challenger, "--by", "label", "--data", path).exit_code == 1


def test_diff_usage(champion: Path, tmp_path: Path) -> None:
    assert run("diff", champion).exit_code == 2
    assert run("diff", champion, champion, "--data", tmp_path / "none.csv").exit_code == 2
    result = run("diff", champion, tmp_path)
    assert (result.exit_code, result.stdout) == (1, "") and result.stderr.startswith("mlflow-sql: error: ")


# lineage


def test_lineage_of_a_model(champion: Path, tmp_path: Path) -> None:
    result = run("lineage", champion)
    assert (result.exit_code, result.stderr) == (0, "")
    lines = dict(line.split("  ", 1) for line in result.stdout.splitlines())
    assert lines["total"].strip() == "input.price, parameters.factor"
    assert lines["label"].strip() == "regions.label"
    found = rows(run("lineage", champion, "--format", "csv").stdout)
    assert {"output": "id", "from": "input", "column": "id"} in found
    edges = json.loads(run("lineage", champion, "--format", "json").stdout)["edges"]
    assert {"source": "good", "source_column": "label", "target": "output", "column": "label"} in edges
    target = tmp_path / "l.svg"
    assert run("lineage", champion, "-o", target).exit_code == 0
    assert target.read_text(encoding="utf-8") == run("lineage", champion, "--format", "svg").stdout
    assert target.read_text(encoding="utf-8") == (champion / "lineage.svg").read_text(encoding="utf-8")


def test_lineage_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "q.sql"
    path.write_text("SELECT a + b AS c FROM input WHERE d > 0")
    result = run("lineage", path, "--input-types", '{"a": "INT", "b": "INT", "d": "INT"}')
    assert [line.split("  ")[-1].strip() for line in result.stdout.splitlines()] == ["input.a, input.b", "input.d"]
    path.write_text(f"SELECT a {'+ 1 ' * 120_000} AS c FROM input")
    result = run("lineage", path)
    assert (result.exit_code, result.stdout) == (1, "") and "characters" in result.stderr


# log


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("store")
    uri = f"sqlite:///{folder / 'mlflow.db'}"
    previous = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(uri)
    mlflow.create_experiment("queries", artifact_location=(folder / "artifacts").as_uri())
    yield uri
    mlflow.set_tracking_uri(previous)


def test_log_registers_what_show_and_predict_read(store: str, tmp_path: Path) -> None:
    sql, example, regions = tmp_path / "q.sql", tmp_path / "in.csv", tmp_path / "regions.parquet"
    sql.write_text(SQL, encoding="utf-8")
    example.write_text("id,code,price\n1,01,2.5\n", encoding="utf-8")
    REGIONS.to_parquet(regions)
    common = ("--registered-model-name", "ranker", "--experiment", "queries", "--table", f"regions={regions}")
    # CSV has no types: 01 would be the number 1
    types = ("--input-types", '{"id": "BIGINT", "code": "VARCHAR", "price": "DECIMAL(10,2)"}')
    result = run("log", sql, *common, *types, "-i", example, "-p", "factor=2", "-p", "without=-", "--alias", "champion")
    assert result.exit_code == 0, result.stderr
    assert result.stdout == "models:/ranker@champion\n"
    shown = json.loads(run("show", "models:/ranker@champion", "--format", "json").stdout)
    assert shown["sql"] == SQL and shown["param_types"] == {"factor": "BIGINT", "without": "VARCHAR"}
    answer = run("predict", "models:/ranker@champion", "-i", example, "--format", "json")
    assert json.loads(answer.stdout) == [{"id": 1, "total": 5, "label": "서울"}]
    again = run(
        "log", "-", *common, *types, "-i", example, "-p", "factor=2.5", "-p", "without=-", "--format", "json",
        stdin=SQL,
    )  # fmt: skip
    assert json.loads(again.stdout)["registered"] == "models:/ranker/2"
    different = run("diff", "models:/ranker/1", "models:/ranker/2")
    assert different.exit_code == 1 and "parameter factor: BIGINT = 2 → DOUBLE = 2.5" in different.stdout


def test_log_of_a_dbt_model(store: str, tmp_path: Path) -> None:
    project = tmp_path / "shop"
    shutil.copytree(DBT / "shop", project)
    shutil.copytree(DBT / "written" / "duckdb", project / "target")
    common = ("--dbt", project, "scored_orders", "--experiment", "dbt")
    result = run("log", *common, "--input-table", "stg_orders", "--format", "json")
    assert result.exit_code == 0, result.stderr
    uri = json.loads(result.stdout)["model_uri"]
    assert mlflow.models.get_model_info(uri).metadata["dbt"]["unique_id"] == "model.shop.scored_orders"
    assert "name the one that is the prediction's input" in run("log", *common).stderr
    given = run("log", *common, "--dialect", "postgres")
    assert given.exit_code == 2 and "brings its own --dialect" in given.stderr
    missing = run("log", "scored_orders", "--experiment", "dbt")
    assert missing.exit_code == 2 and "--dbt PROJECT scored_orders" in missing.stderr


def test_log_refuses_with_a_caret(store: str, tmp_path: Path) -> None:
    path = tmp_path / "q.sql"
    path.write_text("SELECT a\nFROM read_csv('x')")
    result = run("log", path, "--experiment", "queries")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "line 2" in result.stderr and "^" in result.stderr
    assert run("log", path, "--alias", "champion").exit_code == 2


# all


@pytest.mark.parametrize("command", [("show",), ("show", "--audit"), ("test",), ("lineage",)])
def test_json_and_csv_are_that(champion: Path, command: tuple[str, ...]) -> None:
    name, *options = command
    assert isinstance(json.loads(run(name, champion, *options, "--format", "json").stdout), dict)
    found = list(csv.reader(io.StringIO(run(name, champion, *options, "--format", "csv").stdout)))
    assert len({len(row) for row in found}) == 1 and len(found) > 1
    assert run(name, champion, *options, "--format", "xml").exit_code == 2


def test_a_key_is_held_against_the_rows(tmp_path: Path) -> None:
    table, query = tmp_path / "t.csv", tmp_path / "q.sql"
    table.write_text("a,b c,v\n1,1,5\n1,2,6\n")
    query.write_text('SELECT i.a, t.v FROM input AS i JOIN t ON t.a = i.a AND t."b c" = i.b')
    asked = ("check", query, "--table", f"t={table}", "--input-types", '{"a": "BIGINT", "b": "BIGINT"}')
    assert run(*asked, "--key", "t=a, b c").exit_code == 0
    refused = run(*asked, "--key", "t=a,b c", "--key", "T=A")
    assert refused.exit_code == 1 and "a is no key of reference table 't'" in refused.stderr
    assert "names the column 'x', which reference table 't' does not have" in run(*asked, "--key", "t=x").stderr


def test_log_stores_the_keys(store: str, tmp_path: Path) -> None:
    query, table = tmp_path / "q.sql", tmp_path / "t.csv"
    query.write_text("SELECT a FROM t")
    table.write_text("a,b\n1,1\n2,2\n")
    uri = run("log", query, "--table", f"t={table}", "--key", "t=a").stdout.strip()
    assert json.loads(run("show", uri, "--format", "json").stdout)["keys"] == {"t": [["a"]]}


def test_check_as_csv(tmp_path: Path) -> None:
    path = tmp_path / "q.sql"
    path.write_text("SELECT a FROM input LIMIT 1")
    result = run("check", path, "--dialect", "pg", "--input-types", '{"a": "BIGINT"}', "--format", "csv")
    assert [row["what"] for row in rows(result.stdout)] == ["ok", "left open"]
    path.write_text("SELECT a\nFROM nowhere")
    result = run("check", path, "--format", "csv")
    assert result.exit_code == 1 and rows(result.stdout)[0]["line"] == "2"


def in_terminal(*args: object, **environment: str) -> str:
    """What a command writes to a terminal."""
    leader, follower = open_terminal()
    command = [sys.executable, "-m", "mlflow_sql_flavor", *map(str, args)]
    kept = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
    process = subprocess.Popen(
        command, stdin=follower, stdout=follower, stderr=follower, env={**kept, "TERM": "xterm", **environment}
    )
    os.close(follower)
    found = read_terminal(leader)
    os.close(leader)
    assert process.wait(120) == 0, found
    return found.decode()


def test_colour_only_in_a_terminal(champion: Path) -> None:
    assert "\x1b[34m\x1b[1mSELECT\x1b[0m" in in_terminal("show", champion)
    assert "\x1b" not in run("show", champion).stdout
    for environment, coloured in (({"NO_COLOR": "1"}, False), ({"NO_COLOR": None}, True)):
        result = CliRunner().invoke(main, ["show", str(champion)], color=True, env=environment)
        assert ("\x1b[" in result.stdout) is coloured


def test_completions() -> None:
    shell = BashComplete(main, {}, "mlflow-sql", "_MLFLOW_SQL_COMPLETE")
    found = [item.value for item in shell.get_completions([], "")]
    assert {"check", "log", "show", "transpile", "predict", "test", "diff", "lineage"} <= set(found)
    assert [item.value for item in shell.get_completions(["check", "q.sql", "--dialect"], "snow")] == ["snowflake"]
    assert [item.value for item in shell.get_completions(["diff", "--format"], "j")] == ["json"]


@pytest.mark.ci
def test_completion_in_a_shell() -> None:
    if os.name != "posix":
        pytest.skip("completion is of bash on POSIX platforms")
    script = Path(sys.executable).with_name("mlflow-sql")
    if not script.exists():
        pytest.skip("the package is not installed: there is no mlflow-sql script")
    environment = {**os.environ, "PATH": f"{script.parent}{os.pathsep}{os.environ['PATH']}"}
    # what docs/cli.md says, then what bash does at a press of the tab key
    line = (
        'eval "$(_MLFLOW_SQL_COMPLETE=bash_source mlflow-sql)"; COMP_WORDS=(mlflow-sql transpile m --to snow); '
        'COMP_CWORD=4; _mlflow_sql_completion mlflow-sql; echo "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, env=environment, timeout=300)
    assert done.stdout.split() == ["snowflake"], done.stderr
