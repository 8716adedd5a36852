"""The command line, as a person or a pipe meets it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml
from click.testing import CliRunner, Result

import mlflow_sql_flavor
from mlflow_sql_flavor.cli import main

SQL = """SELECT i.id, i.price * :factor AS total, r.label
FROM input AS i JOIN regions AS r ON r.code = i.code
WHERE r.label <> :without
ORDER BY i.id
"""


def run(*args: object) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args])


@pytest.fixture
def sql(tmp_path: Path) -> Path:
    path = tmp_path / "q.sql"
    path.write_text(SQL, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cli") / "model"
    mlflow_sql_flavor.save_model(
        SQL,
        path,
        tables={"regions": pd.DataFrame({"code": ["01", "02"], "label": ["서울", "Busan"]})},
        input_types={"price": "DECIMAL(10,2)"},
        input_example=(pd.DataFrame({"id": [1], "code": ["01"], "price": [2.5]}), {"factor": 2, "without": "-"}),
        pip_requirements=["mlflow"],
        bundle_flavor=True,
    )
    return path


@pytest.fixture
def model(saved: Path, tmp_path: Path) -> Path:
    """A copy that a test may alter."""
    return Path(shutil.copytree(saved, tmp_path / "copy"))


TYPES = '{"id": "BIGINT", "code": "VARCHAR", "price": "DECIMAL(10,2)"}'
PARAMS = '{"factor": "BIGINT", "without": "VARCHAR"}'


@pytest.fixture
def regions(tmp_path: Path) -> str:
    path = tmp_path / "regions.csv"
    path.write_text("code,label\nA,x\nB,y\n")
    return f"regions={path}"


def test_check_accepts(sql: Path, regions: str) -> None:
    named = ("--dialect", "duckdb")
    result = run("check", sql, *named, "--input-types", TYPES, "--param-types", PARAMS, "--table", regions)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("ok: duckdb (")
    assert "output: id BIGINT, total DECIMAL(" in result.stdout
    assert result.stderr == ""


def test_check_json(sql: Path, regions: str) -> None:
    args = ("check", sql, "--input-types", TYPES, "--param-types", PARAMS, "--table", regions, "--format", "json")
    found = json.loads(run(*args).stdout)
    assert (found["ok"], found["rows"], found["unchecked"]) == (True, "table", None)
    assert list(found["output_types"]) == ["id", "total", "label"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("SELECT 1 AS a,\n  FORM x", "line 2"),
        ("SELECT a FROM input;\nDELETE FROM input", "line 2"),
        ("SELECT a\nFROM read_csv('x.csv')", "line 2"),
        ("SELECT a\nFROM inptu", "line 2"),
    ],
)
@pytest.mark.parametrize("types", [(), ("--input-types", '{"a": "BIGINT"}')])
def test_check_refuses_with_a_caret(tmp_path: Path, text: str, place: str, types: tuple[str, ...]) -> None:
    path = tmp_path / "bad.sql"
    path.write_text(text)
    result = run("check", path, "--dialect", "duckdb", *types)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("mlflow-sql: error: ")
    assert place in result.stderr and "^" in result.stderr
    assert "Traceback" not in result.stderr


def test_check_refuses_in_json(tmp_path: Path) -> None:
    path = tmp_path / "bad.sql"
    path.write_text("SELECT a\nFROM read_csv('x.csv')")
    result = run("check", path, "--dialect", "duckdb", "--format", "json")
    found = json.loads(result.stdout)
    assert (result.exit_code, found["ok"], found["error"]["line"]) == (1, False, 2)
    assert result.stderr == ""


def test_check_without_types_says_so(sql: Path, regions: str) -> None:
    result = run("check", sql, "--table", regions)
    assert result.exit_code == 0, result.stderr
    assert "not checked" in result.stderr and "--input-types" in result.stderr and "factor" in result.stderr
    assert run("check", sql).exit_code == 1  # a table that nobody gave


def test_check_is_strict_as_saving_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "q.sql"
    path.write_text("SELECT a,\n  nth_value(t, 2) OVER (ORDER BY a, t) AS y FROM input")
    args = ("check", path, "--dialect", "postgres", "--input-types", '{"a": "BIGINT", "t": "TIMESTAMP"}')
    assert run(*args).exit_code == 0
    refused = run(*args, "--strict")
    assert refused.exit_code == 1 and "Strict: " in refused.stderr and "line 2, column 3" in refused.stderr
    monkeypatch.setenv("MLFLOW_SQL_STRICT", "true")
    assert [run(*args, *more).exit_code for more in ((), ("--no-strict",), ("--allow", "no_evidence"))] == [1, 0, 0]
    assert "--input-types" in run("check", path, "--dialect", "postgres").stderr
    path.write_text("SELECT a + 1 AS b FROM input")
    assert run(*args).exit_code == 0


def test_check_tells_what_the_engine_leaves_open(tmp_path: Path) -> None:
    path = tmp_path / "q.sql"
    path.write_text("SELECT a FROM input LIMIT 1")
    result = run("check", path, "--dialect", "pg", "--input-types", '{"a": "BIGINT"}')
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("ok: postgres (verified)")
    assert "left open by the engine: line 1, column" in result.stdout


@pytest.mark.parametrize(
    "extra",
    [
        ("--dialect", "klingon"),
        ("--input-types", "{"),
        ("--input-types", '{"a": 1}'),
        ("--table", "regions"),
        ("--format", "xml"),
    ],
)
def test_usage_is_2(sql: Path, extra: tuple[str, str]) -> None:
    result = run("check", sql, *extra)
    assert result.exit_code == 2
    assert result.stdout == "" and "Error:" in result.stderr


def test_a_missing_file_is_2(tmp_path: Path) -> None:
    assert run("check", tmp_path / "none.sql").exit_code == 2


def test_show(model: Path) -> None:
    result = run("show", model)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith(SQL.rstrip())
    for part in ("duckdb (", "price DECIMAL(10,2)", "factor BIGINT = 2", "2 rows: code VARCHAR", "sqlglot "):
        assert part in result.stdout
    assert result.stderr == ""
    found = json.loads(run("show", model, "--format", "json").stdout)
    assert found["sql"] == SQL and found["rows"] == "table" and found["signature"]


def edit(model: Path, change: dict[str, object], flavor: str = "sql") -> None:
    path = model / "MLmodel"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["flavors"][flavor].update(change)
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")


def test_show_writes_no_control_characters(model: Path) -> None:
    edit(model, {"sql": "SELECT 1 /* \x1b[2J \u202e */ AS a"})
    for form in ("table", "json", "csv"):
        result = run("show", model, "--format", form)
        assert result.exit_code == 0, result.stderr
        assert "\x1b" not in result.stdout and "\u202e" not in result.stdout
        assert "\\u001b" in result.stdout.lower()


def test_show_of_no_model(tmp_path: Path) -> None:
    result = run("show", tmp_path)
    assert result.exit_code == 1
    assert result.stderr.startswith("mlflow-sql: error: ") and "Traceback" not in result.stderr


def verdicts(model: Path) -> tuple[int, dict[str, str]]:
    result = run("show", model, "--audit", "--format", "json")
    return result.exit_code, {found["subject"]: found["verdict"] for found in json.loads(result.stdout)["remarks"]}


def test_audit_of_a_sound_model(model: Path) -> None:
    code, found = verdicts(model)
    assert (code, set(found.values())) == (0, {"ok"}), found
    assert {"query", "table regions", "bundled package", "code", "udfs", "loader", "compat"} <= set(found)
    assert "ok" in run("show", model, "--audit").stdout


def _table(model: Path) -> None:
    next(model.glob("tables/*")).write_bytes(b"PAR1")


def _package(model: Path) -> None:
    with (model / "code/mlflow_sql_flavor/pyfunc.py").open("a") as file:
        file.write("import os\n")


def _package_more(model: Path) -> None:
    (model / "code/mlflow_sql_flavor/extra.py").write_text("")


def _package_less(model: Path) -> None:
    (model / "code/mlflow_sql_flavor/pyfunc.py").unlink()


def _code(model: Path) -> None:
    (model / "code/sitecustomize.py").write_text("raise SystemExit(3)")


def _link(model: Path) -> None:
    (model / "more").symlink_to("/etc")


@pytest.mark.parametrize(
    ("subject", "alter"),
    [
        ("table regions", _table),
        ("bundled package", _package),
        ("bundled package", _package_more),
        ("bundled package", _package_less),
        ("code", _code),
        ("files", _link),
        ("query", lambda m: edit(m, {"duckdb_sql": "SELECT * FROM read_csv('/etc/passwd')"})),
        ("compat", lambda m: edit(m, {"compat": {"pack": "postgres", "version": 1, "macros": ["none"]}})),
        ("loader", lambda m: edit(m, {"loader_module": "os"}, "python_function")),
        ("config", lambda m: edit(m, {"config": {"tables": {"regions": "/etc/passwd"}}}, "python_function")),
        ("code", lambda m: edit(m, {"code": "tables"}, "python_function")),
        ("MLmodel", lambda m: edit(m, {"format_version": 99})),
    ],
)
def test_audit_names_what_was_altered(model: Path, subject: str, alter: object) -> None:
    alter(model)  # type: ignore[operator]
    code, found = verdicts(model)
    assert (code, found[subject]) == (1, "bad")
    # A file that is altered is not the manifest's either, and a text that is not what runs is no translation.
    told = {name for name, verdict in found.items() if verdict == "bad"}
    assert told <= {subject, "manifest", "translation", "table regions"}


def test_transpile(model: Path, sql: Path) -> None:
    result = run("transpile", model, "--to", "bigquery")
    assert result.exit_code == 0, result.stderr
    assert "@factor" in result.stdout and result.stderr == ""
    types = ("--input-types", TYPES, "--param-types", PARAMS)
    assert "@factor" in run("transpile", sql, "--to", "bigquery", *types).stdout
    assert run("transpile", model, "--to", "klingon").exit_code == 2
    assert run("transpile", model, "--to", "mysql", "--dialect", "duckdb").exit_code == 2


CSV = "id,code,price\n2,01,0.10\n1,02,1.25\n3,01,\n"
EXPECTED = [
    {"id": 1, "total": 3.75, "label": "Busan"},
    {"id": 2, "total": 0.3, "label": "서울"},
    {"id": 3, "total": None, "label": "서울"},
]
RECORDS = [
    {"id": 2, "code": "01", "price": 0.1},
    {"id": 1, "code": "02", "price": "1.25"},
    {"id": 3, "code": "01", "price": None},
]


def test_predict_from_csv(model: Path, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text(CSV)
    result = run("predict", model, "-i", path, "-p", "factor=3", "--format", "json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout) == EXPECTED
    shown = run("predict", model, "-i", path, "-p", "factor=3", "-p", "without=Busan").stdout
    assert "서울" in shown and "Busan" not in shown and "NULL" in shown
    csv = run("predict", model, "-i", path, "-p", "factor=3", "--format", "csv").stdout
    assert csv.splitlines()[0] == '"id","total","label"' and len(csv.splitlines()) == 4


@pytest.mark.parametrize("suffix", [".json", ".jsonl", ".parquet"])
def test_predict_files(model: Path, tmp_path: Path, suffix: str) -> None:
    source, target = tmp_path / f"in{suffix}", tmp_path / f"out{suffix}"
    if suffix == ".parquet":
        pd.DataFrame({"id": [2, 1, 3], "code": ["01", "02", "01"], "price": [0.1, 1.25, None]}).to_parquet(source)
    else:
        lines = "\n".join(map(json.dumps, RECORDS))
        source.write_text(lines if suffix == ".jsonl" else json.dumps(RECORDS))
    result = run("predict", model, "-i", source, "-o", target, "-p", "factor=3")
    assert result.exit_code == 0, result.stderr
    assert result.stdout == "" and "3 rows" in result.stderr
    if suffix == ".parquet":
        assert pq.read_table(target)["label"].to_pylist() == [row["label"] for row in EXPECTED]
    elif suffix == ".jsonl":
        assert [json.loads(line) for line in target.read_text().splitlines()] == EXPECTED
    else:
        assert json.loads(target.read_text()) == EXPECTED


@pytest.mark.parametrize(
    ("text", "args", "says"),
    [
        (CSV, ("-p", "factor=x"), "factor"),
        (CSV, ("-p", "facto=1"), "factor"),
        ("id,code,price\nx,01,1\n", (), "in.csv"),
        ("id,code\n1,01\n", (), "price"),
    ],
)
def test_predict_refuses(model: Path, tmp_path: Path, text: str, args: tuple[str, ...], says: str) -> None:
    path = tmp_path / "in.csv"
    path.write_text(text)
    result = run("predict", model, "-i", path, *args)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("mlflow-sql: error: ") and says in result.stderr
    assert "Traceback" not in result.stderr


def test_predict_usage(model: Path, tmp_path: Path) -> None:
    path = tmp_path / "in.xlsx"
    path.write_text("")
    assert run("predict", model, "-i", path).exit_code == 2
    assert run("predict", model, "-p", "factor").exit_code == 2


def test_as_a_module(sql: Path) -> None:
    sql.write_text("SELECT a\nFROM nowhere")
    done = subprocess.run(
        [sys.executable, "-m", "mlflow_sql_flavor", "check", str(sql), "--dialect", "duckdb"],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("mlflow-sql: error: ") and "^" in done.stderr


def test_predict_a_folder(tmp_path: Path) -> None:
    mlflow_sql_flavor.save_model(
        "SELECT id, price * :factor AS total FROM input",
        tmp_path / "model",
        input_example=(pd.DataFrame({"id": [1], "price": [2.5]}), {"factor": 2.0}),
        pip_requirements=["mlflow"],
    )
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    for number in range(3):
        frame = pd.DataFrame({"id": [number, number + 1], "price": [1.0, None], "other": ["a", "b"]})
        frame.to_parquet(folder / f"{number}.parquet")
    result = run("predict", tmp_path / "model", "-i", folder, "-o", out, "-p", "factor=3")
    assert result.exit_code == 0, result.stderr
    assert (result.stdout, result.stderr) == ("", "6 rows written to out\n")
    assert pq.read_table(out / "2.parquet").to_pylist() == [{"id": 2, "total": 3.0}, {"id": 3, "total": None}]
    again = run("predict", tmp_path / "model", "-i", folder, "-o", out, "-p", "factor=3")
    assert again.exit_code == 1 and "resume" in again.stderr
    (out / "1.parquet").unlink()
    again = run("predict", tmp_path / "model", "-i", folder, "-o", out, "-p", "factor=3", "--resume")
    assert again.stderr == "6 rows written to out (2 of 3 files were there)\n"
    assert run("predict", tmp_path / "model", "-i", folder).exit_code == 2
    assert run("predict", tmp_path / "model", "-i", folder, "-o", tmp_path / "x.csv", "--resume").exit_code == 2
    assert run("predict", tmp_path / "model", "-i", folder, "-o", tmp_path / "x.csv", "--batch-rows", 1).exit_code == 0
    assert (tmp_path / "x.csv").read_text().splitlines() == ['"id","total"', "0,2", "1,", "1,2", "2,", "2,2", "3,"]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_predict_text_in_pieces(tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of several pieces is read as one would be; a bad line in the last leaves no output."""
    monkeypatch.setattr("mlflow_sql_flavor.cli.streams._LINES", 100)
    mlflow_sql_flavor.save_model(
        "SELECT code, day, price * 2 AS total FROM input",
        tmp_path / "model",
        input_types={"code": "VARCHAR", "day": "DATE", "price": "DECIMAL(10,2)"},
        pip_requirements=["mlflow"],
    )
    codes = [f"{number:05}" for number in range(350 if suffix == ".jsonl" else 100_000)]
    source, target = tmp_path / f"in{suffix}", tmp_path / f"out{suffix}"
    if suffix == ".csv":
        lines = ["day,unread,code,price", *(f"2026-01-02,{code},{code},1.25" for code in codes)]
    else:
        lines = [json.dumps({"code": code, "price": 1.25, "day": "2026-01-02", "unread": []}) for code in codes]
    source.write_text("\n".join(lines))
    result = run("predict", tmp_path / "model", "-i", source, "-o", target)
    assert result.exit_code == 0, result.stderr
    got = target.read_text().splitlines()
    last = {"code": codes[-1], "day": "2026-01-02", "total": 2.5}
    assert got[-1] == f'"{codes[-1]}",2026-01-02,2.50' if suffix == ".csv" else json.loads(got[-1]) == last
    assert len(got) == len(codes) + (suffix == ".csv")
    target.unlink()
    source.write_text("\n".join([*lines[:-1], lines[-1].replace("1.25", '"x"' if suffix == ".jsonl" else "x")]))
    result = run("predict", tmp_path / "model", "-i", source, "-o", target)
    assert result.exit_code == 1 and "Traceback" not in result.stderr
    assert result.stderr.startswith("mlflow-sql: error: ") and "x" in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"in{suffix}", "model"]
